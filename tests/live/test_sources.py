"""Where the teller's line comes from: a script's dealt arc, beats placed afterwards, or nothing at all."""

import asyncio
from collections.abc import Iterator

import pytest

from stories.people.evening import open_evening, seat_guests
from stories.people.guest import Company
from stories.people.server import Server
from tests.conftest import MANAGE
from tests.live.table import PATIENCE, Table


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A clock slow enough that the Call is two seconds of life and placing ten, also on a busy machine."""
    with Server(MANAGE, tmp_path_factory.mktemp("unhurried"), CLOCK_RATE="6", RATE_LIMITS="0") as running:
        yield running


async def test_a_script_is_told_revealed_and_called(unhurried: Server) -> None:
    company = Company(seed=3, coupling=0.9, seconds=55)
    evening = await open_evening(unhurried.address)
    guests = await seat_guests(unhurried.address, evening.desk.code, company, 6, patience=PATIENCE)
    teller, *listeners = guests
    try:
        await evening.tell(teller, script="goat-next-door")
        picture = await evening.reveal(listeners[0])

        assert (picture["source"], picture["call"]["kind"], picture["call"]["of"]) == ("A", "arc", 5)
        assert picture["score"]["verdict"] in {"in_step", "often"}
        assert len([beat for beat in picture["beats"] if beat.get("words")]) == 10
        captions = [m["words"] for m in listeners[1].heard("caption.shown")]
        assert captions == [beat["words"] for beat in picture["beats"]]
        assert [p.refusals() for p in guests] == [[]] * 6
        # The secret arc is the teller's alone.
        assert all("arc" not in you for p in listeners for you in [p.you, *p.heard("you.changed")])
    finally:
        await asyncio.gather(evening.close(), *(p.close() for p in guests))


async def test_beats_are_placed_right_after_the_story(unhurried: Server) -> None:
    company = Company(seed=5, coupling=0.9, seconds=55)
    evening = await open_evening(unhurried.address)
    guests = await seat_guests(unhurried.address, evening.desk.code, company, 5, patience=PATIENCE)
    teller, *listeners = guests
    try:
        await evening.tell(teller, source="B", duration=60)
        picture = await evening.reveal(listeners[0])

        phases = [m["room"]["phase"] for m in listeners[0].heard("room.changed")]
        assert next(p for p in phases if p in {"placing", "settling"}) == "placing"
        assert [beat["level"] for beat in picture["beats"]] == teller._levels_to_place(5)
        assert picture["score"]["exploratory"] is True
        assert [p.refusals() for p in guests] == [[]] * 5
    finally:
        await asyncio.gather(evening.close(), *(p.close() for p in guests))


async def test_there_is_no_score_and_a_kind_reason_when_the_teller_skips_placing(table: Table) -> None:
    await table.begin(source="B")
    for second in (5, 20, 35):
        await table.story_reaches(second)
        await table.ana.mark(words=f"at {second}")
    await table.story_reaches(45)
    await table.ana.wish("telling.finish")
    await table.ana.phase("placing")

    await table.ana.wish("placing.finish", skipped=True)
    picture = await table.reveal()

    assert picture["score"] == {"listeners": 2, "reason": "no_teller_line", "exploratory": True}
    assert picture["teller_reason"] == "no_teller_line"
    assert "teller" not in picture


async def test_the_teller_of_a_dealt_arc_gives_no_trace(table: Table) -> None:
    telling = await table.begin(source="A")
    await table.story_reaches(10)

    await table.ana.say(
        {"type": "trace.chunk", "telling": telling, "run": "r", "seq": 0, "first_tick": 0, "values": [500]}
    )
    await table.ana.until(table.ana.refusals)

    assert table.ana.refusals() == ["trace.not_sampled"]


async def test_calls_are_taken_until_the_reveal_and_then_no_more(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(35)
    await table.finish()
    await table.ben.call("middle")
    await table.ben.until(lambda: table.ben.heard("call.made"))
    await table.eli.call("nowhere")
    await table.eli.until(table.eli.refusals)
    await table.everybody(lambda page: page.room["phase"] == "reveal")

    await table.ben.say({"type": "call.make", "telling": telling, "choice": "end"})
    await table.ben.until(table.ben.refusals)

    assert (table.eli.refusals(), table.ben.refusals()) == (["call.unknown"], ["call.closed"])
    calls = "SELECT choice FROM stories_call c JOIN stories_telling t ON t.id = c.telling_id WHERE t.public_id = ?"
    assert table.rows(calls, telling) == [("middle",)]
