"""The whole loop, from the lobby to the reveal, by real clients on a real server."""

from stories.people.player import ticks_between
from tests.live.table import Table


async def test_every_sample_is_stored_once_when_a_story_is_told(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(40)

    await table.finish()

    table.assert_stored_is_sampled(telling)
    told = table.ana.telling
    ticks = ticks_between(told["started_at"], told["ended_at"], 4)
    assert [sorted(p.sampled[telling]) for p in table.people] == [list(range(ticks))] * 3


async def test_the_reveal_comes_in_order_to_everybody_and_is_the_same_picture(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(45)
    await table.finish()

    picture = await table.reveal()

    await table.everybody(lambda page: page.reveal["picture"] == picture)
    for page in table.pages:
        steps = [shown["step"] for shown in page.heard("reveal.shown")]
        assert steps == sorted(steps)
        assert sorted(set(steps)) == [1, 2, 3, 4]
    felt = [table.ana.sampled[telling][tick] for tick in range(len(picture["teller"]))]
    assert picture["teller"] == felt
    assert picture["score"]["listeners"] == 2


async def test_nothing_of_a_line_is_told_while_a_story_runs(table: Table) -> None:
    await table.begin()
    await table.story_reaches(10)

    told = {message["type"] for page in table.pages for message in page.told}
    await table.finish()

    assert told <= {
        "welcome",
        "room.changed",
        "room.state",
        "you.changed",
        "heartbeat",
        "roster.updated",
        "reel.grew",
        "trace.acked",
    }


async def test_each_part_of_the_reveal_holds_nothing_of_the_next(table: Table) -> None:
    await table.begin()
    await table.story_reaches(45)
    await table.finish()

    await table.reveal()

    shown = {message["step"]: message["picture"] for message in table.ben.heard("reveal.shown")}
    hidden = {1: ("room", "marks", "score"), 2: ("marks", "score"), 3: ("score",), 4: ()}
    assert {step: [part for part in parts if part in shown[step]] for step, parts in hidden.items()} == {
        1: [],
        2: [],
        3: [],
        4: [],
    }


async def test_a_listener_sees_the_own_line_with_the_room_and_nobody_elses(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(45)
    await table.finish()

    await table.reveal()

    for listener in table.listeners:
        await listener.until(lambda p=listener: p.you.get("own"))
        line = listener.you["own"]["line"]
        assert line == [listener.sampled[telling].get(tick) for tick in range(len(line))]
    assert "own" not in table.ana.you


async def test_acks_come_soon_when_a_small_room_listens(table: Table) -> None:
    await table.begin()
    await table.story_reaches(50)

    await table.finish()

    waits = sorted(ms for player in table.people for ms in player.ack_ms)
    # Measured by `make bench`; here only that an ack does not wait for a resend.
    assert waits[len(waits) // 2] < 1000
