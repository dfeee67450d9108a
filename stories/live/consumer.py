"""The websocket itself: frames in, frames out, and the close codes. What is said is the session's business."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import parse_cookie

from stories import meters
from stories.live.hub import hub
from stories.live.peer import Peer
from stories.live.session import Hangup, Session
from stories.live.wire import EXTENSION, Wire
from stories.protocol.commands import Hello, TraceChunk
from stories.protocol.messages import decode
from stories.protocol.words import MAX_FRAME, SUBPROTOCOL
from stories.ratelimit import SOCKETS, network_of

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

HELLO_S = 10.0
LATER_S = 8


async def game_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """One game socket, from its handshake to its close."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    await receive()
    network = network_of((scope.get("client") or ("",))[0])
    if not SOCKETS.enter(network):
        await _turn_away(scope, send)
        return
    try:
        await _let_in(scope, headers, receive, send)
    finally:
        SOCKETS.leave(network)


async def _turn_away(scope: Scope, send: Send) -> None:
    """Too many from there: before the handshake, where it costs least. Pages try again later and later."""
    meters.TURNED_AWAY.inc()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1013})
        return
    later = [(b"retry-after", str(LATER_S).encode())]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": later})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _let_in(scope: Scope, headers: dict[bytes, str], receive: Receive, send: Send) -> None:
    # Exact origins: another port of the same host is another site.
    if headers.get(b"origin") not in settings.ORIGINS:
        await send({"type": "websocket.close", "code": 4401})
        return
    if SUBPROTOCOL not in scope.get("subprotocols", []):
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4426})
        return
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    # As Django reads them for pages: a neighbour's odd cookie on the same host hides none of ours.
    wire = (scope.get("extensions") or {}).get(EXTENSION)
    await _Conversation(parse_cookie(headers.get(b"cookie", "")), receive, send, wire).run()


async def _nobody(_: object) -> None:
    """Whoever was there has gone."""


class _Conversation:
    """Reads one socket until it ends."""

    def __init__(self, cookies: dict[str, str], receive: Receive, send: Send, wire: Wire | None) -> None:
        self._receive = receive
        self._send = send
        self._wire = wire
        self._closed = False
        self._chunks: set[asyncio.Task[None]] = set()
        self._session = Session(hub, self._peer, cookies)
        self._own: Peer | None = None

    def _peer(self) -> Peer:
        # Whoever finds this id in a seat's row knows which process holds the socket.
        name = hub.id + secrets.token_hex(8)
        self._own = Peer(
            id=name, role="player", room=0, write=self._write, close=self._close, wire=self._wire
        )
        self._own.start()
        return self._own

    def _about(self) -> dict[str, int | None]:
        """Whose conversation it is, as the log may say it: by row numbers."""
        seat = self._own.seat if self._own else None
        return {"room": self._own.room if self._own else None, "participant": seat.pk if seat else None}

    async def run(self) -> None:
        try:
            await self._converse()
        except Hangup as hangup:
            await self._hang_up(hangup.code)
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self._hang_up(4400)
        except TimeoutError:
            await self._hang_up(4400)
        except DatabaseError as error:
            # While saying hello: the page comes back by itself.
            hub.missed_database(error)
            await self._hang_up(1013)
        except Exception:
            # A bug: the page comes back by itself.
            logger.exception("a conversation broke off", extra=self._about())
            await self._hang_up(1013)
        finally:
            self._session.leave()
            if self._own is not None:
                await self._own.stop()
            for task in self._chunks:
                task.cancel()
            # Else conversation, session and page hold each other until the collector looks at everything.
            self._session.forget()
            if self._own is not None:
                self._own.write = self._own.close = _nobody

    async def _converse(self) -> None:
        async with asyncio.timeout(HELLO_S):
            first = await self._next()
            if first is None:
                return
            message = decode(first)
            if not isinstance(message, Hello):
                raise Hangup(4400)
            await self._session.receive(message)
        while (frame := await self._next()) is not None:
            if self._own is not None and self._own.ending:
                return
            message = decode(frame)
            if isinstance(message, TraceChunk):
                if self._session.take(message):
                    continue
                # A chunk waits for its commit; the hand that sent it may go on talking.
                task = asyncio.create_task(self._answer(message))
                self._chunks.add(task)
                task.add_done_callback(self._chunks.discard)
            else:
                await self._answer(message)

    async def _next(self) -> bytes | str | None:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            return None
        frame: bytes | str = event.get("text") or event.get("bytes") or b""
        if len(frame) > MAX_FRAME:
            raise Hangup(4400)
        return frame

    async def _answer(self, message: Any) -> None:
        try:
            for reply in await self._session.receive(message):
                if self._own is not None:
                    self._own.say(reply)
        except Hangup as hangup:
            await self._hang_up(hangup.code)
        except DatabaseError as error:
            # Nothing was acked, the client says it again.
            hub.missed_database(error)
        except Exception:
            # A bug: the same.
            logger.exception("a message of type %s failed", type(message).__name__, extra=self._about())

    async def _hang_up(self, code: int) -> None:
        """Close, behind the answers that are still on their way."""
        if self._own is None:
            await self._close(code)
        else:
            self._own.end(code)

    async def _write(self, frame: bytes) -> None:
        if not self._closed:
            await self._send({"type": "websocket.send", "text": frame.decode()})

    async def _close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            if self._own is None:
                meters.CLOSES.labels(code).inc()
            if self._wire is not None:
                self._wire.hang_up(code)
                return
            try:
                await self._send({"type": "websocket.close", "code": code})
            except (RuntimeError, OSError):
                # It was closed from the other side in the same moment.
                return
