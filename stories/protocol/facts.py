"""What has happened to a room: numbered, stored for ever, in the past tense.

Stored facts outlive versions of this file: add fields with a default, never change what a field means;
a new meaning is a new fact.
"""

from typing import Literal

import msgspec

from stories.protocol.words import Display, Mode, Source

SCHEMA = 1


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that happened at a server time, in milliseconds."""

    at: int


class RoomOpened(Fact, frozen=True, kw_only=True, tag="room.opened"):
    display: Display = "sealed"
    open_table: bool = False


class RoomLocked(Fact, frozen=True, kw_only=True, tag="room.locked"):
    locked: bool = True


class DisplayChosen(Fact, frozen=True, kw_only=True, tag="display.chosen"):
    display: Display
    open_table: bool = False


class WarmupStarted(Fact, frozen=True, kw_only=True, tag="warmup.started"):
    ends_at: int


class WarmupEnded(Fact, frozen=True, kw_only=True, tag="warmup.ended"):
    pass


class TellingPrepared(Fact, frozen=True, kw_only=True, tag="telling.prepared"):
    telling: str
    teller: str
    number: int
    source: Source
    mode: Mode
    duration_ms: int
    rate_hz: int
    ends_at: int


class TellingChosen(Fact, frozen=True, kw_only=True, tag="telling.chosen"):
    source: Source
    mode: Mode


class TellingDropped(Fact, frozen=True, kw_only=True, tag="telling.dropped"):
    """Prepared and never begun: the teller passed, or the time ran out. Which of both is nobody's business."""


class TellingStarted(Fact, frozen=True, kw_only=True, tag="telling.started"):
    ends_at: int


class RoomPaused(Fact, frozen=True, kw_only=True, tag="room.paused"):
    reason: Literal["breath", "teller_gone"]
    ends_at: int | None = None


class RoomResumed(Fact, frozen=True, kw_only=True, tag="room.resumed"):
    pass


class TellingExtended(Fact, frozen=True, kw_only=True, tag="telling.extended"):
    ends_at: int


class TellingEnded(Fact, frozen=True, kw_only=True, tag="telling.ended"):
    reason: Literal["done", "time", "teller_gone", "host"]


class PlacingStarted(Fact, frozen=True, kw_only=True, tag="placing.started"):
    ends_at: int


class PlacingEnded(Fact, frozen=True, kw_only=True, tag="placing.ended"):
    skipped: bool = False


class SettlingStarted(Fact, frozen=True, kw_only=True, tag="settling.started"):
    ends_at: int


class RevealOpened(Fact, frozen=True, kw_only=True, tag="reveal.opened"):
    pass


class RevealStepped(Fact, frozen=True, kw_only=True, tag="reveal.stepped"):
    step: int


class DebriefStarted(Fact, frozen=True, kw_only=True, tag="debrief.started"):
    pass


class LobbyReturned(Fact, frozen=True, kw_only=True, tag="lobby.returned"):
    pass


class PeekOpened(Fact, frozen=True, kw_only=True, tag="peek.opened"):
    """The facilitator looked at the live coupling of a running telling: kept, and shown on its replay."""


class RoomEnded(Fact, frozen=True, kw_only=True, tag="room.ended"):
    pass


AnyFact = (
    RoomOpened
    | RoomLocked
    | DisplayChosen
    | WarmupStarted
    | WarmupEnded
    | TellingPrepared
    | TellingChosen
    | TellingDropped
    | TellingStarted
    | RoomPaused
    | RoomResumed
    | TellingExtended
    | TellingEnded
    | PlacingStarted
    | PlacingEnded
    | SettlingStarted
    | RevealOpened
    | RevealStepped
    | DebriefStarted
    | LobbyReturned
    | PeekOpened
    | RoomEnded
)

_decoder: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)


def kind_of(fact: Fact) -> str:
    """The dotted name under which a fact is stored and told."""
    return str(fact.__struct_config__.tag)


def decode_fact(body: bytes | str) -> AnyFact:
    """A stored fact of any age; fields this version does not know are passed over."""
    return _decoder.decode(body)


def encode_fact(fact: Fact) -> bytes:
    """A fact as it is stored."""
    return msgspec.json.encode(fact)
