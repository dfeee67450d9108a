"""Token buckets in this process's memory: a door that stays open for a class and shuts for a script.

Nothing here asks Redis or the database: a limit may be generous by a factor of the workers, it may not
be slow or absent when something else is down.
"""

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from time import monotonic

from django.conf import settings
from django.http import HttpRequest

MOST_KEYS = 20_000


class Bucket:
    """One kind of limit for many keys: `burst` at once, `per_minute` in the long run."""

    def __init__(self, *, per_minute: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self.rate = per_minute / 60
        self.burst = burst
        self.clock = clock
        self.levels: dict[str, tuple[float, float]] = {}
        # Django serves pages from several threads.
        self.lock = Lock()

    def left(self, key: str) -> float:
        """How many are left for this key now."""
        level, since = self.levels.get(key, (float(self.burst), 0.0))
        return min(self.burst, level + (self.clock() - since) * self.rate)

    def take(self, key: str) -> bool:
        """Takes one if there is one."""
        if not settings.RATE_LIMITS:
            return True
        with self.lock:
            left = self.left(key)
            if left < 1:
                return False
            if key not in self.levels and len(self.levels) >= MOST_KEYS:
                self._forget_the_full()
            self.levels[key] = (left - 1, self.clock())
            return True

    def is_empty(self, key: str) -> bool:
        """Whether the next `take` would be refused."""
        return bool(settings.RATE_LIMITS) and self.left(key) < 1

    def reset(self) -> None:
        """Everybody starts afresh."""
        self.levels.clear()

    def wait_s(self, key: str) -> int:
        """After how many seconds it is worth trying again."""
        return max(1, round((1 - self.left(key)) / self.rate + 0.5))

    def _forget_the_full(self) -> None:
        # A full bucket says nothing that a missing one does not say.
        self.levels = {key: kept for key, kept in self.levels.items() if self.left(key) < self.burst}
        if len(self.levels) >= MOST_KEYS:
            self.levels.clear()


class Places:
    """How much of something each key holds now. Only the server's loop asks."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()

    def enter(self, key: str) -> bool:
        """Takes a place, if there is one."""
        if settings.RATE_LIMITS and self.held[key] >= settings.SOCKETS_PER_ADDRESS:
            return False
        self.held[key] += 1
        return True

    def leave(self, key: str) -> None:
        """Gives a place back."""
        self.held[key] -= 1
        if self.held[key] <= 0:
            del self.held[key]


WRONG_CODES = Bucket(per_minute=10, burst=10)
ALL_WRONG_CODES = Bucket(per_minute=200, burst=200)
JOINS = Bucket(per_minute=5 * 60, burst=60)
ROOMS = Bucket(per_minute=10, burst=10)
LOGINS = Bucket(per_minute=5, burst=10)
BUCKETS = (WRONG_CODES, ALL_WRONG_CODES, JOINS, ROOMS, LOGINS)
SOCKETS = Places()
EVERYONE = "*"


def address_of(request: HttpRequest) -> str:
    """Where a request comes from."""
    return network_of(request.META.get("REMOTE_ADDR", ""))


def network_of(text: str) -> str:
    """The client's network: an IPv4 address, or the /64 that one household or school has in IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return ":".join(address.exploded.split(":")[:4])
    return str(address)


def may_guess(request: HttpRequest) -> bool:
    """Whether this network may try a code now: asked before the code is looked at, so the no tells nothing."""
    return not (WRONG_CODES.is_empty(address_of(request)) or ALL_WRONG_CODES.is_empty(EVERYONE))


def guessed_wrong(request: HttpRequest) -> None:
    """One wrong code more from here."""
    WRONG_CODES.take(address_of(request))
    ALL_WRONG_CODES.take(EVERYONE)
