"""A server of one's own, in a process of its own: for demonstrations, tests and measurements."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STARTUP_S = 30.0
STOP_S = 10.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`manage.py play` on a free port with its data in `folder`; `settings` are MIRROR_ names without the prefix."""

    def __init__(self, manage: Path, folder: Path, *, port: int | None = None, **settings: str) -> None:
        self.manage = manage
        self.folder = folder
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.log = folder / "server.log"
        self.database = folder / "mirror.sqlite3"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The server's process."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> None:
        """Start, or start again on the same data; returns when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = self.spawn(sys.executable, str(self.manage), *self.command())
        self._wait()

    def command(self) -> list[str]:
        """What `manage.py` is asked."""
        return ["play", "--port", str(self.port)]

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """A process with this server's settings, which says what it has to say in its log."""
        wanted = {"DATA_DIR": str(self.folder), **self.settings}
        env = {**os.environ, **{f"MIRROR_{name}": value for name, value in wanted.items()}}
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  (our own manage.py, or Celery)
                command, stdout=subprocess.DEVNULL, stderr=log, env=env, cwd=self.manage.parent
            )

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What its database holds, read behind its back."""
        readonly = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(readonly, uri=True, timeout=5)) as database:
            return database.execute(sql, values).fetchall()

    def stop(self) -> None:
        """End it politely."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTUP_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                with opener.open(f"{self.address}/healthz", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise RuntimeError(f"the server did not come up: {self.log.read_text()[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Politely first."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# Never by way of a proxy: the server is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
