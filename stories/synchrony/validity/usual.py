"""What is usually done with two slow lines, and how often it calls two strangers coupled.

The p values below are one-sided and computed as they commonly are. They are here to be held
against ours on the same simulated people, never to be shown to anybody.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from stories.synchrony.correlation import effective_samples, shifted_r
from stories.synchrony.signals import Array, as_line, as_traces, changes, ticks

METHODS: Final = (
    "pearson",
    "pearson_best_lag",
    "pearson_n_eff",
    "phase",
    "circular",
    "segments",
    "detrended_circular",
    "phase_changes",
    "circular_changes",
)
DRAWS: Final = 99
"""Surrogates of each random kind: enough for an exact test at .05."""
MAX_LAG_S, LEAST_S, SEGMENT_S, STEP_S = 5.0, 10.0, 30.0, 2.0


def usual_p(
    teller: npt.ArrayLike,
    lines: npt.ArrayLike,
    *,
    fs: float,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> dict[str, Array]:
    """One-sided p of each line's correlation with the teller, by every usual method.

    Levels unless the name says changes (over 2 s), lag 0 unless it says best lag (0..5 s, as if
    it had been known). Circular shifts are all those of at least 10 s; segments last 30 s.

    Parameters
    ----------
    teller : array, shape (samples,)
    lines : array, shape (lines, samples), without holes

    Returns
    -------
    dict of arrays of shape (lines,), by the names in ``METHODS``

    References
    ----------
    Pyper & Peterman (1998), Can. J. Fish. Aquat. Sci. 55:2127. doi:10.1139/f98-104 (effective N);
    Theiler et al. (1992), Physica D 58:77. doi:10.1016/0167-2789(92)90102-S (phases)

    Examples
    --------
    >>> line = np.sin(np.arange(480) / 20)
    >>> p = usual_p(line, line, fs=4, rng=np.random.default_rng(1))
    >>> float(p["pearson"][0]), float(p["phase"][0])
    (0.0, 0.01)
    """
    told = as_line(teller)
    rows = as_traces(lines, len(told))
    n, skipped, least = len(told), ticks(STEP_S, fs), ticks(LEAST_S, fs)
    x, y = unit(told), unit(rows)
    dx, dy = unit(changes(told, fs=fs)[skipped:]), unit(changes(rows, fs=fs)[:, skipped:])
    r = y @ x
    profile = shifted_r(rows, told, np.arange(ticks(MAX_LAG_S, fs) + 1))
    lag = np.argmax(profile, axis=1)
    turns = np.exp(2j * np.pi * rng.random((draws, (n - 1) // 2)))
    return {
        "pearson": p_of_r(r, np.full(len(rows), n)),
        "pearson_best_lag": p_of_r(np.max(profile, axis=1), n - lag),
        "pearson_n_eff": p_of_r(r, effective_samples(told, rows)),
        "phase": phase_p(x, y, turns),
        "circular": circular_p(x, y, least),
        "segments": segment_p(x, y, ticks(SEGMENT_S, fs), draws, rng),
        "detrended_circular": circular_p(straightened(x), straightened(y), least),
        "phase_changes": phase_p(dx, dy, turns),
        "circular_changes": circular_p(dx, dy, least),
    }


def p_of_r(r: Array, n: npt.ArrayLike) -> Array:
    """One-sided p of a Pearson correlation of n samples, as if they were independent.

    t = r √((n - 2) / (1 - r²)) against Student's t with n - 2 degrees of freedom; 1/2 with no
    degree of freedom left.

    Examples
    --------
    >>> p_of_r(np.array([0.5, -0.5, 0.0]), [12, 12, 12]).round(4)
    array([0.0489, 0.9511, 0.5   ])
    """
    free = np.broadcast_to(np.asarray(n, dtype=np.float64) - 2, r.shape)
    return np.array([_tail(float(a), float(v)) for a, v in zip(r, free, strict=True)])


def _tail(r: float, free: float) -> float:
    if free <= 0:
        return 0.5
    upper = 0.5 * incomplete_beta(free / 2, 0.5, max(1 - r * r, 0.0))
    return upper if r >= 0 else 1 - upper


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction.

    Converges fast below (a + 1) / (a + b + 2); above, I_x(a, b) = 1 - I_{1-x}(b, a) does.
    (Lentz's method; NIST Digital Library of Mathematical Functions, §8.17(v).)

    Examples
    --------
    >>> round(incomplete_beta(2, 3, 0.5), 12)
    0.6875
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    below, above, total = 0.0, 1.0, 1.0
    for i in range(400):
        m = i // 2
        if i == 0:
            part = 1.0
        elif i % 2 == 0:
            part = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            part = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        below = 1 / _not_zero(1 + part * below)
        above = _not_zero(1 + part / above)
        total *= below * above
        if abs(below * above - 1) < 1e-15:
            break
    return math.exp(front) * (total - 1) / a


def circular_p(x: Array, y: Array, least: int) -> Array:
    """p among all circular shifts of x by at least ``least`` samples either way."""
    spectrum = np.conj(np.fft.rfft(x)) * np.fft.rfft(y, axis=1)
    around = np.fft.irfft(spectrum, len(x), axis=1)
    return _rank(around[:, 0], around[:, least : len(x) - least + 1])


def phase_p(x: Array, y: Array, turns: npt.NDArray[np.complex128]) -> Array:
    """p among copies of x with its spectrum and the phases turned by ``turns`` (draws, frequencies).

    The correlation is read off the spectra, without going back to time. The mean is nil, and the
    last frequency of an even length has no phase to turn.
    """
    n = len(x)
    cross = np.fft.rfft(x) * np.conj(np.fft.rfft(y, axis=1))
    free = (n - 1) // 2
    kept = cross[:, -1].real / n if n % 2 == 0 else np.zeros(len(y))
    drawn = 2 / n * (cross[:, 1 : free + 1] @ turns[:, :free].T).real + kept[:, None]
    return _rank(y @ x, drawn)


def segment_p(x: Array, y: Array, size: int, draws: int, rng: np.random.Generator) -> Array:
    """p among copies of x cut into segments of ``size`` samples and put together in another order."""
    segments = np.split(np.arange(len(x)), np.arange(size, len(x), size))
    orders = [np.concatenate([segments[i] for i in rng.permutation(len(segments))]) for _ in range(draws)]
    return _rank(y @ x, y @ x[np.array(orders)].T)


def unit(rows: Array) -> Array:
    """Mean 0 and length 1, so that a product of two is their correlation."""
    about = rows - rows.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.sum(about * about, axis=-1, keepdims=True))
    scaled: Array = about / np.where(length > 0, length, 1.0)
    return scaled


def straightened(rows: Array) -> Array:
    """Rows without their straight line, again of length 1."""
    t = unit(np.arange(rows.shape[-1], dtype=np.float64))
    return unit(rows - (rows @ t)[..., None] * t)


def _rank(observed: Array, drawn: Array) -> Array:
    beyond = np.sum(drawn >= observed[:, None] - 1e-12, axis=1)
    p: Array = (beyond + 1) / (drawn.shape[1] + 1)
    return p


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
