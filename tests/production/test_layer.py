"""Redis goes, hangs and comes back empty in the middle of a story: samples are acked all the while, and news heals."""

import asyncio
import time

import pytest

from stories.people.player import Player
from tests.live.table import Table
from tests.production.crew import Crew

HEALED_S = 5.0


async def acked_more(players: list[Player], *, within: float) -> None:
    """Everybody's samples go on being stored."""
    began = {player.key: len(player.ack_ms) for player in players}
    await asyncio.gather(
        *(p.until(lambda p=p: len(p.ack_ms) > began[p.key] + 1, within=within) for p in players)
    )


async def heals(table: Table) -> float:
    """How long until everybody has heard of a pause: people sit at both web workers."""
    began = time.monotonic()
    await table.evening.act("pause")
    await table.everybody(lambda page: page.room.get("paused"), within=2 * HEALED_S)
    took = time.monotonic() - began
    await table.evening.act("resume")
    await table.everybody(lambda page: not page.room.get("paused"), within=2 * HEALED_S)
    return took


@pytest.mark.parametrize(
    "trouble", ["killed and started empty", "frozen", pytest.param("wiped", marks=pytest.mark.slow)]
)
async def test_samples_are_acked_and_news_heals_when_redis_is(trouble: str, unhurried: Crew) -> None:
    crew = unhurried
    seen = crew.log.stat().st_size
    async with Table(crew, people=7) as table:
        telling = await table.begin(duration=180)
        redis = crew.redis
        match trouble:
            case "killed and started empty":
                redis.kill()
            case "frozen":
                redis.pause()
            case "wiped":
                with redis.client() as client:
                    client.flushall()

        await acked_more(table.listeners, within=5)
        without = await heals(table)
        await acked_more(table.listeners, within=5)
        if trouble == "killed and started empty":
            await asyncio.to_thread(redis.start)
        if trouble == "frozen":
            redis.resume()
        after = await heals(table)
        await acked_more(table.listeners, within=5)
        await table.finish()
        await table.reveal()

        # Without the layer heads are compared every two seconds.
        assert without < HEALED_S
        assert after < HEALED_S
        table.assert_stored_is_sampled(telling)
        assert {page.closes != [] for page in table.pages} == {False}
    said = crew.log.read_text()[seen:]
    assert "Traceback" not in said
    assert len(said.splitlines()) < 30, said
