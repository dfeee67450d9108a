"""How soon a phase change is on every phone: from the host's press to the last of two thousand sockets."""

import asyncio
import time
from pathlib import Path

from stories.management.bench.report import Row, percentile
from stories.management.bench.sides import run, show, sides
from stories.people.server import Server
from stories.people.show import Show

TURNS = 4
PAUSE_S = 1.5


async def _turn(played: Show, action: str) -> list[float]:
    """The waits of everybody, in milliseconds from before the host's form is sent."""
    crowd, seen = played.crowd, played.crowd.room["version"]
    pressed = time.perf_counter()
    await played.evening.act(action)
    async with asyncio.timeout(30):
        while sum(len(heard) >= len(crowd.people) for v, heard in crowd.changes.items() if v > seen) < 1:
            await asyncio.sleep(0.01)
    heard = crowd.changes[min(version for version in crowd.changes if version > seen)]
    return [(at - pressed) * 1000 for at in heard]


def phase(manage: Path, n: int = 2000, *, workers: int = 0) -> list[Row]:
    """A story is paused and goes on, again and again, while everybody's chunks keep coming."""

    async def measure(server: Server) -> list[float]:
        waits: list[float] = []
        async with show(server, n) as played:
            feeling = asyncio.create_task(played.crowd.feel(600))
            try:
                for _ in range(TURNS):
                    for action in ("pause", "resume"):
                        await asyncio.sleep(PAUSE_S)
                        waits += await _turn(played, action)
            finally:
                feeling.cancel()
        return waits

    with sides(manage, workers=workers) as (server, game, _):
        waits = run(measure(server))
    note = (
        f"{2 * TURNS} presses of pause and resume under a chunk a second from each, form and database included: "
        f"median {percentile(waits, 0.5):.0f}, last {max(waits):.0f} ms; as received, not drawn; {game.noise}"
    )
    name = f"phase_{n}_pg" if workers else f"phase_{n}"
    return [Row(id=name, value=round(percentile(waits, 0.99)), unit="ms", limit=2000, note=note)]
