"""Redis goes, hangs and comes back empty in the middle of a story: samples are acked all the while, and news heals."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stories.people.browser import Browser
from stories.people.player import Player
from tests.faults.ledger import enter
from tests.faults.witness import Witness, agree
from tests.live.table import Table
from tests.production.crew import WEB_WORKERS, Crew

HEALED_S = 5.0
SHOWN = ("/", "/join", "/j/{code}", "/readyz")
PAUSE_S = 0.1


async def acked_more(players: list[Player], *, within: float = 5.0) -> None:
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


@asynccontextmanager
async def visitors(address: str, code: str) -> AsyncIterator[Counter[int]]:
    """Somebody looks at pages all the while: how often each answer came, and none may take longer than that."""
    answers = Counter[int]()

    async def look() -> None:
        browser = Browser(address)
        while True:
            for path in SHOWN:
                async with asyncio.timeout(HEALED_S):
                    answers[(await browser.get(path.format(code=code))).status] += 1
            await asyncio.sleep(PAUSE_S)

    looking = asyncio.create_task(look())
    try:
        yield answers
    finally:
        looking.cancel()
        await asyncio.wait({looking})
        if not looking.cancelled():
            looking.result()


async def trouble_with_redis(crew: Crew, trouble: str, seconds: float) -> None:
    """A story through it: people feel along, come in late and look at pages, with Redis and without."""
    redis, seen = crew.redis, crew.log.stat().st_size
    async with Table(crew, people=7) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        async with visitors(crew.address, table.evening.desk.code) as answers:
            began = time.monotonic()
            match trouble:
                case "killed":
                    redis.kill()
                case "frozen":
                    redis.pause()
                case "wiped":
                    with redis.client() as client:
                        client.flushall()
            try:
                await acked_more(table.listeners)
                without = await heals(table)
                late = await table.join()
                await late.until(lambda: late.connected, within=HEALED_S)
                while time.monotonic() - began < seconds:
                    await acked_more(table.listeners)
            finally:
                if trouble == "killed":
                    await asyncio.to_thread(redis.start)
                redis.resume()
            after = await heals(table)
            await acked_more(table.listeners)
        await table.finish()
        await agree(table)
        await table.reveal()

        # Without the layer heads are compared every two seconds.
        assert without < HEALED_S
        assert after < HEALED_S
        assert witness.backwards == []
        assert [page for page in table.pages if page.closes] == []
        assert max(answers) < 500
        assert answers[200] > 10
        said = crew.log.read_text()[seen:]
        assert "Traceback" not in said
        # Away and back, by each process, for what it says and for what it hears.
        assert sum(" stories.live" in line for line in said.splitlines()) <= 4 * WEB_WORKERS, said
        note = f"news within {without:.1f} s meanwhile; {sum(answers.values())} pages answered, none with 500"
        how = {
            "killed": "killed, and started empty",
            "frozen": "frozen (SIGSTOP)",
            "wiped": "wiped (FLUSHALL)",
        }
        enter(f"Redis is {how[trouble]}", table, telling, back_s=after, note=note)


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
async def test_samples_are_acked_and_news_heals_when_redis_is(trouble: str, crew: Crew) -> None:
    await trouble_with_redis(crew, trouble, 3)


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["killed", "frozen", "wiped"])
async def test_samples_are_acked_and_news_heals_when_redis_is_for_long(trouble: str, crew: Crew) -> None:
    await trouble_with_redis(crew, trouble, 12)
