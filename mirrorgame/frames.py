"""Uvicorn's websocket, with a door for frames that were made once for a whole room.

An application finds a `Wire` in its scope's extensions and may put finished frames on it, without a task and a
copy per socket. Reading pauses only when messages pile up, not after each one. And nobody who floods a socket
holds up the others: what was read is taken apart piece by piece, and who is closed need not be listened to.
"""

from asyncio import TimerHandle
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from stories.live.wire import EXTENSION

MOST_UNREAD = 32
# Who was told to go and does not listen is let fall after this, and is heard no further than so many bytes.
GOODBYE_S = 5.0
LAST_BYTES = 16_384
# Who cannot be understood any more has read the goodbye once nothing more came for so long.
QUIET_S = 0.3
# A read may bring tens of thousands of tiny frames: so many bytes of them are looked at in one go.
PIECE = 4096
# Pings and parts of messages, which our pages never send: so many a second, or at once.
EXTRAS_PER_S, MOST_EXTRAS = 20, 60


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
    # Read from the kernel and not looked at yet; while there is any, nothing more is read.
    _held = b""
    _going_on = False
    _after_close = 0
    _deaf = False
    _extras = float(MOST_EXTRAS)
    _extras_at = 0.0

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = Wire(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # What points at itself stays until the collector looks at everything, which is seldom.
        self.conn.parser.close()
        if self.handshake_initiated and hasattr(self, "scope"):
            cast("dict[str, Any]", self.scope["extensions"]).pop(EXTENSION, None)

    # -- piece by piece -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            self._after_close += len(data)
            if self._deaf:
                return
            if self._after_close <= LAST_BYTES:
                super().data_received(data)
            else:
                self._let_go()
            return
        if not self._held and len(data) <= PIECE:
            super().data_received(data)
            return
        self._held += data
        self.transport.pause_reading()
        self._go_on_soon()

    def _go_on_soon(self) -> None:
        if not self._going_on:
            self._going_on = True
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._going_on = False
        if self.read_paused or self.disconnected:
            # `receive` goes on when the messages that piled up are taken.
            return
        piece, self._held = self._held[:PIECE], self._held[PIECE:]
        if piece and not self.close_sent:
            super().data_received(piece)
        if self._held:
            self._go_on_soon()
        elif not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if self._held:
                self._go_on_soon()
            else:
                self.transport.resume_reading()
        return message

    # -- frames ---------------------------------------------------------------------------------------------

    def handle_text(self, event: Frame) -> None:
        if not event.fin or self.close_sent:
            super().handle_text(event)
            return
        try:
            text = bytes(event.data).decode()
        except UnicodeDecodeError:
            self.hang_up(1007)
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
        if not self.read_paused and self.queue.qsize() >= MOST_UNREAD:
            self.read_paused = True
            self.transport.pause_reading()

    def send_receive_event_to_app(self) -> None:
        """A message that came in parts; what is no text is answered, not logged with a traceback each time."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.frames = []
            self.hang_up(1007)
        else:
            super().send_receive_event_to_app()

    def handle_cont(self, event: Frame) -> None:
        if self._may_have_extra():
            super().handle_cont(event)

    def handle_ping(self) -> None:
        pongs = self.conn.data_to_send()
        if self._may_have_extra():
            self.transport.write(b"".join(pongs))

    def _may_have_extra(self) -> bool:
        """Whether one more frame that no page sends is answered; who never stops is told to go."""
        if self.close_sent:
            return False
        now = self.loop.time()
        filled = self._extras + (now - self._extras_at) * EXTRAS_PER_S
        self._extras, self._extras_at = min(MOST_EXTRAS, filled) - 1, now
        if self._extras >= 0:
            return True
        self.frames = []
        self.hang_up(4429)
        return False

    # -- the end --------------------------------------------------------------------------------------------

    def handle_parser_exception(self) -> None:
        """A frame that cannot be: said so, and let fall only when that could be read.

        To close with something unread throws away what was said last.
        """
        if self.close_sent:
            self._let_go()
            return
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self._say_goodbye(b"".join(self.conn.data_to_send()))
        self._let_go()

    def hang_up(self, code: int) -> None:
        """What `send` does with `websocket.close`, without waiting for a socket that does not drain."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self._say_goodbye(b"".join(self.conn.data_to_send()))

    def _say_goodbye(self, last: bytes) -> None:
        self.transport.write(last)
        self.close_sent = True
        self.close_timer = self.loop.call_later(GOODBYE_S, self.transport.abort)
        if self._held:
            self._held = b""
            self._let_go()
        self.read_paused = False
        self.transport.resume_reading()

    def _let_go(self) -> None:
        """Nothing more is understood from here on: close as soon as it has become quiet."""
        if not self._deaf:
            self._deaf = True
            self.loop.call_later(QUIET_S, self._when_quiet, self._after_close)

    def _when_quiet(self, before: int) -> None:
        if self._after_close == before:
            self.transport.close()
        elif not self.transport.is_closing():
            self.loop.call_later(QUIET_S, self._when_quiet, self._after_close)
