"""A crowd put on a server that runs already: what each of them waited for, and what was refused or lost."""

import ipaddress
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from stories.people.evening import Evening, open_evening
from stories.people.load import Crowd, middle, take_seats
from stories.people.player import Player
from stories.people.show import sit_down, story

# Past this the crowd waited for itself, and its waits say nothing of the server.
LATE_MS = 20.0

Say = Callable[[str], None]


def is_here(address: str) -> bool:
    """Whether an address is this machine's own: nobody puts a crowd on somebody else's server by mistake."""
    try:
        found = socket.getaddrinfo(urlsplit(address).hostname, None, type=socket.SOCK_DGRAM)
    except OSError:
        return False
    return all(_own(str(where[0])) for *_, where in found)


def _own(host: str) -> bool:
    if ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        return True
    # One may only send from an address one has.
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


async def press(address: str, code: str, n: int, seconds: float, say: Say) -> list[str]:
    """So many listeners in a room that somebody else hosts wait for a story, then feel for so long: what they say.

    Raises `Turned`, ConnectionError, TimeoutError.
    """
    crowd = Crowd(address, await take_seats(address, code, n))
    try:
        began = time.perf_counter()
        await crowd.come()
        say(f"{n} sockets are open after {time.perf_counter() - began:.1f} s. They wait for a story.")
        await crowd.until_telling(within=86_400)
        await crowd.feel(seconds)
        await crowd.settled()
        return list(described(crowd))
    finally:
        crowd.leave()


async def press_alone(address: str, n: int, seconds: float, say: Say) -> list[str]:
    """The same in a room of its own, with two lines a second to all. The room is deleted afterwards."""
    async with _room(address) as (evening, teller):
        people = await take_seats(address, evening.desk.code, n)
        async with story(evening, teller, people) as show:
            say(f"Room {evening.desk.code}: {n} sockets are open, and a story runs.")
            await show.run(seconds)
            await show.crowd.settled()
            return list(described(show.crowd))


@asynccontextmanager
async def _room(address: str) -> AsyncIterator[tuple[Evening, Player]]:
    evening = await open_evening(address)
    try:
        yield evening, await sit_down(evening)
    finally:
        await evening.act("delete", sure="yes")


def described(crowd: Crowd) -> Iterator[str]:
    """What a crowd has to say, line by line."""
    told = crowd.told
    yield (
        f"{told.sent} chunks sent, {len(told.acks)} acked, {told.refused.total()} refused{_each(told.refused)}, "
        f"{crowd.unanswered} unanswered; {told.closes.total()} sockets closed{_each(told.closes)}"
    )
    for what, waits in (("ack", told.acks), ("line", told.broadcasts)):
        if waits:
            yield f"{what}: median {middle(waits, 0.5):.0f} ms, p99 {middle(waits, 0.99):.0f} ms"
    if told.late and (late := middle(told.late, 0.99)) > LATE_MS:
        yield f"the crowd itself was late by {late:.0f} ms (p99): its waits are not the server's alone"


def _each(counted: Counter) -> str:
    return f" ({', '.join(f'{what}: {n}' for what, n in sorted(counted.items()))})" if counted else ""
