"""Every listener with every other teller, at every lag: one matrix product a lag."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .correlation import centred, distinct, finish
from .signals import Array, changes, chunks, ticks

TOGETHER = 1 << 21
"""Numbers of listeners taken at a time: sixteen megabytes, whatever the crowd."""
MANY_RUNS = 32
"""With a hole in fewer samples than this, a matrix product is cheaper than adding up stay by stay."""


def highest_r(tellers: Array, listeners: Array, *, fs: float, max_lag_s: float) -> Array:
    """The highest r of 2-second changes at lags 0..max_lag_s, the listener following.

    At lag k it is the r of teller(t) and listener(t + k) over the overlap, using the samples both
    have. Costs 2 * tellers * listeners * samples operations a lag, three times that where listeners
    come and go all the time, and memory for a few copies of the tellers and 16 MB of listeners.

    Parameters
    ----------
    tellers : array, shape (tellers, samples)
    listeners : array, shape (listeners, samples)

    Returns
    -------
    array, shape (tellers, listeners); NaN for a pair without an r at any lag.
    """
    lags = np.arange(ticks(max_lag_s, fs) + 1)
    x, there = centred(changes(tellers, fs=fs))
    masks, which = distinct(there)
    best = np.full((len(tellers), len(listeners)), np.nan)
    # Simulated tellers are silent together; a real one may have holes of its own.
    for i, mask in enumerate(masks):
        alike = which == i
        of_mask = x if len(masks) == 1 else x[alike]
        upto = _running_sums(of_mask)
        for some in chunks(listeners, size=TOGETHER):
            heard = changes(listeners[some], fs=fs)
            best[alike, some] = _highest(of_mask, upto, mask, heard, lags).T
    return best


def _highest(
    x: Array, upto: Array, there: npt.NDArray[np.bool_], listeners: Array, lags: npt.NDArray[np.intp]
) -> Array:
    """Shape (listeners, tellers), for tellers with the same holes."""
    y, here = centred(listeners)
    yy = y * y
    holes, which = distinct(here)
    runs = [_runs(row) for row in holes]
    tattered = sum(len(first) for first, _ in runs) * MANY_RUNS > holes.size
    xx = x * x if tattered else None
    # One row of sums serves everybody who missed nothing.
    each = slice(None) if len(holes) == 1 else which
    best = np.full((len(y), len(x)), -np.inf)
    for lag in lags:
        told = slice(0, max(len(there) - lag, 0))
        mask = there[told].astype(np.float64)
        both = holes[:, lag:] * mask
        if xx is not None:
            sx, sxx = both @ x[:, told].T, both @ xx[:, told].T
        else:
            sx, sxx = np.stack([_between(upto, *run, lag) for run in runs], axis=1)
        r = finish(
            both.sum(axis=1)[each, None],
            sx[each],
            (y[:, lag:] @ mask)[:, None],
            sxx[each],
            (yy[:, lag:] @ mask)[:, None],
            y[:, lag:] @ x[:, told].T,
        )
        np.fmax(best, r, out=best)
    return np.where(np.isfinite(best), best, np.nan)


def _running_sums(x: Array) -> Array:
    """Sums of each row and of its squares before every sample, shape (samples + 1, 2, rows)."""
    upto = np.zeros((x.shape[1] + 1, 2, len(x)))
    np.cumsum(x.T, axis=0, out=upto[1:, 0])
    np.cumsum((x * x).T, axis=0, out=upto[1:, 1])
    return upto


def _runs(here: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First sample of each stay, and the first after it."""
    turn = np.diff(here.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(turn == 1), np.flatnonzero(turn == -1)


def _between(upto: Array, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp], lag: int) -> Array:
    """What the tellers came to while a listener with these stays was there ``lag`` later, shape (2, tellers)."""
    sums: Array = upto[np.maximum(last - lag, 0)].sum(axis=0) - upto[np.maximum(first - lag, 0)].sum(axis=0)
    return sums
