"""PostgreSQL goes in the middle of a story: nothing is acked that is not stored, and all of it is, soon after."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from stories.people.player import Player
from tests.live.table import Table
from tests.production.crew import MANAGE, Crew
from tests.production.instances import Postgres

ACKED_S = 15.0


def acked(player: Player, telling: str) -> set[int]:
    """The ticks this player was told are stored."""
    return set(player.sampled[telling]) - player.outbox.unstored(telling)


async def outage(crew: Crew, down_s: float, *, people: int = 6) -> float:
    """Cut PostgreSQL's power for a while; how long after its return everything was acked."""
    async with Table(crew, people=people) as table:
        telling = await table.begin(duration=180)
        for player in table.people:
            await player.until(lambda player=player: len(acked(player, telling)) > 20)
        await asyncio.to_thread(crew.postgres.kill)
        before = [acked(player, telling) for player in table.people]
        await asyncio.sleep(down_s)
        meanwhile = [acked(player, telling) for player in table.people]
        await asyncio.to_thread(crew.postgres.start)
        began = time.monotonic()
        stored = [{tick for tick, _ in table.stored(telling, player)} for player in table.people]
        felt = [max(player.sampled[telling]) for player in table.people]
        for player, last in zip(table.people, felt, strict=True):
            await player.until(lambda player=player, last=last: last in acked(player, telling), within=40)
        took = time.monotonic() - began
        await table.finish()
        await table.reveal()

        # What was on its way when the power went may have been committed without a word; never the reverse.
        assert meanwhile == before
        assert [a - s for a, s in zip(before, stored, strict=True)] == [set()] * people
        table.assert_stored_is_sampled(telling)
    return took


async def test_every_sample_is_acked_soon_when_the_database_was_away(unhurried: Crew) -> None:
    assert await outage(unhurried, 4) < ACKED_S


@pytest.mark.slow
async def test_every_sample_is_acked_soon_when_the_database_was_away_for_long(unhurried: Crew) -> None:
    assert await outage(unhurried, 12) < ACKED_S


def test_the_rows_tests_pass_on_postgresql_too(postgres: Postgres) -> None:
    env = {**os.environ, "MIRROR_DATABASE_URL": postgres.url}

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "tests/db"],
        cwd=MANAGE.parent,
        env=env,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout
