"""Rooms fill, tell and empty again for a long time: nothing is lost, and nothing is held for those who have gone.

`make soak` runs it for an hour with 300 people; by default it is short.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from stories.people.load import Crowd, take_seats
from tests.faults.grown import Meter, resident_mb
from tests.faults.ledger import Entry, account, keep
from tests.live.table import Table
from tests.production.crew import Crew
from tests.production.instances import Postgres, Redis, need_binaries

SECONDS = float(os.environ.get("MIRROR_SOAK_S", "6"))
PEOPLE = int(os.environ.get("MIRROR_SOAK_PEOPLE", "40"))
RATE = 6
WARM = 2 if SECONDS > 60 else 1
STORIES = 2
TOKEN = "numbers"
SOUND = 3
MOST_GROWTH = 0.10
# Of a short run the heap's own settling is a larger part.
SETTLING_MB = 8


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Production by itself, so that whatever it holds in the end is held for one of us."""
    need_binaries()
    folder = tmp_path_factory.mktemp("soaked")
    settings = {"METRICS_TOKEN": TOKEN, "METRICS_DIR": str(folder / "metrics"), "ROOM_LIMIT": "1000"}
    with (
        Postgres() as postgres,
        Redis() as redis,
        Crew(folder, postgres, redis, CLOCK_RATE=str(RATE), RATE_LIMITS="0", **settings) as running,
    ):
        yield running


@dataclass(frozen=True)
class Held:
    """What the web processes hold: rooms, tasks and pages, and the layer's channels that anybody listens to."""

    rooms: int
    tasks: int
    pages: int
    channels: int


def held(crew: Crew) -> Held:
    """Now; tasks are counted every five seconds."""
    meter = Meter(crew, TOKEN)
    told = [int(meter.told(name)) for name in ("mirror_rooms_held", "mirror_tasks", "mirror_sockets")]
    with crew.redis.client(0) as client:
        return Held(*told, len(client.pubsub_channels()))


async def empty(crew: Crew, like: Held | None, *, within: float = 30.0) -> Held:
    """Wait until nobody is there and, if `like` is known, no more is held than then. Returns what is held at last."""
    deadline = time.monotonic() + within
    while True:
        # Longer than the beat at which tasks are counted.
        await asyncio.sleep(6)
        now = await asyncio.to_thread(held, crew)
        gone = (now.rooms, now.pages) == (0, 0)
        if gone and (like is None or (now.tasks <= like.tasks + SOUND and now.channels <= like.channels)):
            return now
        if time.monotonic() > deadline:
            return now


async def begin(table: Table) -> str:
    """Ana begins; in a large room the console lists nobody, and the database says that she offered."""
    await table.ana.say({"type": "teller.offer", "willing": True})
    offered = "SELECT 1 FROM stories_participant WHERE public_id = ? AND willing_at IS NOT NULL"
    while not await asyncio.to_thread(table.rows, offered, table.ana.key):
        await asyncio.sleep(0.05)
    await table.evening.act("prepare", teller=table.ana.key, source="C", duration="60")
    await table.everybody(lambda page: page.room["phase"] == "preparing")
    await table.ana.wish("telling.begin")
    await table.everybody(lambda page: page.room["phase"] == "telling")
    return str(table.ana.telling["id"])


class Churn:
    """Evenings one after the other; what they came to is summed up."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.rooms = self.stories = self.acked = 0
        self.sent = self.stored = self.lost = self.doubled = 0

    async def evening(self) -> None:
        """A room fills, tells its stories while people leave and come back, and empties."""
        async with Table(self.crew) as table:
            code = table.evening.desk.code
            seats = await take_seats(self.crew.address, code, PEOPLE - len(table.people))
            half = len(seats) // 2
            stay, go = Crowd(self.crew.address, seats[:half]), Crowd(self.crew.address, seats[half:])
            await asyncio.gather(stay.come(), go.come())
            for story in range(STORIES):
                if story:
                    await table.evening.act("lobby")
                    await table.everybody(lambda page: page.room["phase"] == "lobby")
                go = await self.story(table, stay, go)
            stay.leave()
            go.leave()
        self.rooms += 1

    async def story(self, table: Table, stay: Crowd, go: Crowd) -> Crowd:
        """One story. Half of the crowd is gone for a while; who comes back is returned."""
        telling = await begin(table)
        came = stay.told.sent, len(stay.told.acks)
        feeling = asyncio.create_task(stay.feel(3, telling=telling))
        await go.feel(1, telling=telling)
        go.leave()
        await table.eli.reload()
        table.ben.drop()
        await asyncio.sleep(0.5)
        # A page that comes back is a page load of its own, under another run.
        back = Crowd(self.crew.address, go.seats)
        await back.come()
        await back.feel(1, telling=telling)
        await feeling
        assert await stay.settled()
        assert await back.settled()
        assert (stay.told.refused, back.told.refused) == (Counter(), Counter())
        await table.finish()
        await table.evening.console.phase("reveal")
        self.check(table, telling, stay.told.sent - came[0], len(stay.told.acks) - came[1], back)
        return back

    def check(self, table: Table, telling: str, sent: int, acked: int, back: Crowd) -> None:
        """Everything that was felt is stored once; what the crowd said was acked, and is there."""
        table.assert_stored_is_sampled(telling)
        felt, stored, lost, doubled = account(table, telling)
        runs = dict(
            table.rows(
                "SELECT run, count(*) FROM stories_chunk JOIN stories_telling t ON t.id = telling_id "
                "WHERE t.public_id = ? GROUP BY run",
                telling,
            )
        )
        assert (acked, runs[back.run]) == (sent, back.told.sent)
        self.sent, self.stored = self.sent + felt, self.stored + stored
        self.lost, self.doubled = self.lost + lost, self.doubled + doubled
        self.stories, self.acked = self.stories + 1, self.acked + acked + back.told.sent


async def test_nothing_is_lost_and_nothing_grows_when_people_come_and_go_for_long(crew: Crew):
    before = await empty(crew, None)
    churn = Churn(crew)
    for _ in range(WARM):
        await churn.evening()
    warm = resident_mb(crew)

    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        await churn.evening()
    full = resident_mb(crew)
    after = await empty(crew, before)

    grown = full / warm - 1
    said = f"{churn.rooms} rooms, {churn.stories} stories, {churn.acked} chunks; {before} then {after}; {warm:.0f} MB, {grown:+.1%}"
    assert (after.rooms, after.pages) == (0, 0), said
    assert after.channels <= before.channels, said
    assert after.tasks <= before.tasks + SOUND, said
    assert full - warm < max(MOST_GROWTH * warm, SETTLING_MB), said
    assert (churn.lost, churn.doubled) == (0, 0)
    assert [
        line for line in crew.log.read_text().splitlines() if "ERROR" in line or "Traceback" in line
    ] == []
    note = f"{churn.rooms} rooms, {churn.stories} stories, memory {grown:+.1%}, tasks {before.tasks} and {after.tasks}"
    fault = "people come and go for long (soak)"
    keep(Entry(fault, PEOPLE, churn.sent, churn.stored, churn.lost, churn.doubled, note=note))
