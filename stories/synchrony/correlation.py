"""Correlation of traces with holes in them: sums by masked matrix products, one finaliser for all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .signals import Array, as_line, as_traces, ticks
from .units import squarable

MIN_PAIRS = 3
FLAT = 1e-12
"""Variance below this share of the raw sum of squares is rounding, not movement."""


def pearson(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Pearson's r over the samples both have: s_xy / (s_x s_y).

    Parameters
    ----------
    x, y : array, shape (samples,), any unit, NaN where silent

    Returns
    -------
    float in [-1, 1]; NaN with fewer than 3 common samples or without movement.

    Raises
    ------
    ValueError
        If the lengths differ, or a value is infinite.

    Examples
    --------
    >>> round(pearson([1, 2, 3, 4], [2, 4, 6, 9]), 4)
    0.9944
    >>> pearson([1, 2, 3], [5, 5, 5])
    nan
    """
    a, b = _pair(x, y)
    return float(shifted_r(b[None], a, np.array([0]))[0, 0])


def concordance(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Lin's concordance: 2 s_xy / (s_x² + s_y² + (m_x - m_y)²), over the samples both have.

    Unlike r it asks for the same use of the scale. s² are variances over n, not n - 1.

    Parameters
    ----------
    x, y : array, shape (samples,), in the same unit, NaN where silent

    Returns
    -------
    float in [-1, 1]; NaN with fewer than 3 common samples or without movement.

    Raises
    ------
    ValueError
        If the lengths differ, or a value is infinite.

    References
    ----------
    Lin (1989), Biometrics 45:255. doi:10.2307/2532051

    Examples
    --------
    >>> concordance([0, 500, 1000], [0, 500, 1000])
    1.0
    """
    a, b = _pair(x, y)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if len(a) < MIN_PAIRS:
        return float("nan")
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    a, b = squarable(np.concatenate([a, b])[None]).reshape(2, -1)
    da, db = a - a.mean(), b - b.mean()
    spread = float(np.mean(da * da) + np.mean(db * db) + (a.mean() - b.mean()) ** 2)
    return float(2 * np.mean(da * db) / spread)


def lag_profile(
    teller: npt.ArrayLike, listeners: npt.ArrayLike, *, fs: float, max_lag_s: float = 5.0
) -> tuple[Array, Array]:
    """r between the teller and each listener at every lag; positive: the listener follows.

    At lag k it is the r of teller(t) and listener(t + k) over the overlap, using the samples both
    have. On integers 0..1000 every sum is exact in float64, whatever the order of summation.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    max_lag_s : largest lag either way, in seconds

    Returns
    -------
    lags_s : array, shape (lags,), from -max_lag_s to +max_lag_s
    r : array, shape (listeners, lags); NaN where undefined

    Raises
    ------
    ValueError
        If the listeners have another number of samples than the teller, or fs is not positive.

    Examples
    --------
    >>> story = [0, 0, 9, 1, 5, 0, 3, 3, 8, 0]
    >>> lags_s, r = lag_profile(story, [story[-1:] + story[:-1]], fs=1, max_lag_s=2)
    >>> lags_s[np.argmax(r)], r.shape, round(r.max(), 6)
    (np.float64(1.0), (1, 5), np.float64(1.0))
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    most = ticks(max_lag_s, fs)
    lags = np.arange(-most, most + 1)
    return lags / fs, shifted_r(rows, line, lags)


def shifted_r(rows: Array, line: Array, lags: npt.NDArray[np.intp]) -> Array:
    """r of rows[:, t] with line[t - lag], shape (rows, lags), pairwise complete."""
    y, here = centred(rows)
    (x,), (there,) = centred(line[None])
    mask, sx, sxx = _shifts(np.stack([there.astype(np.float64), x, x * x]), lags)
    holes, which = distinct(here)
    of_holes = (holes.astype(np.float64) @ np.concatenate([mask, sx, sxx]).T)[which]
    of_y = y @ np.concatenate([mask, sx]).T
    each = len(lags)
    n, s_x, s_xx = of_holes[:, :each], of_holes[:, each : 2 * each], of_holes[:, 2 * each :]
    return finish(n, s_x, of_y[:, :each], s_xx, (y * y) @ mask.T, of_y[:, each:])


def centred(rows: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Each row about its own middle, zero where it is silent; and where it is not.

    For numerical comfort; integers stay integers. Rows that could not be squared change their unit.
    """
    kept, here = filled(rows)
    kept = squarable(kept)
    middle = kept.sum(axis=1, keepdims=True) / np.maximum(here.sum(axis=1, keepdims=True), 1)
    if np.array_equal(kept, np.rint(kept)):
        middle = np.rint(middle)
    centre = kept - middle
    if not here.all():
        centre *= here
    return centre, here


def filled(rows: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Zeros where rows are silent, and where they are not; rows without holes come back themselves."""
    here = np.isfinite(rows)
    return (rows if here.all() else np.where(here, rows, 0.0)), here


def distinct(here: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    """The different rows, and which of them each row is.

    Rows with the same holes share the sums that only know the holes.
    """
    if len(here) and bool((here == here[0]).all()):
        return here[:1], np.zeros(len(here), dtype=np.intp)
    packed = np.ascontiguousarray(np.packbits(here, axis=1))
    rows = packed.view(f"V{packed.shape[1]}").ravel().tolist() if packed.size else []
    place = {row: i for i, row in enumerate(dict.fromkeys(rows))}
    which = np.array([place[row] for row in rows], dtype=np.intp)
    _, first = np.unique(which, return_index=True)
    return here[first], which


def finish(n: Array, sx: Array, sy: Array, sxx: Array, syy: Array, sxy: Array) -> Array:
    """r from sums; NaN where there are too few pairs or one side does not move."""
    vx, vy = n * sxx - sx * sx, n * syy - sy * sy
    moves = (n >= MIN_PAIRS) & (vx > FLAT * n * sxx) & (vy > FLAT * n * syy)
    below = np.sqrt(np.where(moves, vx, 1.0)) * np.sqrt(np.where(moves, vy, 1.0))
    r: Array = np.where(moves, np.clip((n * sxy - sx * sy) / below, -1.0, 1.0), np.nan)
    return r


def best_lag(score: Array, lags_s: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Where each row is highest, its first and last column being margins.

    The margins only serve the parabola through three points that refines the lag; they are never
    the best themselves. Returns the column of the maximum and its lag in seconds, kept within
    the columns searched; a row without a number gets column 1 and lag NaN.
    """
    inner = score[:, 1:-1]
    known = np.isfinite(inner)
    peak = 1 + np.argmax(np.where(known, inner, -np.inf), axis=1)
    row = np.arange(len(score))
    left, top, right = score[row, peak - 1], score[row, peak], score[row, peak + 1]
    bend = left - 2 * top + right
    curved = np.isfinite(bend) & (bend < 0)
    offset = np.where(curved, 0.5 * (left - right) / np.where(curved, bend, -1.0), 0.0)
    lag = lags_s[peak] + np.clip(offset, -0.5, 0.5) * (lags_s[1] - lags_s[0])
    lag = np.clip(lag, lags_s[1], lags_s[-2])
    return peak, np.where(known.any(axis=1), lag, np.nan)


def effective_samples(
    x: npt.ArrayLike, y: npt.ArrayLike, *, n: npt.ArrayLike | None = None, every: int = 1
) -> Array:
    """How many independent samples a correlation of two smooth traces is worth.

    1/N_eff = 1/N + (2/N) Σ_{k=1..N/4} (1 - k/N) ρ_x(k) ρ_y(k), held within 3..N.

    Parameters
    ----------
    x : array, shape (samples,)
    y : array, shape (listeners, samples) or (samples,)
    n : array, shape (listeners,)
        Number of common samples, if already known.
    every : int
        Look at every so-many-th sample only. Hands are slow: every second tells what every
        quarter of a second does, in a quarter of the time.

    Returns
    -------
    array, shape (listeners,); NaN for a flat or silent trace.

    References
    ----------
    Bartlett (1946), Suppl. J. R. Stat. Soc. 8:27; Pyper & Peterman (1998), Can. J. Fish. Aquat.
    Sci. 55:2127. doi:10.1139/f98-104

    Examples
    --------
    >>> rough = np.random.default_rng(1).normal(size=(2, 400))
    >>> smooth = np.cumsum(rough, axis=1)
    >>> effective_samples(rough[0], rough[1]).round(), effective_samples(smooth[0], smooth[1]).round()
    (array([393.]), array([5.]))
    """
    line = as_line(x, "x")
    rows = as_traces(y, len(line))
    if n is None:
        common = (np.isfinite(rows) & np.isfinite(line)).sum(axis=1).astype(np.float64)
    else:
        common = np.broadcast_to(np.asarray(n, dtype=np.float64), (len(rows),))
    line, rows, common = line[::every], rows[:, ::every], common / every
    reach = len(line) // 4
    own, theirs = autocorrelation(line[None], reach), autocorrelation(rows, reach)
    k = np.arange(1, reach + 1)
    size = np.maximum(common, 1.0)[:, None]
    weight = np.where(k <= size / 4, 1 - k / size, 0.0)
    total = np.einsum("ij,j,ij->i", weight, own[0, 1:], theirs[:, 1:])
    share = 1 + 2 * total
    worth = np.where(share > 0, common / np.where(share > 0, share, 1.0), common)
    return np.where(common >= MIN_PAIRS, np.clip(worth, 3.0, np.maximum(common, 3.0)), np.nan)


def autocorrelation(rows: Array, reach: int) -> Array:
    """ρ(0..reach) of each row about its own mean, over the pairs that exist; NaN if flat."""
    kept, here = filled(rows)
    kept = squarable(kept)
    holes, which = distinct(here)
    count = np.maximum(holes.sum(axis=1)[which], 1)[:, None]
    deviation = kept - kept.sum(axis=1, keepdims=True) / count
    if not here.all():
        deviation *= here
    least = rows.shape[1] + reach
    # The shortest of 2ⁿ, 3·2ⁿ and 5·2ⁿ that keeps the far end of a row from meeting its beginning.
    size = min(odd << max(-(-least // odd) - 1, 0).bit_length() for odd in (1, 3, 5))
    products = _self_products(deviation, size, reach)
    pairs = np.maximum(np.rint(_self_products(holes.astype(np.float64), size, reach)), 1.0)
    covariance = products / pairs[which]
    variance = covariance[:, :1]
    raw = np.einsum("ij,ij->i", kept, kept)[:, None] / count
    moves = variance > FLAT * raw
    rho: Array = np.where(moves, covariance / np.where(moves, variance, 1.0), np.nan)
    return rho


def fisher_interval(r: Array, n_eff: Array) -> tuple[Array, Array]:
    """95 % interval of r by Fisher's z with the effective number of samples.

    tanh(artanh r ± 1.96 / √(n_eff - 3)). With three effective samples or fewer nothing is known:
    [-1, 1].

    Parameters
    ----------
    r : array, any shape
        Correlations, in [-1, 1].
    n_eff : array, the same shape
        What they rest on, as ``effective_samples`` counts it.

    Returns
    -------
    low, high : arrays, the same shape; NaN where r or n_eff is.

    References
    ----------
    Fisher (1921), Metron 1:3; with N_eff for N: Pyper & Peterman (1998), Can. J. Fish. Aquat. Sci.
    55:2127. doi:10.1139/f98-104

    Examples
    --------
    >>> low, high = fisher_interval(np.array([0.6, 0.6]), np.array([28.0, 3.0]))
    >>> low.round(2), high.round(2)
    (array([ 0.29, -1.  ]), array([0.8, 1. ]))
    """
    known = np.isfinite(r) & np.isfinite(n_eff)
    free = np.where(known, n_eff, 4.0) - 3.0
    half = np.where(free > 0, 1.959963984540054 / np.sqrt(np.where(free > 0, free, 1.0)), np.inf)
    z = np.arctanh(np.clip(np.where(known, r, 0.0), -1 + 1e-15, 1 - 1e-15))
    low, high = np.tanh(z - half), np.tanh(z + half)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _self_products(rows: Array, size: int, reach: int) -> Array:
    spectrum = np.fft.rfft(rows, size, axis=1)
    products: Array = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size, axis=1)
    return products[:, : reach + 1]


def _shifts(lines: Array, lags: npt.NDArray[np.intp]) -> Array:
    """lines[:, t - lag] for every lag, zeros beyond the ends: shape (lines, lags, samples)."""
    count, samples = lines.shape
    edge = int(np.max(np.abs(lags), initial=0))
    padded = np.zeros((count, samples + 2 * edge))
    padded[:, edge : edge + samples] = lines
    out = np.empty((count, len(lags), samples))
    for i, lag in enumerate(lags):
        out[:, i] = padded[:, edge - lag : edge - lag + samples]
    return out


def _pair(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    a, b = as_line(x, "x"), as_line(y, "y")
    if len(a) != len(b):
        raise ValueError(f"x has {len(a)} samples, y has {len(b)}")
    return a, b
