"""Web workers die and are replaced in the middle of a story: the story goes on, and nobody is shown the past."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from stories.people.page import Page
from tests.faults.ledger import enter
from tests.faults.witness import Witness, agree
from tests.live.table import Table
from tests.production.crew import WEB_WORKERS, Crew
from tests.production.test_serve import alive, connections, until

BACK_S = 3.0
GONE_S = 5.0
# Pages wait as long as they do in life, before they come back.
PATIENT = 1.0


@pytest.fixture
def mended(crew: Crew) -> Iterator[Crew]:
    """The crew, all there again whatever was done to it."""
    yield crew
    if not crew.running:
        crew.start()


@pytest.mark.parametrize("people", [12, pytest.param(60, marks=pytest.mark.slow)])
async def test_nothing_is_lost_and_nobody_sees_the_past_when_web_workers_are_killed(
    mended: Crew, people: int
) -> None:
    crew, backs = mended, []
    async with Table(crew, people=people) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        for page in table.pages:
            page.patience = PATIENT
        for kill in range(1, 4):
            await table.story_reaches(30 * kill)
            before = crew.web_pids()
            crowded = max(before, key=connections)
            closed = sum(len(page.closes) for page in table.pages)
            began = time.monotonic()
            crew.kill_web(crowded)
            await until(lambda closed=closed: sum(len(page.closes) for page in table.pages) > closed)
            await table.everybody(lambda page: page.connected)
            backs.append(time.monotonic() - began)
            # The others never stopped, and take everybody in; the dead one is replaced all the same.
            await until(lambda: len(crew.web_pids()) == WEB_WORKERS)
            assert set(before) - set(crew.web_pids()) == {crowded}
        await table.finish()
        await agree(table)

        assert witness.backwards == []
        assert max(backs) < BACK_S
        enter("a web worker is killed (-9), three times", table, telling, back_s=max(backs))


async def test_everybody_comes_back_and_the_story_goes_on_when_all_web_workers_are_killed_at_once(
    mended: Crew,
) -> None:
    crew = mended
    async with Table(crew, people=12) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        await table.story_reaches(20)
        for page in table.pages:
            page.patience = PATIENT
        for pid in crew.web_pids():
            crew.kill_web(pid)
        await until(lambda: not any(page.connected for page in table.pages))
        # Who knocks meanwhile waits at the door that the supervisor holds open.
        await until(lambda: any(page.connected for page in table.pages))
        began = time.monotonic()
        await table.everybody(lambda page: page.connected)
        back = time.monotonic() - began
        await table.finish()
        await agree(table)

        assert witness.backwards == []
        assert back < BACK_S
        enter("all web workers are killed (-9) at once", table, telling, back_s=back)


async def test_everybody_is_told_to_come_back_and_does_one_by_one_when_the_server_is_replaced(
    mended: Crew,
) -> None:
    crew = mended
    async with Table(crew, people=12) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        await table.story_reaches(20)
        for page in table.pages:
            page.patience = PATIENT
        workers, process = crew.web_pids(), crew.process
        seen = crew.log.stat().st_size
        began = time.monotonic()
        process.terminate()
        await table.everybody(lambda page: page.closes)
        told = time.monotonic() - began
        code = await asyncio.to_thread(process.wait)
        gone = time.monotonic() - began
        left = [pid for pid in workers if alive(pid)]
        said = crew.log.read_text()[seen:]
        # Watched from before: on a slow day all are back before the start is known to be over.
        returns = asyncio.gather(*(_back_at(page) for page in table.pages))
        await asyncio.to_thread(crew.start)
        up = time.monotonic()
        back = await returns
        await table.finish()
        await agree(table)

        assert {page.closes[0] for page in table.pages} == {1012}
        assert (code, left, "Traceback" in said) == (0, [], False)
        assert told < 1.5
        assert gone < GONE_S
        # All by chance, so that a room does not return as one.
        assert max(back) - min(back) > 0.5
        assert witness.backwards == []
        note = f"told 1012, gone after {gone:.1f} s, back over {max(back) - min(back):.1f} s"
        enter("the server is replaced (SIGTERM)", table, telling, back_s=max(0.0, max(back) - up), note=note)


async def _back_at(page: Page) -> float:
    await page.until(lambda: page.connected, within=30)
    return time.monotonic()
