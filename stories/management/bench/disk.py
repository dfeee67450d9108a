"""What the disk itself takes to keep four kilobytes, beside what is measured: an ack is never sooner."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stories.management.bench.report import percentile

PROBE_S = 0.2


@contextmanager
def probed(folder: Path) -> Iterator[list[float]]:
    """Milliseconds of one bare fsync after the other, on the disk that holds `folder`."""
    spent: list[float] = []
    over = threading.Event()

    def probe() -> None:
        with (folder / "probe").open("wb") as file:
            while not over.wait(PROBE_S):
                began = time.perf_counter()
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
                spent.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    try:
        yield spent
    finally:
        over.set()
        thread.join()


def meanwhile(spent: list[float]) -> str:
    """For a note."""
    if not spent:
        return "no fsync was timed"
    return f"a bare fsync meanwhile: median {percentile(spent, 0.5):.0f}, worst {max(spent):.0f} ms"
