"""Simulated people: courses of feeling, tellers who report one, and thumbs that follow late and slowly."""

from __future__ import annotations

from typing import Final

import numpy as np

from stories.synchrony.signals import Array, teller_line
from stories.synchrony.simulate import gliding, standard, wandering

FS: Final = 4
KINDS: Final = ("white", "ou5", "ou30", "slider", "trend", "walk")


def driver(kind: str, seconds: float, count: int, rng: np.random.Generator) -> Array:
    """Courses of feeling as a dial would report them, integers 0..1000, shape (count, samples).

    white: noise without memory. ou5, ou30: Ornstein-Uhlenbeck with that time constant in seconds.
    slider: rests, then glides. trend: wanders (8 s) about a straight line with three quarters of
    the variance. walk: a random walk.
    """
    return on_scale(course(kind, seconds, count, rng))


def course(kind: str, seconds: float, count: int, rng: np.random.Generator) -> Array:
    """The same before anybody reports it; the stationary kinds come from one process of one variance."""
    samples = round(seconds * FS)
    if kind == "white":
        return rng.normal(size=(count, samples))
    if kind in ("ou5", "ou30"):
        return wandering(np.full(count, float(kind[2:]) * FS), samples, rng)
    if kind == "slider":
        return gliding(np.full(count, 8.0 * FS), samples, fs=FS, rng=rng)
    if kind == "trend":
        slope = np.linspace(-2, 2, samples) * rng.choice([-1.0, 1.0], (count, 1))
        return standard(wandering(np.full(count, 8.0 * FS), samples, rng)) + slope
    if kind == "walk":
        return np.cumsum(rng.normal(size=(count, samples)), axis=1)
    raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")


def rooms(drivers: Array, *, listeners: int, r: float, rng: np.random.Generator) -> Array:
    """Rooms of thumbs, each room following its own driver: shape (rooms, listeners, samples).

    What a thumb is after is the driver, 0.5..2.5 s late (each thumb by its own delay), with weight
    ``r``, and an own wandering (12 s) with weight √(1 - r²). The thumb goes there at limited speed
    and rests within a dead zone, so the r that can be measured is lower.
    """
    count, samples = drivers.shape
    late = np.rint(rng.uniform(0.5, 2.5, (count, listeners)) * FS).astype(np.intp)
    at = np.maximum(np.arange(samples) - late[:, :, None], 0)
    heard = np.take_along_axis(standard(drivers)[:, None, :], at, axis=2)
    own = wandering(np.full(count * listeners, 12.0 * FS), samples, rng).reshape(heard.shape)
    felt = r * heard + np.sqrt(1 - r * r) * standard(own)
    return hands(felt.reshape(-1, samples), rng=rng).reshape(heard.shape)


def hands(felt: Array, *, rng: np.random.Generator) -> Array:
    """Thumbs that are after what is felt, integers 0..1000, shape (hands, samples)."""
    speed = rng.uniform(0.6, 2.4, len(felt)) / FS
    at, moving = np.zeros(len(felt)), np.zeros(len(felt), dtype=bool)
    traces = np.empty_like(felt)
    for i in range(felt.shape[1]):
        away = felt[:, i] - at
        moving = np.abs(away) > np.where(moving, 0.1, 0.45)
        at = at + np.where(moving, np.clip(away, -speed, speed), 0.0)
        traces[:, i] = at
    return np.clip(np.rint(500 + 180 * traces), 0, 1000)


def taps(count: int, seconds: float, manner: str, rng: np.random.Generator) -> Array:
    """When a teller taps, shape (count,): a second after the start, then evenly, unevenly, or in bunches."""
    how_even = {"even": 60.0, "uneven": 6.0, "bunched": 1.5}[manner]
    gaps = 3.0 + rng.dirichlet(np.full(count, how_even)) * (seconds - 2 - 3.0 * count)
    return np.concatenate([[1.0], 1.0 + np.cumsum(gaps)[:-1]])


def stepwise(at: Array, levels: Array, seconds: float) -> Array:
    """The line of taps and levels over a whole story, shape (samples,)."""
    return teller_line(at.tolist(), levels.tolist(), fs=FS, n=round(seconds * FS))


def on_scale(courses: Array) -> Array:
    """Courses as integers 0..1000, about the middle."""
    lines: Array = np.clip(np.rint(500 + 180 * standard(courses)), 0, 1000)
    return lines
