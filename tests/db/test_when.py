"""The page's table of what may be said when, asked of the real rows."""

from functools import partial

import pytest

from stories import tellings
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol.describe.when import HISTORIES, ROWS
from tests.db.evening import BEGIN, DONE, Evening, refusal_of

PREPARED = object()
WAYS = {
    "lobby": [],
    "warmup": [moves.WarmUp()],
    "preparing": [PREPARED],
    "telling": [PREPARED, BEGIN],
    "telling, paused": [PREPARED, BEGIN, moves.Pause(by="listener")],
    "placing": [PREPARED, BEGIN, DONE],
    "settling": [PREPARED, BEGIN, DONE],
    "reveal": [PREPARED, BEGIN, DONE, moves.Advance()],
    "reveal, all open": [PREPARED, BEGIN, DONE, *[moves.Advance()] * 4],
    "debrief": [PREPARED, BEGIN, DONE, *[moves.Advance()] * 5],
    "ended": [PREPARED, BEGIN, moves.End()],
}


def brought_to(phase: str) -> tuple[Evening, str]:
    """A room in that phase, and the id of a telling of its own."""
    evening = Evening("Ana", "Ben", "Eli")
    # Where the phase has no story at hand, there was one before that was passed on.
    source = "B" if phase == "placing" else "A"
    telling = evening.prepare(source=source)
    if PREPARED in WAYS[phase]:
        for move in WAYS[phase][1:]:
            if move is BEGIN:
                evening.obey(BEGIN)
                evening.mark(telling, "known", 1)
            else:
                evening.obey(move, 60)
    else:
        evening.obey(moves.Drop(by="teller"))
        for move in WAYS[phase]:
            evening.obey(move)
    return evening, telling.public_id


def say(message: str, evening: Evening, telling: str) -> object:
    ana, ben = evening["Ana"], evening["Ben"]
    match message:
        case "telling.choose":
            return tellings.choose(ana, c.TellingChoose(telling=telling, source="B", mode="typed"))
        case "lines.write":
            return tellings.write_lines(ana, c.LinesWrite(telling=telling, lines=[]))
        case "beat.mark":
            return tellings.mark_beat(ana, c.BeatMark(telling=telling, beat="b", tick=1), at=evening.at(9))
        case "beat.place":
            return tellings.place_beat(ana, c.BeatPlace(telling=telling, beat="known", level=5))
        case "heard.rate":
            return tellings.rate_heard(ana, c.HeardRate(telling=telling, level=5))
        case "call.make":
            choice = tellings.call_choices(evening.row.tellings.get(public_id=telling))[0]
            return tellings.make_call(ben, c.CallMake(telling=telling, choice=choice))
    raise NotImplementedError(message)


# The socket itself answers these: tests/live says them.
ELSEWHERE = {"dial.moved", "teller.offer", "name.another"}


@pytest.mark.django_db
@pytest.mark.parametrize("phase", HISTORIES)
def test_rows_answer_in_each_phase_as_the_page_says(phase):
    answers = {}
    for message in ROWS.keys() - ELSEWHERE:
        evening, telling = brought_to(phase)
        assert evening.state.playing.name == phase.split(",")[0]
        answers[message] = refusal_of(partial(say, message, evening, telling)) or ("yes",)

    assert answers == {message: ROWS[message].answer(phase) for message in answers}
