"""Other tellers: what the room's line would have scored with somebody else's story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .reading import stream
from .signals import Array, as_line, teller_line
from .simulate import simulated_tellers

DRAWS = 999


@dataclass(frozen=True, eq=False)
class Null:
    """Tellers of other stories on this telling's grid, shape (draws, samples), and where they come from."""

    kind: str
    tellers: Array
    """Shape (draws, samples)."""
    simulated: int
    real: int


def masked(null: Null, line: Array) -> Array:
    """The other tellers, silent where this one is, shape (draws, samples)."""
    if null.tellers.shape[1] != len(line):
        raise ValueError(f"null has {null.tellers.shape[1]} samples, teller has {len(line)}")
    return np.where(np.isfinite(line), null.tellers, np.nan)


def tail(drawn: Array, observed: float) -> float:
    """p = (b + 1) / (draws + 1) of an observed value among draws; NaN without a value or a draw.

    Only draws that have a value are to be handed over: one that could not be read is no draw.

    Examples
    --------
    >>> tail(np.array([0.1, 0.4, 0.2]), 0.3), tail(np.empty(0), 0.3)
    (0.5, nan)
    """
    if not len(drawn) or not np.isfinite(observed):
        return float("nan")
    return float((np.sum(drawn >= observed - 1e-12) + 1) / (len(drawn) + 1))


class TellerPool:
    """Tellers of stories nobody here has heard: simulated, and real ones from other tellings.

    A pool is fair only if its tellers could have been ours. So the simulated ones are generated
    when asked for, from the seed, in the length of the teller they stand in for, and with its
    character: out of thousands of trials over all strata of pace, trend and manner (wandering
    about, or holding and gliding like a thumb) those settings are used whose trials came out
    most like the teller.

    Parameters
    ----------
    seed : int
        For instance the telling's id.
    size : int
        Simulated tellers, at least 19 (below that nothing can pass the 5 % band).
    real : sequence of arrays, shape (samples,)
        Tellers' lines from other tellings, on the same ``fs``. Longer ones are cut, ones down to
        half the length are continued backwards, shorter ones left out.

    Raises
    ------
    ValueError
        If ``size`` is below 19.

    References
    ----------
    Harris (2020), bioRxiv. doi:10.1101/2020.11.29.402719 (sessions of others as chance); Phipson &
    Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39. doi:10.2202/1544-6115.1585 (p is never 0).

    Examples
    --------
    >>> story = 500 + 200 * np.sin(np.arange(240) / 20)
    >>> null = TellerPool(7, size=19, real=[story[::-1]]).null(story, fs=4)
    >>> null.tellers.shape, null.simulated, null.real
    ((20, 240), 19, 1)
    """

    def __init__(self, seed: int, *, size: int = DRAWS, real: Sequence[npt.ArrayLike] = ()) -> None:
        if size < 19:
            raise ValueError(f"need at least 19 simulated tellers, got {size}")
        self.seed, self.size = seed, size
        self.real = [as_line(line, "real teller") for line in real]

    def null(self, teller: npt.ArrayLike, *, fs: float) -> Null:
        """The pool for one teller of at least 10 s: shape (size + usable real tellers, samples)."""
        line = as_line(teller)
        if len(line) < 10 * fs:
            raise ValueError(f"a pool needs a teller of at least 10 s, got {len(line) / fs} s")
        simulated = simulated_tellers(line, fs=fs, draws=self.size, rng=stream(self.seed, 1))
        fitted = [_fitted(other, len(line)) for other in self.real]
        real = [other for other in fitted if other is not None]
        return Null("pool", np.vstack([simulated, *real]), self.size, len(real))


