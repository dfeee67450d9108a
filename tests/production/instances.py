"""PostgreSQL and Redis of a test's own, on ports and in folders nobody else has: they may be killed and frozen.

Always ended by their process ids, never by name: a server that was already running is somebody else's.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest
import redis

from stories.people.server import free_port
from tests.production.stack import found

WELL_S = 30.0
NEEDED = ("initdb", "postgres", "redis-server")


def need_binaries() -> None:
    """Skip loudly where the programs are missing; where CI is set that is a failure."""
    if lacking := [name for name in NEEDED if found(name) is None]:
        said = f"not installed: {', '.join(lacking)} (Debian: postgresql redis-server)"
        if os.environ.get("CI"):
            pytest.fail(f"the production shape cannot be tried, and CI may not skip it: {said}")
        pytest.skip(f"THE PRODUCTION SHAPE IS NOT TRIED HERE: {said}")


class Instance:
    """One server of a test's own, in a folder that goes with it."""

    user: str | None = None

    def __init__(self) -> None:
        self.port = free_port()
        # Not below pytest's folder, which nobody but its owner may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="mirror-test-"))
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.remove()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("not running")
        return self._process.pid

    def command(self) -> list[str]:
        """How it is started."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it is there."""
        raise NotImplementedError

    def start(self) -> None:
        """Start, or start again on the same data; returns when it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, user=self.user)
        deadline = time.monotonic() + WELL_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-2000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """End it politely, without waiting for those who are connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay, nobody answers."""
        self._tell_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._tell_all(signal.SIGCONT)

    def remove(self) -> None:
        """Whatever it was doing: gone, with its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        family = self._family()
        self._tell_all(how if how == signal.SIGKILL else signal.SIGCONT)
        self._process.send_signal(how)
        try:
            self._process.wait(WELL_S)
        finally:
            # Its children notice by themselves; the next start must not meet them.
            while any(_lives(pid) for pid in family):
                time.sleep(0.01)
            self._process = None

    def _tell_all(self, what: signal.Signals) -> None:
        for pid in self._family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def _family(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        with contextlib.suppress(FileNotFoundError):
            return [self.pid, *map(int, children.read_text().split())]
        return [self.pid]


class Postgres(Instance):
    """An empty database `mirror`; durable, as in production."""

    def __init__(self) -> None:
        super().__init__()
        # It refuses to run as the superuser.
        self.user = "postgres" if os.getuid() == 0 else None
        self.rows = self.folder / "rows"
        if self.user is not None:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        # Nobody but this machine reaches it, and its name is as good as a password for a minute.
        self._run("initdb", "-D", str(self.rows), "-U", "mirror", "-A", "trust", "-E", "UTF8",
                  "--locale", "C.UTF-8", "--no-sync")  # fmt: skip
        single = [str(found("postgres")), "--single", "-j", "-D", str(self.rows), "postgres"]
        subprocess.run(
            single, input=b"CREATE DATABASE mirror;\n\n", user=self.user, check=True, capture_output=True
        )

    @property
    def url(self) -> str:
        return f"postgres://mirror@127.0.0.1:{self.port}/mirror"

    def command(self) -> list[str]:
        own = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "fsync": "on",
            "full_page_writes": "on",
            # The zone a server has must not matter.
            "timezone": "Asia/Kathmandu",
        }
        options = [word for name, value in own.items() for word in ("-c", f"{name}={value}")]
        return [str(found("postgres")), "-D", str(self.rows), "-p", str(self.port), *options]

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def query(self, sql: str, *values: object) -> list[tuple]:
        """What is in it, asked behind everybody's back."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def _run(self, name: str, *args: str) -> None:
        done = subprocess.run(
            [str(found(name)), *args], user=self.user, capture_output=True, text=True, cwd="/"
        )
        if done.returncode:
            raise RuntimeError(done.stderr)


class Redis(Instance):
    """An empty Redis that keeps nothing on disk: started again, it is empty again."""

    def url(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"

    def command(self) -> list[str]:
        return [str(found("redis-server")), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                "--appendonly", "no", "--dir", str(self.folder)]  # fmt: skip

    def answers(self) -> bool:
        with contextlib.suppress(redis.RedisError, OSError), self.client() as client:
            return bool(client.ping())
        return False

    def client(self, number: int = 0) -> redis.Redis:
        return redis.Redis.from_url(self.url(number), socket_timeout=2, socket_connect_timeout=2)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def reachable(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
