"""When the room moved as one and when it split: windows over time, and marks only beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .agreement import MIN_SHIFT_S, random_shifts, sample_rows
from .correlation import pearson
from .reading import ALPHA, ENGINE, MIN_LISTENERS, MIN_RIBBON, Reading, Reason, stream
from .signals import Array, as_line, as_traces, quantile_lines, reach, room_line, ticks, unit_rows

ALPHA_APART = 0.025
"""Stricter, for what all lines share at their two ends (a common beginning, the ends of a fitted drift) is lost
when they are shifted: at .05 strangers were marked apart in 6..10 of 100 stories of two minutes."""


@dataclass(frozen=True, eq=False)
class Ribbon(Reading):
    """What may be shown of a group: arrays of shape (samples,), NaN where too few are there."""

    median: Array
    """From 3 listeners on."""
    low: Array
    high: Array
    """The middle half, from 5 listeners on."""


@dataclass(frozen=True)
class Mark(Reading):
    """A stretch of the story that stands out, and what chance would have reached anywhere in it."""

    from_s: float
    to_s: float
    value: float
    chance: float
    """What unrelated listeners rarely pass anywhere in a story: in one of twenty cases, apart in one of forty."""
    p: float


@dataclass(frozen=True, eq=False)
class Togetherness(Reading):
    """Agreement, spread and coupling over time, arrays of shape (windows,), and the two marks."""

    times_s: Array
    """Middle of each window, shape (windows,)."""
    isc: Array
    """Mean correlation of all pairs of listeners within the window; a still hand adds nothing."""
    spread: Array
    """How far apart the listeners are, each on the own scale and without its drift: mean variance."""
    coupling: Array
    """r of the room's line with the teller's at the room's lag, within the window."""
    together: Mark | None
    apart: Mark | None
    """None: no single moment stood out (or too few listeners to say)."""
    window_s: float
    reason: Reason | None
    draws: int
    seed: int
    engine: str = ENGINE


def ribbon(listeners: npt.ArrayLike) -> Ribbon:
    """Median line and middle half of a group, as far as its size allows.

    Parameters
    ----------
    listeners : array, shape (listeners, samples), any unit, NaN where silent

    Returns
    -------
    Ribbon of arrays, shape (samples,): the median from 3 listeners on, the 25th and 75th percentile
    (linear between neighbours) from 5; NaN at ticks where fewer are there. Never the extremes, which
    would show one person.

    Examples
    --------
    >>> shown = ribbon([[1, 1], [2, 2], [3, 3], [4, 4], [100, np.nan]])
    >>> shown.median, shown.low, shown.high
    (array([3. , 2.5]), array([ 2., nan]), array([ 4., nan]))
    """
    rows = as_traces(listeners)
    low, high = quantile_lines(rows, [0.25, 0.75], at_least=MIN_RIBBON)
    return Ribbon(room_line(rows), low, high)


