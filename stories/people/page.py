"""One open page: a socket that says hello, keeps the server's time, and comes back when it is lost."""

import asyncio
import contextlib
import json
import random
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from stories.people.clock import KEPT, Clock, real_ms

PROTOCOL = 1
SUBPROTOCOL = "mirror.v1"
SILENCE_S = 12.0
PING_S = 20.0
TICK_S = 0.1
LONGEST_WAIT_S = 8.0
RESTART_SPREAD_S = 5.0
RESTARTING = 1012
FINAL = frozenset({4401, 4403, 4404, 4409, 4426})
MOST_REMEMBERED = 2000

Message = dict[str, Any]


class Page:
    """A page of a room: console, stage or player. `told` is what it heard, `closes` how its sockets ended.

    `patience` shortens every wait of the client's own (backoff, resend) for tests that have none.
    """

    def __init__(
        self,
        address: str,
        role: str,
        key: str,
        token: str,
        *,
        rng: random.Random | None = None,
        patience: float = 1.0,
    ) -> None:
        self.address = address
        self.role, self.key, self.token = role, key, token
        self.rng = rng or random.Random(key)
        self.patience = patience
        self.run = secrets.token_hex(8)
        self.clock = Clock()
        self.room: Message = {}
        self.you: Message = {}
        self.reveal: Message = {}
        self.roster: Message = {}
        self.told: deque[Message] = deque(maxlen=MOST_REMEMBERED)
        self.closes: list[int] = []
        self.over: int | None = None
        self.connected = False
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._attempt = 0
        self._asked_for = -1
        self._next_ping = 0.0
        self._pings = 0

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def open(self) -> None:
        """Load the page."""
        self.over = None
        self._task = asyncio.create_task(self._live())

    async def close(self) -> None:
        """Close the tab."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._task = None
        self.connected = False

    def drop(self) -> None:
        """The network is gone in the middle of a word; the page will notice and come back."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def say(self, message: Message) -> bool:
        """Say something now; False if nobody would hear it."""
        if not self.connected or self._socket is None:
            return False
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed:
            return False
        return True

    async def until[T](self, ready: Callable[[], T], *, within: float = 15.0) -> T:
        """Wait until something is so, looking again whenever there is news."""
        try:
            async with asyncio.timeout(within):
                while not (found := ready()):
                    if self._task is not None and self._task.done() and not self._task.cancelled():
                        # A page that fell over says why, instead of being waited for.
                        self._task.result()
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            raise TimeoutError(f"not so within {within} s: {self!r}") from None

    async def phase(self, *names: str, within: float = 15.0) -> None:
        """Wait for one of these phases."""
        await self.until(lambda: self.room.get("phase") in names, within=within)

    def heard(self, type: str) -> list[Message]:
        """What was told of one type, oldest first."""
        return [message for message in self.told if message["type"] == type]

    def refusals(self) -> list[str]:
        """The codes of all refusals."""
        return [message["code"] for message in self.heard("refused")]

    def __repr__(self) -> str:
        phase = f"{self.room.get('phase')}{' paused' if self.room.get('paused') else ''}"
        return f"<{self.role} {self.key} {phase} v{self.room.get('version')} closes={self.closes[-3:]} over={self.over}>"

    # -- what a kind of page adds -----------------------------------------------------------------------

    def on_message(self, message: Message) -> None:
        """Something was told, and room and you are up to date."""

    def on_connected(self) -> None:
        """A welcome came."""

    async def on_tick(self) -> None:
        """Called about ten times a second while connected."""

    # -- the socket ---------------------------------------------------------------------------------------

    async def _live(self) -> None:
        try:
            await self._come_back()
        finally:
            self._news.set()

    async def _come_back(self) -> None:
        while True:
            code = await self._converse()
            self.connected = False
            self._socket = None
            self.closes.append(code)
            if code in FINAL:
                self.over = code
                self._news.set()
                return
            self._news.set()
            await asyncio.sleep(self._wait(code) * self.patience)
            self._attempt += 1

    def _wait(self, code: int) -> float:
        """All of it chance, so that a room does not return as one."""
        if code == RESTARTING and self._attempt == 0:
            return self.rng.random() * RESTART_SPREAD_S
        return self.rng.random() * min(LONGEST_WAIT_S, 2.0**self._attempt)

    async def _converse(self) -> int:
        """One connection; how it was closed."""
        try:
            async with connect(
                self.address.replace("http", "ws", 1) + "/ws",
                origin=self.address,  # type: ignore[arg-type]
                subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
                compression=None,
                proxy=None,
                open_timeout=10,
                close_timeout=1,
            ) as socket:
                self._socket = socket
                await socket.send(json.dumps(self._hello()))
                await self._listen(socket)
                return 1006
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except (OSError, TimeoutError, InvalidHandshake, InvalidMessage, EOFError):
            return 1006

    async def _listen(self, socket: ClientConnection) -> None:
        """Hear and act in turn, until there was silence for too long."""
        heard_at = tick_at = real_ms()
        while real_ms() - heard_at < SILENCE_S * 1000:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, tick_at - real_ms()) / 1000):
                    await self._hear(json.loads(await socket.recv()))
                    heard_at = real_ms()
            if real_ms() >= tick_at:
                tick_at = real_ms() + TICK_S * 1000
                await self._tick()

    async def _tick(self) -> None:
        if self.connected:
            if real_ms() >= self._next_ping:
                await self._ping()
            await self.on_tick()
            self._news.set()

    def _hello(self) -> Message:
        return {
            "type": "hello",
            "protocol": PROTOCOL,
            "role": self.role,
            "key": self.key,
            "token": self.token,
            "run": self.run,
        }

    async def _hear(self, message: Message) -> None:
        match message["type"]:
            case "welcome":
                self.clock.rate = message["clock_rate"]
                self.room = message["room"]
                self.you = message.get("you") or {}
                self._asked_for = -1
                self._attempt = 0
                self._pings = 0
                self.connected = True
                self.on_connected()
                await self._ping()
            case "clock.pong":
                self.clock.pong(message["sent"], message["at"])
                if self._pings < KEPT:
                    await self._ping()
            case "room.changed":
                self._know(message["room"])
            case "room.state":
                self._know(message["room"])
                self.you = message.get("you") or self.you
            case "you.changed":
                self.you = message["you"]
            case "reveal.shown":
                self.reveal = message
            case "roster.updated":
                self.roster = message
            case "heartbeat":
                await self._compare(message["version"])
        if message["type"] != "clock.pong":
            self.told.append(message)
        self.on_message(message)
        self._news.set()

    def _know(self, room: Message) -> None:
        if room["version"] >= self.room.get("version", -1):
            self.room = room

    async def _compare(self, version: int) -> None:
        """Who is behind asks, once per version."""
        if version > self.room.get("version", -1) and version != self._asked_for:
            self._asked_for = version
            await self.say({"type": "state.ask"})

    async def _ping(self) -> None:
        self._pings += 1
        self._next_ping = real_ms() + PING_S * 1000
        await self.say({"type": "clock.ping", "sent": self.clock.real()})
