"""What somebody may want of a room: the imperative side of the rules, as the shell hands it in."""

from dataclasses import dataclass
from typing import Literal

from stories.protocol.words import Display, Mode, Source

Who = Literal["host", "teller", "listener", "server"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """Somebody wants something; `by` is who, as the shell has proved it."""

    by: Who = "host"


@dataclass(frozen=True, kw_only=True)
class Open(Command):
    display: Display = "sealed"
    open_table: bool = False


@dataclass(frozen=True, kw_only=True)
class Lock(Command):
    locked: bool = True


@dataclass(frozen=True, kw_only=True)
class ChooseDisplay(Command):
    display: Display
    open_table: bool = False


@dataclass(frozen=True, kw_only=True)
class WarmUp(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Prepare(Command):
    telling: str
    teller: str
    source: Source
    mode: Mode
    listeners: int
    duration_ms: int = 120_000
    rate_hz: int = 4


@dataclass(frozen=True, kw_only=True)
class Choose(Command):
    source: Source
    mode: Mode


@dataclass(frozen=True, kw_only=True)
class Drop(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Begin(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Pause(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Resume(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Extend(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Finish(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class TellerGone(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class EndPlacing(Command):
    skipped: bool = False


@dataclass(frozen=True, kw_only=True)
class Advance(Command):
    """The host's next: open the reveal, open its next part, go to the debrief.

    `seen` is how many parts were open when the host pressed: who presses twice means one part, not two.
    """

    seen: int | None = None


@dataclass(frozen=True, kw_only=True)
class ToLobby(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Peek(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class End(Command):
    pass


@dataclass(frozen=True, kw_only=True)
class Due(Command):
    """A deadline has passed; harmless when it has not."""
