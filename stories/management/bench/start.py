"""How soon the game is there when it is started for the second time."""

import os
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from stories.management.bench.report import Row
from stories.people.server import free_port, opener

PATIENCE_S = 60.0


def measure(root: Path) -> list[Row]:
    """From `make play` to the first answer, everything being set up already."""
    with TemporaryDirectory(prefix="mirror-bench-") as folder:
        _play(root, folder)
        seconds = _play(root, folder)
    return [
        Row(
            id="start_s",
            value=round(seconds, 2),
            unit="s",
            limit=3,
            note="second `make play` to its first answer",
        )
    ]


def _play(root: Path, folder: str) -> float:
    port = free_port()
    began = time.perf_counter()
    game = subprocess.Popen(  # noqa: S603  (our own Makefile)
        ["make", "play", f"PORT={port}"],  # noqa: S607
        cwd=root,
        env={**os.environ, "MIRROR_DATA_DIR": folder},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=2):
                    return time.perf_counter() - began
            except OSError:
                if game.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                    raise RuntimeError("`make play` did not come up") from None
                time.sleep(0.02)
    finally:
        # make and the server it started are a group of their own.
        os.killpg(game.pid, signal.SIGTERM)
        game.wait()
