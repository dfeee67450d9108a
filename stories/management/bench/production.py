"""The production shape for a measurement: PostgreSQL, Redis and web processes of its own, gone afterwards.

Durable as in production (fsync on, a commit is on disk), on free ports, for nobody but this machine.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import redis

from stories.bulletin import HUBS
from stories.management.bench.report import NotHere
from stories.people.server import Server, end, free_port

NEEDED = ("initdb", "postgres", "redis-server")
WELL_S = 30.0
POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
}


class Serving(Server):
    """`manage.py serve` with so many web processes on a PostgreSQL and a Redis."""

    def __init__(self, manage: Path, folder: Path, *, database: str, layer: str, workers: int) -> None:
        super().__init__(
            manage,
            folder,
            DATABASE_URL=database,
            REDIS_URL=layer,
            WORKERS=str(workers),
            RATE_LIMITS="0",
            ROOM_LIMIT="20000",
        )
        self.settings["ORIGINS"] = self.address
        self.workers = workers

    def command(self) -> list[str]:
        return ["serve", "--port", str(self.port)]

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.spawn(sys.executable, str(self.manage), "migrate", "--noinput").wait():
            raise RuntimeError(self.log.read_text()[-2000:])
        super().start()
        with redis.Redis.from_url(self.settings["REDIS_URL"]) as client:
            _until(lambda: _hubs(client) == self.workers, "web processes", self.log)

    @property
    def pids(self) -> list[int]:
        """The web processes: this one, or those it watches over."""
        return [self.pid] if self.workers == 1 else children(self.pid)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(sql.replace("?", "%s"), values or None).fetchall()


@contextmanager
def serving(manage: Path, folder: Path, *, workers: int) -> Iterator[Serving]:
    """The whole shape without nginx and Celery. Raises `NotHere` where a program is missing."""
    _need(*NEEDED)
    with (
        _postgres() as database,
        redis_alone(folder) as (layer, _),
        Serving(manage, folder, database=database, layer=layer, workers=workers) as server,
    ):
        yield server


def _need(*names: str) -> None:
    if lacking := [name for name in names if found(name) is None]:
        raise NotHere(f"not installed: {', '.join(lacking)} (Debian: postgresql redis-server)")


def found(name: str) -> str | None:
    """A program, also where Debian hides PostgreSQL's own."""
    folders = [os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=":".join(folders))


def children(pid: int) -> list[int]:
    """The processes that another one started."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def _postgres() -> Iterator[str]:
    """An empty database: its address."""
    # It refuses to run as the superuser, and nobody else may enter our folders.
    user = "postgres" if os.getuid() == 0 else None
    with TemporaryDirectory(prefix="mirror-rows-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if user is not None:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        rows = str(folder / "rows")
        trusting = ["-U", "mirror", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
        _once([str(found("initdb")), "-D", rows, *trusting], user)
        single = ["--single", "-j", "-D", rows, "postgres"]
        _once([str(found("postgres")), *single], user, said=b"CREATE DATABASE mirror;\n\n")
        options = [word for key, value in POSTGRES.items() for word in ("-c", f"{key}={value}")]
        command = [str(found("postgres")), "-D", rows, "-p", str(port), *options]
        address = f"postgres://mirror@127.0.0.1:{port}/mirror"
        with _running(command, folder / "log", user=user, how=signal.SIGINT) as (_, log):
            _until(lambda: _answers(address), "PostgreSQL", log)
            yield address


def _once(command: list[str], user: str | None, *, said: bytes = b"") -> None:
    subprocess.run(command, input=said, user=user, cwd="/", capture_output=True, check=True)  # noqa: S603


@contextmanager
def redis_alone(folder: Path) -> Iterator[tuple[str, int]]:
    """An empty Redis that keeps nothing: its address and its process. Raises `NotHere`."""
    _need("redis-server")
    port = free_port()
    command = [str(found("redis-server")), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    address = f"redis://127.0.0.1:{port}/0"
    with _running([*command, "--dir", str(folder)], folder / "redis.log") as (pid, log):
        with redis.Redis.from_url(address) as client:
            _until(lambda: _pings(client), "Redis", log)
        yield address, pid


@contextmanager
def _running(
    command: list[str], log: Path, *, user: str | None = None, how: signal.Signals = signal.SIGTERM
) -> Iterator[tuple[int, Path]]:
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, user=user)  # noqa: S603  (Debian's own)
    try:
        yield process.pid, log
    finally:
        process.send_signal(how)
        end(process)


def _until(well: Any, who: str, log: Path) -> None:
    deadline = time.monotonic() + WELL_S
    while not well():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{who} did not come up: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
        return True
    return False


def _pings(client: redis.Redis) -> bool:
    with contextlib.suppress(redis.RedisError):
        return bool(client.ping())
    return False


def _hubs(client: redis.Redis) -> int:
    """How many web processes hear each other."""
    channels = client.pubsub_channels(f"*group*{HUBS}*")
    return max((n for _, n in client.pubsub_numsub(*channels)), default=0) if channels else 0
