"""The production shape in a test's hands: web processes, a Celery worker and beat, on a PostgreSQL and a Redis of its own.

It runs under the embedded shape's name, so that the clock may run faster than life; everything else, from
the commands to the number of processes, is what production runs.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from stories.people.server import Server, end
from tests.production.instances import Postgres, Redis

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
WEB_WORKERS = 2
CELERY = [sys.executable, "-m", "celery", "-A", "mirrorgame"]


class Crew(Server):
    """`manage.py serve` with its worker and, where asked for, beat."""

    def __init__(
        self, folder: Path, postgres: Postgres, redis: Redis, *, port: int | None = None, **settings: str
    ) -> None:
        wanted = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url(0),
            "BROKER_URL": redis.url(1),
            "WORKERS": str(WEB_WORKERS),
            **settings,
        }
        super().__init__(MANAGE, folder, port=port, **wanted)
        self.settings.setdefault("ORIGINS", self.address)
        self.postgres, self.redis = postgres, redis
        self.worker: subprocess.Popen[bytes] | None = None
        self.beat: subprocess.Popen[bytes] | None = None
        self._migrated = False

    def command(self) -> list[str]:
        return ["serve", "--port", str(self.port)]

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._migrated:
            migrated = self.spawn(sys.executable, str(self.manage), "migrate", "--noinput").wait()
            if migrated != 0:
                raise RuntimeError(self.log.read_text()[-2000:])
            self._migrated = True
        if self.worker is None:
            self.start_worker()
        super().start()

    def start_worker(self) -> None:
        """Begin to run jobs."""
        self.worker = self.spawn(
            *CELERY, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"
        )

    def start_beat(self) -> None:
        """Begin to sweep on time."""
        self.beat = self.spawn(*CELERY, "beat", "--schedule", str(self.folder / "beat"), "--pidfile=")

    def stop_beat(self) -> None:
        """Sweep no more; web processes do it too."""
        if self.beat is not None:
            end(self.beat)
            self.beat = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The supervisor."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process

    @property
    def running(self) -> bool:
        """Whether the supervisor lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        for process in (self.beat, self.worker):
            if process is not None:
                process.terminate()
        super().stop()
        for process in (self.beat, self.worker):
            if process is not None:
                end(process)
        self.beat = self.worker = None

    def kill(self) -> None:
        """Every process of it, as a power cut would; what it stored is elsewhere."""
        pids = self.web_pids()
        super().kill()
        for pid in pids:
            _kill(pid)
        self.kill_worker()
        if self.beat is not None:
            _kill(self.beat.pid)
            self.beat.wait()
            self.beat = None

    def kill_worker(self) -> None:
        """The Celery worker and its child, which may be in the middle of a job."""
        if self.worker is not None:
            for pid in [self.worker.pid, *children(self.worker.pid)]:
                _kill(pid)
            self.worker.wait()
            self.worker = None

    def web_pids(self) -> list[int]:
        """The web processes that serve now."""
        return children(self.pid) if self._process is not None else []

    def kill_web(self, pid: int) -> None:
        """One web process, which is nobody's child of ours: gone when it is."""
        _kill(pid)
        while pid in self.web_pids():
            time.sleep(0.01)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.postgres.query(sql.replace("?", "%s"), *values)


def children(pid: int) -> list[int]:
    """The processes that another one started."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
