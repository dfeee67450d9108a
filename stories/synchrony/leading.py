"""Does a listener's hand move before the teller's line turns, or after?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .correlation import shifted_r
from .coupling import readable
from .reading import ENGINE, Reading, Reason
from .signals import Array, as_line, as_traces, changes, ticks
from .tellers import Null, TellerPool, masked, tail


@dataclass(frozen=True, eq=False)
class Anticipation(Reading):
    """Arrays of shape (listeners,). For research, never for players."""

    index: Array
    """``lead - follow``: positive when the listener leads."""
    lead: Array
    """Mean Fisher z at lags -far_s..-near_s."""
    follow: Array
    """Mean Fisher z at lags near_s..far_s."""
    p: Array
    """Two-sided, against other tellers; NaN without a pool. Without it the index means nothing."""
    draws: int
    simulated: int
    real: int
    reason: tuple[Reason | None, ...]
    near_s: float
    far_s: float
    engine: str = ENGINE


def anticipation(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    near_s: float = 0.5,
    far_s: float = 4.0,
    pool: TellerPool | Null | None = None,
) -> Anticipation:
    """Lead minus follow: on which side of zero lag a listener's coupling lies.

    index = mean z(k) over k in [-far_s, -near_s] - mean z(k) over k in [near_s, far_s], where z is
    Fisher's z of the lagged correlation of changes over 2 s. Changes, because two slow traces
    correlate at every lag with a slope that is chance, and because only on changes a pool of
    other tellers is fair whatever their pace.

    An index of zero is what no coupling, coupling at lag zero and a slow story have in common. A
    listener who merely follows has a clearly negative one. p asks how often other tellers, all
    lags and listeners meeting the same one in each draw, come out as far from zero with this
    listener: (b + 1) / (draws + 1).

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples)
    fs : samples per second
    near_s, far_s : the lags that count, in seconds
    pool : other tellers

    Returns
    -------
    Anticipation, arrays of shape (listeners,); NaN for a listener with a reason.

    Raises
    ------
    ValueError
        If not 0 < near_s <= far_s, far_s is less than a sample, or lengths differ.

    References
    ----------
    After the lead and lag scores of Kleinbub & Ramseyer (2021), Psychother. Res. 31:817.
    doi:10.1080/10503307.2020.1844334; Stephens, Silbert & Hasson (2010), PNAS 107:14425.
    doi:10.1073/pnas.1008662107

    Examples
    --------
    >>> story = np.cumsum(np.random.default_rng(1).normal(size=240))
    >>> both = [np.roll(story, -1), np.roll(story, 1)]
    >>> np.sign(anticipation(story, both, fs=1).index)
    array([ 1., -1.])
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    if not 0 < near_s <= far_s:
        raise ValueError(f"need 0 < near_s <= far_s, got {near_s} and {far_s}")
    counted = np.arange(max(1, ticks(near_s, fs)), ticks(far_s, fs) + 1)
    if not len(counted):
        raise ValueError(f"far_s must be at least one sample (1/{fs} s), got {far_s}")
    lags = np.concatenate([-counted, counted])
    _, reason = readable(line, rows, fs=fs)
    quiet = np.array([why is not None for why in reason], dtype=bool)
    moves = changes(rows, fs=fs)
    lead, follow = _sides(shifted_r(moves, changes(line, fs=fs), lags))
    lead[quiet], follow[quiet] = np.nan, np.nan
    index = lead - follow
    null = Null("none", np.empty((0, len(line))), 0, 0)
    if pool is not None and np.isfinite(index).any():
        null = pool.null(line, fs=fs) if isinstance(pool, TellerPool) else pool
    return Anticipation(
        index=index,
        lead=lead,
        follow=follow,
        p=_two_sided(index, moves, line, null, lags, fs=fs),
        draws=len(null.tellers),
        simulated=null.simulated,
        real=null.real,
        reason=reason,
        near_s=near_s,
        far_s=far_s,
    )


def _sides(r: Array) -> tuple[Array, Array]:
    """Mean z of the first and of the second half of the lags, over those that have one."""
    known = np.isfinite(r)
    z = np.arctanh(np.clip(np.where(known, r, 0.0), -1 + 1e-15, 1 - 1e-15))
    half = r.shape[1] // 2
    sides = []
    for side in (slice(None, half), slice(half, None)):
        n = known[:, side].sum(axis=1)
        sides.append(np.where(n > 0, z[:, side].sum(axis=1) / np.maximum(n, 1), np.nan))
    return sides[0], sides[1]


def _two_sided(
    index: Array, moves: Array, line: Array, null: Null, lags: npt.NDArray[np.intp], *, fs: float
) -> Array:
    p = np.full(len(index), np.nan)
    if not len(null.tellers):
        return p
    others = changes(masked(null, line), fs=fs)
    for i in np.flatnonzero(np.isfinite(index)):
        # The listener is shifted against all tellers at once: teller(t) meets listener(t + lag).
        lead, follow = _sides(shifted_r(others, moves[i], -lags))
        drawn = np.abs(lead - follow)
        p[i] = tail(drawn[np.isfinite(drawn)], abs(index[i]))
    return p
