"""The live path under load, beside a bare ASGI application on the same stack: processor time per message.

Both sides take turns in the same minute, so that what else the machine does slows both.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from stories.management.bench.report import Row, percentile
from stories.management.bench.sides import (
    SETTLE_S,
    BareTeller,
    Side,
    Spent,
    bare_crowd,
    run,
    seats,
    show,
    sides,
    spent,
)
from stories.people.evening import Evening, open_evening
from stories.people.load import Crowd
from stories.people.player import Player
from stories.people.server import Server
from stories.people.show import Show, sit_down, story

ROUNDS = 2
ROUND_S = 4.0
TOLD_HZ = 4
AT_ONCE = 8


def named(id: str, workers: int) -> str:
    """The same row measured on the production shape: `T3_core` is `T3_pg_core` there."""
    head, _, tail = id.partition("_")
    return "_".join(part for part in (head, "pg" if workers else "", tail) if part)


async def tell(mark: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
    """Lines at a steady pace; the last one has time to arrive."""
    for _ in range(round(seconds * TOLD_HZ)):
        await mark()
        await asyncio.sleep(1 / TOLD_HZ)
    await asyncio.sleep(0.3)


def fan_out(manage: Path, n: int) -> list[Row]:
    """T1: what one delivery of a line to a room of n costs, by what it costs without a game."""

    lines = round(ROUND_S * TOLD_HZ)

    async def measure(
        server: Server, game: Side, bare: Side
    ) -> tuple[list[Spent], list[Spent], float, float]:
        async with show(server, 1) as alone:
            # A line is stored and its room read again, whoever listens: that is not its delivery.
            cost = await spent(game, alone.crowd, lambda: tell(alone.mark, ROUNDS * ROUND_S))
            storing_s = cost.cpu_s / (ROUNDS * lines)
        ours, theirs = [], []
        async with show(server, n) as played, bare_crowd(bare, n) as crowd:
            for _ in range(ROUNDS):
                theirs.append(await spent(bare, crowd, lambda: tell(BareTeller(crowd).mark, ROUND_S)))
                ours.append(await spent(game, played.crowd, lambda: tell(played.mark, ROUND_S)))
            late = percentile(played.crowd.told.broadcasts, 0.99)
        return ours, theirs, storing_s, late

    with sides(manage) as (server, game, bare):
        ours, theirs, storing_s, late = run(measure(server, game, bare))
    a = median(1e6 * (s.cpu_s - lines * storing_s) / max(1, s.frames) for s in ours)
    b, whole = (median(s.each_us for s in side) for side in (theirs, ours))
    note = (
        f"{a:.1f} by {b:.1f} us per delivery, {TOLD_HZ} lines/s to {n}; p99 {late:.0f} ms after the teller's tap; "
        f"with the {1000 * storing_s:.1f} ms that storing a line takes: {whole:.1f} us; {game.noise}"
    )
    return [
        Row(
            id=f"T1_{n}", value=round(a / b, 2), unit="x", limit=1.5, target=0.85, bare=round(b, 1), note=note
        )
    ]


def durable(manage: Path, n: int = 1000, window: int = 8, *, workers: int = 0) -> list[Row]:
    """T2: chunks acked after their commit, by chunks echoed by the bare application, both as fast as they can."""

    async def measure(server: Server, game: Side, bare: Side) -> tuple[list[Spent], list[Spent], Crowd]:
        ours, theirs = [], []
        async with show(server, n) as played, bare_crowd(bare, n) as crowd:
            for _ in range(ROUNDS):
                theirs.append(
                    await spent(bare, crowd, lambda: crowd.hammer(ROUND_S, window=window, telling="bare"))
                )
                await crowd.settled()
                ours.append(
                    await spent(game, played.crowd, lambda: played.crowd.hammer(ROUND_S, window=window))
                )
                await played.crowd.settled()
            return ours, theirs, played.crowd

    with sides(manage, workers=workers) as (server, game, bare):
        ours, theirs, crowd = run(measure(server, game, bare))
        [(stored,)] = server.rows("SELECT COUNT(*) FROM stories_chunk")
    if stored != crowd.told.sent - crowd.told.refused.total():
        raise RuntimeError(
            f"{crowd.told.sent} chunks were sent and {stored} are stored: {crowd.told.refused}"
        )
    a, b = (median(s.acks / s.wall_s for s in side) for side in (ours, theirs))
    each = [median(1e6 * s.cpu_s / max(1, s.acks) for s in side) for side in (ours, theirs)]
    note = (
        f"echo / durable: {b:.0f} echoes/s by {a:.0f} durable acks/s per worker ({a / b:.0%}), "
        f"{n} sockets x {window} on the way; {each[0]:.0f} by {each[1]:.0f} us of processor each; "
        f"refused {crowd.told.refused.total()}; {game.noise}"
    )
    return [
        Row(
            id=named("T2", workers),
            value=round(b / a, 2),
            unit="x",
            limit=3.33,
            target=1.67,
            bare=round(b),
            note=note,
        )
    ]


def big_room(manage: Path, n: int = 2000, seconds: float = 15.0, *, workers: int = 0) -> list[Row]:
    """T3: a room of n with a chunk a second from each and two lines a second to all."""

    async def measure(server: Server, game: Side) -> tuple[Spent, Crowd]:
        async with show(server, n) as played:
            played.crowd.told.anew()

            async def live() -> None:
                await played.run(seconds)
                await played.crowd.settled()

            return await spent(game, played.crowd, live), played.crowd

    with sides(manage, workers=workers) as (server, game, _):
        cost, crowd = run(measure(server, game))
    told = crowd.told
    note = (
        f"{n} listeners, {told.sent} chunks, {len(told.acks)} acked, {told.kinds['caption.shown']} lines told; "
        f"ack median {percentile(told.acks, 0.5):.0f}, line median {percentile(told.broadcasts, 0.5):.0f} ms; {game.noise}"
    )
    waits = {"T3_ack_p99": (told.acks, 100), "T3_told_p99": (told.broadcasts, 50)}
    core = round(100 * cost.cpu_s / cost.wall_s, 1)
    return [
        *(
            Row(
                id=named(what, workers),
                value=round(percentile(found, 0.99)),
                unit="ms",
                limit=250,
                target=aim,
                note=note,
            )
            for what, (found, aim) in waits.items()
        ),
        Row(id=named("T3_core", workers), value=core, unit="%", target=25, note=note),
    ]


async def living(game: Side, shows: list[Show], seconds: float) -> float:
    """A chunk a second from everybody and a line every two seconds in each room: % of a core."""

    async def one(played: Show, wait: float) -> None:
        await asyncio.sleep(wait)
        for _ in range(round(seconds / 2)):
            await played.mark()
            await asyncio.sleep(2)

    cpu, began = game.cpu_s(), time.perf_counter()
    async with asyncio.TaskGroup() as together:
        for i, played in enumerate(shows):
            together.create_task(played.crowd.feel(seconds))
            together.create_task(one(played, 2 * i / len(shows)))
    return 100 * (game.cpu_s() - cpu) / (time.perf_counter() - began)


async def classes(server: Server, open_: AsyncExitStack, count: int, n: int) -> list[Show]:
    """So many rooms of n in which stories run."""

    async def one() -> tuple[Evening, Player]:
        async with gate:
            evening = await open_evening(server.address)
            return evening, await sit_down(evening)

    async def begin(room: tuple[Evening, Player], people: list[tuple[str, str]]) -> Show:
        async with gate:
            return await open_.enter_async_context(story(*room, people))

    gate = asyncio.Semaphore(AT_ONCE)
    opened = await asyncio.gather(*(one() for _ in range(count)))
    people = await asyncio.to_thread(seats, server, **{f"c{evening.desk.code}": n for evening, _ in opened})
    return list(await asyncio.gather(*(begin(*room) for room in zip(opened, people, strict=True))))


def rooms(manage: Path, n: int = 1200, count: int = 40, seconds: float = 8.0) -> list[Row]:
    """T5: the same people in many rooms by the same people in one."""

    async def measure(server: Server, game: Side) -> tuple[float, float, list[float]]:
        async with AsyncExitStack() as open_:
            one = await open_.enter_async_context(show(server, n))
            together = await living(game, [one], seconds)
        async with AsyncExitStack() as open_:
            many = await classes(server, open_, count, n // count)
            await asyncio.sleep(SETTLE_S)
            apart = await living(game, many, seconds)
            waits = [ms for played in many for ms in played.crowd.told.acks]
        return together, apart, waits

    with sides(manage) as (server, game, _):
        together, apart, waits = run(measure(server, game))
    note = (
        f"{n} people in {count} rooms take {apart:.1f} % of a core, in one {together:.1f} %: "
        f"a chunk a second each, a line every 2 s in each room; ack p99 {percentile(waits, 0.99):.0f} ms; {game.noise}"
    )
    return [Row(id="T5_rooms", value=round(apart / together, 2), unit="x", limit=1.3, note=note)]


def arrival(manage: Path, n: int = 2000, *, workers: int = 0) -> list[Row]:
    """T7 and T8: everybody comes at once, and what each of them takes of memory."""

    async def measure(server: Server, game: Side, bare: Side) -> tuple[float, float, float, float, float]:
        evening = await open_evening(server.address)
        [people] = await asyncio.to_thread(seats, server, **{f"c{evening.desk.code}": n})
        took: dict[bool, list[float]] = {True: [], False: []}
        held, cpu = [], []
        for _ in range(ROUNDS):
            for real, side, who in ((False, bare, [("bare", "bare")] * n), (True, game, people)):
                crowd = Crowd(side.address, who)
                memory, before, began = side.memory_kb(), side.cpu_s(), time.perf_counter()
                await crowd.come()
                took[real].append(time.perf_counter() - began)
                if real:
                    await asyncio.sleep(2 * SETTLE_S)
                    held.append((side.memory_kb() - memory) / n)
                    cpu.append(1e6 * (side.cpu_s() - before) / n)
                crowd.leave()
                await asyncio.sleep(3 * SETTLE_S)
        await evening.close()
        # What was freed is taken again: only the first time shows what a page holds.
        return median(took[True]), median(took[False]), held[0], median(cpu), max(took[True])

    with sides(manage, workers=workers) as (server, game, bare):
        ours, theirs, each_kb, each_us, worst = run(measure(server, game, bare))
    return [
        Row(
            id=named("T7_hellos_s", workers),
            value=round(ours, 2),
            unit="s",
            limit=5,
            target=round(1.5 * theirs, 2),
            bare=round(theirs, 2),
            note=f"{n} seats say hello, 200 at a time; bare {theirs:.2f} s, worst {worst:.2f} s; "
            f"{each_us:.0f} us of processor each; {game.noise}",
        ),
        Row(
            id=named("T8_listener_kB", workers),
            value=round(each_kb, 1),
            unit="kB",
            limit=50,
            target=25,
            note=f"{n} pages",
        ),
    ]
