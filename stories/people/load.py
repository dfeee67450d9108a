"""A crowd in one process: many sockets, a chunk a second each, every ack and every broadcast timed.

It speaks the protocol as its page describes it, and the websocket's frames by itself: what is measured must
be the server, not the client.
"""

import asyncio
import base64
import contextlib
import os
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from stories.people.browser import Browser
from stories.people.frames import CLOSE, PING, PONG, TEXT, framed, parsed
from stories.protocol.commands import Hello, TraceChunk
from stories.protocol.words import PROTOCOL, SUBPROTOCOL

FS = 4
STEP_S = 0.002
_encode = msgspec.json.Encoder().encode


class Heard(msgspec.Struct):
    """As much of an answer as is measured. An echo of a chunk has its `seq`, an ack its `seqs`."""

    type: str
    seq: int | None = None
    seqs: list[int] = msgspec.field(default_factory=list)
    code: str = ""
    beat: str | None = None
    version: int = 0
    at: int = 0
    room: dict[str, Any] = msgspec.field(default_factory=dict)


_decode = msgspec.json.Decoder(Heard).decode


@dataclass
class Told:
    """What a crowd has heard so far; times are milliseconds."""

    acks: list[float] = field(default_factory=list)
    broadcasts: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    # How late we were ourselves, each time we looked whose turn it is: what is above it is the server's.
    late: list[float] = field(default_factory=list)
    sent: int = 0

    def anew(self) -> None:
        """Count waits from here on."""
        for waits in (self.acks, self.broadcasts, self.late):
            waits.clear()


def middle(waits: Sequence[float], share: float) -> float:
    """The wait that this share of them does not exceed."""
    ranked = sorted(waits)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


async def take_seats(address: str, code: str, n: int, *, at_once: int = 8) -> list[tuple[str, str]]:
    """So many people come in by the door: ids and secrets. Raises `Turned`."""
    gate = asyncio.Semaphore(at_once)

    async def one() -> tuple[str, str]:
        async with gate:
            seat = await Browser(address).take_seat(code)
        return seat.id, seat.token

    return list(await asyncio.gather(*(one() for _ in range(n))))


class Listener(asyncio.Protocol):
    """One page of a crowd. `window` chunks are on their way at any time while it hammers."""

    def __init__(self, crowd: "Crowd", key: str, token: str) -> None:
        self.crowd, self.key, self.token = crowd, key, token
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seq = 0
        self.waiting: dict[int, float] = {}
        self.transport: asyncio.Transport
        self.gone = False
        self._buffer = bytearray()
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        where = self.crowd.where
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /ws HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {self.crowd.address}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open and not self._opened():
            return
        now = time.perf_counter()
        for opcode, payload in parsed(self._buffer):
            if opcode == TEXT:
                self.crowd.hear(self, payload, now)
            elif opcode == PING:
                self.transport.write(framed(payload, PONG))
            elif opcode == CLOSE:
                self.crowd.told.closes[int.from_bytes(payload[:2], "big")] += 1
                self.gone = True
                self.transport.close()

    def _opened(self) -> bool:
        head, ended, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if not ended:
            return False
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self._fail(ConnectionError(head.split(b"\r\n", 1)[0].decode("latin-1")))
            self.transport.close()
            return False
        self._open = True
        self._buffer = bytearray(rest)
        self.say(Hello(protocol=PROTOCOL, role="player", key=self.key, token=self.token, run=self.crowd.run))
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError("closed before the welcome"))
        if self._open and not self.gone:
            # Without a word: what a browser calls 1006.
            self.crowd.told.closes[1006] += 1
        self.gone = True

    def _fail(self, error: Exception) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(error)

    def say(self, message: msgspec.Struct) -> None:
        """Send one message."""
        self.transport.write(framed(_encode(message)))

    def feel(self, telling: str, tick: int) -> None:
        """A second's samples, up to this tick."""
        first = max(0, tick - self.crowd.fs + 1)
        values: list[int | None] = [(first + self.seq * 7 + i * 31) % 1001 for i in range(self.crowd.fs)]
        chunk = TraceChunk(telling=telling, run=self.crowd.run, seq=self.seq, first_tick=first, values=values)
        self.waiting[self.seq] = time.perf_counter()
        self.seq += 1
        self.crowd.told.sent += 1
        self.say(chunk)


