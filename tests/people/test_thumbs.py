"""Simulated thumbs: late as asked, close as asked, never faster than a thumb, the same for the same seed."""

import numpy as np
import pytest

from stories import synchrony
from stories.people import thumbs

FS = 4


def company(*, coupling: float, lag_s: float, seeds: int = 40) -> synchrony.Array:
    """The best r and its lag of one listener in each of many rooms, shape (2, rooms)."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        told = thumbs.course(120, fs=FS, rng=rng)
        heard = thumbs.listener(told, fs=FS, coupling=coupling, lag_s=lag_s, rng=rng)
        levels = synchrony.coupling(told, heard[None], fs=FS).levels
        found.append((levels.r[0], levels.lag_free_s[0]))
    return np.array(found).T


@pytest.mark.parametrize("lag_s", [0.5, 1.5, 3.0])
def test_listeners_are_as_late_as_asked(lag_s: float) -> None:
    _, lags = company(coupling=0.9, lag_s=lag_s)

    assert np.median(lags) == pytest.approx(lag_s, abs=0.15)


@pytest.mark.parametrize("coupling", [0.3, 0.6, 0.9])
def test_listeners_follow_as_closely_as_asked(coupling: float) -> None:
    r, _ = company(coupling=coupling, lag_s=1.5)

    assert np.median(r) == pytest.approx(coupling, abs=0.1)


def test_a_thumb_rests_and_never_jumps() -> None:
    rng = np.random.default_rng(1)
    told = thumbs.course(120, fs=FS, rng=rng)

    line = thumbs.listener(told, fs=FS, coupling=0.6, lag_s=1.5, rng=rng)

    steps = np.abs(np.diff(line))
    assert steps.max() <= thumbs.SLEW_PER_S / FS + 1
    assert np.mean(steps == 0) > 0.3
    assert line.min() >= 0
    assert line.max() <= 1000


def test_the_same_seed_is_the_same_evening() -> None:
    lines = [
        thumbs.listener(
            thumbs.course(60, fs=FS, rng=np.random.default_rng(7)),
            fs=FS,
            coupling=0.6,
            lag_s=1.5,
            rng=np.random.default_rng(8),
        )
        for _ in range(2)
    ]

    assert np.array_equal(*lines)


def test_a_listener_of_a_silent_teller_keeps_a_mind_of_its_own() -> None:
    flat = np.full(400, 500.0)

    line = thumbs.listener(flat, fs=FS, coupling=0.5, lag_s=1.5, rng=np.random.default_rng(2))

    assert np.ptp(line) > 100
