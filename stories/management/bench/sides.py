"""The game and a bare application on one core, a crowd on the other, and what each of them cost."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from stories.people.browser import Browser
from stories.people.evening import Evening, open_evening
from stories.people.load import Crowd
from stories.people.player import Player
from stories.people.server import Server, end, free_port, opener
from stories.protocol.commands import BeatMark

SETTLE_S = 1.0
WELCOME_S = 30.0


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
async def show(server: Server, n: int) -> AsyncIterator[Show]:
    """A room of so many listeners in which a story runs."""
    evening = await open_evening(server.address)
    teller = await sit_down(evening)
    [people] = await asyncio.to_thread(seats, server, **{f"c{evening.desk.code}": n})
    async with story(evening, teller, people) as played:
        await asyncio.sleep(SETTLE_S)
        yield played


async def sit_down(evening: Evening) -> Player:
    """Somebody who would like to tell: first of all, while the console still lists people."""
    seat = await Browser(evening.browser.address).take_seat(evening.desk.code)
    teller = Player(seat, hand=lambda _tick: None)
    teller.open()
    await teller.until(lambda: teller.connected)
    await teller.say({"type": "teller.offer", "willing": True})
    await evening.console.until(lambda: teller.key in evening.willing())
    return teller


@asynccontextmanager
async def story(evening: Evening, teller: Player, people: list[tuple[str, str]]) -> AsyncIterator[Show]:
    """People who sit already come in, and the story begins."""
    crowd = Crowd(evening.browser.address, people)
    try:
        await crowd.come()
        fields = {"teller": teller.key, "source": "C", "mode": "typed", "duration": "180"}
        await evening.act("prepare", **fields)
        await teller.phase("preparing")
        await teller.wish("telling.begin")
        await teller.phase("telling", within=30)
        await crowd.until_telling()
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
