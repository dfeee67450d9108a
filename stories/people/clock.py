"""The server's time as one page knows it: the offset of the quickest ping, slewed and never stepped back."""

import time
from collections import deque
from collections.abc import Callable

KEPT = 8
SLEW_MS_PER_S = 5.0


def real_ms() -> float:
    """Milliseconds that never run backwards."""
    return time.monotonic() * 1000


class Clock:
    """`rate` is how many of the server's milliseconds pass in one of ours."""

    def __init__(self, real: Callable[[], float] = real_ms) -> None:
        self.real = real
        self.rate = 1.0
        self.answers = 0
        self._pings: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._offset = 0.0
        self._slewed_at = real()
        self._said = float("-inf")

    @property
    def synced(self) -> bool:
        """Whether any ping was answered."""
        return self.answers > 0

    def pong(self, sent: float, at: float) -> None:
        """A ping came back: `sent` is our own time, `at` the server's."""
        now = self.real()
        self._pings.append((now - sent, at - (now + sent) / 2 * self.rate))
        self.answers += 1
        _, best = min(self._pings)
        if self.answers <= KEPT:
            self._offset = best
        else:
            most = (now - self._slewed_at) / 1000 * SLEW_MS_PER_S * self.rate
            self._offset += max(-most, min(most, best - self._offset))
        self._slewed_at = now

    def now(self) -> float:
        """The server's time in milliseconds."""
        self._said = max(self._said, self.real() * self.rate + self._offset)
        return self._said
