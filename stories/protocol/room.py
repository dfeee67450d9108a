"""The rules of play: `decide` says what happens, `evolve` what that makes of the room. Both are pure.

`decide(room, command, at)` returns the facts that follow, or raises `Refusal` with a code; two people acting
at once is normal, so a refusal is an answer, not an accident. `evolve` never refuses.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Literal

from stories.protocol import facts as f
from stories.protocol.moves import (
    Advance,
    Begin,
    Choose,
    ChooseDisplay,
    Command,
    Drop,
    Due,
    End,
    EndPlacing,
    Extend,
    Finish,
    Lock,
    Open,
    Pause,
    Peek,
    Prepare,
    Resume,
    TellerGone,
    ToLobby,
    WarmUp,
    Who,
)
from stories.protocol.phases import (
    REVEAL_STEPS,
    About,
    Debrief,
    Ended,
    Lobby,
    Paused,
    Placing,
    Preparing,
    Reveal,
    Room,
    Settling,
    Telling,
    Warmup,
    due_at,
)

WARMUP_MS = 20_000
PREPARE_MS = 180_000
PLACING_MS = 60_000
SETTLING_MS = 12_000
TELLER_GONE_MS = 120_000
EXTEND_MS = 30_000
SHORTEST_MS, LONGEST_MS = 30_000, 600_000


class Refusal(Exception):
    """A command the rules do not allow; `code` is one of `codes.REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decide(room: Room, command: Command, at: int) -> list[f.AnyFact]:
    """The facts that follow from a command at a server time; raises `Refusal`."""
    if room.version == 0:
        if isinstance(command, Open):
            return [f.RoomOpened(at=at, display=command.display, open_table=command.open_table)]
        raise Refusal("room.ended")
    if isinstance(room.phase, Ended):
        raise Refusal("room.ended")
    match command:
        case End():
            _only(command, "host", "server")
            return [*_cut_short(room, at), f.RoomEnded(at=at)]
        case Lock(locked=locked):
            _only(command, "host")
            return [] if locked == room.locked else [f.RoomLocked(at=at, locked=locked)]
        case Pause():
            return _pause(room, at)
        case Resume():
            _only(command, "host", "teller")
            if not isinstance(room.phase, Paused):
                raise Refusal("pause.none")
            return [f.RoomResumed(at=at)]
        case Due():
            return _due(room, at)
    if isinstance(room.phase, Paused) and not isinstance(command, ToLobby | Finish):
        raise Refusal("phase.wrong")
    return _play(room, command, at)


def _play(room: Room, command: Command, at: int) -> list[f.AnyFact]:
    match room.playing, command:
        case ((Lobby() | Debrief()), ChooseDisplay(display=display, open_table=open_table)):
            _only(command, "host")
            return [f.DisplayChosen(at=at, display=display, open_table=open_table)]
        case ((Lobby() | Debrief()), WarmUp()):
            _only(command, "host")
            return [f.WarmupStarted(at=at, ends_at=at + WARMUP_MS)]
        case ((Lobby() | Warmup() | Debrief() | Reveal()), Prepare() as wish):
            return _prepare(room, wish, at)
        case Preparing() as phase, Choose(source=source, mode=mode):
            _only(command, "teller", "host")
            same = (source, mode) == (phase.about.source, phase.about.mode)
            return [] if same else [f.TellingChosen(at=at, source=source, mode=mode)]
        case Preparing(), Drop():
            _only(command, "teller", "host")
            return [f.TellingDropped(at=at)]
        case Preparing() as phase, Begin():
            _only(command, "teller")
            return [f.TellingStarted(at=at, ends_at=at + phase.about.duration_ms)]
        case Telling() as phase, Extend():
            _only(command, "teller", "host")
            ends_at = phase.ends_at + EXTEND_MS
            if phase.about.story_ms(ends_at) > LONGEST_MS:
                raise Refusal("telling.longest")
            return [f.TellingExtended(at=at, ends_at=ends_at)]
        case Telling(), Finish(by=by):
            _only(command, "teller", "host")
            return _end_telling(room, at, "done" if by == "teller" else "host")
        case Telling() as phase, TellerGone():
            return [f.RoomPaused(at=at, reason="teller_gone", ends_at=at + TELLER_GONE_MS)]
        case Telling(about=About(source="C")), Peek():
            _only(command, "host")
            return [] if room.about and room.about.peeked else [f.PeekOpened(at=at)]
        case Placing(), EndPlacing(skipped=skipped):
            _only(command, "teller", "host")
            return [
                f.PlacingEnded(at=at, skipped=skipped),
                f.SettlingStarted(at=at, ends_at=at + SETTLING_MS),
            ]
        case _, Advance(seen=seen):
            _only(command, "host")
            return _advance(room, seen, at)
        case (
            (Warmup() | Preparing() | Telling() | Placing() | Settling() | Reveal() | Debrief()),
            ToLobby(),
        ):
            _only(command, "host")
            return [*_cut_short(room, at), f.LobbyReturned(at=at)]
    raise Refusal("phase.wrong")


def _only(command: Command, *who: Who) -> None:
    if command.by not in who:
        raise Refusal("role.not_yours")


def _pause(room: Room, at: int) -> list[f.AnyFact]:
    if isinstance(room.phase, Lobby):
        raise Refusal("pause.nothing")
    if isinstance(room.phase, Paused):
        return []
    return [f.RoomPaused(at=at, reason="breath")]


def _prepare(room: Room, wish: Prepare, at: int) -> list[f.AnyFact]:
    _only(wish, "host")
    if wish.listeners < 1:
        raise Refusal("telling.needs_listener")
    if isinstance(room.phase, Reveal) and room.phase.step < len(REVEAL_STEPS):
        raise Refusal("phase.wrong")
    return [
        f.TellingPrepared(
            at=at,
            telling=wish.telling,
            teller=wish.teller,
            number=room.told + 1,
            source=wish.source,
            mode=wish.mode,
            duration_ms=min(max(wish.duration_ms, SHORTEST_MS), LONGEST_MS),
            rate_hz=wish.rate_hz,
            ends_at=at + PREPARE_MS,
        )
    ]


def _end_telling(
    room: Room, at: int, reason: Literal["done", "time", "teller_gone", "host"]
) -> list[f.AnyFact]:
    about = room.about
    ended = f.TellingEnded(at=at, reason=reason)
    if about is not None and about.source == "B":
        return [ended, f.PlacingStarted(at=at, ends_at=at + PLACING_MS)]
    return [ended, f.SettlingStarted(at=at, ends_at=at + SETTLING_MS)]


def _cut_short(room: Room, at: int) -> list[f.AnyFact]:
    """A telling that is cut off keeps what there is."""
    return [f.TellingEnded(at=at, reason="host")] if isinstance(room.playing, Telling) else []


def _advance(room: Room, seen: int | None, at: int) -> list[f.AnyFact]:
    match room.playing:
        case Reveal(step=step) | Debrief(step=step) if seen is not None and seen < step:
            return []
        case Settling():
            return [f.RevealOpened(at=at)]
        case Reveal(step=step) if step < len(REVEAL_STEPS):
            return [f.RevealStepped(at=at, step=step + 1)]
        case Reveal():
            return [f.DebriefStarted(at=at)]
        case Debrief() if seen is not None:
            return []
        case _:
            raise Refusal("phase.wrong")


def _due(room: Room, at: int) -> list[f.AnyFact]:
    due = due_at(room)
    if due is None or at < due:
        return []
    match room.phase:
        case Paused(over=Telling()):
            return _end_telling(room, at, "teller_gone")
        case Warmup():
            return [f.WarmupEnded(at=at)]
        case Preparing():
            return [f.TellingDropped(at=at)]
        case Telling():
            return _end_telling(room, due, "time")
        case Placing():
            return [f.PlacingEnded(at=at, skipped=False), f.SettlingStarted(at=at, ends_at=at + SETTLING_MS)]
        case Settling():
            return [f.RevealOpened(at=at)]
        case _:
            return []


def evolve(room: Room, fact: f.AnyFact) -> Room:
    """The room after a fact."""
    return replace(_changed(room, fact), version=room.version + 1)


def _changed(room: Room, fact: f.AnyFact) -> Room:
    phase = room.phase
    about = room.about
    match fact:
        case f.RoomOpened() | f.DisplayChosen():
            return replace(room, display=fact.display, open_table=fact.open_table)
        case f.RoomLocked():
            return replace(room, locked=fact.locked)
        case f.WarmupStarted():
            return replace(room, phase=Warmup(ends_at=fact.ends_at, since=fact.at))
        case f.RoomEnded():
            return replace(room, phase=Ended(at=fact.at))
        case f.WarmupEnded() | f.LobbyReturned() | f.TellingDropped():
            return replace(room, phase=Lobby())
        case f.TellingPrepared():
            told_of = About(
                id=fact.telling,
                teller=fact.teller,
                number=fact.number,
                source=fact.source,
                mode=fact.mode,
                duration_ms=fact.duration_ms,
                rate_hz=fact.rate_hz,
            )
            return replace(room, phase=Preparing(told_of, since=fact.at, ends_at=fact.ends_at))
        case f.RoomPaused() if not isinstance(phase, Paused | Lobby | Ended):
            paused = Paused(over=phase, since=fact.at, reason=fact.reason, ends_at=fact.ends_at)
            return replace(room, phase=paused)
        case f.RoomResumed() if isinstance(phase, Paused):
            return replace(room, phase=_resumed(phase, fact.at))
    return room if about is None else _told(room, about, fact)


def _told(room: Room, about: About, fact: f.AnyFact) -> Room:
    phase = room.phase
    match fact:
        case f.TellingChosen() if isinstance(phase, Preparing):
            about = replace(about, source=fact.source, mode=fact.mode)
            return replace(room, phase=replace(phase, about=about))
        case f.TellingStarted():
            return replace(
                room,
                phase=Telling(replace(about, started_at=fact.at), ends_at=fact.ends_at),
                told=about.number,
            )
        case f.TellingExtended() if isinstance(phase, Telling):
            return replace(room, phase=replace(phase, ends_at=fact.ends_at))
        case f.PeekOpened() if isinstance(phase, Telling):
            return replace(room, phase=replace(phase, about=replace(about, peeked=True)))
        case f.TellingEnded() if isinstance(room.playing, Telling):
            if isinstance(phase, Paused):
                about = about.with_pause(phase.since, fact.at)
            about = replace(about, ended_at=fact.at)
            return replace(room, phase=Settling(about, since=fact.at, ends_at=fact.at + SETTLING_MS))
        case f.PlacingStarted():
            return replace(room, phase=Placing(about, since=fact.at, ends_at=fact.ends_at))
        case f.SettlingStarted():
            return replace(room, phase=Settling(about, since=fact.at, ends_at=fact.ends_at))
        case f.RevealOpened():
            return replace(room, phase=Reveal(about))
        case f.RevealStepped():
            return replace(room, phase=Reveal(about, step=fact.step))
        case f.DebriefStarted():
            return replace(room, phase=Debrief(about))
    return room


def _resumed(paused: Paused, at: int) -> Warmup | Preparing | Telling | Placing | Settling | Reveal | Debrief:
    """The held phase goes on, its deadline later by the pause."""
    held = at - paused.since
    match paused.over:
        case Telling() as phase:
            about = phase.about.with_pause(paused.since, at)
            return replace(phase, about=about, ends_at=phase.ends_at + held)
        case Warmup() | Preparing() | Placing() | Settling() as phase:
            return replace(phase, ends_at=phase.ends_at + held)
        case phase:
            return phase


def replay(history: Iterable[f.AnyFact]) -> Room:
    """The room that a history makes."""
    return reduce(evolve, history, Room())
