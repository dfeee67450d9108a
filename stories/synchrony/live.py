"""The live score of open practice rooms: the batch coupling, shrunk by how little is known yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .coupling import measure
from .reading import ENGINE, MIN_MOVES, Reading
from .signals import Array, as_line, as_traces, changes, chunks, own_moves

MIN_LIVE_S = 60.0
SETTLED_S = 120.0
MIN_SD = 10.0
KAPPA_EARLY, KAPPA_LATE = 12.0, 4.0
"""Imaginary samples that say "no coupling", before and after two minutes."""


@dataclass(frozen=True)
class LiveScore(Reading):
    """Arrays of shape (listeners,)."""

    score: Array
    """0..100, NaN while listening: before 60 s in common, 3 moves of the teller, or a moving hand."""
    low: Array
    high: Array
    """One standard error either side."""
    opposite: npt.NDArray[np.bool_]
    """The line runs against the teller's: the score is 0."""
    z: Array
    """Shrunk Fisher z, what averages over listeners."""
    settled: bool
    """From two minutes on; until then show a band, never a rank."""
    engine: str = ENGINE


def live_score(teller: npt.ArrayLike, listeners: npt.ArrayLike, *, fs: float) -> LiveScore:
    """Shrunk coupling of each listener so far, 0..100.

    z* = Σ w z / (Σ w + κ) over levels and changes, each at the lag, drawn towards 1.5 s, where
    the two lines go most together or most against each other, with
    w = max(n_eff - 3, 0); κ is 12 before 120 s and 4 from then on. The score is 100 tanh z*.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples); 0..1000
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    # Two samples a second say what four do about a hand, to a crowd in a quarter of the time.
    step = max(1, round(fs / 2))
    line, rows, fs = line[::step], rows[:, ::step], fs / step
    told_s = float(np.isfinite(line).sum() / fs)
    kappa = KAPPA_LATE if told_s >= SETTLED_S else KAPPA_EARLY
    weighted, weight = np.zeros(len(rows)), np.zeros(len(rows))
    enough = np.zeros(len(rows), dtype=bool)
    moving = bool(own_moves(line, fs=fs)[0] >= MIN_MOVES)
    for some in chunks(rows) if moving else ():
        weighted[some], weight[some], enough[some] = _evidence(line, np.ascontiguousarray(rows[some]), fs=fs)
    z = np.where(enough, weighted / (weight + kappa), np.nan)
    error = 1 / np.sqrt(weight + kappa)

    def shown(value: Array) -> Array:
        return 100 * np.maximum(np.tanh(value), 0.0)

    return LiveScore(
        score=np.rint(shown(z)),
        low=shown(z - error),
        high=shown(z + error),
        opposite=np.nan_to_num(z) < 0,
        z=z,
        settled=told_s >= SETTLED_S,
    )


def _evidence(line: Array, rows: Array, *, fs: float) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Σ w z and Σ w of each listener, and whether there is enough of them to say anything."""
    there = np.isfinite(rows) & np.isfinite(line)
    enough = (there.sum(axis=1) >= MIN_LIVE_S * fs) & (_sd(rows, there) >= MIN_SD)
    weighted, weight = np.zeros(len(rows)), np.zeros(len(rows))
    known = np.zeros(len(rows), dtype=bool)
    for x, y in ((line, rows), (changes(line, fs=fs), changes(rows, fs=fs))):
        m = measure(x, y, ~enough, fs=fs, max_lag_s=5.0, either_way=True)
        w = np.where(np.isfinite(m.r), np.maximum(np.nan_to_num(m.n_eff) - 3.0, 0.0), 0.0)
        weighted += w * np.arctanh(np.clip(np.nan_to_num(m.r_at_lag), -1 + 1e-15, 1 - 1e-15))
        weight += w
        known |= np.isfinite(m.r)
    return weighted, weight, enough & known


def _sd(rows: Array, there: npt.NDArray[np.bool_]) -> Array:
    n = np.maximum(there.sum(axis=1), 1)
    kept = np.where(there, rows, 0.0)
    mean = kept.sum(axis=1) / n
    sd: Array = np.sqrt(np.maximum(np.einsum("ij,ij->i", kept, kept) / n - mean * mean, 0.0))
    return sd
