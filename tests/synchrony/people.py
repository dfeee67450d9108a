"""The study's simulated people, one room at a time, as tests like to call them."""

import numpy as np

from stories.synchrony.simulate import standard, wandering
from stories.synchrony.validity.people import FS, on_scale, rooms

__all__ = ["FS", "drift", "on_scale", "standard", "taps", "thumbs", "wander"]


def wander(rng, seconds, *, tau_s=5.0, rows=1):
    """Ornstein-Uhlenbeck courses of unit variance, shape (rows, samples)."""
    return standard(wandering(np.full(rows, tau_s * FS), seconds * FS, rng))


def drift(rng, seconds):
    """A course with a story-long trend of its own."""
    slope = rng.choice([-2.0, 2.0]) * np.linspace(-1, 1, seconds * FS)
    return standard(wander(rng, seconds, tau_s=8)[0] + slope)


def thumbs(rng, driver, *, listeners, r):
    """Hands that follow a driver with about this r: 0.5..2.5 s late, at limited speed, resting often."""
    return rooms(driver[None], listeners=listeners, r=r, rng=rng)[0]


def taps(rng, count, seconds):
    """Tap times of a teller: the first after a second, then at uneven distances."""
    gaps = rng.dirichlet(np.full(count, 6.0)) * (seconds - 2)
    return np.concatenate([[1.0], 1 + np.cumsum(gaps)[:-1]])
