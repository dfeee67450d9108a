"""The live number: only in open practice rooms and for the host who peeks, and marked for good."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from stories.people.server import Server
from tests.live.table import Table

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def practice(server: Server) -> AsyncIterator[Table]:
    """An open practice room in which Ana has told for a good minute."""
    async with Table(server, people=4) as table:
        await table.evening.act("display", display="open")
        await table.begin(duration=180)
        await table.story_reaches(75)
        await table.everybody(
            lambda page: any(m["score"] is not None for m in page.heard("coupling.updated"))
        )
        console = table.evening.console
        # Whose samples another process stored is known here a second later.
        await console.until(lambda: len(console.heard("coupling.updated")[-1].get("people") or []) == 3)
        yield table


async def test_the_console_hears_each_listeners_number_and_the_rooms(practice: Table) -> None:
    told = [m for m in practice.evening.console.heard("coupling.updated") if m["score"] is not None][-1]

    numbers = [player.you["light"]["number"] for player in practice.listeners]
    assert sorted(number for number, _ in told["people"]) == numbers
    assert all(score is None or 0 <= score <= 100 for _, score in told["people"])


async def test_players_and_stage_see_the_rooms_number_and_no_persons(practice: Table) -> None:
    for page in [*practice.people, practice.stage]:
        heard = page.heard("coupling.updated")

        assert heard
        assert [m for m in heard if "people" in m and m["people"] is not None] == []


async def test_a_sealed_room_has_no_live_number_unless_the_host_peeks_and_then_it_is_marked(
    server: Server,
) -> None:
    async with Table(server, people=4) as table:
        await table.begin(duration=180)
        await table.story_reaches(70)
        assert [page.heard("coupling.updated") for page in table.pages] == [[]] * 6

        await table.evening.act("peek")
        await table.evening.console.until(lambda: bool(table.evening.console.heard("coupling.updated")))

        assert [p.heard("coupling.updated") for p in [*table.people, table.stage]] == [[]] * 5
        kinds = table.rows(
            "SELECT kind FROM stories_fact f JOIN stories_room r ON r.id = f.room_id WHERE r.code = ?",
            table.evening.desk.code,
        )
        assert [kind for (kind,) in kinds].count("peek.opened") == 1
