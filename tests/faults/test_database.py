"""The database goes, or has no room, in the middle of a story: nothing is acked that is not stored, and all is soon after."""

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from stories.people.page import Message
from stories.people.player import Player
from stories.people.server import Server
from tests.conftest import MANAGE
from tests.faults.conftest import RATE
from tests.faults.disk import SmallDisk, SmallLog, limit_files
from tests.faults.ledger import enter
from tests.faults.witness import Witness, agree
from tests.live.table import Table
from tests.production.crew import WEB_WORKERS, Crew

ACKED_S = 15.0
# However long the database was away.
MET_AGAIN_S = 8.0
PEOPLE = 6
# A recorder that cannot store says so, and tries twice a second: this much without an ack is no chance.
STOOD_STILL_S = 2.5


def acked(player: Player, telling: str) -> set[int]:
    """The ticks this player was told are stored."""
    return set(player.sampled[telling]) - player.outbox.unstored(telling)


def acked_by_all(table: Table, telling: str) -> list[set[int]]:
    return [acked(player, telling) for player in table.people]


def stored_of_all(table: Table, telling: str) -> list[set[int]]:
    return [{tick for tick, _ in table.stored(telling, player)} for player in table.people]


async def under_way(table: Table, telling: str) -> None:
    """A little of everybody's is stored."""
    for player in table.people:
        await player.until(lambda player=player: len(acked(player, telling)) > 20)


async def acks_stop(table: Table, telling: str, *, within: float) -> list[set[int]]:
    """Wait until nobody is acked anything any more; what was."""
    deadline = time.monotonic() + within
    seen = [acked_by_all(table, telling)]
    while len(seen) < 2 or seen[-1] != seen[-2]:
        assert time.monotonic() < deadline
        await asyncio.sleep(STOOD_STILL_S)
        seen.append(acked_by_all(table, telling))
    assert all(set.__le__(*both) for one in zip(*seen, strict=True) for both in pairwise(one))
    return seen[-1]


async def all_acked(table: Table, telling: str) -> float:
    """How long until whatever was felt by now is acked."""
    began = time.monotonic()
    felt = [max(player.sampled[telling]) for player in table.people]
    for player, last in zip(table.people, felt, strict=True):
        await player.until(lambda player=player, last=last: last in acked(player, telling), within=40)
    return time.monotonic() - began


def missing(told: list[set[int]], stored: list[set[int]]) -> list[set[int]]:
    """What somebody was told is stored, and is not."""
    return [ticks - rows for ticks, rows in zip(told, stored, strict=True)]


async def outage(crew: Crew, down_s: float, *, acked_s: float = ACKED_S) -> None:
    """Cut PostgreSQL's power for a while."""
    seen = crew.log.stat().st_size
    async with Table(crew, people=PEOPLE) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        await under_way(table, telling)
        await asyncio.to_thread(crew.postgres.kill)
        before = acked_by_all(table, telling)
        # Meanwhile somebody's link is lost, and somebody asks for what nobody can do now.
        table.ben.drop()
        await table.eli.wish("telling.pause")
        await asyncio.sleep(down_s)
        meanwhile = acked_by_all(table, telling)
        await asyncio.to_thread(crew.postgres.start)
        stored = stored_of_all(table, telling)
        back = await all_acked(table, telling)
        await table.finish()
        await agree(table)
        await table.reveal()

        # What was on its way when the power went may have been committed without a word; never the reverse.
        assert meanwhile == before
        assert missing(before, stored) == [set()] * PEOPLE
        assert back < acked_s
        assert witness.backwards == []
        assert "Traceback" not in crew.log.read_text()[seen:]
        enter(f"PostgreSQL is killed (-9), and {down_s:.0f} s away", table, telling, back_s=back)


async def test_every_sample_is_acked_soon_when_the_database_was_away(crew: Crew) -> None:
    await outage(crew, 4)


@pytest.mark.slow
async def test_every_sample_is_acked_soon_when_the_database_was_away_for_long(crew: Crew) -> None:
    await outage(crew, 17, acked_s=MET_AGAIN_S)


async def test_every_sample_is_acked_soon_when_the_database_was_restarted(crew: Crew) -> None:
    seen = crew.log.stat().st_size
    async with Table(crew, people=PEOPLE) as table:
        telling = await table.begin(duration=180)
        await under_way(table, telling)
        await asyncio.to_thread(crew.postgres.stop)
        told = acked_by_all(table, telling)
        await asyncio.to_thread(crew.postgres.start)
        stored = stored_of_all(table, telling)
        back = await all_acked(table, telling)
        await table.finish()
        await agree(table)

        assert missing(told, stored) == [set()] * PEOPLE
        assert back < ACKED_S
        assert "Traceback" not in crew.log.read_text()[seen:]
        enter("PostgreSQL is restarted", table, telling, back_s=back)


