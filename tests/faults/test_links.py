"""Connections are cut, slowed and frozen in the middle of a story: nothing is lost, and nobody is shown the past."""

import asyncio
import random
import time

import pytest

from tests.faults.ledger import enter
from tests.faults.network import Network
from tests.faults.witness import Witness, agree
from tests.live.table import Table
from tests.production.crew import Crew

PEOPLE = 40


async def stormy(crew: Crew, network: Network, seed: int, *, seconds: float) -> None:
    """A story through twenty cuts a second."""
    rng = random.Random(seed)
    async with Table(crew, people=PEOPLE, address=network.address) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        network.delay_s, network.jitter_s = 0.02, 0.1
        await network.storm(rng, cuts_per_s=20, seconds=seconds)
        network.delay_s = network.jitter_s = 0.0
        quiet = time.monotonic()
        await table.everybody(lambda page: page.connected)
        await table.evening.act("pause")
        await agree(table)
        back = time.monotonic() - quiet
        await table.evening.act("resume")
        await table.finish()
        await agree(table)

        assert network.cuts > 10 * seconds
        assert witness.backwards == []
        assert back < 5
        enter("20 links a second are cut, 20 to 120 ms of delay", table, telling, back_s=back)


async def test_nothing_is_lost_and_nobody_sees_the_past_when_links_are_cut(crew: Crew, network: Network):
    await stormy(crew, network, 1, seconds=8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
async def test_nothing_is_lost_in_many_more_storms(crew: Crew, network: Network, seed: int):
    await stormy(crew, network, seed, seconds=20)


async def test_half_open_links_are_noticed_and_left(crew: Crew, network: Network):
    async with Table(crew, people=12, address=network.address) as table:
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        await table.story_reaches(10)
        frozen = network.freeze(random.Random(1), 0.5)
        began = time.monotonic()
        closed = [len(page.closes) for page in table.people]
        # A page that hears nothing for twelve seconds has lost its link, whatever the link says.
        while sum(len(p.closes) > n for p, n in zip(table.people, closed, strict=True)) < len(frozen) - 1:
            assert time.monotonic() - began < 20
            await asyncio.sleep(0.05)
        await table.everybody(lambda page: page.connected)
        back = time.monotonic() - began
        await table.finish()
        await agree(table)

        assert len(frozen) >= 3
        assert witness.backwards == []
        enter("links stay open and carry nothing (half-open)", table, telling, back_s=back)
