"""Simulated tellers in the likeness of one: pace, trend, and how often the hand rests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .correlation import autocorrelation
from .reading import stream
from .signals import Array, changes, reach
from .units import squarable

TRIALS = 2400
LIKE = 12
"""The settings of one trial in twelve, those that came out most like the teller, are used."""


@dataclass(frozen=True, eq=False)
class Settings:
    """What a simulated teller is made from; arrays of shape (tellers,)."""

    tau_s: Array
    """Time constant of wandering, or mean time between two glides: 1/16..64 s."""
    trend: Array
    """Share of variance given to a straight line through the story."""
    manner: npt.NDArray[np.intp]
    """0 wanders about, 1 holds and glides, 2 follows a wandering mood with a lazy thumb."""

    def of(self, which: npt.NDArray[np.intp]) -> Settings:
        return Settings(self.tau_s[which], self.trend[which], self.manner[which])


def simulated_tellers(line: Array, *, fs: float, draws: int, rng: np.random.Generator) -> Array:
    """Tellers that could have been this one, integers 0..1000, shape (draws, samples).

    The trials run at one sample a second, where a teller's character shows as well.
    """
    every = max(1, round(fs))
    own = character(line[None, ::every], fs=fs / every)
    trials, seen = atlas(-(-len(line) // every), fs / every)
    unlike = np.sum((seen - own) ** 2, axis=1)
    alike = np.argsort(unlike, kind="stable")[: TRIALS // LIKE]
    made = courses(trials.of(rng.choice(alike, draws)), len(line), fs=fs, rng=rng)
    spread = rng.uniform(120, 280, draws)[:, None]
    lines: Array = np.clip(np.rint(500 + spread * made), 0, 1000)
    return lines


@lru_cache(maxsize=64)
def atlas(samples: int, fs: float) -> tuple[Settings, Array]:
    """Settings over all strata, and the character each came out with in a story of this length.

    One for all tellings: which settings resemble a teller is no matter of the telling's own chance.
    """
    rng = stream(0, 5)
    trials = Settings(
        tau_s=2.0 ** rng.uniform(-4, 6, TRIALS),
        trend=np.where(rng.random(TRIALS) < 0.5, 0.0, rng.uniform(0, 0.95, TRIALS)),
        manner=np.arange(TRIALS) % 3,
    )
    return trials, character(courses(trials, samples, fs=fs, rng=rng), fs=fs)


def character(lines: Array, *, fs: float) -> Array:
    """Pace, trend and rest of each line, scaled so that a step of one is a clear difference.

    Pace is the time until the autocorrelation of the detrended line falls to 1/e, in octaves; trend
    the share of variance a straight line explains, in thirds; rest the share of time in which the
    hand came less than 2 % of its range in 2 s, in fifths. Shape (tellers, 3).
    """
    lines = squarable(lines)
    here = np.isfinite(lines)
    n = np.maximum(here.sum(axis=1, keepdims=True), 1)
    t = np.where(here, np.arange(lines.shape[1], dtype=np.float64), 0.0)
    x = np.where(here, lines, 0.0)
    t = np.where(here, t - t.sum(axis=1, keepdims=True) / n, 0.0)
    x = np.where(here, x - x.sum(axis=1, keepdims=True) / n, 0.0)
    tt, xx = np.sum(t * t, axis=1, keepdims=True), np.sum(x * x, axis=1, keepdims=True)
    tx = np.sum(t * x, axis=1, keepdims=True)
    straight = tx / np.maximum(tt, 1e-300)
    trend = (tx * straight / np.maximum(xx, 1e-300))[:, 0]
    rho = autocorrelation(np.where(here, x - straight * t, np.nan), max(lines.shape[1] // 2, 1))
    below = ~(rho > np.exp(-1))
    pace = np.where(below.any(axis=1), np.argmax(below, axis=1), rho.shape[1]) / fs
    came = np.abs(changes(lines, fs=fs))
    known = np.isfinite(came)
    # A move of just two percent is one, however the line was scaled and its numbers rounded.
    still = known & (came < 0.02 * (1 - 1e-9) * reach(lines)[:, None])
    rest = still.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.stack([np.log2(np.maximum(pace, 0.25)), 3 * trend, 5 * rest], axis=1)


def courses(of: Settings, samples: int, *, fs: float, rng: np.random.Generator) -> Array:
    """Courses of mean 0 and variance 1, shape (tellers, samples)."""
    made = np.empty((len(of.tau_s), samples))
    wander, glide, lazy = (of.manner == manner for manner in range(3))
    made[wander] = wandering(of.tau_s[wander] * fs, samples, rng)
    made[glide] = gliding(of.tau_s[glide] * fs, samples, fs=fs, rng=rng)
    made[lazy] = lagging(wandering(of.tau_s[lazy] * fs, samples, rng), fs=fs, rng=rng)
    made = standard(made)
    slope = np.linspace(-1, 1, samples) * np.sqrt(3) * rng.choice([-1.0, 1.0], len(made))[:, None]
    share = of.trend[:, None]
    return standard(np.sqrt(1 - share) * made + np.sqrt(share) * slope)


def wandering(tau: Array, samples: int, rng: np.random.Generator) -> Array:
    """Ornstein-Uhlenbeck courses with time constants in samples, shape (tellers, samples)."""
    keep = np.exp(-1 / tau)
    push = np.sqrt(1 - keep**2)
    course = rng.normal(size=(samples, len(tau)))
    course[1:] *= push
    for i in range(1, samples):
        course[i] += keep * course[i - 1]
    return course.T


def gliding(tau: Array, samples: int, *, fs: float, rng: np.random.Generator) -> Array:
    """Hold, then glide to another level within a second or three, and hold again."""
    moves = rng.random((samples, len(tau))) < 1 / tau
    aims = rng.normal(size=(samples, len(tau)))
    speed = 2 / (rng.uniform(0.5, 3.0, len(tau)) * fs)
    aim = aims[0]
    at = aim.copy()
    course = np.empty((samples, len(tau)))
    for i in range(samples):
        aim = np.where(moves[i], aims[i], aim)
        at = at + np.clip(aim - at, -speed, speed)
        course[i] = at
    return course.T


def lagging(moods: Array, *, fs: float, rng: np.random.Generator) -> Array:
    """A thumb that lets a mood run ahead, then catches up with it, and rests again."""
    patience = rng.uniform(0.1, 1.0, len(moods))
    speed = 2 / (rng.uniform(0.5, 3.0, len(moods)) * fs)
    at, moves = moods[:, 0], np.zeros(len(moods), dtype=bool)
    course = np.empty_like(moods)
    for i in range(moods.shape[1]):
        away = moods[:, i] - at
        moves = np.abs(away) > np.where(moves, 0.1 * patience, patience)
        at = at + np.where(moves, np.clip(away, -speed, speed), 0.0)
        course[:, i] = at
    return course


def standard(rows: Array) -> Array:
    """Rows of mean 0 and variance 1, shape (..., samples); a flat row is 0."""
    about = rows - rows.mean(axis=-1, keepdims=True)
    spread = about.std(axis=-1, keepdims=True)
    unit: Array = about / np.where(spread > 1e-9, spread, 1.0)
    return unit