@pytest.mark.slow
async def test_nothing_is_acked_that_is_not_stored_when_postgresqls_disk_is_full(crew: Crew) -> None:
    seen = crew.log.stat().st_size
    with SmallDisk(crew.postgres) as disk:
        async with Table(crew, people=PEOPLE) as table:
            telling = await table.begin(duration=180)
            await under_way(table, telling)
            disk.fill()
            told = await acks_stop(table, telling, within=20)
            stored = stored_of_all(table, telling)
            disk.empty()
            back = await all_acked(table, telling)
            await table.finish()
            await agree(table)

            assert missing(told, stored) == [set()] * PEOPLE
            assert back < ACKED_S
            said = crew.log.read_text()[seen:]
            assert "Traceback" not in said
            # Once by each process that had samples, not at every try.
            assert 1 <= said.count("chunks wait: the database does not take them (DiskFull)") <= WEB_WORKERS
            enter("PostgreSQL's disk is full", table, telling, back_s=back)


@pytest.mark.slow
async def test_nothing_is_acked_that_is_not_stored_when_postgresqls_log_is_full(crew: Crew) -> None:
    seen = crew.log.stat().st_size
    with SmallLog(crew.postgres) as disk:
        async with Table(crew, people=PEOPLE) as table:
            telling = await table.begin(duration=180)
            await under_way(table, telling)
            await asyncio.to_thread(disk.fill)
            told = await acks_stop(table, telling, within=20)
            disk.empty()
            # It has stopped, or recovers and stops again: whoever keeps it has it started anew.
            await asyncio.to_thread(crew.postgres.kill)
            await asyncio.to_thread(crew.postgres.start)
            stored = stored_of_all(table, telling)
            back = await all_acked(table, telling)
            await table.finish()
            await agree(table)

            assert "PANIC" in crew.postgres.log.read_text()
            assert missing(told, stored) == [set()] * PEOPLE
            assert back < ACKED_S
            assert "Traceback" not in crew.log.read_text()[seen:]
            enter("PostgreSQL has no room to write ahead", table, telling, back_s=back)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The game as `make play` starts it, which nobody else's test needs."""
    folder = tmp_path_factory.mktemp("small")
    with Server(MANAGE, folder, CLOCK_RATE=str(RATE), RATE_LIMITS="0") as running:
        yield running


async def test_nothing_is_acked_that_is_not_stored_when_sqlites_disk_is_full(small: Server) -> None:
    async with Table(small, people=PEOPLE) as table:
        telling = await table.begin(duration=180)
        await under_way(table, telling)
        # The log may still grow a little; rows may not, from the end of what is written ahead.
        limit_files(small.pid, small.log.stat().st_size + 100_000)
        told = await acks_stop(table, telling, within=20)
        stored = stored_of_all(table, telling)
        limit_files(small.pid, None)
        back = await all_acked(table, telling)
        await table.finish()
        await agree(table)
        await table.reveal()

        assert missing(told, stored) == [set()] * PEOPLE
        assert back < ACKED_S
        said = small.log.read_text()
        assert "Traceback" not in said
        assert said.count("chunks wait: the database does not take them (SQLITE_IOERR_WRITE)") == 1
        enter("SQLite's disk is full", table, telling, back_s=back)


async def test_a_row_the_database_cannot_take_is_refused_alone(crew: Crew) -> None:
    def poisoned(message: Message) -> list[Message]:
        if message["type"] != "trace.chunk":
            return [message]
        return [{**message, "run": "poison"}, message]

    async with Table(crew, people=PEOPLE) as table:
        telling = await table.begin(duration=60)
        # No message that can be said is refused by the tables as they are: one that is, is made for it.
        crew.rows("ALTER TABLE stories_chunk ADD CONSTRAINT pure CHECK (run <> 'poison')")
        try:
            table.eli.spoil = poisoned
            await table.story_reaches(45)
            table.eli.spoil = lambda message: [message]
            await table.finish()
            await agree(table)
        finally:
            crew.rows("ALTER TABLE stories_chunk DROP CONSTRAINT pure")

        refused = [(m["of"], m["code"], m["run"]) for m in table.eli.heard("refused")]
        assert len(refused) >= 5
        assert set(refused) == {("trace.chunk", "trace.poisonous", "poison")}
        assert [page.refusals() for page in table.pages if page is not table.eli] == [[]] * (PEOPLE + 1)
        enter("a row cannot be stored", table, telling, note=f"{len(refused)} such rows, each refused alone")
