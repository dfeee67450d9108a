"""The rules of play, as evenings."""

import pytest

from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.phases import (
    REVEAL_STEPS,
    Debrief,
    Ended,
    Lobby,
    Placing,
    Preparing,
    Reveal,
    Settling,
    Telling,
    Warmup,
)
from stories.protocol.room import LONGEST_MS, PREPARE_MS, SHORTEST_MS
from tests.protocol.telling import (
    ANA,
    TELLING,
    begun,
    breath,
    done,
    due,
    happened,
    onward,
    opened,
    placed,
    prepared,
    refusal,
    resumed,
    running,
    told,
)


def kinds(facts):
    return [f.kind_of(fact) for fact in facts]


# --- a whole evening


def test_a_story_goes_from_lobby_to_debrief_when_nobody_hesitates():
    evening = happened(
        (0, opened),
        (10, moves.WarmUp()),
        (20_010, due),
        (30_000, prepared(source="B")),
        (40_000, begun),
        (90_000, done),
        (100_000, placed),
        (112_000, due),
        *[(120_000 + i, onward) for i in range(len(REVEAL_STEPS))],
    )

    assert kinds(evening) == [
        "room.opened",
        "warmup.started",
        "warmup.ended",
        "telling.prepared",
        "telling.started",
        "telling.ended",
        "placing.started",
        "placing.ended",
        "settling.started",
        "reveal.opened",
        "reveal.stepped",
        "reveal.stepped",
        "reveal.stepped",
        "debrief.started",
    ]


@pytest.mark.parametrize(("source", "phase"), [("A", Settling), ("B", Placing), ("C", Settling)])
def test_only_tapped_beats_are_placed_when_the_story_is_over(source, phase):
    room = running((50_000, done), source=source)

    assert type(room.phase) is phase


def test_the_next_teller_may_draw_a_card_when_all_of_the_reveal_is_open():
    revealing = running((50_000, done), (60_000, onward))
    open_to_the_end = told((61_000, onward), (62_000, onward), (63_000, onward), after=revealing)

    assert refusal(revealing, 61_000, prepared(telling="next")) == "phase.wrong"
    assert told((64_000, prepared(telling="next")), after=open_to_the_end).phase.about.number == 2


def test_a_story_counts_as_told_when_it_was_begun_and_not_before():
    prepared_only = told((0, opened), (10, prepared()))
    passed = told((20, moves.Drop(by="teller")), after=prepared_only)

    assert (prepared_only.told, passed.told, passed.phase) == (0, 0, Lobby())
    assert running().told == 1


# --- preparing


def test_nobody_tells_when_nobody_listens():
    room = told((0, opened))

    assert refusal(room, 10, prepared(listeners=0)) == "telling.needs_listener"


@pytest.mark.parametrize(("asked", "got"), [(1, SHORTEST_MS), (90_000, 90_000), (10**9, LONGEST_MS)])
def test_a_story_has_a_bearable_length_when_any_is_asked_for(asked, got):
    room = told((0, opened), (10, prepared(duration_ms=asked)))

    assert room.phase.about.duration_ms == got


def test_the_teller_chooses_how_to_tell_when_still_preparing():
    room = told((0, opened), (10, prepared(source="A")))

    chosen = told((20, moves.Choose(by="teller", source="B", mode="typed")), after=room)

    assert (chosen.phase.about.source, chosen.phase.about.mode) == ("B", "typed")
    assert happened((20, moves.Choose(by="teller", source="A", mode="spoken")), after=room) == []
    assert refusal(running(), 2000, moves.Choose(by="teller", source="B", mode="typed")) == "phase.wrong"


def test_passing_and_running_out_of_time_leave_the_same_trace_when_nobody_begins():
    waiting = told((0, opened), (10, prepared()))

    passed = happened((20, moves.Drop(by="teller")), after=waiting)
    ran_out = happened((10 + PREPARE_MS, due), after=waiting)

    assert kinds(passed) == kinds(ran_out) == ["telling.dropped"]
    assert set(f.TellingDropped.__struct_fields__) == {"at"}


# --- who may


@pytest.mark.parametrize(
    ("command", "by"),
    [
        (moves.Begin, "listener"),
        (moves.Begin, "host"),
        (moves.Drop, "listener"),
    ],
)
def test_only_the_teller_begins_or_passes_when_a_story_is_prepared(command, by):
    waiting = told((0, opened), (10, prepared()))

    assert refusal(waiting, 20, command(by=by)) == "role.not_yours"


@pytest.mark.parametrize("command", [moves.Finish, moves.Extend, moves.Peek])
def test_a_listener_may_not_rule_when_a_story_runs(command):
    assert refusal(running(), 2000, command(by="listener")) == "role.not_yours"


