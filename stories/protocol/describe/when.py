"""What may be said in which phase: found by really asking the rules, and said outright where rows decide."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.commands import ClientMessage
from stories.protocol.phases import Room
from stories.protocol.room import (
    PLACING_MS,
    PREPARE_MS,
    SETTLING_MS,
    WARMUP_MS,
    Refusal,
    decide,
    replay,
)
from stories.protocol.words import Source

AT = 60_000
_ENDS = 120_000

_OPENED = f.RoomOpened(at=0)


def _prepared(source: Source) -> f.TellingPrepared:
    return f.TellingPrepared(
        at=1,
        telling="t",
        teller="ana",
        number=1,
        source=source,
        mode="spoken",
        duration_ms=_ENDS,
        rate_hz=4,
        ends_at=1 + PREPARE_MS,
    )


def _history(source: Source, *rest: f.AnyFact) -> tuple[f.AnyFact, ...]:
    return (_OPENED, _prepared(source), *rest)


_STARTED = f.TellingStarted(at=2, ends_at=2 + _ENDS)
_ENDED = f.TellingEnded(at=3, reason="done")
_SETTLING = f.SettlingStarted(at=3, ends_at=3 + SETTLING_MS)
_REVEAL = f.RevealOpened(at=4)
_LAST = f.RevealStepped(at=5, step=4)
_BREATH = f.RoomPaused(at=6, reason="breath")

# One history for every phase, as short as it can be.
HISTORIES: dict[str, tuple[f.AnyFact, ...]] = {
    "lobby": (_OPENED,),
    "warmup": (_OPENED, f.WarmupStarted(at=1, ends_at=1 + WARMUP_MS)),
    "preparing": _history("C"),
    "telling": _history("C", _STARTED),
    "telling, paused": _history("C", _STARTED, _BREATH),
    "placing": _history("B", _STARTED, _ENDED, f.PlacingStarted(at=3, ends_at=3 + PLACING_MS)),
    "settling": _history("C", _STARTED, _ENDED, _SETTLING),
    "reveal": _history("C", _STARTED, _ENDED, _SETTLING, _REVEAL),
    "reveal, all open": _history("C", _STARTED, _ENDED, _SETTLING, _REVEAL, _LAST),
    "debrief": _history("C", _STARTED, _ENDED, _SETTLING, _REVEAL, _LAST, f.DebriefStarted(at=6)),
    "ended": (_OPENED, f.RoomEnded(at=1)),
}

# The players' messages that are moves of the room: their answer is the rules' own.
PLAYERS_MOVES: dict[str, Callable[[moves.Who], moves.Command]] = {
    "telling.begin": lambda by: moves.Begin(by=by),
    "teller.pass": lambda by: moves.Drop(by=by),
    "telling.pause": lambda by: moves.Pause(by=by),
    "telling.resume": lambda by: moves.Resume(by=by),
    "telling.extend": lambda by: moves.Extend(by=by),
    "telling.finish": lambda by: moves.Finish(by=by),
    "placing.finish": lambda by: moves.EndPlacing(by=by),
}

# Those which name their telling.
NAMING = frozenset(
    str(message.__struct_config__.tag)
    for message in get_args(ClientMessage)
    if "telling" in message.__struct_fields__
)

# What the console's forms ask for.
HOSTS_MOVES: dict[str, moves.Command] = {
    "display": moves.ChooseDisplay(display="glow"),
    "lock": moves.Lock(),
    "warmup": moves.WarmUp(),
    "prepare": moves.Prepare(telling="u", teller="ben", source="A", mode="spoken", listeners=1),
    "drop": moves.Drop(),
    "pause": moves.Pause(),
    "resume": moves.Resume(),
    "extend": moves.Extend(),
    "finish": moves.Finish(),
    "peek": moves.Peek(),
    "placed": moves.EndPlacing(),
    "advance": moves.Advance(),
    "lobby": moves.ToLobby(),
    "end": moves.End(),
}


_ALL = frozenset(HISTORIES)
_STORY_OVER = frozenset({"placing", "settling", "reveal", "reveal, all open", "debrief"})


@dataclass(frozen=True)
class Said:
    """A message whose phases rows decide: who may say it, when, and what is answered otherwise.

    `elsewhere` is the answer in a phase without a telling, for messages that name one.
    """

    by: str
    phases: frozenset[str]
    otherwise: str = "phase.wrong"
    elsewhere: str = "telling.not_now"

    def answer(self, phase: str) -> str | tuple[str, ...]:
        """As in `answer`: `("yes",)`, nothing, or a refusal's code."""
        if phase in self.phases:
            return ("yes",)
        told = self.otherwise if room(phase).about else self.elsewhere
        return told or ()


# Each of these is said in each phase to the real rows in tests/db/test_when.py.
ROWS: dict[str, Said] = {
    "dial.moved": Said("anyone", frozenset({"lobby", "warmup", "preparing"}), "", ""),
    "teller.offer": Said("anyone", _ALL),
    "name.another": Said("anyone", frozenset({"lobby", "warmup"}), "name.fixed", "name.fixed"),
    "telling.choose": Said("teller", frozenset({"preparing"})),
    "lines.write": Said("teller", frozenset({"preparing"})),
    "beat.mark": Said("teller", frozenset({"telling", "telling, paused", "placing", "settling"})),
    "beat.place": Said("teller", frozenset({"placing"})),
    "heard.rate": Said("teller", _STORY_OVER, elsewhere="phase.wrong"),
    "call.make": Said("anyone", frozenset({"placing", "settling"}), "call.closed"),
}


def room(phase: str) -> Room:
    """A room in one of the phases of the table."""
    return replay(HISTORIES[phase])


def answer(phase: str, command: moves.Command) -> str | tuple[str, ...]:
    """What the rules say: the kinds of the facts that follow, or the refusal's code."""
    try:
        return tuple(f.kind_of(fact) for fact in decide(room(phase), command, AT))
    except Refusal as refusal:
        return refusal.code


def asked(phase: str, message: str) -> str | tuple[str, ...]:
    """What a teller is answered, who names the telling at hand where the message names one."""
    if message in NAMING and room(phase).about is None:
        return "telling.not_now"
    return answer(phase, PLAYERS_MOVES[message]("teller"))


def taken(phase: str, command: moves.Command) -> bool:
    """Whether the rules take a command in a phase."""
    return not isinstance(answer(phase, command), str)
