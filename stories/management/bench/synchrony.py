"""The engine alone, on one core: what thirty, two thousand, and twice as many listeners cost it.

Each part runs in a process of its own, so that its memory is its own and no library spreads over two cores.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from stories import synchrony
from stories.management.bench.report import Row

FS = 4
CROWD = 2000
RHYTHM_S = 5
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ROOT = Path(__file__).resolve().parents[3]


def measure() -> list[Row]:
    """What is computed while people wait."""
    took = _in_own_process("quick")
    share = took["live_2000"] / RHYTHM_S * 100
    return [
        _row("T9_isc_2000", took["isc_2000"], 0.1, f"whole; with gaps {took['isc_gaps']:.3f}", size=2400),
        Row(
            id="T9_live_30",
            value=round(took["live_30"] * 1000, 2),
            unit="ms",
            limit=10,
            note="live score of 30 listeners x 1200 ticks, a third with gaps, from the grid",
        ),
        Row(
            id="T9_live_2000",
            value=round(took["live_2000"] * 1000, 1),
            unit="ms",
            limit=60,
            target=50,
            note=f"the same of {CROWD}: every {RHYTHM_S} s that is {share:.1f} % of a core",
        ),
        Row(
            id="T9_doubling",
            value=round(took["doubling"], 2),
            unit="x",
            limit=2.2,
            note=f"cost of {CROWD} listeners by that of {CROWD // 2}: the worst of live score, ISC, surrogates",
        ),
        Row(
            id="T9_surrogates_30",
            value=round(took["surrogates_30"], 2),
            unit="s",
            limit=2,
            note="30 listeners x 1200 ticks, 999 tellers generated, 21 lags, first in its process",
        ),
        _row("pairwise_2000_s", took["pairwise_2000"], None, "every pair", size=2400),
        _row(
            "windowed_2000_s", took["windowed_2000"], 2, "30 s windows, 41 lags, a third with gaps", size=2400
        ),
    ]


def measure_long() -> list[Row]:
    """The heaviest job there is: half an hour, two thousand listeners, a thousand surrogates."""
    took = _in_own_process("long")
    note = f"{CROWD} listeners x 7200 ticks, a third with gaps, 1000 tellers generated, 21 lags"
    return [
        Row(
            id="T10_surrogates_2000_s",
            value=round(took["seconds"], 1),
            unit="s",
            limit=180,
            target=40,
            note=note,
        ),
        Row(
            id="T10_peak_MB",
            value=round(took["peak_MB"]),
            unit="MB",
            limit=700,
            note=f"most memory of that process, of which {took['input_MB']:.0f} MB are the traces",
        ),
    ]


def room(listeners: int, samples: int, *, seed: int, gaps: bool) -> tuple[np.ndarray, np.ndarray]:
    """A teller and listeners who follow in part, 1.5 s late, whole numbers; with gaps, every third has some."""
    rng = np.random.default_rng(seed)
    teller, rows = _wander(1, samples, rng)[0], _wander(listeners, samples, rng)
    late = round(1.5 * FS)
    rows[:, late:] += 0.6 * teller[:-late]
    rows *= 150
    rows += 500
    np.clip(np.rint(rows, out=rows), 0, 1000, out=rows)
    for row in rows[::3] if gaps else ():
        for start in rng.integers(0, samples - 10 * FS, rng.integers(1, 6)):
            row[start : start + rng.integers(FS, 10 * FS)] = np.nan
    return np.clip(np.rint(500 + 180 * teller), 0, 1000), rows


def _wander(rows: int, samples: int, rng: np.random.Generator) -> np.ndarray:
    keep = np.exp(-1 / (8 * FS))
    course = np.empty((rows, samples))
    at = rng.normal(size=rows)
    for tick in range(samples):
        at = keep * at + np.sqrt(1 - keep**2) * rng.normal(size=rows)
        course[:, tick] = at
    return course


def quick() -> dict[str, float]:
    """Seconds of each, and the worst growth."""
    teller, whole = room(CROWD, 2400, seed=1, gaps=False)
    _, holed = room(CROWD, 2400, seed=1, gaps=True)
    few, half = slice(30), slice(CROWD // 2)
    pool = synchrony.TellerPool(1, size=99).null(teller[:1200], fs=FS)
    alone, crowd = _grid(teller[:1200], holed[few, :1200]), _grid(teller[:1200], holed[:, :1200])
    surrogates_30 = _seconds(
        lambda: synchrony.surrogate_test(teller[:1200], whole[few, :1200], fs=FS, seed=1), times=1
    )

    def live(grid: synchrony.TraceGrid) -> None:
        traces = grid.traces()
        synchrony.live_score(traces[0], traces[1:], fs=FS)

    growing: list[Callable[[slice], object]] = [
        lambda n: synchrony.live_score(teller[:1200], holed[n, :1200], fs=FS),
        lambda n: synchrony.isc(whole[n]),
        lambda n: synchrony.surrogate_test(teller[:1200], holed[n, :1200], pool, fs=FS, seed=1),
    ]
    return {
        "isc_2000": _seconds(lambda: synchrony.isc(whole)),
        "isc_gaps": _seconds(lambda: synchrony.isc(holed)),
        "live_30": _seconds(lambda: live(alone), times=35),
        "live_2000": _seconds(lambda: live(crowd), times=9),
        "doubling": max(_growth(work, half) for work in growing),
        "surrogates_30": surrogates_30,
        "pairwise_2000": _seconds(lambda: synchrony.pairwise_isc(whole), times=3),
        "windowed_2000": _seconds(lambda: synchrony.windowed_coupling(teller, holed, fs=FS), times=3),
    }


def long() -> dict[str, float]:
    """Seconds and the most memory, generating the pool included."""
    teller, rows = room(CROWD, 7200, seed=1, gaps=True)
    pool = synchrony.TellerPool(1, size=1000)
    seconds = _seconds(lambda: synchrony.surrogate_test(teller, rows, pool, fs=FS, seed=1), times=1)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts it in kilobytes, macOS in bytes.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak_MB": most / unit, "input_MB": rows.nbytes / 1024**2}


PARTS = {"quick": quick, "long": long}


def _row(id: str, seconds: float, limit: float | None, what: str, *, size: int) -> Row:
    note = f"{CROWD} listeners x {size} ticks, {what}"
    return Row(id=id, value=round(seconds, 3), unit="s", limit=limit, note=note)


def _grid(teller: np.ndarray, rows: np.ndarray) -> synchrony.TraceGrid:
    grid = synchrony.TraceGrid(len(rows) + 1, fs=FS)
    for row, trace in enumerate([teller, *rows]):
        grid.write(row, 0, np.nan_to_num(trace, nan=-1).astype(np.int16))
    return grid


def _growth(work: Callable[[slice], object], half: slice) -> float:
    """Cost of all by cost of half, in turns, so that a slow minute slows both."""
    spent: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(5):
        for everybody in (True, False):
            n = slice(None) if everybody else half
            spent[everybody].append(_seconds(lambda n=n: work(n), times=1))
    return median(spent[True]) / median(spent[False])


def _seconds(do: Callable[[], object], *, times: int = 5) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        spent.append(time.perf_counter() - began)
    return median(spent)


def _in_own_process(part: str) -> dict[str, float]:
    answer = subprocess.run(  # noqa: S603  (this very file)
        [sys.executable, "-m", __name__, part],
        cwd=ROOT,
        env={**os.environ, **ONE_CORE},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    took: dict[str, float] = json.loads(answer.stdout)
    return took


if __name__ == "__main__":
    sys.stdout.write(json.dumps(PARTS[sys.argv[1]]()))
