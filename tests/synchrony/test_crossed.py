"""Crowds: every listener reads as if alone, in memory that does not grow with their number."""

import tracemalloc

import numpy as np
import pytest

from stories.synchrony import changes, isc, live_score, windowed_coupling
from stories.synchrony.crossed import highest_r
from stories.synchrony.signals import chunks
from tests.synchrony.people import FS, on_scale, wander

nan = np.nan


def slow_r(x, y):
    both = np.isfinite(x) & np.isfinite(y)
    return np.corrcoef(x[both], y[both])[0, 1]


def slow_highest(teller, listener, most):
    x, y = changes(teller, fs=FS), changes(listener, fs=FS)
    return max(slow_r(x[: len(x) - k], y[k:]) for k in range(most + 1))


@pytest.mark.parametrize("holes", ["none", "of listeners", "of tellers", "of both"])
def test_highest_r_equals_the_slow_loop(holes):
    rng = np.random.default_rng(1)
    tellers, listeners = (on_scale(wander(rng, 60, rows=rows)) for rows in (4, 6))
    if holes in ("of listeners", "of both"):
        listeners[1, 30:50], listeners[2, ::7], listeners[4, 30:50] = nan, nan, nan
    if holes in ("of tellers", "of both"):
        tellers[0, 100:120], tellers[2, 100:120], tellers[3, :33] = nan, nan, nan

    found = highest_r(tellers, listeners, fs=FS, max_lag_s=3)

    slow = [[slow_highest(teller, listener, 12) for listener in listeners] for teller in tellers]
    np.testing.assert_allclose(found, slow, atol=1e-10)


def test_highest_r_is_undefined_where_nobody_moves_or_nobody_is_there():
    rng = np.random.default_rng(2)
    tellers = np.vstack([on_scale(wander(rng, 30)), np.full((1, 120), 300.0)])
    listeners = np.vstack([on_scale(wander(rng, 30)), np.full((1, 120), 500.0), np.full((1, 120), nan)])

    found = highest_r(tellers, listeners, fs=FS, max_lag_s=5)

    np.testing.assert_array_equal(np.isnan(found), [[False, True, True], [True, True, True]])


def test_highest_r_has_no_lag_beyond_a_short_story():
    found = highest_r(np.zeros((2, 12)), np.zeros((3, 12)), fs=FS, max_lag_s=5)

    assert np.isnan(found).all()
    assert found.shape == (2, 3)


@pytest.mark.parametrize(("rows", "samples"), [(1, 7), (10, 7), (11, 30), (3, 1000), (0, 5)])
def test_chunks_hold_every_row_once_and_no_more_than_asked(rows, samples):
    crowd = np.zeros((rows, samples))

    parts = [np.arange(rows)[some] for some in chunks(crowd, size=100)]

    assert [row for part in parts for row in part] == list(range(rows))
    assert all(0 < len(part) <= max(1, 100 // samples) for part in parts)


def test_a_listener_in_a_crowd_has_the_live_score_of_the_listener_alone():
    rng = np.random.default_rng(3)
    driver = wander(rng, 300)
    teller, rows = on_scale(driver[0]), on_scale(0.5 * driver + 0.8 * wander(rng, 300, rows=900))
    rows[::3, 200:260] = nan

    crowd = live_score(teller, rows, fs=FS)

    for row in (0, 1, 435, 436, 437, 899):
        alone = live_score(teller, rows[row], fs=FS)
        assert (crowd.z[row], crowd.score[row]) == (alone.z[0], alone.score[0])


def test_isc_of_two_is_their_correlation_even_if_one_is_a_dwarf():
    x, y = wander(np.random.default_rng(4), 60, rows=2)

    r = isc([1e3 * x, 1e-3 * y])

    np.testing.assert_allclose(r, [slow_r(x, y)] * 2, atol=1e-8)


def peak_bytes(work):
    """The most memory NumPy held for this beyond what was there before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("gaps", [False, True])
def test_a_crowd_four_times_as_large_needs_no_more_memory(gaps):
    rng = np.random.default_rng(5)
    teller, rows = rng.integers(0, 1000, 2400) + 0.0, rng.integers(0, 1000, (1600, 2400)) + 0.0
    if gaps:
        rows[::3, 500:700] = nan

    def windowed(n):
        found = windowed_coupling(teller, rows[:n], fs=FS, step_s=60, max_lag_s=1)
        return found.nbytes

    used = [(peak_bytes(lambda n=n: isc(rows[:n])), peak_bytes(lambda n=n: windowed(n))) for n in (400, 1600)]

    (isc_few, windowed_few), (isc_many, windowed_many) = used
    assert isc_many < 1.1 * isc_few
    assert windowed_many - windowed(1600) < 1.1 * windowed_few
