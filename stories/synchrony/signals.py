"""Traces as arrays: the teller's line, the room's line, changes, moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .reading import MIN_LISTENERS
from .units import LARGEST, squarable

Array = npt.NDArray[np.float64]


def as_line(x: npt.ArrayLike, name: str = "teller") -> Array:
    """One trace as float64, shape (samples,); NaN where silent, and no infinities."""
    line = np.asarray(x, dtype=np.float64)
    if line.ndim != 1:
        raise ValueError(f"{name} must have shape (samples,), got {line.shape}")
    return _finite(line, name)


def as_traces(x: npt.ArrayLike, samples: int | None = None) -> Array:
    """Traces as float64, shape (listeners, samples); a single trace becomes one row."""
    # One layout: the order of summation, and so the last digit, is the same wherever traces come from.
    traces = np.atleast_2d(np.ascontiguousarray(x, dtype=np.float64))
    if traces.ndim != 2:
        raise ValueError(f"listeners must have shape (listeners, samples), got {traces.shape}")
    if samples is not None and traces.shape[1] != samples:
        raise ValueError(f"teller has {samples} samples, listeners have {traces.shape[1]}")
    return _finite(traces, "listeners")


def _finite(x: Array, name: str) -> Array:
    # An infinity is no report and no silence: read as a gap it would hide a fault in what wrote it.
    low, high = (float(extreme.reduce(x, axis=None, initial=0.0)) for extreme in (np.fmin, np.fmax))
    if max(-low, high) > LARGEST:
        wrong = high if high > LARGEST else low
        raise ValueError(f"{name} must be numbers up to {LARGEST:g}, NaN where silent, got {wrong:g}")
    return x


def ticks(seconds: float, fs: float) -> int:
    """Whole samples nearest to a duration."""
    return round(seconds * as_rate(fs))


def as_rate(fs: float) -> float:
    """Samples per second, of which there must be some."""
    if not 0 < fs < np.inf:
        raise ValueError(f"fs must be positive and finite, got {fs}")
    return fs


def chunks(rows: npt.NDArray[np.generic], *, size: int = 1 << 18) -> Iterator[slice]:
    """Slices of rows, about ``size`` numbers each: two megabytes, which stay in a core's caches.

    Row by row there is no difference, but memory grows with the chunk instead of with the crowd.
    """
    step = max(1, size // max(rows.shape[1], 1))
    for first in range(0, len(rows), step):
        yield slice(first, first + step)


def changes(x: npt.ArrayLike, *, fs: float, step_s: float = 2.0) -> Array:
    """How far a trace came in the last ``step_s`` seconds: x(t) - x(t - step).

    Changes carry no story-long trend, the part that two unrelated traces share most often.

    Parameters
    ----------
    x : array, shape (..., samples)
    fs : samples per second
    step_s : over how many seconds

    Returns
    -------
    array of the same shape; NaN for the first ``step_s`` and wherever an end is silent.

    Raises
    ------
    ValueError
        If ``step_s`` is less than a sample, or a value is infinite.

    Examples
    --------
    >>> changes([0, 10, 30, 60], fs=1, step_s=2)
    array([nan, nan, 30., 50.])
    """
    x = _finite(np.asarray(x, dtype=np.float64), "x")
    step = ticks(step_s, fs)
    if step < 1:
        raise ValueError(f"step_s must be at least one sample (1/{fs} s), got {step_s}")
    out = np.full_like(x, np.nan)
    out[..., step:] = x[..., step:] - x[..., :-step]
    return out


def teller_line(
    taps_s: Sequence[float],
    levels: Sequence[float],
    *,
    fs: float,
    ramp_s: float = 3.0,
    n: int | None = None,
) -> Array:
    """The teller's line from taps and levels (sources A and B).

    Each level holds from its tap on, reached by a straight ramp of ``ramp_s`` that *begins* at
    the tap. Nothing is interpolated between taps: that would start every change seconds early.
    A tap during a ramp starts from wherever the line is by then.

    Before the first tap the teller has said nothing, so the line is NaN; the first level is
    there at once, for there is nothing to ramp from.

    Parameters
    ----------
    taps_s : seconds since the telling began, ascending; shape (taps,)
    levels : the scale value reached after each tap, 0..1000; shape (taps,)
    fs : samples per second
    ramp_s : how long the line takes to a level, in seconds
    n : samples wanted; by default the line ends when the last ramp does.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If there are not as many levels as taps, or the taps are not in order.

    Examples
    --------
    >>> teller_line([1, 4], [200, 800], fs=1, ramp_s=3, n=9)
    array([ nan, 200., 200., 200., 200., 400., 600., 800., 800.])
    """
    taps, aims = as_line(taps_s, "taps_s"), as_line(levels, "levels")
    if len(taps) != len(aims):
        raise ValueError(f"{len(taps)} taps need as many levels, got {len(aims)}")
    if np.any(np.diff(taps) < 0):
        raise ValueError(f"taps must be in order of time, got {taps.tolist()}")
    if n is None:
        n = ticks(taps[-1] + ramp_s, fs) + 1 if len(taps) else 0
    t = np.arange(n) / fs
    line = np.full(n, np.nan)
    at, start = np.nan, np.nan
    for i, (tap, aim) in enumerate(zip(taps, aims, strict=True)):
        if i == 0 or ramp_s <= 0:
            start = aim
        else:
            done = min((tap - at) / ramp_s, 1.0)
            start = start + (aims[i - 1] - start) * done
        after = t >= tap
        share = np.minimum((t[after] - tap) / ramp_s, 1.0) if ramp_s > 0 else 1.0
        line[after] = start + (aim - start) * share
        at = tap
    return line


def quantile_lines(listeners: Array, quantiles: Sequence[float], *, at_least: int) -> Array:
    """Quantiles across listeners at every tick, NaN where fewer than ``at_least`` are there.

    Returns shape (quantiles, samples). Linear between order statistics, like ``np.nanquantile``,
    which is slow and warns about empty ticks.
    """
    ordered = np.sort(listeners, axis=0)
    there = np.sum(np.isfinite(listeners), axis=0)
    enough = there >= max(at_least, 1)
    lines = np.full((len(quantiles), listeners.shape[1]), np.nan)
    if not enough.any():
        return lines
    for row, q in enumerate(quantiles):
        rank = np.maximum(there - 1, 0) * q
        below = np.floor(rank).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(there - 1, 0))
        low = np.take_along_axis(ordered, below[None], axis=0)[0]
        high = np.take_along_axis(ordered, above[None], axis=0)[0]
        lines[row, enough] = (low + (high - low) * (rank - below))[enough]
    return lines


def room_line(listeners: npt.ArrayLike, *, at_least: int = MIN_LISTENERS) -> Array:
    """The room's median line: what is shown, not what is judged (that is ``room_changes``).

    Parameters
    ----------
    listeners : array, shape (listeners, samples), any unit, NaN where silent
    at_least : listeners below which there is no line

    Returns
    -------
    array, shape (samples,); NaN where fewer than ``at_least`` listeners are there.

    Examples
    --------
    >>> room_line([[100, 100, 100], [200, 200, np.nan], [900, 400, 400]])
    array([200., 200.,  nan])
    """
    median: Array = quantile_lines(as_traces(listeners), [0.5], at_least=at_least)[0]
    return median


def room_changes(
    listeners: npt.ArrayLike, *, fs: float, step_s: float = 2.0, at_least: int = MIN_LISTENERS
) -> Array:
    """How the room moved: the mean of the listeners' changes, each on the hand's own scale.

    Every hand counts the same, whether it uses a tenth of the scale or all of it. The median line
    is what a room is shown, but it stands still while fewer than half of the hands move: rooms of
    12 that followed at r = .3 for two minutes were told from chance in 64..99 of 100 cases by the
    changes of their median, in 88..100 by this mean (docs/validity.md).

    Parameters
    ----------
    listeners : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    step_s : over how many seconds
    at_least : listeners below which there is no value

    Returns
    -------
    array, shape (samples,), in standard deviations; NaN where fewer than ``at_least`` listeners
    are there.

    Examples
    --------
    >>> rows = [[0, 0, 10, 10, 10], [0, 0, 100, 100, 100], [5, 5, 6, 6, 6]]
    >>> room_changes(rows, fs=1, step_s=1).round(3)
    array([   nan, -0.577,  1.732, -0.577, -0.577])
    """
    came = changes(as_traces(listeners), fs=fs, step_s=step_s)
    here = np.isfinite(came)
    there = here.sum(axis=0)
    scaled = unit_rows(came) * np.sqrt(here.sum(axis=1, keepdims=True))
    room: Array = np.where(there >= max(at_least, 1), scaled.sum(axis=0) / np.maximum(there, 1), np.nan)
    return room


def unit_rows(rows: Array) -> Array:
    """Each row about its mean with length one; silent samples and flat rows are 0."""
    rows = squarable(rows)
    here = np.isfinite(rows)
    kept = np.where(here, rows, 0.0)
    mean = kept.sum(axis=1, keepdims=True) / np.maximum(here.sum(axis=1, keepdims=True), 1)
    about = np.where(here, kept - mean, 0.0)
    length = np.sqrt(np.sum(about * about, axis=1, keepdims=True))
    flat = length <= 1e-9 * (np.abs(mean) + 1e-300)
    unit: Array = np.where(flat, 0.0, about / np.where(flat, 1.0, length))
    return unit


def own_moves(x: npt.ArrayLike, *, fs: float, rest_s: float = 1.0, share: float = 0.02) -> Array:
    """How often each hand moved.

    A move runs until the hand turns round or rests for more than ``rest_s``; what comes to less
    than ``share`` of the trace's own range is a tremble, not a move.

    Parameters
    ----------
    x : array, shape (listeners, samples), any unit, NaN where silent
    fs : samples per second
    rest_s : how long a hand may rest within a move, in seconds
    share : of the trace's own range, 0..1

    Returns
    -------
    array of counts, shape (listeners,)

    Examples
    --------
    >>> own_moves([[500, 500, 700, 900, 900, 900, 400, 600]], fs=1)
    array([3.])
    """
    traces = as_traces(x)
    if traces.shape[1] < 2 or not len(traces):
        return np.zeros(len(traces))
    return np.concatenate([_moves(traces[some], rest_s * fs, share) for some in chunks(traces)])


def _moves(traces: Array, rest: float, share: float) -> Array:
    rows, samples = traces.shape
    step = np.diff(traces, axis=1)
    step[~np.isfinite(step)] = 0.0
    ways = np.sign(step)
    tick = np.broadcast_to(np.arange(samples - 1), step.shape)
    last = np.maximum.accumulate(np.where(ways != 0, tick, -1), axis=1)
    before = np.concatenate([np.full((rows, 1), -1), last[:, :-1]], axis=1)
    way_before = np.where(before >= 0, np.take_along_axis(ways, np.maximum(before, 0), axis=1), 0)
    begins = (ways != 0) & ((ways != way_before) | (tick - before > rest))
    ids = np.cumsum(begins, axis=1)
    most = int(ids.max(initial=0)) + 1
    flat = (ids + most * np.arange(rows)[:, None]).ravel()
    far = np.abs(np.bincount(flat, weights=step.ravel(), minlength=rows * most))
    far = far.reshape(rows, most)
    far[:, 0] = 0.0
    moves = (far > 0) & (far >= share * reach(traces)[:, None])
    return np.sum(moves, axis=1).astype(np.float64)


def reach(rows: Array) -> Array:
    """Highest minus lowest value of each row, 0 for a silent one; shape (rows,)."""
    there = np.isfinite(rows)
    some = there.any(axis=1)
    top = np.max(np.where(there, rows, -np.inf), axis=1, initial=-np.inf)
    bottom = np.min(np.where(there, rows, np.inf), axis=1, initial=np.inf)
    return np.where(some, top, 0.0) - np.where(some, bottom, 0.0)
