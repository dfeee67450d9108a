"""Do listeners move together at all? Against listeners who heard the story at other times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .reading import stream
from .signals import Array, as_traces, changes, unit_rows

MIN_SHIFT_S = 10.0
MOST = 200
"""Rows that enter a null of shifted listeners; a larger crowd is represented by a seeded sample."""


def listeners_agree(rows: npt.ArrayLike, *, fs: float, seed: int, draws: int = 199) -> float:
    """p that listeners' changes coincide this much by chance: (b + 1) / (draws + 1).

    The statistic is the mean correlation of all pairs; in the null every listener's changes are
    shifted in a circle, each by a random time of at least 10 s. On levels this null fails when
    everybody drifts; on changes it calls 5 to 7 of 100 crowds of strangers agreed (docs/validity.md).

    Parameters
    ----------
    rows : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    seed : for the shifts, and for which 200 listeners are taken where there are more
    draws : shifted rooms

    Returns
    -------
    float; NaN with fewer than 3 moving listeners or less than 30 s.

    References
    ----------
    Shifting every trace by itself: Harris (2020), bioRxiv. doi:10.1101/2020.11.29.402719

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> story, *strangers = np.cumsum(rng.normal(size=(7, 480)), axis=1)
    >>> room = story + 3 * rng.normal(size=(6, 480))
    >>> listeners_agree(room, fs=4, seed=1), listeners_agree(strangers, fs=4, seed=1) > 0.05
    (0.005, True)
    """
    # Changes over 2 s know nothing more when looked at oftener than every second.
    moved = changes(as_traces(rows), fs=fs)
    each_second = np.floor(np.arange(int(moved.shape[1] / fs + 1e-9)) * fs + 1e-9).astype(np.intp)
    units = unit_rows(moved[:, each_second])
    units = units[np.any(units != 0, axis=1)]
    rng = stream(seed, 3)
    units = sample_rows(units, rng)
    count, seconds = units.shape
    if count < 3 or seconds < 30:
        return float("nan")
    observed = _together(units)
    shifts = random_shifts(count, seconds, draws, MIN_SHIFT_S, rng)
    doubled = np.concatenate([units, units], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(doubled, seconds, axis=1)
    each = np.arange(count)
    beyond = sum(_together(windows[each, shift]) >= observed - 1e-12 for shift in shifts)
    return float((beyond + 1) / (draws + 1))


def sample_rows(rows: Array, rng: np.random.Generator) -> Array:
    """At most 200 rows, in their order."""
    if len(rows) <= MOST:
        return rows
    return rows[np.sort(rng.choice(len(rows), MOST, replace=False))]


def random_shifts(
    rows: int, length: int, draws: int, least: float, rng: np.random.Generator
) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Circular shifts of at least ``least`` either way round, shape (draws, rows)."""
    low = min(int(np.ceil(least)), length // 2)
    return rng.integers(low, length - low + 1, size=(draws, rows)).astype(np.intp)


def _together(units: Array) -> float:
    total = units.sum(axis=0)
    return float(total @ total)
