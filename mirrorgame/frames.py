"""Uvicorn's websocket, with a door for frames that were made once for a whole room.

Two things are added. An application finds a `Wire` in its scope's extensions and may put finished frames on
it, without a task and a copy per socket. And reading pauses only when messages pile up, not after each one.
"""

from asyncio import TimerHandle
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from stories.live.wire import EXTENSION

MOST_UNREAD = 32
# Who was told to go and does not listen is let fall after this.
GOODBYE_S = 5.0


class Wire:
    """One socket, for whole frames. Never waits: whoever writes looks at `unsent` first."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: "Frames") -> None:
        self._protocol = protocol

    def put(self, frame: bytes) -> None:
        """Send a finished frame, unless the socket is closing."""
        protocol = self._protocol
        if not protocol.close_sent and not protocol.transport.is_closing():
            protocol.transport.write(frame)

    def unsent(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return int(self._protocol.transport.get_write_buffer_size())

    def hang_up(self, code: int) -> None:
        """Close with a code, behind what was put before."""
        self._protocol.hang_up(code)


class Frames(WebSocketsSansIOProtocol):
    """The protocol class that `serve` hands to uvicorn."""

    close_timer: TimerHandle | None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = Wire(self)

    def handle_text(self, event: Frame) -> None:
        if not event.fin or self.close_sent:
            super().handle_text(event)
            return
        try:
            text = bytes(event.data).decode()
        except UnicodeDecodeError:
            # It knows how to refuse that.
            super().handle_text(event)
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused and self.queue.qsize() >= MOST_UNREAD:
            self.read_paused = True
            self.transport.pause_reading()

    def hang_up(self, code: int) -> None:
        """What `send` does with `websocket.close`, without waiting for a socket that does not drain."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(GOODBYE_S, self.transport.abort)
