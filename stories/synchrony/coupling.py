"""Teller-listener coupling of each listener: how much, how late, how sure, or why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .correlation import best_lag, effective_samples, fisher_interval, shifted_r
from .reading import ENGINE, MIN_COVERAGE, MIN_JOINT_S, MIN_MOVES, Reading, Reason
from .signals import Array, as_line, as_traces, changes, chunks, own_moves, reach, ticks

USUAL_LAG_S = 1.5
"""What people's hands take to follow a known signal (Booth et al. 2018: 1.1..2.3 s)."""


@dataclass(frozen=True, eq=False)
class Measure(Reading):
    """One measure (levels or changes) of every listener; arrays of shape (listeners,)."""

    r0: Array
    """Pearson r at lag zero."""
    r: Array
    """The highest r at lags 0..max_lag_s. Biased upward: compare it with the same maximum of a null."""
    lag_s: Array
    """Lag of that maximum, drawn towards 1.5 s as long as there is little evidence."""
    lag_free_s: Array
    """Lag of that maximum as it is."""
    r_at_lag: Array
    """r at ``lag_s``: less biased than the maximum."""
    n: Array
    """Common samples at the best lag."""
    n_eff: Array
    """What they are worth as independent samples."""
    low: Array
    high: Array
    """95 % interval of r by Fisher's z with n_eff."""


@dataclass(frozen=True, eq=False)
class Coupling(Reading):
    """What can be read of each listener, or why not; arrays of shape (listeners,)."""

    levels: Measure
    changes: Measure
    coverage: Array
    """Share of the teller's active ticks at which the listener was there."""
    reason: tuple[Reason | None, ...]
    """Why there is no reading, per listener."""
    fs: float
    engine: str = ENGINE


def coupling(
    teller: npt.ArrayLike, listeners: npt.ArrayLike, *, fs: float, max_lag_s: float = 5.0
) -> Coupling:
    """Lagged coupling of each listener with the teller, on levels and on changes over 2 s.

    r(k) is Pearson's r of teller(t) and listener(t + k) over the samples both have; read are r(0),
    the maximum over k in 0..max_lag_s, and r at the lag that maximises
    artanh r(k) - (k - 1.5 s)² / N_eff, which stays at the usual lag while little is known.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    max_lag_s : how late a listener may be, in seconds

    Returns
    -------
    Coupling, arrays of shape (listeners,); NaN throughout for a listener with a reason.

    Raises
    ------
    ValueError
        If the listeners have another number of samples than the teller, or a value is infinite.

    References
    ----------
    Lag: Mariooryad & Busso (2015), IEEE Trans. Affect. Comput. 6:97.
    doi:10.1109/TAFFC.2014.2334294; interval: Pyper & Peterman (1998), Can. J. Fish. Aquat. Sci.
    55:2127. doi:10.1139/f98-104

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> story = np.cumsum(rng.normal(size=480))
    >>> told = coupling(story, [np.roll(story, 8) + rng.normal(size=480), np.ones(480)], fs=4)
    >>> told.levels.r.round(2), told.levels.lag_s.round(1), told.reason
    (array([0.99,  nan]), array([ 2., nan]), (None, 'constant'))
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    coverage, reason = readable(line, rows, fs=fs)
    quiet = np.array([why is not None for why in reason], dtype=bool)
    return Coupling(
        levels=measure(line, rows, quiet, fs=fs, max_lag_s=max_lag_s),
        changes=measure(changes(line, fs=fs), changes(rows, fs=fs), quiet, fs=fs, max_lag_s=max_lag_s),
        coverage=coverage,
        reason=reason,
        fs=fs,
    )


def readable(line: Array, rows: Array, *, fs: float) -> tuple[Array, tuple[Reason | None, ...]]:
    """Coverage of each listener, and the reason why there can be no reading, if there is one.

    Coverage counts the ticks between the teller's first and last sample at which anybody was
    there, so that a pause, where everyone is null, is nobody's gap.
    """
    teller_there = np.isfinite(line)
    if not teller_there.any():
        return np.zeros(len(rows)), _everybody("no_teller_line", rows)
    there = np.isfinite(rows)
    spoken = np.flatnonzero(teller_there)
    active = teller_there | there.any(axis=0)
    active[: spoken[0]] = False
    active[spoken[-1] + 1 :] = False
    joint = (there & teller_there).sum(axis=1)
    coverage: Array = joint / active.sum()
    if np.ptp(line[teller_there]) == 0:
        return coverage, _everybody("no_teller_movement", rows)
    moves = own_moves(rows, fs=fs)
    least = MIN_JOINT_S * fs
    seen = np.where(there & teller_there, rows, np.nan)
    flat = ~(reach(seen) > 0)
    told = _told(line, there & teller_there)

    def why(i: int) -> Reason | None:
        if active.sum() < least:
            return "too_short"
        if coverage[i] < MIN_COVERAGE:
            return "low_coverage"
        if joint[i] < least:
            return "too_short"
        if not told[i]:
            return "no_teller_movement"
        if flat[i]:
            return "constant"
        return "few_moves" if moves[i] < MIN_MOVES else None

    return coverage, tuple(why(i) for i in range(len(rows)))


def _told(line: Array, joint: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether the teller's line moved while each listener was there, shape (listeners,)."""
    moved = np.ones(len(joint), dtype=bool)
    partly = np.flatnonzero(joint.sum(axis=1) < np.isfinite(line).sum())
    for some in chunks(joint[partly]):
        moved[partly[some]] = reach(np.where(joint[partly[some]], line, np.nan)) > 0
    return moved


