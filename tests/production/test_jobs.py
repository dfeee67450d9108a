"""The report comes once and by itself: whatever happens to the broker, to the worker, and to beat."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.live.table import Table
from tests.production.crew import Crew


@pytest.fixture(scope="module")
def crew(production: Crew) -> Iterator[Crew]:
    """The crew, with beat."""
    production.start_beat()
    yield production
    production.stop_beat()


async def told(table: Table) -> str:
    """A story that is over and of which everything is handed over."""
    telling = await table.begin(duration=60)
    await table.story_reaches(40)
    await table.finish()
    return telling


def jobs_of(table: Table, telling: str) -> list[tuple]:
    """The state and attempts of the jobs of one telling."""
    [(number,)] = table.rows("SELECT id FROM stories_telling WHERE public_id = ?", telling)
    return table.rows("SELECT state, attempts FROM stories_job WHERE key = ?", f"complete:{number}")


async def test_the_report_comes_once_when_the_broker_is_away_at_the_end_of_a_story(crew: Crew) -> None:
    async with Table(crew, people=5) as table:
        telling = await table.begin(duration=60)
        await table.story_reaches(40)
        crew.redis.kill()
        await table.finish()
        await table.evening.console.phase("reveal")
        async with asyncio.timeout(15):
            while jobs_of(table, telling) != [("queued", 0)]:
                await asyncio.sleep(0.1)
        await asyncio.to_thread(crew.redis.start)
        await table.everybody(
            lambda page: page.reveal.get("picture") and jobs_of(table, telling) == [("done", 1)], within=70
        )

        assert table.rows(
            "SELECT complete FROM stories_analysis a JOIN stories_telling t ON t.id = telling_id WHERE t.public_id = ?",
            telling,
        ) == [(True,)]


@pytest.mark.slow
async def test_nobody_waits_for_a_broker_that_hangs(crew: Crew) -> None:
    async with Table(crew, people=5) as table:
        telling = await table.begin(duration=60)
        await table.story_reaches(40)
        crew.redis.pause()
        try:
            await table.finish()
            await table.evening.console.phase("reveal")
            asked = time.monotonic()
            await table.evening.act("advance")
            await table.everybody(lambda page: page.reveal.get("step", 0) >= 2)
            took = time.monotonic() - asked
        finally:
            crew.redis.resume()

        assert took < 5
        async with asyncio.timeout(70):
            while jobs_of(table, telling) != [("done", 1)]:
                await asyncio.sleep(0.1)


async def test_the_report_comes_when_the_worker_was_away(crew: Crew) -> None:
    await asyncio.to_thread(crew.kill_worker)
    async with Table(crew, people=5) as table:
        telling = await told(table)
        await table.evening.console.phase("reveal")
        crew.start_worker()
        async with asyncio.timeout(30):
            while jobs_of(table, telling) != [("done", 1)]:
                await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_the_report_comes_once_when_the_worker_was_killed_in_the_middle_of_it(crew: Crew) -> None:
    async with Table(crew, people=5) as table:
        await told(table)
        telling = table.ana.telling["id"]
        async with asyncio.timeout(15):
            while [state for state, _ in jobs_of(table, telling)] != ["running"]:
                await asyncio.sleep(0.002)
        await asyncio.to_thread(crew.kill_worker)
        assert jobs_of(table, telling) == [("running", 1)]

        crew.start_worker()
        async with asyncio.timeout(150):
            while jobs_of(table, telling) != [("done", 2)]:
                await asyncio.sleep(0.2)

        # What the dead worker held is handed out again much later, and finds nothing to do.
        assert table.rows(
            "SELECT complete FROM stories_analysis a JOIN stories_telling t ON t.id = telling_id "
            "WHERE t.public_id = ?",
            telling,
        ) == [(True,)]
