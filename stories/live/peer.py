"""One socket as the hub sees it: frames out, in order; volatile frames only if it keeps up."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stories.models import Participant
from stories.protocol.messages import encode
from stories.protocol.replies import ServerMessage, You
from stories.protocol.words import Role

MOST_QUEUED = 400
LAST_WORDS_S = 1.0

Write = Callable[[bytes], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]


@dataclass(eq=False)
class Peer:
    """A connected page after its hello. `greeted` once the welcome is on its way."""

    id: str
    role: Role
    room: int
    write: Write
    close: Close
    seat: Participant | None = None
    run: str = ""
    greeted: bool = False
    told: You | None = None
    _queue: deque[bytes] = field(default_factory=deque)
    _volatile: dict[str, bytes] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _closing: int | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())

    @property
    def ending(self) -> bool:
        """Whether the socket is about to be closed from here."""
        return self._closing is not None

    async def stop(self) -> None:
        """The socket is gone, or will be once the last words are out; who does not listen is not waited for."""
        if self._task is None:
            return
        if self.ending:
            await asyncio.wait({self._task}, timeout=LAST_WORDS_S)
        self._task.cancel()

    def say(self, message: ServerMessage) -> None:
        """Send a message of its own."""
        self.send(encode(message))

    def send(self, frame: bytes) -> None:
        """Send a frame that must arrive in order, or the socket is closed as too slow."""
        if len(self._queue) >= MOST_QUEUED:
            self.end(4408)
            return
        self._queue.append(frame)
        self._wake.set()

    def send_volatile(self, kind: str, frame: bytes) -> None:
        """Send what the next of its kind replaces, if it has not left by then."""
        self._volatile[kind] = frame
        self._wake.set()

    def end(self, code: int) -> None:
        """Close the socket after what is queued, or at once when it is too slow."""
        if self._closing is None:
            self._closing = code
            if code == 4408:
                self._queue.clear()
            self._wake.set()

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue or self._volatile:
                    if self._queue:
                        await self.write(self._queue.popleft())
                    else:
                        await self.write(self._volatile.pop(next(iter(self._volatile))))
                if self._closing is not None:
                    await self.close(self._closing)
                    return
        except (ConnectionError, RuntimeError, OSError):
            # The other end went away in the middle; the consumer hears of it by itself.
            return