def measure(
    line: Array,
    rows: Array,
    quiet: npt.NDArray[np.bool_],
    *,
    fs: float,
    max_lag_s: float,
    either_way: bool = False,
) -> Measure:
    """Read the lag profile of each row; rows that are ``quiet`` stay NaN.

    ``either_way`` looks for the strongest r of either sign, so that an inverted hand reads the same.
    """
    # A step of margin on both sides lets the parabola work at lag 0 and at the last lag.
    lags = np.arange(-1, ticks(max_lag_s, fs) + 2)
    r = shifted_r(rows, line, lags)
    peak, lag_free_s = best_lag(np.abs(r) if either_way else r, lags / fs)
    best = r[np.arange(len(rows)), peak]
    n = common_samples(line, rows, lags[peak])
    n_eff = effective_samples(line, rows, n=n, every=max(1, round(fs)))
    low, high = fisher_interval(best, n_eff)
    usual, lag_s = shrunk_lag(r, lags / fs, n_eff, either_way=either_way)
    hidden = quiet | ~np.isfinite(best)

    def shown(values: Array) -> Array:
        return np.where(hidden, np.nan, values)

    return Measure(
        r0=np.where(quiet, np.nan, r[:, 1]),
        r=shown(best),
        lag_s=shown(lag_s),
        lag_free_s=shown(lag_free_s),
        r_at_lag=shown(r[np.arange(len(rows)), usual]),
        n=n,
        n_eff=shown(n_eff),
        low=shown(low),
        high=shown(high),
    )


def shrunk_lag(
    r: Array, lags_s: Array, n_eff: Array, *, either_way: bool = False
) -> tuple[npt.NDArray[np.intp], Array]:
    """The lag at the maximum of z(lag) - (lag - 1.5 s)² / n_eff.

    With little evidence the lag stays at the usual 1.5 s instead of running after noise.
    """
    z = np.arctanh(np.clip(np.abs(r) if either_way else r, -1 + 1e-15, 1 - 1e-15))
    penalty = (lags_s - USUAL_LAG_S) ** 2 / np.maximum(n_eff, 1.0)[:, None]
    return best_lag(z - penalty, lags_s)


def common_samples(line: Array, rows: Array, lags: npt.NDArray[np.intp]) -> Array:
    """Samples that listener(t + lag) and teller(t) have in common, each row at its own lag."""
    there, here = np.isfinite(line), np.isfinite(rows)
    n = np.zeros(len(rows))
    for lag in np.unique(lags):
        at = lags == lag
        n[at] = (here[at, lag:] & there[: len(line) - lag]).sum(axis=1)
    return n


def _everybody(why: Reason, rows: Array) -> tuple[Reason | None, ...]:
    return (why,) * len(rows)
