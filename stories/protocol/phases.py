"""The phases of a room, one type each, so that nothing can be asked of a phase that it does not have."""

from dataclasses import dataclass, field, replace
from typing import Literal

from stories.protocol.words import Display, Mode, Source

REVEAL_STEPS = ("teller", "room", "marks", "score")


@dataclass(frozen=True)
class About:
    """The telling a phase is about. `pauses` are spans of server time in which nobody told anything."""

    id: str
    teller: str
    number: int
    source: Source
    mode: Mode
    duration_ms: int
    rate_hz: int
    started_at: int | None = None
    ended_at: int | None = None
    pauses: tuple[tuple[int, int], ...] = ()
    peeked: bool = False

    def with_pause(self, since: int, until: int) -> "About":
        return replace(self, pauses=(*self.pauses, (since, until)))

    def story_ms(self, at: int) -> int:
        """How much story had been told at a server time: pauses do not count."""
        if self.started_at is None:
            return 0
        until = at if self.ended_at is None else min(at, self.ended_at)
        paused = sum(max(0, min(b, until) - a) for a, b in self.pauses if a < until)
        return max(0, until - self.started_at - paused)


@dataclass(frozen=True)
class Lobby:
    name = "lobby"


@dataclass(frozen=True)
class Warmup:
    ends_at: int
    since: int
    name = "warmup"


@dataclass(frozen=True)
class Preparing:
    about: About
    since: int
    ends_at: int
    name = "preparing"


@dataclass(frozen=True)
class Telling:
    about: About
    ends_at: int
    name = "telling"


@dataclass(frozen=True)
class Placing:
    about: About
    since: int
    ends_at: int
    name = "placing"


@dataclass(frozen=True)
class Settling:
    about: About
    since: int
    ends_at: int
    name = "settling"


@dataclass(frozen=True)
class Reveal:
    about: About
    step: int = 1
    name = "reveal"


@dataclass(frozen=True)
class Debrief:
    about: About
    step: int = len(REVEAL_STEPS)
    name = "debrief"


@dataclass(frozen=True)
class Ended:
    at: int
    name = "ended"


Playing = Lobby | Warmup | Preparing | Telling | Placing | Settling | Reveal | Debrief
Breathing = Warmup | Preparing | Telling | Placing | Settling | Reveal | Debrief


@dataclass(frozen=True)
class Paused:
    """Any playing phase, held still. `ends_at` only while waiting for a teller who is gone."""

    over: Breathing
    since: int
    reason: Literal["breath", "teller_gone"]
    ends_at: int | None = None
    name = "paused"


Phase = Playing | Paused | Ended


@dataclass(frozen=True)
class Room:
    """Everything the rules need to know of a room. Names, words and secrets are rows elsewhere."""

    version: int = 0
    phase: Phase = field(default_factory=Lobby)
    locked: bool = False
    display: Display = "sealed"
    open_table: bool = False
    told: int = 0

    @property
    def playing(self) -> Playing | Ended:
        """The phase underneath a pause."""
        return self.phase.over if isinstance(self.phase, Paused) else self.phase

    @property
    def about(self) -> About | None:
        """The telling at hand, if the phase has one."""
        return getattr(self.playing, "about", None)


def due_at(room: Room) -> int | None:
    """When the phase falls due on its own, in server milliseconds; None when only people move it on."""
    match room.phase:
        case Paused(ends_at=ends_at):
            return ends_at
        case Warmup(ends_at=due) | Preparing(ends_at=due) | Telling(ends_at=due):
            return due
        case Placing(ends_at=due) | Settling(ends_at=due):
            return due
        case _:
            return None
