"""The masked matrix products against loops that anyone can read, and the laws any r obeys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stories.synchrony import (
    concordance,
    coupling,
    effective_samples,
    lag_profile,
    pearson,
    windowed_coupling,
)
from stories.synchrony.correlation import autocorrelation
from tests.synchrony.people import FS, on_scale, thumbs, wander

seeds = st.integers(0, 2**32 - 1)


def room(seed, *, seconds=60, listeners=4, gaps=0.1):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    teller, rows = on_scale(driver), thumbs(rng, driver, listeners=listeners, r=0.6)
    rows[rng.random(rows.shape) < gaps] = np.nan
    teller[rng.random(teller.shape) < gaps] = np.nan
    return teller, rows


def slow_r(x, y):
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 3 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return np.nan
    return stats.pearsonr(x[both], y[both])[0]


def slow_profile(teller, rows, most):
    lags = range(-most, most + 1)
    out = np.full((len(rows), len(lags)), np.nan)
    for i, row in enumerate(rows):
        for j, lag in enumerate(lags):
            heard = range(max(0, -lag), min(len(teller), len(teller) - lag))
            out[i, j] = slow_r(np.array([teller[t] for t in heard]), np.array([row[t + lag] for t in heard]))
    return out


def test_lag_profile_equals_the_slow_loop_on_traces_with_gaps():
    teller, rows = room(1)

    lags, r = lag_profile(teller, rows, fs=FS)

    np.testing.assert_array_equal(lags, np.arange(-20, 21) / 4)
    np.testing.assert_allclose(r, slow_profile(teller, rows, 20), atol=1e-10)


def test_lag_profile_is_exact_on_whole_numbers():
    """Shuffling the order of summation must not move a single bit."""
    teller, rows = room(2, listeners=1)
    many = np.repeat(rows, 17, axis=0)

    one, all_ = lag_profile(teller, rows, fs=FS)[1], lag_profile(teller, many, fs=FS)[1]
    backwards = lag_profile(teller[::-1], rows[:, ::-1], fs=FS)[1][:, ::-1]

    np.testing.assert_array_equal(all_, np.repeat(one, 17, axis=0))
    np.testing.assert_array_equal(backwards, one)


def test_a_listener_who_follows_has_a_positive_lag():
    teller = on_scale(wander(np.random.default_rng(3), 60)[0])
    late = np.full_like(teller, np.nan)
    late[6:] = teller[:-6]

    lags, r = lag_profile(teller, late, fs=FS)

    assert lags[np.nanargmax(r[0])] == 1.5
    assert np.nanmax(r[0]) == pytest.approx(1, abs=1e-12)


@given(seeds, st.floats(0.05, 20), st.floats(-500, 500))
@settings(max_examples=30, deadline=None)
def test_r_does_not_depend_on_units(seed, gain, offset):
    teller, rows = room(seed)

    before, after = lag_profile(teller, rows, fs=FS)[1], lag_profile(teller, offset + gain * rows, fs=FS)[1]

    np.testing.assert_allclose(after, before, atol=1e-9)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_an_inverted_hand_changes_only_the_sign(seed):
    teller, rows = room(seed)

    r = lag_profile(teller, rows, fs=FS)[1]

    np.testing.assert_array_equal(lag_profile(teller, 1000 - rows, fs=FS)[1], -r)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_listeners_do_not_depend_on_their_order_or_on_silence_around(seed):
    teller, rows = room(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    silence = np.full(40, np.nan)

    here = coupling(teller, rows, fs=FS)
    shuffled = coupling(teller, rows[order], fs=FS)
    later = coupling(
        np.concatenate([silence, teller]), np.column_stack([np.tile(silence, (len(rows), 1)), rows]), fs=FS
    )

    np.testing.assert_array_equal(shuffled.levels.r, here.levels.r[order])
    np.testing.assert_array_equal(shuffled.changes.lag_s, here.changes.lag_s[order])
    np.testing.assert_array_equal(later.levels.r, here.levels.r)
    assert later.reason == here.reason


def test_pearson_and_concordance_equal_their_formulae():
    x, y = room(5, listeners=1)
    both = np.isfinite(x) & np.isfinite(y[0])
    a, b = x[both], y[0][both]

    assert pearson(x, y[0]) == pytest.approx(stats.pearsonr(a, b)[0], abs=1e-12)
    cov = np.mean((a - a.mean()) * (b - b.mean()))
    assert concordance(x, y[0]) == pytest.approx(
        2 * cov / (a.var() + b.var() + (a.mean() - b.mean()) ** 2), abs=1e-12
    )


@pytest.mark.parametrize(
    ("x", "y"), [([1, 2, 3], [4, 4, 4]), ([1, 2], [3, 4]), ([np.nan] * 4, [1, 2, 3, 4]), ([], [])]
)
def test_undefined_is_nan_never_zero(x, y):
    assert np.isnan(pearson(x, y))
    assert np.isnan(concordance(x, y))


def test_lengths_that_differ_are_refused_with_their_numbers():
    with pytest.raises(ValueError, match="5 samples, listeners have 4"):
        lag_profile(np.arange(5.0), np.ones((2, 4)), fs=4)
    with pytest.raises(ValueError, match=r"\(2, 5\)"):
        lag_profile(np.ones((2, 5)), np.ones((2, 5)), fs=4)


def test_a_short_step_inside_a_fractional_hold_is_not_a_movement():
    """0.3 has no exact binary form; the sums of a held 0.3 must still come to no variance."""
    x = np.concatenate([np.full(500, 0.3), [0.9]])

    assert np.isnan(pearson(x[:-1], np.arange(500)))
    assert lag_profile(np.arange(501.0), x, fs=1, max_lag_s=1)[1].shape == (1, 3)


def slow_effective(x, y):
    n = len(x)

    def rho(v, k):
        v = v - v.mean()
        return np.mean(v[: n - k] * v[k:]) / np.mean(v * v)

    share = 1 + 2 * sum((1 - k / n) * rho(x, k) * rho(y, k) for k in range(1, n // 4 + 1))
    return min(max(n / share, 3), n) if share > 0 else n


def test_effective_samples_equal_the_slow_sum():
    teller, rows = room(7, gaps=0)

    got = effective_samples(teller, rows)

    np.testing.assert_allclose(got, [slow_effective(teller, row) for row in rows], rtol=1e-10)


def test_white_noise_is_worth_nearly_all_its_samples_and_a_slow_hand_few():
    rng = np.random.default_rng(8)
    white, slow = rng.normal(size=(2, 1200)), wander(rng, 300, tau_s=20, rows=2)

    assert effective_samples(white[0], white[1])[0] > 900
    assert 3 <= effective_samples(slow[0], slow[1])[0] < 40


def test_autocorrelation_knows_which_pairs_exist():
    x = wander(np.random.default_rng(9), 100)[0]
    x[100:180] = np.nan
    about = x - np.nanmean(x)

    rho = autocorrelation(x[None], 30)[0]

    slow = [np.nanmean(about[: len(x) - k] * about[k:]) for k in range(31)]
    np.testing.assert_allclose(rho, np.array(slow) / slow[0], atol=1e-10)


def test_windowed_coupling_equals_the_slow_loop():
    teller, rows = room(10, listeners=2)

    r = windowed_coupling(teller, rows, fs=FS, window_s=20, step_s=10, max_lag_s=2)

    assert r.shape == (2, 5, 17)
    for i, window, lag in ((0, 0, 0), (1, 2, 5), (0, 4, -3), (1, 3, -8), (0, 0, -8), (1, 4, 8)):
        first = window * 40
        at = [t for t in range(first, first + 80) if 0 <= t + lag < len(teller)]
        slow = slow_r(teller[at], rows[i][[t + lag for t in at]])
        assert r[i, window, lag + 8] == pytest.approx(slow, abs=1e-10)


def test_the_interval_holds_the_truth_in_nine_of_ten_cases():
    """Textbook Fisher with the number of samples manages one or two in ten on such data."""
    rng = np.random.default_rng(11)
    held = []
    for _ in range(30):
        x = wander(rng, 120, tau_s=15)[0]
        y = 0.6 * x + 0.8 * wander(rng, 120, tau_s=15, rows=20)
        m = coupling(x, y, fs=FS, max_lag_s=0).levels
        held.extend((m.low <= 0.6) & (m.high >= 0.6))

    assert np.mean(held) >= 0.90
