"""The live number, where there may be one: it is the batch score of the same grid, and nobody else sees it."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from stories.people.server import Server
from stories.synchrony import live_score
from tests.live.table import Table

pytestmark = pytest.mark.asyncio(loop_scope="module")


def batch(table: Table, tick: int) -> list[tuple[int, int | None]]:
    """Each listener's score of what their own pages felt up to a tick, computed in one go."""
    telling = table.ana.telling["id"]
    traces = np.full((len(table.people), tick), np.nan)
    for row, player in zip(traces, table.people, strict=True):
        for at, level in player.sampled[telling].items():
            if at < tick:
                row[at] = level
    scores = live_score(traces[0], traces[1:], fs=4).score
    numbers = [player.you["light"]["number"] for player in table.listeners]
    return [(n, None if np.isnan(s) else int(s)) for n, s in zip(numbers, scores, strict=True)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def practice(server: Server) -> AsyncIterator[Table]:
    """An open practice room in which Ana has told for a good minute."""
    async with Table(server, people=4) as table:
        await table.evening.act("display", display="open")
        await table.begin(duration=120)
        await table.story_reaches(75)
        await table.stage.until(
            lambda: any(m["score"] is not None for m in table.stage.heard("coupling.updated"))
        )
        yield table


async def test_the_live_number_equals_the_batch_number_of_the_same_grid(practice: Table) -> None:
    console = practice.evening.console

    def equal() -> bool:
        # Chunks of the last second may still be on their way; the number of a grid that lacks none is exact.
        told = console.heard("coupling.updated")[-1]
        return told["score"] is not None and [tuple(p) for p in told["people"]] == batch(
            practice, told["tick"]
        )

    await console.until(lambda: bool(console.heard("coupling.updated")))
    await console.until(equal)


async def test_players_and_stage_see_the_rooms_number_and_no_persons(practice: Table) -> None:
    for page in [*practice.people, practice.stage]:
        heard = page.heard("coupling.updated")

        assert heard
        assert [m for m in heard if "people" in m and m["people"] is not None] == []


async def test_a_sealed_room_has_no_live_number_unless_the_host_peeks_and_then_it_is_marked(
    server: Server,
) -> None:
    async with Table(server, people=4) as table:
        await table.begin(duration=120)
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
