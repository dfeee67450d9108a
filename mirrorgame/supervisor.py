"""Several web processes behind one listening socket: who dies is replaced, who is told to go lets its people go.

Uvicorn's own supervisor restarts a dying worker for ever without a pause, and workers outlive it when it is
killed, so that the port stays taken. Otherwise this is the same idea.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from mirrorgame.serve import GRACE_S

logger = logging.getLogger(__name__)

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
LOOK_S = 0.2
# Who lived this long died of something new, and is replaced at once.
SETTLED_S = 30.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
# Past its own grace a worker hangs.
STOP_S = GRACE_S + 1.0


@dataclass
class Worker:
    """One web process, or the wait for the next."""

    process: subprocess.Popen[bytes]
    since: float
    wait_s: float = 0.0
    again_at: float | None = None


class Supervisor:
    """Keeps `count` workers on one listening socket until it is told to stop."""

    def __init__(self, sock: socket.socket, count: int) -> None:
        self._sock = sock
        self._stop = threading.Event()
        self._workers = [Worker(self._start(), time.monotonic()) for _ in range(count)]

    def run(self) -> None:
        """Watch over the workers; returns when all of them are gone."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stop.set())
        while not self._stop.wait(LOOK_S):
            for worker in self._workers:
                self._look(worker, time.monotonic())
        self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        fd = self._sock.fileno()
        command = [sys.executable, str(MANAGE), "serve", "--fd", str(fd), "--worker-of", str(os.getpid())]
        return subprocess.Popen(command, pass_fds=[fd])  # noqa: S603  (ourselves)

    def _look(self, worker: Worker, now: float) -> None:
        code = worker.process.poll()
        if code is None:
            return
        if worker.again_at is None:
            settled = now - worker.since > SETTLED_S
            worker.wait_s = 0.0 if settled else min(LONGEST_WAIT_S, max(FIRST_WAIT_S, 2 * worker.wait_s))
            worker.again_at = now + worker.wait_s
            logger.warning(
                "web worker %d is gone (%d); another in %.1f s", worker.process.pid, code, worker.wait_s
            )
        if now >= worker.again_at:
            worker.process, worker.since, worker.again_at = self._start(), now, None

    def _end(self) -> None:
        deadline = time.monotonic() + STOP_S
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            try:
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("web worker %d did not go", worker.process.pid)
                worker.process.kill()
                worker.process.wait()


def leave_with(parent: int) -> None:
    """Stop this worker when its supervisor is gone, which may have had no time to say so."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()
