"""Whatever happens on the way, what is stored is what was felt: lost, doubled, swapped, reloaded, cut off."""

import asyncio
import random

import pytest

from stories.people.browser import Seat
from stories.people.page import Message
from stories.people.player import Player
from stories.people.server import Server
from tests.live.table import PATIENCE, Table

STORY_S = 100


class Weather:
    """Spoils what a player says: a message may vanish, come twice, or change places with the next."""

    def __init__(self, rng: random.Random, *, lost: float, twice: float, swapped: float) -> None:
        self.rng = rng
        self.lost, self.twice, self.swapped = lost, twice, swapped
        self.held: list[Message] = []
        self.spoiled = 0

    def __call__(self, message: Message) -> list[Message]:
        before = self.spoiled
        chance = self.rng.random()
        self.spoiled += 1
        if chance < self.lost:
            return []
        if chance < self.lost + self.twice:
            return [message, *self._released(), message]
        if chance < self.lost + self.twice + self.swapped and not self.held:
            self.held = [message]
            return []
        self.spoiled = before
        return [message, *self._released()]

    def _released(self) -> list[Message]:
        held, self.held = self.held, []
        return held


async def mishaps(player: Player, rng: random.Random, until_s: float) -> list[str]:
    """Drops and reloads at random moments of a story; which ones they were."""
    happened = []
    while True:
        await asyncio.sleep(rng.uniform(0.2, 1.5))
        told = player.telling
        if not told or (player.clock.now() - told["started_at"]) / 1000 > until_s:
            return happened
        match what := rng.choice(["drop", "drop", "reload", "reload and clear"]):
            case "drop":
                player.drop()
            case "reload":
                await player.reload()
            case "reload and clear":
                await player.reload(cleared=True)
        happened.append(what)


async def weathered(server: Server, seed: int) -> None:
    async with Table(server, people=6) as table:
        weathers = []
        for place, player in enumerate(table.people):
            weather = Weather(random.Random(f"{seed} {place}"), lost=0.15, twice=0.2, swapped=0.15)
            player.spoil = weather
            weathers.append(weather)
        telling = await table.begin()
        # Ana stays: without a teller the room would pause, which is another test's story.
        happened = await asyncio.gather(
            *(
                mishaps(player, random.Random(f"{seed} {place} mishaps"), STORY_S - 20)
                for place, player in enumerate(table.listeners)
            )
        )
        await table.story_reaches(STORY_S)

        await table.finish()

        table.assert_stored_is_sampled(telling)
        assert sum(map(len, happened)) >= 8
        assert sum(weather.spoiled for weather in weathers) >= 10
        assert [p.outbox.refused_ticks for p in table.people] == [{}] * 6


async def test_stored_is_sampled_when_networks_fail_and_pages_reload(server: Server) -> None:
    await asyncio.gather(weathered(server, seed=1), weathered(server, seed=2))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 15))
async def test_stored_is_sampled_in_many_more_storms(server: Server, seed: int) -> None:
    await weathered(server, seed)


async def test_a_reload_hands_over_what_the_last_page_could_not(table: Table) -> None:
    telling = await table.begin()
    table.ben.spoil = lambda _message: []
    await table.story_reaches(20)
    unsent = table.ben.outbox.unstored(telling)

    table.ben.spoil = lambda message: [message]
    await table.ben.reload()
    await table.story_reaches(40)
    await table.finish()

    assert len(unsent) > 60
    assert unsent <= {tick for tick, _ in table.stored(telling, table.ben)}
    table.assert_stored_is_sampled(telling)


async def test_a_page_black_holed_for_most_of_a_story_hands_all_of_it_over_afterwards(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(5)
    table.eli.spoil = lambda _message: []
    await table.story_reaches(45)

    table.eli.spoil = lambda message: [message]
    await table.finish()

    table.assert_stored_is_sampled(telling)
    assert len(table.eli.sampled[telling]) >= 180


async def test_the_newest_run_wins_where_two_pages_of_a_seat_overlap(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(25)
    await table.ben.close()
    seat = Seat(table.server.address, table.ben.key, table.ben.token)

    async with Player(seat, hand=lambda _tick: None, patience=PATIENCE) as other:
        await other.until(lambda: other.connected)
        old = {"type": "trace.chunk", "telling": telling, "run": "old", "seq": 0, "first_tick": 40}
        new = {"type": "trace.chunk", "telling": telling, "run": "new", "seq": 0, "first_tick": 50}
        # The newer run arrives first: what counts is when it was felt.
        await other.say({**new, "values": [800] * 30})
        await other.until(lambda: len(other.heard("trace.acked")) == 1)
        await other.say({**old, "values": [200] * 30})
        await other.until(lambda: len(other.heard("trace.acked")) == 2)
        table.people[1] = other
        await table.story_reaches(45)
        await table.finish()
        await table.reveal()
        await other.until(lambda: other.you.get("own"))
        line = other.you["own"]["line"]

    assert line[40:50] == [200] * 10
    assert line[50:80] == [800] * 30
