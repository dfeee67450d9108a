"""A page's samples at a process that knows less of the room than the page does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from stories import history, models, tellings, traces
from stories.clock import now_ms
from stories.live.hub import Hub
from stories.live.offload import offload
from stories.live.rooms import LiveRoom
from stories.live.samples import Samples
from stories.protocol import commands as c
from stories.protocol.replies import TraceAcked
from stories.protocol.room import Refusal
from tests.db.evening import BEGIN, Evening
from tests.db.test_hub import page


@pytest.fixture
def evening(transactional_db) -> Evening:
    """Rows that the hub's own threads can see."""
    return Evening("Ana", "Ben")


def chunk(telling: models.Telling, seq: int = 0) -> c.TraceChunk:
    return c.TraceChunk(telling=telling.public_id, run="run", seq=seq, first_tick=0, values=[500, 600])


def begin_now(evening: Evening) -> None:
    history.obey(evening.row.pk, BEGIN, at=now_ms())


@asynccontextmanager
async def samples_of(evening: Evening, name: str) -> AsyncIterator[Samples]:
    """Somebody's samples in a process that has read the room, and hears no more of it."""
    hub, room = Hub(), LiveRoom(evening.row.pk)
    peer, _ = page(evening, name)
    await hub.read(room)
    hub.recorder.start()
    try:
        yield Samples(hub.recorder, room, peer, evening[name])
    finally:
        await hub.recorder.stop()


async def test_a_chunk_is_taken_when_another_process_has_begun_the_story(evening):
    telling = await offload(evening.prepare)
    async with samples_of(evening, "Ben") as samples:
        await offload(begin_now, evening)

        at_once = samples.take(chunk(telling))
        told = await samples.receive(chunk(telling))

    assert (at_once, told) == (False, [TraceAcked(run="run", seqs=[0])])
    [(*_, felt)] = await offload(traces.chunks, telling.pk)
    assert list(felt) == [500, 600]


async def test_how_a_story_was_told_before_its_teller_chose_is_not_kept(evening):
    telling = await offload(evening.prepare, source="A")
    hub, room = Hub(), LiveRoom(evening.row.pk)
    peer, _ = page(evening, "Ana")
    await hub.read(room)
    hub.recorder.start()
    samples = Samples(hub.recorder, room, peer, evening["Ana"])
    wish = c.TellingChoose(telling=telling.public_id, source="C", mode="typed")
    await offload(tellings.choose, evening["Ana"], wish)
    await offload(begin_now, evening)

    # Her page knows that she dials; this process learns it now.
    early = samples.take(chunk(telling))
    await hub.read(room)
    taken = samples.take(chunk(telling))
    await hub.recorder.stop()

    assert (early, taken) == (False, True)


async def test_a_chunk_is_to_come_again_when_its_story_has_not_begun(evening):
    telling = await offload(evening.prepare)
    async with samples_of(evening, "Ben") as samples:
        with pytest.raises(Refusal) as refusal:
            await samples.receive(chunk(telling))

    assert refusal.value.code == "trace.future"


async def test_chunks_that_one_commit_stores_are_acked_together(evening):
    telling = await offload(evening.prepare)
    await offload(begin_now, evening)
    hub, room = Hub(), LiveRoom(evening.row.pk)
    peer, wire = page(evening, "Ben")
    peer.start()
    await hub.read(room)
    hub.recorder.start()
    samples = Samples(hub.recorder, room, peer, evening["Ben"])

    taken = [samples.take(chunk(telling, seq)) for seq in range(3)]
    while not wire.told:
        await offload(now_ms)
    await hub.recorder.stop()
    await peer.stop()

    assert taken == [True, True, True]
    assert wire.told == [msgspec.to_builtins(TraceAcked(run="run", seqs=[0, 1, 2])) | {"type": "trace.acked"}]
