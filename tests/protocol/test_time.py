"""Time in a room: deadlines are data, and a pause costs nobody anything."""

import pytest

from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.phases import due_at
from stories.protocol.room import (
    EXTEND_MS,
    LONGEST_MS,
    PLACING_MS,
    PREPARE_MS,
    SETTLING_MS,
    TELLER_GONE_MS,
    WARMUP_MS,
)
from tests.protocol.telling import (
    begun,
    breath,
    done,
    due,
    gone,
    happened,
    onward,
    opened,
    prepared,
    refusal,
    resumed,
    running,
    told,
)


def test_a_story_ends_two_minutes_after_it_began_when_nobody_breathes():
    room = running()

    assert due_at(room) == 121_000
    assert happened((120_999, due), after=room) == []
    assert happened((121_000, due), after=room) == [
        f.TellingEnded(at=121_000, reason="time"),
        f.SettlingStarted(at=121_000, ends_at=121_000 + SETTLING_MS),
    ]


def test_a_story_ends_at_its_time_when_the_server_notices_late():
    room = running((125_000, due))

    assert room.about.ended_at == 121_000
    assert due_at(room) == 121_000 + SETTLING_MS


def test_story_time_stands_still_while_paused():
    room = running((5000, breath), (9000, resumed))

    assert room.about.pauses == ((5000, 9000),)
    assert [room.about.story_ms(at) for at in (4000, 5000, 7000, 9000, 10_000)] == [
        3000,
        4000,
        4000,
        4000,
        5000,
    ]


def test_a_story_has_as_much_time_left_after_a_pause_as_before_it():
    room = running((5000, breath))

    assert due_at(room) is None
    assert due_at(told((65_000, resumed), after=room)) == 121_000 + 60_000


@pytest.mark.parametrize(
    "room",
    [
        told((0, opened), (1, moves.WarmUp())),
        told((0, opened), (1, prepared())),
        running(),
        running((50_000, done), source="B"),
        running((50_000, done)),
    ],
    ids=lambda room: room.phase.name,
)
def test_every_deadline_moves_by_the_pause_when_the_room_breathes(room):
    before = due_at(room)

    after = due_at(told((60_000, breath), (67_000, resumed), after=room))

    assert after == before + 7000


def test_nothing_falls_due_while_paused():
    room = running((5000, breath))

    assert happened((10**9, due), after=room) == []


@pytest.mark.parametrize(
    ("room", "lasts"),
    [
        (told((0, opened), (1, moves.WarmUp())), 1 + WARMUP_MS),
        (told((0, opened), (1, prepared())), 1 + PREPARE_MS),
        (running((50_000, done), source="B"), 50_000 + PLACING_MS),
        (running((50_000, done)), 50_000 + SETTLING_MS),
        (running((5000, gone)), 5000 + TELLER_GONE_MS),
        (told((0, opened)), None),
        (running((50_000, done), (51_000, onward)), None),
    ],
    ids=lambda given: given.phase.name if hasattr(given, "phase") else None,
)
def test_a_phase_falls_due_by_itself_when_it_has_a_deadline(room, lasts):
    assert due_at(room) == lasts
    if lasts is not None:
        assert happened((lasts - 1, due), after=room) == []
        assert happened((lasts, due), after=room) != []


# --- the teller is gone


def test_a_story_waits_two_minutes_when_its_teller_is_gone():
    room = running((5000, gone))

    back = told((60_000, resumed), after=room)

    assert (room.phase.name, room.phase.reason) == ("paused", "teller_gone")
    assert (back.phase.name, back.about.pauses) == ("telling", ((5000, 60_000),))


def test_a_story_keeps_what_there_is_when_its_teller_stays_away():
    room = running((5000, gone))

    ended = told((5000 + TELLER_GONE_MS, due), after=room)

    assert ended.phase.name == "settling"
    assert ended.about.story_ms(10**9) == 4000
    assert ended.about.pauses == ((5000, 5000 + TELLER_GONE_MS),)


def test_a_teller_may_be_gone_without_harm_when_no_story_runs():
    assert refusal(told((0, opened), (1, prepared())), 5, gone) == "phase.wrong"
    assert refusal(running((5000, breath)), 6000, gone) == "phase.wrong"


# --- extend


def test_a_story_gets_half_a_minute_more_when_its_teller_asks():
    room = running((5000, moves.Extend(by="teller")))

    assert due_at(room) == 121_000 + EXTEND_MS


def test_a_story_can_be_extended_up_to_ten_minutes_when_pauses_are_left_out():
    room = running((5000, breath), (905_000, resumed))
    at = 905_000
    while refusal(room, at, moves.Extend(by="teller")) is None:
        room = told((at, moves.Extend(by="teller")), after=room)

    assert refusal(room, at, moves.Extend(by="teller")) == "telling.longest"
    assert room.about.story_ms(due_at(room)) == LONGEST_MS


# --- cut short


def test_a_pause_ends_with_the_story_when_it_is_finished_within():
    room = running((5000, breath), (9000, done))

    assert room.phase.name == "settling"
    assert (room.about.pauses, room.about.ended_at, room.about.story_ms(10**9)) == (
        ((5000, 9000),),
        9000,
        4000,
    )


def test_a_second_story_knows_nothing_of_the_first_ones_pauses_when_prepared():
    room = running((5000, breath), (9000, resumed), (20_000, done), *[(30_000 + i, onward) for i in range(5)])

    second = told((40_000, prepared(telling="second")), (41_000, begun), after=room)

    assert (second.about.pauses, second.about.started_at, second.about.number) == ((), 41_000, 2)
