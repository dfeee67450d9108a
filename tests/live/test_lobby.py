"""Before the story: lights that follow hands, names, the queue of tellers, and time that runs out by itself."""

import pytest

from stories.people.page import Page
from tests.live.table import Table


async def test_the_stage_sees_a_light_where_the_hand_left_it(table: Table) -> None:
    for level in (100, 300, 900):
        table.ben.dial(level)
        await table.stage.until(lambda level=level: moves(table)[-1:] == [level])

    assert moves(table) == [100, 300, 900]
    assert table.eli.heard("lights.moved") == []


async def test_the_last_of_many_quick_moves_counts(table: Table) -> None:
    for level in range(0, 1000, 40):
        await table.ben.say({"type": "dial.moved", "level": level})

    await table.stage.until(lambda: moves(table)[-1:] == [960])

    # Ten a second at most reach the stage, however many were made.
    assert len(moves(table)) < 10


async def test_a_stage_that_is_loaded_anew_finds_the_lights_where_they_are(table: Table) -> None:
    table.ben.dial(730)
    await table.stage.until(lambda: moves(table)[-1:] == [730])
    desk = table.evening.desk

    async with Page(desk.address, "stage", desk.code, desk.token) as stage:
        await stage.until(lambda: stage.heard("lights.moved"))

        assert [table.ben.you["light"]["number"], 730] in stage.heard("lights.moved")[0]["lights"]


def moves(table: Table) -> list[int]:
    """The levels of Ben's light the stage was shown."""
    number = table.ben.you["light"]["number"]
    return [level for m in table.stage.heard("lights.moved") for n, level in m["lights"] if n == number]


async def test_lights_do_not_move_while_a_story_runs(table: Table) -> None:
    await table.begin()
    seen = len(table.stage.heard("lights.moved"))

    await table.ben.say({"type": "dial.moved", "level": 1000})
    await table.ben.say({"type": "dial.moved", "level": 2})
    await table.story_reaches(20)

    assert len(table.stage.heard("lights.moved")) == seen


async def test_another_name_is_one_word_away_until_a_story_runs(table: Table) -> None:
    first = table.ben.you["light"]["name"]

    await table.ben.say({"type": "name.another"})
    await table.ben.until(lambda: table.ben.you["light"]["name"] != first)
    second = table.ben.you["light"]["name"]
    await table.stage.until(lambda: second in names(table))
    await table.begin()
    await table.ben.say({"type": "name.another"})
    await table.ben.until(table.ben.refusals)

    assert table.ben.refusals() == ["name.fixed"]
    assert table.ben.you["light"]["name"] == second


def names(table: Table) -> list[str]:
    return [person["light"]["name"] for person in table.stage.roster.get("people") or []]


async def test_who_offered_to_tell_may_quietly_step_back(table: Table) -> None:
    await table.eli.say({"type": "teller.offer", "willing": True})
    await table.evening.console.until(lambda: table.evening.willing() == [table.eli.key])

    await table.eli.say({"type": "teller.offer", "willing": False})
    await table.evening.console.until(lambda: table.evening.willing() == [])

    await table.eli.until(lambda: not table.eli.you.get("willing"))
    assert table.ben.refusals() == []


async def test_passing_leads_back_to_the_lobby_without_a_name(table: Table) -> None:
    await table.prepare()

    await table.ana.wish("teller.pass")
    await table.everybody(lambda page: page.room["phase"] == "lobby")

    [told] = [m for m in table.ben.heard("room.changed") if m["room"]["phase"] == "lobby"][-1:]
    assert told["because"] == "telling.dropped"
    assert table.ana.key not in str(told)


@pytest.mark.slow
async def test_a_teller_who_never_begins_is_let_go_in_the_same_words(table: Table) -> None:
    await table.prepare()

    await table.everybody(lambda page: page.room["phase"] == "lobby", within=20)

    assert table.ben.heard("room.changed")[-1]["because"] == "telling.dropped"


async def test_a_story_ends_by_itself_when_its_time_is_up(table: Table) -> None:
    telling = await table.begin(duration=60)

    await table.handed_over()

    about = table.ana.telling
    assert about["ended_at"] - about["started_at"] == 60_000
    table.assert_stored_is_sampled(telling)
    assert sorted(table.ben.sampled[telling]) == list(range(240))
