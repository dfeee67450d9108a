"""One room on two web workers: whoever sits at the other process hears and shows the same."""

from collections.abc import AsyncIterator

import pytest

from tests.live.table import Table
from tests.production.crew import Crew

PEOPLE = 10


@pytest.fixture
async def table(production: Crew) -> AsyncIterator[Table]:
    """So many people that both workers have some of them."""
    async with Table(production, people=PEOPLE) as laid:
        yield laid


async def test_people_sit_at_both_workers(table: Table) -> None:
    held = "SELECT DISTINCT substr(socket, 1, 16) FROM stories_participant p JOIN stories_room r ON r.id = room_id WHERE code = ?"

    assert len(table.rows(held, table.evening.desk.code)) == 2


async def test_everybody_hears_a_caption_and_the_list_of_people(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(10)
    beat = {"type": "beat.mark", "telling": telling, "beat": "b1", "tick": 8, "words": "there"}
    await table.ana.say(beat)

    await table.everybody(lambda page: page.heard("caption.shown"))
    assert {m["words"] for page in table.pages for m in page.heard("caption.shown")} == {"there"}
    for screen in (table.stage, table.evening.console):
        await screen.until(lambda screen=screen: len(screen.roster.get("people") or []) == PEOPLE)


async def test_the_stage_sees_every_light(table: Table) -> None:
    for i, player in enumerate(table.people):
        player.dial(100 + 80 * i)
    levels = {p.you["light"]["number"]: 100 + 80 * i for i, p in enumerate(table.people)}

    def shown() -> dict[int, int]:
        return {n: level for m in table.stage.heard("lights.moved") for n, level in m["lights"]}

    await table.stage.until(lambda: shown() == levels, within=5)


async def test_the_reel_counts_every_hand(table: Table) -> None:
    await table.begin()
    await table.story_reaches(20)

    for screen in (table.stage, table.evening.console):
        await screen.until(
            lambda screen=screen: [m.get("hands") for m in screen.heard("reel.grew")][-1:] == [PEOPLE - 1],
            within=5,
        )
    sealed = [screen.heard("reel.grew")[-1]["sealed"] for screen in (table.stage, table.evening.console)]
    [(stored,)] = table.rows(
        "SELECT sum(length(samples)) / 2 FROM stories_chunk c JOIN stories_telling t ON t.id = telling_id "
        "WHERE t.public_id = ? AND participant_id <> t.teller_id",
        table.ana.telling["id"],
    )
    # One second of life is twenty of the story: four samples of each hand, twenty times.
    assert all(abs(count - stored) < 2 * 80 * PEOPLE for count in sealed)
