"""The report comes, once and by itself, whatever happens to the broker, to the worker, and to beat."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.faults.ledger import enter
from tests.live.table import Table
from tests.production.crew import CELERY, Crew, children

COMES_S = 100.0


@pytest.fixture(scope="module")
def beating(crew: Crew) -> Iterator[Crew]:
    """The crew, with beat."""
    crew.start_beat()
    yield crew
    crew.stop_beat()


@pytest.fixture
def working(beating: Crew) -> Iterator[Crew]:
    """The crew with its worker, whatever a test did to that."""
    yield beating
    if beating.worker is None:
        beating.start_worker()


async def told(table: Table) -> str:
    """A story that is over and of which everything is handed over."""
    telling = await table.begin(duration=60)
    await table.story_reaches(40)
    await table.finish()
    return telling


def jobs_of(table: Table, telling: str) -> list[tuple]:
    """The state and attempts of the job that completes a telling's picture."""
    [(number,)] = table.rows("SELECT id FROM stories_telling WHERE public_id = ?", telling)
    return table.rows("SELECT state, attempts FROM stories_job WHERE key = ?", f"complete:{number}")


def reports(table: Table, telling: str) -> list[tuple]:
    """The telling's picture: whether it is complete, and how often it was drawn."""
    return table.rows(
        "SELECT complete, edition FROM stories_analysis a JOIN stories_telling t ON t.id = telling_id "
        "WHERE t.public_id = ?",
        telling,
    )


async def becomes(table: Table, telling: str, state: str, *, within: float = COMES_S) -> None:
    """Wait until the job is in a state."""
    deadline = time.monotonic() + within
    while (found := jobs_of(table, telling)) == [] or found[0][0] != state:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.02)


async def shown(table: Table, telling: str) -> None:
    """Everybody sees the whole picture, which was drawn once."""
    await becomes(table, telling, "done")
    await table.everybody(lambda page: not page.reveal["picture"].get("progress"), within=15)
    assert reports(table, telling) == [(True, 1)]


@contextmanager
def held(crew: Crew, telling: str) -> Iterator[None]:
    """Whoever wants to complete the picture of this telling waits, and nobody else does."""
    row = (
        "SELECT 1 FROM stories_analysis a JOIN stories_telling t ON t.id = telling_id "
        "WHERE t.public_id = %s FOR UPDATE OF a"
    )
    with psycopg.connect(crew.postgres.url) as connection:
        connection.execute(row, [telling])
        yield


async def test_the_report_comes_once_when_the_broker_is_away_at_the_end_of_a_story(working: Crew) -> None:
    async with Table(working, people=5) as table:
        telling = await table.begin(duration=60)
        await table.story_reaches(40)
        working.redis.kill()
        try:
            await table.finish()
            asked = time.monotonic()
            await table.evening.console.phase("reveal")
            opened = time.monotonic() - asked
            await becomes(table, telling, "queued", within=15)
        finally:
            await asyncio.to_thread(working.redis.start)
        began = time.monotonic()
        await shown(table, telling)

        back, note = time.monotonic() - began, f"the reveal opened after {opened:.1f} s all the same"
        enter("the broker is away when a story ends", table, telling, back_s=back, note=note)


@pytest.mark.slow
async def test_nobody_waits_for_a_broker_that_hangs(working: Crew) -> None:
    async with Table(working, people=5) as table:
        telling = await table.begin(duration=60)
        await table.story_reaches(40)
        working.redis.pause()
        try:
            await table.finish()
            await table.evening.console.phase("reveal")
            asked = time.monotonic()
            await table.evening.act("advance")
            await table.everybody(lambda page: page.reveal.get("step", 0) >= 2)
            took = time.monotonic() - asked
        finally:
            working.redis.resume()
        began = time.monotonic()
        await shown(table, telling)

        assert took < 5
        back, note = time.monotonic() - began, f"a page was answered after {took:.1f} s meanwhile"
        enter("the broker hangs when a story ends", table, telling, back_s=back, note=note)


@pytest.mark.slow
async def test_the_report_comes_when_the_worker_was_away(working: Crew) -> None:
    await asyncio.to_thread(working.kill_worker)
    async with Table(working, people=5) as table:
        telling = await told(table)
        await table.evening.console.phase("reveal")
        working.start_worker()
        began = time.monotonic()
        await shown(table, telling)

        enter("Celery's worker is away when a story ends", table, telling, back_s=time.monotonic() - began)


@pytest.mark.parametrize("patient", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("who", ["worker", pytest.param("child", marks=pytest.mark.slow)])
async def test_the_report_comes_once_when_its_job_was_killed_in_the_middle(
    working: Crew, who: str, patient: bool
) -> None:
    await asyncio.to_thread(working.kill_worker)
    async with Table(working, people=5) as table:
        telling = await told(table)
        await table.evening.console.phase("reveal")
        await becomes(table, telling, "queued", within=15)
        with held(working, telling):
            working.start_worker()
            await becomes(table, telling, "running", within=30)
            if who == "worker":
                await asyncio.to_thread(working.kill_worker)
            else:
                [child] = children(working.worker.pid)
                os.kill(child, signal.SIGKILL)
        assert jobs_of(table, telling) == [("running", 1)]
        if not patient:
            # As if the minute had passed after which a job that says nothing is lost.
            table.rows("UPDATE stories_job SET alive_at = alive_at - interval '61 s' WHERE state = 'running'")
        if who == "worker":
            working.start_worker()
        began = time.monotonic()
        if not patient:
            # As beat does twice a minute.
            await asyncio.to_thread(working.spawn(*CELERY, "call", "mirrorgame.sweep").wait)
        # What the dead one held is handed out again much later, and finds nothing to do.
        await shown(table, telling)

        fault = f"Celery's {'worker' if who == 'worker' else 'child'} is killed (-9) in the middle of a job"
        note = "" if patient else "without the wait until a silent job counts as lost"
        enter(fault, table, telling, back_s=time.monotonic() - began, note=note)
