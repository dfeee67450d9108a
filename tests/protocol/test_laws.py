"""What is true of every evening, however strangely people behave."""

from dataclasses import fields
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.codes import REFUSALS
from stories.protocol.describe import when
from stories.protocol.phases import Ended, Paused, Room, due_at
from stories.protocol.public import public
from stories.protocol.room import LONGEST_MS, REVEAL_STEPS, Refusal, decide, evolve, replay

WHO = get_args(moves.Who)
COMMANDS = [command for command in moves.Command.__subclasses__() if command is not moves.Due]

# Most moves are wrong at most times: these, in this order, are likely enough to lead somewhere.
LIKELY = (moves.Open, moves.Prepare, moves.Begin, moves.Pause, moves.Resume, moves.Finish, moves.Advance)


def command_of(kind: type[moves.Command]) -> st.SearchStrategy[moves.Command]:
    """A move with any of its wishes, said by anyone."""
    choices = {
        "by": st.sampled_from(WHO),
        "display": st.sampled_from(["sealed", "glow", "open"]),
        "open_table": st.booleans(),
        "locked": st.booleans(),
        "telling": st.uuids().map(str),
        "teller": st.sampled_from(["ana", "ben"]),
        "source": st.sampled_from("ABC"),
        "mode": st.sampled_from(["spoken", "typed", "lines"]),
        "listeners": st.integers(0, 3),
        "duration_ms": st.integers(0, 10**6),
        "rate_hz": st.sampled_from([4, 20]),
        "skipped": st.booleans(),
        "seen": st.none() | st.integers(0, 5),
    }
    return st.builds(kind, **{field.name: choices[field.name] for field in fields(kind)})


waits = st.one_of(st.integers(0, 2000), st.integers(0, 200_000))
wishes = st.one_of([command_of(kind) for kind in (*COMMANDS, *LIKELY, *LIKELY)])
evenings = st.lists(st.tuples(waits, wishes), max_size=40).map(
    lambda said: [
        (0, moves.Open()),
        (5, moves.Prepare(telling="t", teller="ana", source="C", mode="spoken", listeners=1)),
        *said,
    ]
)


def answered(room: Room, command: moves.Command, at: int) -> list[f.AnyFact] | str:
    """The facts that follow, or the code of the refusal."""
    try:
        return decide(room, command, at)
    except Refusal as refused:
        return refused.code


def lived(evening) -> list[tuple[int, Room, list[f.AnyFact]]]:
    """The room after everything that was said or fell due, with the time and the facts of that moment."""
    at, now, steps = 0, Room(), []
    for wait, wish in evening:
        at += wait
        for command in (moves.Due(by="server"), wish):
            answer = answered(now, command, at)
            facts = [] if isinstance(answer, str) else answer
            for fact in facts:
                now = evolve(now, fact)
            steps.append((at, now, facts))
    return steps


@settings(max_examples=150, deadline=None)
@given(evenings)
def test_replayed_facts_are_the_state_whatever_happens(evening):
    steps = lived(evening)
    facts = [fact for _, _, happened in steps for fact in happened]

    stored = [f.decode_fact(f.encode_fact(fact)) for fact in facts]

    assert stored == facts
    assert replay(stored) == steps[-1][1]
    assert steps[-1][1].version == len(facts)


@settings(max_examples=150, deadline=None)
@given(evenings, st.lists(st.integers(0, 2_000_000), min_size=2, max_size=6))
def test_story_time_never_runs_backwards_and_stands_still_in_pauses(evening, moments):
    told = {room.about.id: room.about for _, room, _ in lived(evening) if room.about is not None}

    for about in told.values():
        story = [about.story_ms(at) for at in sorted(moments)]
        assert story == sorted(story)
        assert all(0 <= ms <= LONGEST_MS or about.ended_at is None for ms in story)
        for since, until in about.pauses:
            assert about.story_ms(since) == about.story_ms(until)


@settings(max_examples=150, deadline=None)
@given(evenings)
def test_pauses_of_a_story_lie_in_order_within_it_whatever_happens(evening):
    for _, room, _ in lived(evening):
        if room.about is not None and room.about.pauses:
            times = [room.about.started_at, *(at for pause in room.about.pauses for at in pause)]
            assert times == sorted(times)


@settings(max_examples=150, deadline=None)
@given(evenings)
def test_time_left_is_the_same_before_and_after_every_pause(evening):
    left = None
    for at, room, happened in lived(evening):
        match happened:
            case [f.RoomPaused()]:
                left = getattr(room.phase.over, "ends_at", None)
                left = None if left is None else left - at
            case [f.RoomResumed()]:
                due = due_at(room)
                assert (None if due is None else due - at) == left


@settings(max_examples=150, deadline=None)
@given(evenings)
def test_nothing_overdue_is_left_when_due_was_asked(evening):
    at = 10**9
    room = lived(evening)[-1][1]
    for _ in range(5):
        facts = answered(room, moves.Due(by="server"), at)
        assert not isinstance(facts, str) or isinstance(room.phase, Ended)
        for fact in facts if isinstance(facts, list) else []:
            room = evolve(room, fact)
        at += 10**6

    assert due_at(room) is None


@settings(max_examples=100, deadline=None)
@given(evenings)
def test_the_public_room_tells_the_phase_whatever_happens(evening):
    for _, room, _ in lived(evening):
        shown = public(room)
        assert (shown.version, shown.phase) == (room.version, room.playing.name)
        assert (shown.paused is not None) == isinstance(room.phase, Paused)
        assert (shown.telling is not None) == (room.about is not None)
        assert 0 <= shown.step <= len(REVEAL_STEPS)


@given(st.sampled_from(sorted(when.HISTORIES)), wishes, st.integers(10, 300_000))
def test_every_move_in_every_phase_is_obeyed_or_refused_by_a_known_code(phase, wish, at):
    before = when.room(phase)
    happened = answered(before, wish, at)
    if isinstance(happened, str):
        assert happened in REFUSALS
        return

    # Facts are of this moment, or of the moment that was due.
    assert {fact.at for fact in happened} <= {at, due_at(before)}
    after = before
    for fact in happened:
        after = evolve(after, fact)
    assert after.version == before.version + len(happened)


@given(evenings)
def test_facts_in_any_order_make_some_room_when_replayed(evening):
    facts = [fact for _, _, happened in lived(evening) for fact in happened]

    backwards = replay(reversed(facts))

    # Old facts may meet newer rules: evolving never fails, and counts all of them.
    assert backwards.version == len(facts)
