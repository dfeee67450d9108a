"""The vocabulary every message shares: ids, levels, ticks, roles."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PROTOCOL = 1
SUBPROTOCOL = f"mirror.v{PROTOCOL}"
MAX_FRAME = 16 * 1024

Level = Annotated[int, Meta(ge=0, le=1000, description="0 (low) to 1000 (high) on the strip")]
Tick = Annotated[int, Meta(ge=0, le=1_000_000, description="sample number since the telling began")]
Name = Annotated[str, Meta(min_length=1, max_length=24)]
Id = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[A-Za-z0-9_-]+$")]
Words = Annotated[str, Meta(max_length=280)]
Millis = Annotated[int, Meta(description="server time in milliseconds since 1970")]

Role = Literal["player", "host", "stage"]
Source = Literal["A", "B", "C"]
Mode = Literal["spoken", "typed", "lines"]
Display = Literal["sealed", "glow", "open"]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """One JSON object with a `type`."""


class PreparedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line the teller will release with one tap, and a note only the teller sees."""

    words: Annotated[str, Meta(min_length=1, max_length=280)]
    notes: Words = ""
    turn: bool = False