def togetherness(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    seed: int,
    window_s: float = 20.0,
    step_s: float = 5.0,
    lag_s: float = 1.5,
    draws: int = 199,
) -> Togetherness:
    """Windowed agreement among listeners and with the teller, and the two marks.

    Everything is computed on means over one second. *Together* is the window with the highest
    mean pairwise correlation. *Apart* is the one with the largest spread of the listeners' own
    z-scores about their own drift: a room in two camps spreads more than strangers do, while its correlation can
    hardly fall below theirs. Either is marked only if it passes what listeners shifted in a
    circle, each by another time of at least 10 s, reach anywhere in the story in 95 of 100 draws
    (apart: 97.5, see ``ALPHA_APART``).

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples)
    fs : samples per second
    seed : for the null
    window_s, step_s : length of a window and distance to the next, in seconds
    lag_s : the room's common lag, as ``room_score`` found it
    draws : shifted rooms

    Returns
    -------
    Togetherness; empty, with a reason, below 3 moving listeners or a story of two windows' shifts.

    References
    ----------
    Windowed ISC: Nastase, Gazzola, Hasson & Keysers (2019), Soc. Cogn. Affect. Neurosci. 14:667.
    doi:10.1093/scan/nsz037; the maximum over windows: Westfall & Young (1993), Resampling-Based
    Multiple Testing, Wiley.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> room = np.cumsum(rng.normal(size=(6, 480)), axis=1)
    >>> room[:, 200:280] += 60 * np.sin(np.arange(80) / 8)
    >>> found = togetherness(room.mean(axis=0), room, fs=4, seed=1)
    >>> found.together.from_s, found.together.to_s, found.apart
    (50.0, 70.0, None)
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    both = np.stack([line, room_line(rows)])
    teller_1, room_1 = _by_second(both, fs)
    rows = _by_second(rows[reach(rows) > 0], fs)
    seconds, size = rows.shape[1], ticks(window_s, 1)
    starts = np.arange(0, seconds - size + 1, ticks(step_s, 1))
    reason: Reason | None = None
    if len(rows) < MIN_LISTENERS:
        reason = "few_listeners"
    elif seconds < max(2 * MIN_SHIFT_S, window_s) or not len(starts):
        reason = "too_short"
    if reason is not None:
        none = np.empty(0)
        return Togetherness(none, none, none, none, None, None, window_s, reason, draws, seed)
    rng = stream(seed, 4)
    rows = sample_rows(rows, rng)
    units, levels = _window_units(rows, size), _own_scale(rows)
    here = np.isfinite(rows)
    isc, spread = _both(units, levels, here, starts, np.zeros(len(rows), dtype=np.intp), size)
    top, wide = np.empty(draws), np.empty(draws)
    for i, shift in enumerate(random_shifts(len(rows), seconds, draws, MIN_SHIFT_S, rng)):
        null_isc, null_spread = _both(units, levels, here, starts, shift, size)
        top[i], wide[i] = _most(null_isc), _most(null_spread)
    lag = ticks(lag_s, 1)
    follow = [
        pearson(teller_1[at : min(at + size, seconds - lag)], room_1[at + lag : at + size + lag])
        for at in starts
    ]
    return Togetherness(
        times_s=starts + size / 2,
        isc=isc,
        spread=spread,
        coupling=np.array(follow),
        together=_mark(isc, top, starts, size, ALPHA),
        apart=_mark(spread, wide, starts, size, ALPHA_APART) if len(rows) >= MIN_RIBBON else None,
        window_s=window_s,
        reason=None,
        draws=draws,
        seed=seed,
    )


def _both(
    units: Array,
    levels: Array,
    here: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.intp],
    shift: npt.NDArray[np.intp],
    size: int,
) -> tuple[Array, Array]:
    """isc and spread of every window with each listener turned by its own shift."""
    listeners, seconds = levels.shape
    each = np.arange(listeners)[:, None]
    at = (starts[None, :] + shift[:, None]) % seconds
    part = units[each, at]
    total = part.sum(axis=0)
    moving = np.any(part != 0, axis=2).sum(axis=0)
    pairs = listeners * (listeners - 1)
    isc = (np.sum(total * total, axis=1) - moving) / pairs
    turned = (np.arange(seconds)[None, :] + shift[:, None]) % seconds
    value, there = levels[each, turned], here[each, turned]
    n = there.sum(axis=0)
    mean = value.sum(axis=0) / np.maximum(n, 1)
    variance = np.where(there, value - mean, 0.0)
    variance = (variance * variance).sum(axis=0) / np.maximum(n, 1)
    running = np.concatenate([[0.0], np.cumsum(variance)])
    spread = (running[starts + size] - running[starts]) / size
    return np.where(moving >= MIN_LISTENERS, isc, np.nan), spread


def _window_units(rows: Array, size: int) -> Array:
    """Unit-length windows starting at every second, round the end: (listeners, seconds, size)."""
    doubled = np.concatenate([rows, rows[:, : size - 1]], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(doubled, size, axis=1)
    flat = unit_rows(windows.reshape(-1, size))
    gaps = (np.isfinite(windows).sum(axis=2) < 0.8 * size).ravel()
    flat[gaps] = 0.0
    return flat.reshape(windows.shape)


def _own_scale(rows: Array) -> Array:
    """z-scores about each listener's own straight line through the story, 0 where silent.

    Two people who drift apart all along would otherwise be "most apart" at the end by chance:
    a shifted drift is no drift any more, so the null cannot know it.
    """
    here = np.isfinite(rows)
    t = np.where(here, np.arange(rows.shape[1], dtype=np.float64), np.nan)
    along, about = unit_rows(t), unit_rows(rows)
    drift = np.sum(along * about, axis=1, keepdims=True)
    return unit_rows(np.where(here, about - drift * along, np.nan)) * np.sqrt(here.sum(axis=1, keepdims=True))


def _by_second(rows: Array, fs: float) -> Array:
    """Means over every whole second, NaN where nobody was there in it, shape (rows, seconds)."""
    seconds = int(rows.shape[1] / fs + 1e-9)
    edges = np.ceil(np.arange(seconds + 1) * fs - 1e-9).astype(np.intp)
    if not seconds:
        return np.empty((len(rows), 0))
    here = np.isfinite(rows[:, : edges[-1]])
    kept = np.where(here, rows[:, : edges[-1]], 0.0)
    first = np.minimum(edges[:-1], edges[-1] - 1)
    n = np.add.reduceat(here, first, axis=1, dtype=np.intp)
    # Below one sample a second some seconds have none: reduceat hands them their neighbour's.
    n = np.where(np.diff(edges) > 0, n, 0)
    mean = np.add.reduceat(kept, first, axis=1) / np.maximum(n, 1)
    second: Array = np.where(n > 0, mean, np.nan)
    return second


def _most(values: Array) -> float:
    return float(np.max(np.where(np.isfinite(values), values, -np.inf)))


def _mark(values: Array, null: Array, starts: npt.NDArray[np.intp], size: int, alpha: float) -> Mark | None:
    draws = len(null)
    best = _most(values)
    p = (int(np.sum(null >= best - 1e-12)) + 1) / (draws + 1)
    if not np.isfinite(best) or p > alpha:
        return None
    at = float(starts[int(np.nanargmax(values))])
    chance = float(np.sort(null)[::-1][int(alpha * (draws + 1) + 1e-9) - 1])
    return Mark(at, at + size, best, chance, p)
