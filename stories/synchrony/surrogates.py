"""Surrogates of a trace, and the per-listener test against a pool (research export only)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .agreement import MIN_SHIFT_S, random_shifts
from .coupling import readable
from .crossed import highest_r
from .reading import ENGINE, Reading, Reason
from .signals import Array, as_line, as_traces, ticks
from .tellers import Null, TellerPool, masked, tail


def circular_shifts(
    x: npt.ArrayLike,
    *,
    fs: float,
    draws: int,
    rng: np.random.Generator,
    min_shift_s: float = MIN_SHIFT_S,
) -> Array:
    """Each row turned in a circle by its own random time, at least ``min_shift_s`` either way.

    Keeps a trace's every property but its timing. Not to be used on levels of traces with a
    story-long trend: there it calls 10..40 % of chance beyond chance.

    Parameters
    ----------
    x : array, shape (rows, samples) or (samples,)
    fs : samples per second
    draws : how many
    rng : where the shifts come from
    min_shift_s : the shortest, in seconds

    Returns
    -------
    array, shape (draws, rows, samples), or (draws, samples) for one trace

    Raises
    ------
    ValueError
        If the trace is shorter than two of the shortest shifts.

    References
    ----------
    Moulder, Boker, Ramseyer & Tschacher (2018), Psychol. Methods 23:757. doi:10.1037/met0000172; on
    trends: Harris (2020), bioRxiv. doi:10.1101/2020.11.29.402719

    Examples
    --------
    >>> circular_shifts([1, 2, 3, 4], fs=1, draws=2, rng=np.random.default_rng(1), min_shift_s=1)
    array([[3., 4., 1., 2.],
           [3., 4., 1., 2.]])
    """
    rows = as_traces(x)
    samples = rows.shape[1]
    if samples < 2 * min_shift_s * fs:
        raise ValueError(f"{samples / fs} s are too short for shifts of {min_shift_s} s")
    shifts = random_shifts(len(rows), samples, draws, min_shift_s * fs, rng)
    at = (np.arange(samples) - shifts[:, :, None]) % samples
    out: Array = np.take_along_axis(np.broadcast_to(rows, (draws, *rows.shape)), at, axis=2)
    return out[:, 0] if np.ndim(x) == 1 else out


def phase_randomized(x: npt.ArrayLike, *, draws: int, rng: np.random.Generator) -> Array:
    """Traces with the same power spectrum and random phases.

    Gaps are bridged by straight lines for the spectrum and put back afterwards. Not to be used on
    levels of traces with a story-long trend: a line has ends that do not meet, and its spectrum
    knows them only as a jump.

    Parameters
    ----------
    x : array, shape (rows, samples) or (samples,), NaN where silent
    draws : how many
    rng : where the phases come from

    Returns
    -------
    array, shape (draws, rows, samples), or (draws, samples) for one trace

    References
    ----------
    Theiler et al. (1992), Physica D 58:77. doi:10.1016/0167-2789(92)90102-S

    Examples
    --------
    >>> trace = [0.0, 2.0, 5.0, 4.0, 4.0, 9.0]
    >>> (other,) = phase_randomized(trace, draws=1, rng=np.random.default_rng(1))
    >>> bool(np.allclose(np.abs(np.fft.rfft(other)), np.abs(np.fft.rfft(trace))))
    True
    """
    rows = as_traces(x)
    here = np.isfinite(rows)
    samples = rows.shape[1]
    t = np.arange(samples)
    whole = np.array(
        [np.interp(t, t[h], r[h]) if h.any() else np.zeros(samples) for r, h in zip(rows, here, strict=True)]
    )
    spectrum = np.fft.rfft(whole, axis=1)
    phase = rng.uniform(0, 2 * np.pi, (draws, *spectrum.shape))
    # The mean, and the last bin of an even length, are real: they keep what they are.
    phase[:, :, 0] = 0.0
    if samples % 2 == 0:
        phase[:, :, -1] = 0.0
    out: Array = np.fft.irfft(spectrum * np.exp(1j * phase), samples, axis=2)
    out[:, ~here] = np.nan
    return out[:, 0] if np.ndim(x) == 1 else out


def segment_shuffles(
    x: npt.ArrayLike,
    *,
    fs: float,
    draws: int,
    rng: np.random.Generator,
    segment_s: float = 30.0,
) -> Array:
    """Each trace cut into segments that are put together in another order.

    Not to be used on levels of traces with a story-long trend, and useless where there are only two
    or three segments: their orders are too few.

    Parameters
    ----------
    x : array, shape (rows, samples) or (samples,)
    fs : samples per second
    draws : how many
    rng : where the orders come from
    segment_s : length of a segment, in seconds; the last may be shorter

    Returns
    -------
    array, shape (draws, rows, samples), or (draws, samples) for one trace

    Raises
    ------
    ValueError
        If a segment is shorter than a sample.

    References
    ----------
    Moulder, Boker, Ramseyer & Tschacher (2018), Psychol. Methods 23:757. doi:10.1037/met0000172

    Examples
    --------
    >>> segment_shuffles([1, 2, 3, 4, 5], fs=1, draws=2, rng=np.random.default_rng(1), segment_s=2)
    array([[1., 2., 3., 4., 5.],
           [5., 1., 2., 3., 4.]])
    """
    rows = as_traces(x)
    size = ticks(segment_s, fs)
    if size < 1:
        raise ValueError(f"segment_s must be at least one sample (1/{fs} s), got {segment_s}")
    cuts = np.arange(size, rows.shape[1], size)
    segments = np.split(np.arange(rows.shape[1]), cuts)
    out = np.empty((draws, *rows.shape))
    for draw in range(draws):
        for row, trace in enumerate(rows):
            order = rng.permutation(len(segments))
            out[draw, row] = trace[np.concatenate([segments[i] for i in order])]
    return out[:, 0] if np.ndim(x) == 1 else out


@dataclass(frozen=True, eq=False)
class SurrogateTest(Reading):
    """Per listener, arrays of shape (listeners,). For the research export, never for players."""

    statistic: Array
    """Highest r of 2-second changes at lags 0..5 s."""
    p: Array
    p_max_t: Array
    """p against the best of all listeners in each draw (Westfall-Young): controls the family-wise error."""
    q: Array
    """Benjamini-Hochberg false discovery rate."""
    null_quantiles: Array
    """5, 50 and 95 % of each listener's null, shape (listeners, 3)."""
    draws: int
    simulated: int
    real: int
    reason: tuple[Reason | None, ...]
    seed: int
    engine: str = ENGINE


