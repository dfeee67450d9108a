"""One socket as the hub sees it: frames out, in order; volatile frames only if it keeps up."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from stories import meters
from stories.live.wire import Wire, framed
from stories.models import Participant
from stories.protocol.messages import encode
from stories.protocol.replies import ServerMessage, You
from stories.protocol.words import Role

MOST_QUEUED = 400
LAST_WORDS_S = 1.0
# With a wire: how much may wait for the kernel before volatile frames wait too, and before it is too slow.
BEHIND, MOST_UNSENT = 4096, 256 * 1024
LOOK_S = 0.2
STALLED_S = 10.0

Write = Callable[[bytes], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]


@dataclass(eq=False)
class Peer:
    """A connected page after its hello. `greeted` once the welcome is on its way.

    With a `wire` frames leave at once and without a task; without one a task writes what is queued.
    """

    id: str
    role: Role
    room: int
    write: Write
    close: Close
    seat: Participant | None = None
    run: str = ""
    greeted: bool = False
    told: You | None = None
    wire: Wire | None = None
    _queue: deque[bytes] = field(default_factory=deque)
    _volatile: dict[str, bytes] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _closing: int | None = None
    _open: bool = False
    _look: asyncio.TimerHandle | None = None
    _seen: tuple[int, float] = (0, 0.0)

    def start(self) -> None:
        """Begin to write."""
        self._open = True
        if self.wire is None:
            self._task = asyncio.create_task(self._run())
        meters.SOCKETS.inc()

    @property
    def ending(self) -> bool:
        """Whether the socket is about to be closed from here."""
        return self._closing is not None

    async def stop(self) -> None:
        """The socket is gone, or will be once the last words are out; who does not listen is not waited for."""
        if not self._open:
            return
        self._open = False
        meters.SOCKETS.dec()
        if self._look is not None:
            self._look.cancel()
        if self._task is not None:
            if self.ending:
                await asyncio.wait({self._task}, timeout=LAST_WORDS_S)
            self._task.cancel()

    def say(self, message: ServerMessage) -> None:
        """Send a message of its own."""
        self.send(encode(message))

    def send(self, frame: bytes) -> None:
        """Send a frame that must arrive in order, or the socket is closed as too slow."""
        if self.wire is not None:
            self.wire.put(framed(frame))
            if self._look is None and self.wire.unsent() > BEHIND:
                self._watch()
            return
        if len(self._queue) >= MOST_QUEUED:
            self.end(4408)
            return
        self._queue.append(frame)
        self._wake.set()

    def send_volatile(self, kind: str, frame: bytes) -> None:
        """Send what the next of its kind replaces, if it has not left by then."""
        if self.wire is not None and not self._volatile and self.wire.unsent() <= BEHIND:
            self.wire.put(framed(frame))
            return
        if kind in self._volatile:
            meters.SKIPPED.labels(kind).inc()
        self._volatile[kind] = frame
        if self.wire is None:
            self._wake.set()
        elif self._look is None:
            self._watch()

    def end(self, code: int) -> None:
        """Close the socket after what is queued, or at once when it is too slow."""
        if self._closing is not None:
            return
        self._closing = code
        meters.CLOSES.labels(code).inc()
        if self.wire is not None:
            self.wire.hang_up(code)
            return
        if code == 4408:
            self._queue.clear()
        self._wake.set()

    # -- a wire that does not drain ---------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look again soon, for as long as something waits."""
        if self.wire is not None and self._open and not self.ending:
            self._seen = self.wire.unsent(), time.monotonic()
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        if self.wire is None or not self._open or self.ending:
            return
        unsent, now = self.wire.unsent(), time.monotonic()
        if unsent <= BEHIND:
            waiting, self._volatile = self._volatile, {}
            for frame in waiting.values():
                self.wire.put(framed(frame))
            return
        before, since = self._seen
        if unsent > MOST_UNSENT or (unsent >= before and now - since > STALLED_S):
            self.end(4408)
            return
        if unsent < before:
            self._seen = unsent, now
        self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)

    # -- a server without wires -------------------------------------------------------------------------------

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


class Pages(dict[str, Peer]):
    """A room's pages by their sockets' ids, and those of each seat without looking through all."""

    def __init__(self) -> None:
        super().__init__()
        self._of_seat: dict[str, set[Peer]] = {}

    def __setitem__(self, socket: str, peer: Peer) -> None:
        super().__setitem__(socket, peer)
        if peer.seat is not None:
            self._of_seat.setdefault(peer.seat.public_id, set()).add(peer)

    def drop(self, peer: Peer) -> bool:
        """Whether this page was here; now it is not."""
        if super().pop(peer.id, None) is None:
            return False
        if peer.seat is not None:
            pages = self._of_seat.get(peer.seat.public_id, set())
            pages.discard(peer)
            if not pages:
                self._of_seat.pop(peer.seat.public_id, None)
        return True

    def of_seat(self, seat: str) -> list[Peer]:
        """The pages of one seat, by its public id."""
        return list(self._of_seat.get(seat, ()))