def redealt_arcs(
    taps_s: Sequence[float],
    levels: Sequence[float],
    deck: Sequence[Sequence[float]],
    *,
    fs: float,
    n: int,
    ramp_s: float = 3.0,
) -> Null:
    """Source A: the same taps with every other arc of the deck (a randomisation test).

    Exact whatever listeners do, if the arc was dealt uniformly from ``deck``. The smallest p it
    can give is one over the size of the deck: below 20 arcs no room can be beyond chance.

    Parameters
    ----------
    taps_s, levels : shape (taps,)
        When the teller tapped, in seconds, and the arc dealt, 0..1000.
    deck : sequence of level sequences
        Those with another number of taps are left out, as is the dealt one.
    fs : samples per second
    n : samples of the telling
    ramp_s : how long the line takes to a level, in seconds

    Returns
    -------
    Null; its tellers have shape (arcs, n).

    References
    ----------
    Fisher (1935), The Design of Experiments; Edgington & Onghena (2007), Randomization Tests.
    doi:10.1201/9781420011814

    Examples
    --------
    >>> deck = [(900, 500, 100), (100, 900, 500), (500, 100, 900)]
    >>> null = redealt_arcs([0, 10, 20], deck[0], deck, fs=1, n=30)
    >>> null.tellers.shape, null.tellers[0, ::10]
    ((2, 30), array([100., 100., 900.]))
    """
    dealt = tuple(levels)
    others = [tuple(arc) for arc in deck if len(arc) == len(dealt)]
    if dealt in others:
        others.remove(dealt)
    lines = [teller_line(taps_s, arc, fs=fs, ramp_s=ramp_s, n=n) for arc in others]
    return Null("redealt_arcs", np.array(lines).reshape(len(lines), n), len(lines), 0)


def step_tellers(
    taps_s: Sequence[float],
    levels: Sequence[float],
    *,
    fs: float,
    n: int,
    seed: int,
    draws: int = DRAWS,
    ramp_s: float = 3.0,
) -> Null:
    """Source B: simulated tellers with as many taps, at other times and to other levels.

    Half of them take any level at each tap, half walk on from the last one, as stories do. Times
    between taps share what follows the first tap by a Dirichlet(3) draw. Plausible, not exact.

    Parameters
    ----------
    taps_s, levels : shape (taps,)
        When the teller tapped, in seconds, and the levels placed. Of these only the number and the
        time of the first tap are used.
    fs : samples per second
    n : samples of the telling
    seed : for the draws
    draws : how many
    ramp_s : how long a line takes to a level, in seconds

    Returns
    -------
    Null; its tellers have shape (draws, n), and there are none for a single tap.

    Raises
    ------
    ValueError
        If there are no taps, or not as many levels.

    Examples
    --------
    >>> null = step_tellers([1, 9, 20], [500, 900, 100], fs=4, n=120, seed=1, draws=50)
    >>> null.tellers.shape, int(np.nanmin(null.tellers)), int(np.nanmax(null.tellers))
    ((50, 120), 100, 900)
    """
    taps = as_line(taps_s, "taps_s")
    if len(taps) != len(levels) or not len(taps):
        raise ValueError(f"{len(taps)} taps need as many levels, got {len(levels)}")
    if len(taps) < 2:
        # One level is no course: there is nothing to tell apart.
        return Null("step_tellers", np.empty((0, n)), 0, 0)
    rng = stream(seed, 2)
    span = n / fs - taps[0]
    gaps = rng.dirichlet(np.full(len(taps), 3.0), draws) * span
    times = taps[0] + np.cumsum(gaps, axis=1) - gaps
    steps = rng.normal(size=(draws, len(taps)))
    keeps = (np.arange(draws) % 2 == 1)[:, None]
    walk = np.where(keeps, np.cumsum(steps, axis=1), steps)
    walk = (walk - walk.min(axis=1, keepdims=True)) / np.ptp(walk, axis=1, keepdims=True)
    aims = np.rint(100 + 800 * walk)
    return Null("step_tellers", ramped(times, aims, fs=fs, n=n, ramp_s=ramp_s), draws, 0)


def ramped(times: Array, aims: Array, *, fs: float, n: int, ramp_s: float) -> Array:
    """``teller_line`` for many tellers with equally many taps at once, shape (draws, n)."""
    t = np.arange(n) / fs
    lines = np.full((len(times), n), np.nan)
    start = aims[:, 0]
    for i in range(times.shape[1]):
        if i > 0:
            done = np.minimum((times[:, i] - times[:, i - 1]) / ramp_s, 1.0) if i > 1 else 1.0
            start = start + (aims[:, i - 1] - start) * done
        since = t - times[:, i : i + 1]
        line = start[:, None] + (aims[:, i] - start)[:, None] * np.clip(since / ramp_s, 0.0, 1.0)
        lines = np.where(since >= 0, line, lines)
    return lines


def _fitted(line: Array, samples: int) -> Array | None:
    if len(line) < samples / 2 or not np.isfinite(line).any():
        return None
    if len(line) < samples:
        line = np.concatenate([line, line[::-1]])
    return line[:samples]
