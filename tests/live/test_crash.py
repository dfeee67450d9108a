"""The server is killed in the middle of a story: the people come back, and nothing acked is missing."""

import asyncio
from collections.abc import Iterator

import pytest

from stories.people.player import Player
from stories.people.server import Server
from tests.conftest import FAST, MANAGE
from tests.live.table import Table


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server nobody else's test needs."""
    with Server(MANAGE, tmp_path_factory.mktemp("mortal"), CLOCK_RATE=str(FAST), RATE_LIMITS="0") as running:
        yield running


async def test_nothing_acked_is_missing_when_the_server_is_killed_in_the_middle_of_a_story(
    mortal: Server,
) -> None:
    async with Table(mortal, people=5) as table:
        telling = await table.begin(duration=180)

        def acked_of(player: Player) -> set[int]:
            return set(player.sampled[telling]) - player.outbox.unstored(telling)

        for player in table.people:
            await player.until(lambda player=player: len(acked_of(player)) > 60)
        mortal.kill()
        acked = [acked_of(p) for p in table.people]
        await asyncio.to_thread(mortal.start)
        stored = [{tick for tick, _ in table.stored(telling, p)} for p in table.people]
        await table.everybody(lambda page: page.connected and page.closes != [])
        # Whoever was away keeps feeling along, and hands it all over.
        felt = {p.key: len(p.sampled[telling]) for p in table.people}
        for player in table.people:
            await player.until(lambda player=player: len(player.sampled[telling]) > felt[player.key])
        await table.finish()

        assert [a - s for a, s in zip(acked, stored, strict=True)] == [set()] * 5
        table.assert_stored_is_sampled(telling)
        assert {code for page in table.pages for code in page.closes} == {1006}
        assert "Traceback" not in mortal.log.read_text()


async def test_the_room_goes_on_where_it_was_when_the_server_is_stopped_and_started(mortal: Server) -> None:
    async with Table(mortal) as table:
        await table.begin()
        await table.story_reaches(20)
        await asyncio.to_thread(mortal.stop)
        await asyncio.to_thread(mortal.start)

        await table.everybody(lambda page: page.connected and page.closes != [])
        await table.finish()
        picture = await table.reveal()

        table.assert_stored_is_sampled(picture["telling"])
        assert {code for page in table.pages for code in page.closes} <= {1006, 1012}
