"""How cost grows: with the room, with the number of processes, with the number of rooms."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stories.management.bench import load
from stories.management.bench.report import Row, percentile
from stories.management.bench.sides import SETTLE_S, Side, run, show, sides, spent
from stories.people.server import Server
from stories.people.show import Show

SIZES = (250, 500, 1000, 2000, 4000)
LINES = round(load.ROUND_S * load.TOLD_HZ)
CLASS = 30
CLASS_STEPS = (40, 80, 120, 160)
CLASS_S = 6.0
LIMIT_MS = 250.0
ENOUGH_S = 75.0


async def _line_s(server: Server, game: Side, n: int) -> tuple[float, float]:
    """Processor seconds that a line to n listeners takes, and how many frames it was."""
    async with show(server, n) as played:
        cost = await spent(game, played.crowd, lambda: load.tell(played.mark, load.ROUND_S))
    return cost.cpu_s / LINES, cost.frames / LINES


async def _each_us(server: Server, game: Side, n: int, alone: int = 1) -> float:
    """Microseconds per delivery: without the storing of the line, which is measured with (nearly) nobody there."""
    storing, few = await _line_s(server, game, alone)
    whole, frames = await _line_s(server, game, n)
    return 1e6 * (whole - storing) / (frames - few)


def by_size(manage: Path, sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """T5: the cost of one delivery stays what it is, however large the room."""

    async def measure(server: Server, game: Side) -> list[float]:
        return [await _each_us(server, game, n) for n in sizes]

    with sides(manage) as (server, game, _):
        each = run(measure(server, game))
    usual = median(each)
    off = max(abs(us / usual - 1) for us in each)
    told = ", ".join(f"{us:.1f} to {n}" for n, us in zip(sizes, each, strict=True))
    note = f"us of processor per delivery: {told}; the farthest from their median; {game.noise}"
    return [Row(id="T5_growth", value=round(100 * off), unit="%", limit=25, note=note)]


def by_workers(manage: Path, n: int = 1200) -> list[Row]:
    """T5: two processes tell a room for what one takes. Both on one core, so that nothing else differs."""

    async def measure(server: Server, game: Side) -> tuple[float, list[int]]:
        # So many that both processes hold the room: each of them reads it again, whoever listens.
        each = await _each_us(server, game, n, alone=16)
        async with show(server, n):
            return each, game.sockets()

    cost, held = [], []
    for workers in (1, 2):
        with sides(manage, workers=workers) as (server, game, _):
            us, sockets = run(measure(server, game))
            cost.append(us)
            held.append(sockets)
    note = (
        f"{cost[0]:.1f} us per delivery from one process, {cost[1]:.1f} from two ({n} listeners); "
        f"sockets as the kernel dealt them: {' and '.join(map(str, held[1]))}; {game.noise}"
    )
    return [
        Row(id="T5_workers", value=round(100 * abs(cost[1] / cost[0] - 1)), unit="%", limit=15, note=note)
    ]


@dataclass(frozen=True)
class Carried:
    """What so many classes waited for."""

    count: int
    ack: float
    line: float
    client: float
    cores: list[float]

    @property
    def held(self) -> bool:
        """Whether nobody waited too long."""
        return max(self.ack, self.line) <= LIMIT_MS

    def __str__(self) -> str:
        workers = " + ".join(f"{core:.0%}" for core in self.cores)
        return (
            f"{self.count}: ack {self.ack:.0f}, line {self.line:.0f} ms, "
            f"workers {workers} of a core, client {self.client:.0%}"
        )


async def _carry(game: Side, shows: list[Show]) -> Carried:
    for played in shows:
        played.crowd.told.anew()
    each, own, at = game.each_cpu_s(), time.process_time(), time.perf_counter()
    await load.living(game, shows, CLASS_S)
    wall = time.perf_counter() - at
    return Carried(
        count=len(shows),
        ack=percentile([ms for played in shows for ms in played.crowd.told.acks], 0.99),
        line=percentile([ms for played in shows for ms in played.crowd.told.broadcasts], 0.99),
        client=(time.process_time() - own) / wall,
        cores=[(now - then) / wall for now, then in zip(game.each_cpu_s(), each, strict=True)],
    )


def classes(manage: Path, steps: tuple[int, ...] = CLASS_STEPS) -> list[Row]:
    """T5: as many classes of 30 as two processes carry, on two cores that also carry database, Redis and client.

    Each step once, and once more if it fails: one slow write of the disk is not what they carry.
    """

    async def measure(server: Server, game: Side) -> list[Carried]:
        found: list[Carried] = []
        began = time.monotonic()
        async with AsyncExitStack() as open_:
            shows: list[Show] = []
            for count in steps:
                shows += await load.classes(server, open_, count - len(shows), CLASS)
                await asyncio.sleep(SETTLE_S)
                found.append(await _carry(game, shows))
                if not found[-1].held:
                    found.append(await _carry(game, shows))
                if not found[-1].held or time.monotonic() - began > ENOUGH_S:
                    break
        return found

    with sides(manage, workers=2, spread=True) as (server, game, _):
        found = run(measure(server, game))
    carried = max((one.count for one in found if one.held), default=0)
    stopped = "no step failed" if found[-1].held else "the last step failed twice"
    note = (
        f"{carried * CLASS} people; p99s: {'; '.join(map(str, found))}; {stopped}; "
        f"334 classes are 10 020 people; {game.noise}"
    )
    return [Row(id="T5_classes", value=carried, unit="", target=334, more=True, note=note)]
