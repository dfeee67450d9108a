"""Other tellers: what the room's line would have scored with somebody else's story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .correlation import autocorrelation
from .reading import stream
from .signals import Array, as_line, changes, teller_line

DRAWS = 999


@dataclass(frozen=True)
class Null:
    """Tellers of other stories on this telling's grid, and where they come from."""

    kind: str
    tellers: Array
    """Shape (draws, samples)."""
    simulated: int
    real: int


class TellerPool:
    """Tellers of stories nobody here has heard: simulated, and real ones from other tellings.

    The simulated ones are generated when asked for, from the seed, and have the length of the
    teller they stand in for. They come in strata: some wander (an Ornstein-Uhlenbeck course), some
    hold and glide like a thumb, the more of these the more often the teller's own hand rests;
    their roughness lies within a factor of two of the teller's, their story-long trend near it.

    Parameters
    ----------
    seed : int
        For instance the telling's id.
    size : int
        Simulated tellers, at least 19 (below that nothing can pass the 5 % band).
    real : sequence of arrays, shape (samples,)
        Tellers' lines from other tellings, on the same ``fs``. Longer ones are cut, ones down to
        half the length are continued backwards, shorter ones left out.
    """

    def __init__(self, seed: int, *, size: int = DRAWS, real: Sequence[npt.ArrayLike] = ()) -> None:
        if size < 19:
            raise ValueError(f"need at least 19 simulated tellers, got {size}")
        self.seed, self.size = seed, size
        self.real = [as_line(line, "real teller") for line in real]

    def null(self, teller: npt.ArrayLike, *, fs: float) -> Null:
        """The pool for one teller: shape (size + usable real tellers, samples)."""
        line = as_line(teller)
        rng = stream(self.seed, 1)
        simulated = wandering(len(line), character(line, fs=fs), fs=fs, draws=self.size, rng=rng)
        fitted = [_fitted(other, len(line)) for other in self.real]
        real = [other for other in fitted if other is not None]
        return Null("pool", np.vstack([simulated, *real]), self.size, len(real))


@dataclass(frozen=True)
class Character:
    """What a simulated teller takes over from the one it stands in for."""

    pace_s: float
    """Until the autocorrelation of the detrended line falls to 1/e."""
    trend: float
    """Share of variance that a straight line through the story explains."""
    rest: float
    """Share of the time during which the hand came less than 2 % of its range in 2 s."""


def character(line: Array, *, fs: float) -> Character:
    here = np.isfinite(line)
    if here.sum() < 3 or np.ptp(line[here]) == 0:
        return Character(10.0, 0.0, 0.5)
    t = np.arange(len(line), dtype=np.float64)
    slope, middle = np.polyfit(t[here], line[here], 1)
    rest = line - (middle + slope * t)
    trend = 1 - float(np.var(rest[here]) / np.var(line[here]))
    rho = autocorrelation(rest[None], len(line) // 2)[0]
    below = np.flatnonzero(~(rho > np.exp(-1)))
    pace = (below[0] if len(below) else len(rho)) / fs
    came = np.abs(changes(line, fs=fs))
    came = came[np.isfinite(came)]
    still = float(np.mean(came < 0.02 * np.ptp(line[here]))) if len(came) else 0.5
    return Character(float(pace), float(np.clip(trend, 0.0, 1.0)), still)


def wandering(samples: int, like: Character, *, fs: float, draws: int, rng: np.random.Generator) -> Array:
    """Simulated tellers of about this character, integers 0..1000, shape (draws, samples)."""
    tau = like.pace_s * 2.0 ** rng.uniform(-1, 1, draws)
    glides = (np.arange(draws) + 0.5) / draws < np.clip(0.25 + like.rest, 0.25, 1.0)
    course = np.empty((draws, samples))
    course[~glides] = _ou(samples, tau[~glides] * fs, rng)
    course[glides] = _thumb(samples, tau[glides] * fs, fs, rng)
    course -= course.mean(axis=1, keepdims=True)
    course /= np.maximum(course.std(axis=1, keepdims=True), 1e-9)
    share = np.clip(like.trend + rng.uniform(-0.2, 0.2, draws), 0.0, 0.9)[:, None]
    slope = np.linspace(-1, 1, samples) * np.sqrt(3) * rng.choice([-1.0, 1.0], draws)[:, None]
    course = np.sqrt(1 - share) * course + np.sqrt(share) * slope
    reach = rng.uniform(120, 280, draws)[:, None]
    lines: Array = np.clip(np.rint(500 + reach * course), 0, 1000)
    return lines


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
    taps_s, levels : the taps and the arc dealt
    deck : level sequences; those with another number of taps are left out, as is the dealt one
    n : samples of the telling
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

    Half of them wander from level to level, half keep a direction, as stories do.
    """
    taps = as_line(taps_s, "taps_s")
    if len(taps) != len(levels) or not len(taps):
        raise ValueError(f"{len(taps)} taps need as many levels, got {len(levels)}")
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


def _ou(samples: int, tau: Array, rng: np.random.Generator) -> Array:
    keep = np.exp(-1 / tau)
    push = np.sqrt(1 - keep**2)
    noise = rng.normal(size=(samples, len(tau)))
    course = np.empty((samples, len(tau)))
    at = noise[0]
    for i in range(samples):
        at = keep * at + push * noise[i] if i else at
        course[i] = at
    return course.T


def _thumb(samples: int, tau: Array, fs: float, rng: np.random.Generator) -> Array:
    """Hold, then glide to another level within a second or three, and hold again."""
    aim = rng.normal(size=len(tau))
    at = aim.copy()
    moves = rng.random((samples, len(tau))) < 1 / tau
    aims = rng.normal(size=(samples, len(tau)))
    speed = 1 / (rng.uniform(0.5, 3.0, len(tau)) * fs)
    course = np.empty((samples, len(tau)))
    for i in range(samples):
        aim = np.where(moves[i], aims[i], aim)
        at = at + np.clip(aim - at, -2 * speed, 2 * speed)
        course[i] = at
    return course.T


def _fitted(line: Array, samples: int) -> Array | None:
    if len(line) < samples / 2 or not np.isfinite(line).any():
        return None
    if len(line) < samples:
        line = np.concatenate([line, line[::-1]])
    return line[:samples]
