"""The game and a bare application on one core, a crowd on the other, and what each of them cost."""

import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import time
import urllib.error
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from stories.management.bench.disk import meanwhile, probed
from stories.management.bench.production import serving
from stories.people.evening import open_evening
from stories.people.load import Crowd
from stories.people.server import Server, end, free_port, opener
from stories.people.show import Show, sit_down, story
from stories.protocol.commands import BeatMark

SETTLE_S = 1.0
WELCOME_S = 30.0


@dataclass
class Side:
    """A server's processes on their cores."""

    pids: list[int]
    address: str
    disk: list[float] = field(default_factory=list)

    @property
    def noise(self) -> str:
        """What may have slowed it, for a note."""
        return f"{meanwhile(self.disk)}; {busy()}"

    def pin(self, *cores: int) -> None:
        """Each process on one of the cores, with every thread it has and will have."""
        if hasattr(os, "sched_setaffinity"):
            for i, pid in enumerate(self.pids):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {cores[i % len(cores)]})

    def cpu_s(self) -> float:
        """Processor seconds they have used, all threads together."""
        return sum(self.each_cpu_s())

    def each_cpu_s(self) -> list[float]:
        """Processor seconds of each process."""
        spent = []
        for pid in self.pids:
            threads = Path(f"/proc/{pid}/task").iterdir()
            spent.append(sum(int((t / "schedstat").read_text().split()[0]) for t in threads) / 1e9)
        return spent

    def memory_kb(self) -> int:
        """What they hold in memory."""
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in self.pids]
        return sum(int(status.split("VmRSS:")[1].split()[0]) for status in statuses)

    def sockets(self) -> list[int]:
        """How many sockets each process holds, those to its database among them."""
        return [
            sum(str(fd.readlink()).startswith("socket:") for fd in Path(f"/proc/{pid}/fd").iterdir())
            for pid in self.pids
        ]


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
def sides(manage: Path, *, workers: int = 0, spread: bool = False) -> Iterator[tuple[Server, Side, Side]]:
    """The game and the bare application, both on core 0; we on core 1, with a database and Redis if there are.

    Without `workers` the game is the embedded shape, else the production shape with so many web processes.
    With `spread` each of these has a core of its own, and everything else is where it likes.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    most_files()
    with TemporaryDirectory(prefix="mirror-load-") as folder:
        try:
            if len(cores) > 1 and not spread:
                os.sched_setaffinity(0, {cores[1]})
            with (
                _game(manage, Path(folder), workers) as (server, game),
                _bare(manage) as bare,
                probed(Path(folder)) as game.disk,
            ):
                game.pin(*cores if spread else cores[:1])
                bare.pin(cores[0])
                yield server, game, bare
        finally:
            if len(cores) > 1:
                os.sched_setaffinity(0, cores)


@contextmanager
def _game(manage: Path, folder: Path, workers: int) -> Iterator[tuple[Server, Side]]:
    if workers:
        with serving(manage, folder, workers=workers) as served:
            yield served, Side(served.pids, served.address)
        return
    with Server(manage, folder, RATE_LIMITS="0", ROOM_LIMIT="20000") as server:
        yield server, Side([server.pid], server.address)


def most_files() -> None:
    """As many open files as the system lets us have: a socket is one, here and at the servers we start."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def _bare(manage: Path) -> Iterator[Side]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-m", "stories.management.bench.bare", str(port)], cwd=manage.parent
    )
    try:
        yield Side([process.pid], _answering(f"http://127.0.0.1:{port}"))
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
    # Nor may it stop to look for garbage: a measurement is short.
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        gc.enable()


def busy() -> str:
    """How busy the machine is, for a note."""
    return f"machine load {os.getloadavg()[0]:.1f}"
