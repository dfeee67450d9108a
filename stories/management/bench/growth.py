"""How cost grows: with the room, with the number of processes, with the number of rooms."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stories.management.bench import load
from stories.management.bench.report import Row, percentile
from stories.management.bench.sides import SETTLE_S, Side, Spent, run, show, sides, spent
from stories.people.server import Server
from stories.people.show import Show

SIZES = (250, 500, 1000, 2000, 4000)
ROUNDS = 3
CLASS = 30
CLASS_STEPS = (40, 80, 120, 160, 200)
CLASS_S = 6.0
LIMIT_MS = 250.0
ENOUGH_S = 75.0


async def _lines(game: Side, played: Show) -> Spent:
    """What some seconds of lines to a room cost."""
    return await spent(game, played.crowd, lambda: load.tell(played.mark, load.ROUND_S))


def _each_us(storing: Spent, whole: Spent) -> float:
    """Microseconds per delivery: without the storing of the lines, which is measured with (nearly) nobody there."""
    return 1e6 * (whole.cpu_s - storing.cpu_s) / (whole.frames - storing.frames)


def _told(rounds: list[float]) -> str:
    """The middle one of some rounds, and all of them."""
    return f"{median(rounds):.1f} ({', '.join(f'{us:.1f}' for us in rounds)})"


def by_size(manage: Path, sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """T5: the cost of one delivery stays what it is, however large the room. Each size in turn, several times."""

    async def one_room(server: Server, game: Side, n: int) -> Spent:
        async with show(server, n) as played:
            return await _lines(game, played)

    async def measure(server: Server, game: Side) -> dict[int, list[float]]:
        found: dict[int, list[float]] = {n: [] for n in sizes}
        for _ in range(ROUNDS):
            storing = await one_room(server, game, 1)
            for n in sizes:
                found[n].append(_each_us(storing, await one_room(server, game, n)))
        return found

    with sides(manage) as (server, game, _):
        found = run(measure(server, game))
    each = [median(rounds) for rounds in found.values()]
    usual = median(each)
    off = max(abs(us / usual - 1) for us in each)
    told = "; ".join(f"{n}: {_told(rounds)}" for n, rounds in found.items())
    note = f"us of processor per delivery, by listeners {told}; the farthest from their median; {game.noise}"
    return [Row(id="T5_growth", value=round(100 * off), unit="%", limit=25, note=note)]


def by_workers(manage: Path, n: int = 1200) -> list[Row]:
    """T5: two processes tell a room for what one takes, all on one core, so that nothing else differs.

    They take turns: what else the machine does slows both.
    """

    async def measure(pairs: list[tuple[Server, Side]]) -> list[list[float]]:
        found: list[list[float]] = [[] for _ in pairs]
        async with AsyncExitStack() as open_:
            # With so many that both processes hold the small room, too: each of them reads it again.
            rooms = [
                [await open_.enter_async_context(show(server, size)) for size in (16, n)]
                for server, _ in pairs
            ]
            held.extend(game.sockets() for _, game in pairs)
            for _ in range(ROUNDS):
                for (_, game), (few, many), each in zip(pairs, rooms, found, strict=True):
                    each.append(_each_us(await _lines(game, few), await _lines(game, many)))
        return found

    held: list[list[int]] = []
    with (
        sides(manage, workers=1) as (one, alone, _),
        sides(manage, workers=2) as (two, both, _),
    ):
        found = run(measure([(one, alone), (two, both)]))
    value = median(found[1]) / median(found[0]) - 1
    note = (
        f"{_told(found[0])} us per delivery from one process, {_told(found[1])} from two ({n} listeners); "
        f"sockets as the kernel dealt them: {' and '.join(map(str, held[1]))}; {both.noise}"
    )
    return [Row(id="T5_workers", value=round(100 * abs(value)), unit="%", limit=15, note=note)]


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
