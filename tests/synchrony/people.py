"""Simulated rooms: drivers that wander like a story, and thumbs that follow late, slowly and in jumps."""

import numpy as np

FS = 4


def standard(x):
    return (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)


def wander(rng, seconds, *, tau_s=5.0, rows=1):
    """Ornstein-Uhlenbeck courses of unit variance, shape (rows, samples)."""
    keep = np.exp(-1 / (tau_s * FS))
    noise = rng.normal(size=(seconds * FS, rows))
    at, course = noise[0], []
    for push in noise:
        at = keep * at + np.sqrt(1 - keep**2) * push
        course.append(at)
    return standard(np.array(course).T)


def drift(rng, seconds):
    """A course with a story-long trend of its own."""
    slope = rng.choice([-2.0, 2.0]) * np.linspace(-1, 1, seconds * FS)
    return standard(wander(rng, seconds, tau_s=8)[0] + slope)


def on_scale(x):
    return np.clip(np.rint(500 + 180 * x), 0, 1000)


def thumbs(rng, driver, *, listeners, r):
    """Hands that follow a driver with about this r: 0.5..2.5 s late, at limited speed, resting often."""
    samples = len(driver)
    own = wander(rng, samples // FS, tau_s=12, rows=listeners)
    late = (rng.uniform(0.5, 2.5, listeners) * FS).astype(int)
    heard = driver[np.maximum(np.arange(samples) - late[:, None], 0)]
    felt = r * heard + np.sqrt(1 - r * r) * own
    at, moving = np.zeros(listeners), np.zeros(listeners, dtype=bool)
    speed = rng.uniform(0.6, 2.4, listeners) / FS
    traces = np.empty((listeners, samples))
    for i in range(samples):
        away = felt[:, i] - at
        moving = np.abs(away) > np.where(moving, 0.1, 0.45)
        at = at + np.where(moving, np.clip(away, -speed, speed), 0)
        traces[:, i] = at
    return on_scale(traces)


def taps(rng, count, seconds):
    """Tap times of a teller: the first after a second, then at uneven distances."""
    gaps = rng.dirichlet(np.full(count, 6.0)) * (seconds - 2)
    return np.concatenate([[1.0], 1 + np.cumsum(gaps)[:-1]])