def surrogate_test(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    pool: TellerPool | Null | None = None,
    *,
    fs: float,
    seed: int,
    max_lag_s: float = 5.0,
) -> SurrogateTest:
    """Each listener's change coupling against that with other tellers.

    All listeners and lags meet the same other teller in each draw. p = (b + 1) / (draws + 1), where b
    counts the draws that reach the listener's highest r; ``p_max_t`` counts those in which the best of
    all listeners does.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples), NaN where silent
    pool : other tellers; by default ``TellerPool(seed)``
    fs : samples per second
    seed : for the pool, if none is given
    max_lag_s : how late a listener may be, in seconds

    Returns
    -------
    SurrogateTest, arrays of shape (listeners,); NaN for a listener with a reason.

    Raises
    ------
    ValueError
        If lengths differ, also those of the pool's tellers, or a value is infinite.

    References
    ----------
    Westfall & Young (1993), Resampling-Based Multiple Testing; Benjamini & Hochberg (1995),
    J. R. Stat. Soc. B 57:289. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> story, stranger = np.cumsum(rng.normal(size=(2, 600)), axis=1)
    >>> room = [np.roll(story, 6) + rng.normal(size=600) / 4, stranger]
    >>> tested = surrogate_test(story, room, TellerPool(1, size=99), fs=4, seed=1)
    >>> tested.p[0], tested.p[1] > 0.05, tested.draws
    (np.float64(0.01), np.True_, 99)
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    _, reason = readable(line, rows, fs=fs)
    observed = highest_r(line[None], rows, fs=fs, max_lag_s=max_lag_s)[0]
    observed[[why is not None for why in reason]] = np.nan
    read = np.isfinite(observed)
    pool = TellerPool(seed) if pool is None else pool
    if not read.any():
        null = Null("pool", np.empty((0, len(line))), 0, 0)
    else:
        null = pool.null(line, fs=fs) if isinstance(pool, TellerPool) else pool
    others = masked(null, line)
    drawn = highest_r(others, rows, fs=fs, max_lag_s=max_lag_s)
    drawn[:, ~read] = np.nan
    # A teller who never moved says nothing of chance, neither for nor against.
    met = np.isfinite(drawn)
    best = np.max(np.where(met, drawn, -np.inf), axis=1, initial=-np.inf)[met.any(axis=1)]
    quantiles = np.full((len(rows), 3), np.nan)
    for i in np.flatnonzero(met.any(axis=0)):
        quantiles[i] = np.quantile(drawn[met[:, i], i], [0.05, 0.5, 0.95], method="lower")
    p = np.array([tail(drawn[met[:, i], i], observed[i]) for i in range(len(rows))])
    return SurrogateTest(
        statistic=observed,
        p=p,
        p_max_t=np.array([tail(best, highest) for highest in observed]),
        q=false_discovery(p),
        null_quantiles=quantiles,
        draws=len(best),
        simulated=null.simulated,
        real=null.real,
        reason=reason,
        seed=seed,
    )


def false_discovery(p: npt.ArrayLike) -> Array:
    """Benjamini-Hochberg q of each p: the smallest p(j) m / j over j at and beyond its rank.

    Parameters
    ----------
    p : array, shape (tests,), NaN where there is none

    Returns
    -------
    array, shape (tests,), at most 1; NaN where p is.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> false_discovery([0.01, 0.04, np.nan, 0.03])
    array([0.03, 0.04,  nan, 0.04])
    """
    p = as_line(p, "p")
    q = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    if len(known):
        order = known[np.argsort(p[known], kind="stable")]
        scaled = p[order] * len(known) / np.arange(1, len(known) + 1)
        q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q