class Crowd:
    """People who sit in rooms of one server already, by their seats' ids and secrets."""

    def __init__(self, address: str, seats: Sequence[tuple[str, str]]) -> None:
        self.address = address.rstrip("/")
        self.where = urlsplit(self.address)
        self.seats = list(seats)
        self.run = base64.b16encode(os.urandom(6)).decode()
        self.people: list[Listener] = []
        self.told = Told()
        self.room: dict[str, Any] = {}
        self.fs = FS
        # When a teller of our own marked each beat; others' count from when the first of us heard of them.
        self.marked: dict[str, float] = {}
        self.hammering: str | None = None
        self._offset_ms = 0.0
        self._captions: dict[bytes, float] = {}
        # By the room's version: when each of us heard of it.
        self.changes: dict[int, list[float]] = {}
        self._changed: dict[bytes, list[float]] = {}
        self._news = asyncio.Event()

    async def come(self, more: Sequence[tuple[str, str]] = (), *, at_once: int = 200) -> None:
        """Who is not here yet connects and says hello, so many at a time; raises OSError or TimeoutError.

        `more` are seats that were not known before.
        """
        gate = asyncio.Semaphore(at_once)
        loop = asyncio.get_running_loop()
        secure = ssl.create_default_context() if self.where.scheme == "https" else None
        port = self.where.port or (443 if secure else 80)

        async def one(key: str, token: str) -> None:
            async with gate, asyncio.timeout(60):
                _, person = await loop.create_connection(
                    lambda: Listener(self, key, token), self.where.hostname, port, ssl=secure
                )
                await person.welcomed
                self.people.append(person)

        self.seats += more
        try:
            async with asyncio.TaskGroup() as together:
                for key, token in self.seats[len(self.people) :]:
                    together.create_task(one(key, token))
        except ExceptionGroup as group:
            # What failed first: the others were told to stop.
            raise group.exceptions[0] from None

    def leave(self) -> None:
        """Everybody is gone in the same moment."""
        for person in self.people:
            person.gone = True
            person.transport.abort()
        self.people.clear()

    async def until_telling(self, *, within: float = 30.0) -> str:
        """The id of the story that runs, once one does."""
        async with asyncio.timeout(within):
            while self.room.get("phase") != "telling":
                self._news.clear()
                await self._news.wait()
        return str(self.room["telling"]["id"])

    async def feel(
        self, seconds: float, *, telling: str | None = None, started_at: int | None = None
    ) -> None:
        """A chunk a second from everybody, each at a moment of its own, for so long or until the story is over."""
        telling = telling or await self.until_telling()
        began = time.perf_counter()
        sent, people = 0, self.people
        while (passed := time.perf_counter() - began) < seconds and self.room.get("phase") == "telling":
            due = int(passed * len(people))
            for turn in range(sent, due):
                people[turn % len(people)].feel(telling, self._tick(started_at))
            sent = due
            slept = time.perf_counter()
            await asyncio.sleep(STEP_S)
            self.told.late.append((time.perf_counter() - slept - STEP_S) * 1000)

    async def hammer(self, seconds: float, *, window: int, telling: str | None = None) -> None:
        """As many chunks as are answered: everybody has `window` of them on the way, each ack is the next."""
        telling = telling or await self.until_telling()
        self.hammering = telling
        for _ in range(window):
            for person in self.people:
                person.feel(telling, self._tick(None))
            await asyncio.sleep(0)
        await asyncio.sleep(seconds)
        self.hammering = None

    async def settled(self, *, within: float = 15.0) -> bool:
        """Whether every chunk was answered, in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.unanswered:
                    await asyncio.sleep(0.02)
        return not self.unanswered

    @property
    def unanswered(self) -> int:
        """Chunks on their way."""
        return sum(len(person.waiting) for person in self.people)

    def _tick(self, started_at: int | None) -> int:
        started = (
            started_at if started_at is not None else (self.room.get("telling") or {}).get("started_at", 0)
        )
        at = time.perf_counter() * 1000 + self._offset_ms
        return min(1_000_000, max(0, int((at - started) * self.fs // 1000)))

    def hear(self, person: Listener, frame: bytes, now: float) -> None:
        """One of us heard something."""
        kind = frame[9 : frame.index(b'"', 9)].decode()
        self.told.kinds[kind] += 1
        match kind:
            case "trace.acked" | "trace.chunk":
                heard = _decode(frame)
                for seq in heard.seqs if heard.seq is None else [heard.seq]:
                    if (at := person.waiting.pop(seq, None)) is not None:
                        self.told.acks.append((now - at) * 1000)
                    if self.hammering is not None:
                        person.feel(self.hammering, self._tick(None))
            case "caption.shown":
                since = self._captions.get(frame)
                if since is None:
                    since = self._captions[frame] = self.marked.get(_decode(frame).beat or "", now)
                self.told.broadcasts.append((now - since) * 1000)
            case "welcome":
                heard = _decode(frame)
                self._offset_ms = heard.at - now * 1000
                self._know(heard.room)
                if not person.welcomed.done():
                    person.welcomed.set_result(None)
            case "room.changed":
                # The same bytes for everybody: read once.
                heard_at = self._changed.get(frame)
                if heard_at is None:
                    room = _decode(frame).room
                    heard_at = self._changed[frame] = self.changes.setdefault(room["version"], [])
                    self._know(room)
                heard_at.append(now)
            case "refused":
                heard = _decode(frame)
                self.told.refused[heard.code] += 1
                if heard.seq is not None:
                    person.waiting.pop(heard.seq, None)

    def _know(self, room: dict[str, Any]) -> None:
        if room.get("version", -1) >= self.room.get("version", -1):
            self.room = room
            self.fs = (room.get("telling") or {}).get("rate_hz", FS)
            self._news.set()
