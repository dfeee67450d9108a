"""The live path under load, beside a bare ASGI application on the same stack: processor time per message.

Server and bare application share one core, the crowd has another where there is one. Both sides take turns
in the same minute, so that what else the machine does slows both.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from stories.management.bench.report import Row, percentile
from stories.people.browser import Browser
from stories.people.evening import Evening, open_evening
from stories.people.load import Crowd
from stories.people.player import Player
from stories.people.server import Server, end, free_port, opener

ROUNDS = 2
ROUND_S = 4.0
TOLD_HZ = 4
SETTLE_S = 1.0
WELCOME_S = 30.0

Sides = tuple["Side", "Side"]


@dataclass
class Side:
    """A server's process on its core."""

    pid: int
    address: str

    def pin(self, core: int) -> None:
        """On one core, with every thread it has and will have."""
        if hasattr(os, "sched_setaffinity"):
            for thread in Path(f"/proc/{self.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})

    def cpu_s(self) -> float:
        """Processor seconds it has used, all threads together."""
        spent = 0
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            spent += int((thread / "schedstat").read_text().split()[0])
        return spent / 1e9

    def memory_kb(self) -> int:
        """What it holds in memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


@dataclass
class Spent:
    """What a stretch of time cost one side: seconds of its core, frames told, acks given."""

    cpu_s: float
    wall_s: float
    frames: int
    acks: int

    @property
    def each_us(self) -> float:
        """Microseconds of processor per frame told."""
        return 1e6 * self.cpu_s / max(1, self.frames)

    def beyond(self, quiet: "Spent") -> float:
        """Microseconds per frame, without what the same seconds cost when nothing is told."""
        cpu_s = self.cpu_s - quiet.cpu_s * self.wall_s / quiet.wall_s
        return 1e6 * cpu_s / max(1, self.frames - round(quiet.frames * self.wall_s / quiet.wall_s))


@dataclass
class Show:
    """A room in which a story runs, and its crowd."""

    evening: Evening
    teller: Player
    crowd: Crowd

    async def mark(self) -> None:
        """The teller says a line, which everybody reads."""
        self.crowd.marked |= dict.fromkeys([beat := os.urandom(6).hex()], time.perf_counter())
        told = self.teller.telling
        tick = max(0, self.teller.tick_now(told))
        await self.teller.say(
            {
                "type": "beat.mark",
                "telling": told["id"],
                "beat": beat,
                "tick": tick,
                "words": f"It was {beat}.",
            }
        )


class BareTeller:
    """The same line, said to the bare application."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    async def mark(self) -> None:
        """Everybody hears it."""
        from stories.protocol.commands import BeatMark

        beat = os.urandom(6).hex()
        self.crowd.marked[beat] = time.perf_counter()
        self.crowd.people[0].say(BeatMark(telling="0" * 20, beat=beat, tick=9, words=f"It was {beat}."))


# -- the two sides ---------------------------------------------------------------------------------------------


@contextmanager
def sides(manage: Path) -> Iterator[tuple[Server, Side, Side]]:
    """The game and the bare application, both on core 0; we on core 1."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    with (
        TemporaryDirectory(prefix="mirror-load-") as folder,
        Server(manage, Path(folder), RATE_LIMITS="0", ROOM_LIMIT="20000") as server,
        _bare(manage) as bare,
    ):
        game = Side(server.pid, server.address)
        try:
            for side in (game, bare):
                side.pin(cores[0])
            if len(cores) > 1:
                os.sched_setaffinity(0, {cores[1]})
            yield server, game, bare
        finally:
            if len(cores) > 1:
                os.sched_setaffinity(0, cores)


@contextmanager
def _bare(manage: Path) -> Iterator[Side]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-m", "stories.management.bench.bare", str(port)], cwd=manage.parent
    )
    try:
        yield Side(process.pid, _answering(f"http://127.0.0.1:{port}"))
    finally:
        end(process)


def _answering(address: str) -> str:
    deadline = time.monotonic() + WELCOME_S
    while time.monotonic() < deadline:
        try:
            with opener.open(address, timeout=2):
                return address
        except (OSError, urllib.error.URLError):
            time.sleep(0.05)
    raise RuntimeError("the bare application did not come up")


def seats(server: Server, **rooms: int) -> list[list[tuple[str, str]]]:
    """People put into rooms by their codes (`c123456=30`), behind the server's back."""
    env = {**os.environ, "MIRROR_DATA_DIR": str(server.folder)}
    env |= {f"MIRROR_{name}": value for name, value in server.settings.items()}
    wanted = [f"{code[1:]}={n}" for code, n in rooms.items()]
    answer = subprocess.run(  # noqa: S603  (our own module)
        [sys.executable, "-m", "stories.management.bench.seating", *wanted],
        cwd=server.manage.parent,
        env=env,
        stdout=subprocess.PIPE,
        check=True,
    )
    return [[(key, token) for key, token in room] for room in json.loads(answer.stdout)]


@asynccontextmanager
async def show(server: Server, n: int, *, settle_s: float = SETTLE_S) -> AsyncIterator[Show]:
    """A room of so many listeners in which a story runs."""
    evening = await open_evening(server.address)
    teller = Player(await Browser(server.address).take_seat(evening.desk.code), hand=lambda _tick: None)
    teller.open()
    await teller.until(lambda: teller.connected)
    await teller.say({"type": "teller.offer", "willing": True})
    await evening.console.until(lambda: teller.key in evening.willing())
    [people] = await asyncio.to_thread(seats, server, **{f"c{evening.desk.code}": n})
    crowd = Crowd(server.address, people)
    try:
        await crowd.come()
        fields = {"teller": teller.key, "source": "C", "mode": "typed", "duration": "180"}
        await evening.act("prepare", **fields)
        await teller.phase("preparing")
        await teller.wish("telling.begin")
        await teller.phase("telling", within=30)
        await crowd.until_telling()
        await asyncio.sleep(settle_s)
        yield Show(evening, teller, crowd)
    finally:
        crowd.leave()
        await teller.close()
        await evening.close()


@asynccontextmanager
async def bare_crowd(side: Side, n: int) -> AsyncIterator[Crowd]:
    """As many sockets on the bare application."""
    crowd = Crowd(side.address, [("bare", "bare")] * n)
    try:
        await crowd.come()
        yield crowd
    finally:
        crowd.leave()


async def spent(side: Side, crowd: Crowd, doing: Callable[[], Coroutine[Any, Any, Any]]) -> Spent:
    """What something cost."""
    cpu, wall = side.cpu_s(), time.perf_counter()
    frames, acks = crowd.told.kinds.total(), len(crowd.told.acks)
    await doing()
    return Spent(
        cpu_s=side.cpu_s() - cpu,
        wall_s=time.perf_counter() - wall,
        frames=crowd.told.kinds.total() - frames,
        acks=len(crowd.told.acks) - acks,
    )


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """On the quickest loop there is: the client must not be what is measured."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def busy() -> str:
    """How busy the machine is, for a note."""
    return f"machine load {os.getloadavg()[0]:.1f}"


# -- what is measured ------------------------------------------------------------------------------------------


async def tell(mark: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
    """Lines at a steady pace; the last one has time to arrive."""
    for _ in range(round(seconds * TOLD_HZ)):
        await mark()
        await asyncio.sleep(1 / TOLD_HZ)
    await asyncio.sleep(0.3)


def fan_out(manage: Path, n: int) -> list[Row]:
    """T1: what one delivery of a line to a room of n costs, by what it costs without a game."""

    async def measure(server: Server, game: Side, bare: Side) -> tuple[list[float], list[float], list[float]]:
        ours, theirs = [], []
        async with show(server, n) as played, bare_crowd(bare, n) as crowd:
            quiet = await spent(game, played.crowd, lambda: asyncio.sleep(ROUND_S))
            whole = []
            for _ in range(ROUNDS):
                theirs.append(
                    (await spent(bare, crowd, lambda: tell(BareTeller(crowd).mark, ROUND_S))).each_us
                )
                cost = await spent(game, played.crowd, lambda: tell(played.mark, ROUND_S))
                ours.append(cost.beyond(quiet))
                whole.append(cost.each_us)
            late = percentile(played.crowd.told.broadcasts, 0.99)
        return ours, theirs, [median(whole), 100 * quiet.cpu_s / quiet.wall_s, late]

    with sides(manage) as (server, game, bare):
        ours, theirs, (whole, idle, late) = run(measure(server, game, bare))
    a, b = median(ours), median(theirs)
    note = (
        f"{a:.1f} by {b:.1f} us per delivery, {TOLD_HZ} lines/s to {n}, each stored first; p99 {late:.0f} ms; "
        f"with the {idle:.1f} % of a core of a quiet story: {whole:.1f} us; {busy()}"
    )
    return [Row(id=f"T1_{n}", value=round(a / b, 2), unit="x", limit=1.5, target=0.85, note=note)]


def durable(manage: Path, n: int = 1000, window: int = 8) -> list[Row]:
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

    with sides(manage) as (server, game, bare):
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
        f"refused {crowd.told.refused.total()}; {busy()}"
    )
    return [Row(id="T2", value=round(b / a, 2), unit="x", limit=3.33, target=1.67, note=note)]


def big_room(manage: Path, n: int = 2000, seconds: float = 15.0) -> list[Row]:
    """T3: a room of n with a chunk a second from each and two lines a second to all."""

    async def measure(server: Server, game: Side) -> tuple[Spent, Crowd]:
        async with show(server, n) as played:
            played.crowd.told.acks.clear()

            async def live() -> None:
                async with asyncio.TaskGroup() as together:
                    together.create_task(played.crowd.feel(seconds))
                    for _ in range(round(seconds * 2)):
                        await played.mark()
                        await asyncio.sleep(0.5)
                await played.crowd.settled()

            return await spent(game, played.crowd, live), played.crowd

    with sides(manage) as (server, game, _):
        cost, crowd = run(measure(server, game))
    told = crowd.told
    note = (
        f"{n} listeners, {told.sent} chunks, {len(told.acks)} acked, {told.kinds['caption.shown']} lines told; "
        f"ack median {percentile(told.acks, 0.5):.0f}, line median {percentile(told.broadcasts, 0.5):.0f} ms; {busy()}"
    )
    return [
        Row(
            id="T3_ack_p99",
            value=round(percentile(told.acks, 0.99)),
            unit="ms",
            limit=250,
            target=100,
            note=note,
        ),
        Row(
            id="T3_told_p99", value=round(percentile(told.broadcasts, 0.99)), unit="ms", limit=250, target=50
        ),
        Row(id="T3_core", value=round(100 * cost.cpu_s / cost.wall_s, 1), unit="%", target=25),
    ]


async def _living(game: Side, shows: list[Show], seconds: float) -> float:
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


def rooms(manage: Path, n: int = 1200, count: int = 40, seconds: float = 8.0) -> list[Row]:
    """T5: the same people in many rooms by the same people in one."""

    async def measure(server: Server, game: Side) -> tuple[float, float, list[float]]:
        async with AsyncExitStack() as open_:
            one = await open_.enter_async_context(show(server, n))
            together = await _living(game, [one], seconds)
        async with AsyncExitStack() as open_:
            many = [
                await open_.enter_async_context(show(server, n // count, settle_s=0.1)) for _ in range(count)
            ]
            apart = await _living(game, many, seconds)
            waits = [ms for played in many for ms in played.crowd.told.acks]
        return together, apart, waits

    with sides(manage) as (server, game, _):
        together, apart, waits = run(measure(server, game))
    note = (
        f"{n} people in {count} rooms take {apart:.1f} % of a core, in one {together:.1f} %: "
        f"a chunk a second each, a line every 2 s in each room; ack p99 {percentile(waits, 0.99):.0f} ms; {busy()}"
    )
    return [Row(id="T5_rooms", value=round(apart / together, 2), unit="x", limit=1.3, note=note)]


def arrival(manage: Path, n: int = 2000) -> list[Row]:
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

    with sides(manage) as (server, game, bare):
        ours, theirs, each_kb, each_us, worst = run(measure(server, game, bare))
    return [
        Row(
            id="T7_hellos_s",
            value=round(ours, 2),
            unit="s",
            limit=5,
            target=round(1.5 * theirs, 2),
            note=f"{n} seats say hello, 200 at a time; bare {theirs:.2f} s, worst {worst:.2f} s; "
            f"{each_us:.0f} us of processor each; {busy()}",
        ),
        Row(id="T8_listener_kB", value=round(each_kb, 1), unit="kB", limit=50, target=25, note=f"{n} pages"),
    ]
