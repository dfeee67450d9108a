"""The one task of a process that stores: what shares a commit, and who is told of it."""

import asyncio
import time

import pytest
from django.db import connection, transaction

from stories import traces
from stories.live.offload import offload
from stories.live.recorder import GATHER_S, Recorder
from stories.traces import Entry, Key, Verdict
from tests.db.evening import Evening


@pytest.fixture
def evening(transactional_db) -> Evening:
    """Rows that the recorder's own thread can see."""
    return Evening("Ana", "Ben")


def chunks(evening: Evening, many: int) -> list[Entry]:
    """What Ben felt in a story that has begun."""
    telling = evening.begin()
    return [evening.entry(telling, "Ben", [500], seq=seq, first_tick=seq) for seq in range(many)]


def borne_with(entry: Entry) -> tuple[str, str]:
    """How long PostgreSQL bears with a process that falls silent while it stores, and otherwise."""

    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return str(cursor.fetchone()[0])

    with transaction.atomic():
        traces.store([entry])
        storing = limit()
    return storing, limit()


class Told:
    """Of which chunks somebody heard, and what."""

    def __init__(self) -> None:
        self.all: list[tuple[Key, Verdict]] = []

    def __call__(self, entry: Entry, verdict: Verdict) -> None:
        self.all.append((entry.key, verdict))

    async def until(self, many: int) -> None:
        async with asyncio.timeout(10):
            while len(self.all) < many:
                await asyncio.sleep(0.005)


async def test_chunks_that_come_without_a_break_share_commits_however_fast_the_disk_is(evening):
    entries = await offload(chunks, evening, 200)
    recorder, told = Recorder(), Told()
    recorder.start()

    began = time.monotonic()
    for entry in entries:
        recorder.submit(entry, told)
        await asyncio.sleep(0.001)
    await told.until(len(entries))
    took = time.monotonic() - began
    await recorder.stop()

    assert told.all == [(entry.key, "stored") for entry in entries]
    assert 2 <= recorder.commits <= took / GATHER_S + 1


async def test_everybody_who_said_a_chunk_is_told_of_it_and_another_content_is_refused(evening):
    [first] = await offload(chunks, evening, 1)
    recorder, told, again, other = Recorder(), Told(), Told(), Told()

    recorder.submit(first, told)
    recorder.submit(first, again)
    recorder.submit(first._replace(samples=b"\x01\x00"), other)
    recorder.start()
    await told.until(1)
    await recorder.stop()

    assert told.all == again.all == [(first.key, "stored")]
    assert other.all == [(first.key, "conflict")]
    assert recorder.commits == 1


async def test_who_stumbles_over_the_news_of_their_chunk_keeps_nobody_elses_back(evening):
    first, second = await offload(chunks, evening, 2)
    recorder, told = Recorder(), Told()
    broken: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: broken.append(str(what["exception"])))

    def stumble(entry: Entry, verdict: Verdict) -> None:
        raise RuntimeError(verdict)

    recorder.submit(first, stumble)
    recorder.submit(second, told)
    recorder.start()
    await told.until(1)
    await recorder.stop()

    assert (told.all, broken) == ([(second.key, "stored")], ["stored"])
    assert (recorder.commits, recorder.retries) == (1, 0)


def test_a_process_that_falls_silent_while_it_stores_is_given_up(evening):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's lock is gone with its process")
    [entry] = chunks(evening, 1)

    assert borne_with(entry) == (traces.SILENT_FOR, "0")
