"""Finished websocket frames: made once, put on as many sockets as have to hear them."""

from functools import lru_cache
from typing import Protocol

# Under this name a server that can do it leaves a `Wire` in a connection's `scope["extensions"]`.
EXTENSION = "mirror.wire"
_FINAL_TEXT = b"\x81"


class Wire(Protocol):
    """One socket as `mirrorgame.frames` offers it. Nothing here waits."""

    def put(self, frame: bytes) -> None:
        """Send a finished frame, unless the socket is closing."""

    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        ...

    def hang_up(self, code: int) -> None:
        """Close with a code, behind what was put before."""


@lru_cache(maxsize=32)
def framed(text: bytes) -> bytes:
    """A server's whole text frame (RFC 6455, section 5.2); what a room is told is wrapped once for everybody."""
    size = len(text)
    if size < 126:
        return _FINAL_TEXT + size.to_bytes(1, "big") + text
    if size < 65_536:
        return _FINAL_TEXT + b"\x7e" + size.to_bytes(2, "big") + text
    return _FINAL_TEXT + b"\x7f" + size.to_bytes(8, "big") + text