@pytest.mark.parametrize(
    "command",
    [moves.WarmUp, prepared, moves.Lock, moves.Advance, moves.ToLobby, moves.End],
)
def test_only_the_host_rules_when_a_teller_or_listener_asks(command):
    rooms = [told((0, opened)), running(), running((50_000, done))]

    for by in ("teller", "listener"):
        answers = {refusal(room, 60_000, command(by=by)) for room in rooms}
        assert answers <= {"role.not_yours", "phase.wrong"}
        assert "role.not_yours" in answers


def test_nobody_is_named_when_anybody_pauses():
    asked = {
        by: happened((5000, moves.Pause(by=by)), after=running()) for by in ("host", "teller", "listener")
    }

    assert asked["host"] == asked["teller"] == asked["listener"] == [f.RoomPaused(at=5000, reason="breath")]


def test_a_listener_may_pause_and_not_resume_when_the_room_breathes():
    room = running((5000, breath))

    assert refusal(room, 6000, moves.Resume(by="listener")) == "role.not_yours"
    assert told((6000, resumed), after=room).phase.name == "telling"


# --- ends


def test_a_story_keeps_what_there_is_when_the_host_goes_back_to_the_lobby():
    cut = happened((5000, moves.ToLobby()), after=running())

    assert cut == [f.TellingEnded(at=5000, reason="host"), f.LobbyReturned(at=5000)]


def test_nothing_ever_happens_again_when_the_room_has_ended():
    room = running((5000, moves.End()))

    assert room.phase == Ended(at=5000)
    for command in (opened, breath, begun, onward, moves.End(), moves.ToLobby(), due, prepared()):
        assert refusal(room, 9000, command) == "room.ended"


def test_a_room_is_nothing_when_it_was_not_opened():
    assert refusal(told(), 0, moves.Lock()) == "room.ended"
    assert refusal(told((0, opened)), 1, opened) == "phase.wrong"


def test_a_wish_already_granted_changes_nothing_when_repeated():
    locked = told((0, opened), (1, moves.Lock()))
    peeked = running((2000, moves.Peek()))
    breathing = running((2000, breath))

    assert happened((2, moves.Lock()), after=locked) == []
    assert happened((3000, moves.Peek()), after=peeked) == []
    assert happened((3000, breath), after=breathing) == []


def test_a_peek_marks_the_story_when_the_host_looks():
    room = running((2000, moves.Peek()), (5000, done))

    assert room.about.peeked is True


@pytest.mark.parametrize("parts", range(len(REVEAL_STEPS) + 1))
def test_one_part_opens_when_the_host_presses_twice(parts):
    room = told(*[(60_000 + i, onward) for i in range(parts)], after=running((50_000, done)))
    pressed = moves.Advance(seen=parts)

    once = told((70_000, pressed), after=room)
    twice = told((70_000, pressed), (70_001, pressed), after=room)

    assert once == twice != room


def test_the_reveal_opens_part_by_part_when_the_host_goes_on():
    room = running((50_000, done))
    steps = []
    for at in range(60_000, 66_000, 1000):
        if refusal(room, at, onward):
            break
        room = told((at, onward), after=room)
        steps.append((room.phase.name, room.phase.step))

    assert steps == [("reveal", 1), ("reveal", 2), ("reveal", 3), ("reveal", 4), ("debrief", 4)]
    assert isinstance(room.phase, Debrief)


@pytest.mark.parametrize("phase", [Lobby, Warmup, Preparing, Telling, Placing, Reveal, Debrief])
def test_the_display_is_chosen_between_stories_when_at_all(phase):
    rooms = {
        Lobby: told((0, opened)),
        Warmup: told((0, opened), (1, moves.WarmUp())),
        Preparing: told((0, opened), (1, prepared())),
        Telling: running(),
        Placing: running((5000, done), source="B"),
        Reveal: running((5000, done), (6000, onward)),
        Debrief: running((5000, done), *[(6000 + i, onward) for i in range(5)]),
    }
    room = rooms[phase]
    wish = moves.ChooseDisplay(display="open", open_table=True)

    if phase in (Lobby, Debrief):
        after = told((9000, wish), after=room)
        assert (after.display, after.open_table) == ("open", True)
    else:
        assert refusal(room, 9000, wish) == "phase.wrong"


def test_the_telling_at_hand_is_known_by_its_own_id_when_facts_are_read():
    room = running()

    assert (room.about.id, room.about.teller, room.about.number) == (TELLING, ANA, 1)


@pytest.mark.parametrize("source", ["A", "B"])
def test_there_is_nothing_to_peek_at_when_the_teller_gives_no_trace(source):
    assert refusal(running(source=source), 2000, moves.Peek()) == "phase.wrong"
