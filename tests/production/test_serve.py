"""`manage.py serve`: who dies is replaced, who is told to go lets its people go, and nobody is left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.table import Table
from tests.production.crew import MANAGE, WEB_WORKERS, Crew
from tests.production.instances import reachable


@pytest.fixture
def crew(production: Crew) -> Iterator[Crew]:
    """A crew that runs, whatever this test does to it and the one before did."""
    yield production
    if not production.running:
        production.start()


async def until(ready, *, within: float = 15.0) -> None:
    """Look again and again."""
    async with asyncio.timeout(within):
        while not ready():
            await asyncio.sleep(0.02)


async def test_new_connections_are_shared_between_the_workers(crew: Crew) -> None:
    workers = crew.web_pids()
    # Up is who has joined the others and asked the database.
    await until(lambda: all(connections(pid) > 4 for pid in workers))
    before = [connections(pid) for pid in workers]
    with ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.create_connection(("127.0.0.1", crew.port)))
        await until(lambda: sum(map(connections, workers)) >= sum(before) + 100)
        shares = [connections(pid) - n for pid, n in zip(workers, before, strict=True)]

    assert min(shares) > 100 / WEB_WORKERS / 4


async def test_a_seat_is_free_when_its_web_worker_was_killed_and_nobody_came_back(crew: Crew) -> None:
    held = "SELECT count(*) FROM stories_participant p JOIN stories_room r ON r.id = room_id WHERE socket <> '' AND code = ?"
    async with Table(crew, people=6) as table:
        room = table.evening.desk.code
        assert table.rows(held, room) == [(6,)]
        crowded = max(crew.web_pids(), key=connections)
        for player in table.people[3:]:
            # The network of these is gone first, so that nobody hears of it.
            player._socket.transport.pause_reading()
        crew.kill_web(crowded)
        for player in table.people[3:]:
            await player.close()
        console = table.evening.console
        await console.until(
            lambda: sum(p.get("here", True) for p in console.roster["people"]) == 3, within=25
        )

        assert table.rows(held, room) == [(3,)]
        await table.everybody(lambda page: page in table.people[3:] or page.connected)


async def test_workers_leave_when_their_supervisor_is_killed(crew: Crew) -> None:
    workers = crew.web_pids()

    crew.process.kill()
    crew.process.wait()

    await until(lambda: not any(alive(pid) for pid in workers), within=6)
    assert not reachable(crew.port)


def test_serve_says_what_is_wrong_in_a_sentence_when_the_port_is_taken(crew: Crew) -> None:
    env = {**os.environ, **{f"MIRROR_{name}": value for name, value in crew.settings.items()}}
    second = subprocess.run(
        [sys.executable, str(MANAGE), "serve", "--port", str(crew.port)],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert second.returncode == 1
    assert (
        second.stderr.strip()
        == f"CommandError: cannot listen on 127.0.0.1:{crew.port}: Address already in use"
    )


@pytest.mark.slow
async def test_a_worker_that_cannot_live_is_tried_again_ever_more_slowly(crew: Crew) -> None:
    # Whatever starts from now on dies at once: its code is gone.
    deaths = Counter[int]()
    began = time.monotonic()
    while time.monotonic() - began < 4:
        for pid in crew.web_pids():
            if deaths[pid] == 0:
                deaths[pid] = 1
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)

    # Two workers, replaced after 0.5, 1 and 2 s: not hundreds of them.
    assert 4 <= len(deaths) <= 10


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


def connections(pid: int) -> int:
    """How many sockets a process has open."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    return sum(_target(link).startswith("socket:") for link in links)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""
