"""The usual methods are computed as SciPy and plain loops compute them; else the comparison is a straw man."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, special, stats

from stories.synchrony import effective_samples, phase_randomized
from stories.synchrony.validity import usual as methods
from stories.synchrony.validity.usual import METHODS, incomplete_beta, p_of_r, unit, usual_p
from tests.synchrony.people import FS, on_scale, wander


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(1)
    return on_scale(wander(rng, 120)[0]), on_scale(wander(rng, 120, rows=3))


@pytest.fixture(scope="module")
def usual(pair):
    return usual_p(*pair, fs=FS, rng=np.random.default_rng(2))


@given(st.floats(0.5, 1500), st.floats(0.5, 1500), st.floats(0, 1))
def test_the_incomplete_beta_is_scipys(a, b, x):
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), abs=1e-10)


def test_the_textbook_p_is_scipys(pair, usual):
    teller, rows = pair

    expected = [stats.pearsonr(row, teller, alternative="greater").pvalue for row in rows]

    np.testing.assert_allclose(usual["pearson"], expected, rtol=1e-9)


@pytest.mark.parametrize("lag", [0, 7, 20])
def test_the_best_lag_is_taken_as_if_it_had_been_known(lag):
    rng = np.random.default_rng(3)
    teller = rng.normal(size=480)
    late = np.concatenate([rng.normal(size=lag), teller[: 480 - lag]]) + rng.normal(size=480)

    p = usual_p(teller, late, fs=FS, rng=rng)["pearson_best_lag"]

    expected = stats.pearsonr(late[lag:], teller[: 480 - lag], alternative="greater").pvalue
    np.testing.assert_allclose(p, [expected], rtol=1e-9)


def test_fewer_samples_are_taken_for_fewer(pair, usual):
    teller, rows = pair
    r = np.array([np.corrcoef(row, teller)[0, 1] for row in rows])
    free = effective_samples(teller, rows) - 2

    expected = stats.t.sf(r * np.sqrt(free / (1 - r * r)), free)

    np.testing.assert_allclose(usual["pearson_n_eff"], expected, rtol=1e-9)


def test_without_a_degree_of_freedom_nothing_is_known():
    assert p_of_r(np.array([0.9, -0.9]), [2, 1]).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("trend", [False, True])
def test_circular_shifts_are_counted_one_by_one(pair, usual, trend):
    teller, rows = pair
    if trend:
        teller, rows = signal.detrend(teller), signal.detrend(rows)

    expected = []
    for row in rows:
        r0 = np.corrcoef(teller, row)[0, 1]
        turned = [np.corrcoef(np.roll(teller, k), row)[0, 1] for k in range(40, 480 - 40 + 1)]
        expected.append((sum(r >= r0 - 1e-12 for r in turned) + 1) / (len(turned) + 1))

    np.testing.assert_allclose(usual["detrended_circular" if trend else "circular"], expected)


@pytest.mark.parametrize("samples", [480, 481])
def test_turning_phases_in_the_spectrum_is_turning_them_in_time(samples):
    rng = np.random.default_rng(4)
    teller, row = rng.normal(size=samples).cumsum(), rng.normal(size=samples).cumsum()
    phases = rng.uniform(0, 2 * np.pi, (19, (samples - 1) // 2))
    spectrum = np.fft.rfft(teller)
    spectra = np.tile(spectrum, (19, 1))
    spectra[:, 1 : 1 + phases.shape[1]] *= np.exp(1j * phases)
    copies = np.fft.irfft(spectra, samples, axis=1)

    p = methods.phase_p(unit(teller), unit(row)[None], np.exp(1j * phases))

    r0 = np.corrcoef(teller, row)[0, 1]
    beyond = sum(np.corrcoef(copy, row)[0, 1] >= r0 for copy in copies)
    np.testing.assert_allclose(p, [(beyond + 1) / 20])


def test_the_phase_test_agrees_with_the_engines_own_surrogates(pair):
    teller, rows = pair
    copies = phase_randomized(teller, draws=4000, rng=np.random.default_rng(5))
    expected = [np.mean(unit(copies) @ unit(row) >= unit(row) @ unit(teller)) for row in rows]

    p = usual_p(teller, rows, fs=FS, rng=np.random.default_rng(6), draws=4000)["phase"]

    np.testing.assert_allclose(p, expected, atol=3 * np.sqrt(2 * 0.25 / 4000))


def test_one_order_of_four_segments_in_twenty_four_is_the_own():
    teller = np.repeat([1.0, 2.0, 3.0, 4.0], 30 * FS) + np.linspace(0, 0.1, 120 * FS)

    p = usual_p(teller, teller, fs=FS, rng=np.random.default_rng(7), draws=4799)["segments"]

    np.testing.assert_allclose(p, [1 / 24], atol=0.01)


def test_on_independent_noise_every_method_keeps_its_promise():
    rng = np.random.default_rng(8)
    runs = 300

    p = [usual_p(rng.normal(size=480), rng.normal(size=480), fs=FS, rng=rng) for _ in range(runs)]

    most = stats.binom.isf(1e-4, runs, 0.05)
    wrong = {name: sum(bool(one[name][0] <= 0.05) for one in p) for name in METHODS}
    # Taking the best of 21 lags is the one mistake that noise without memory already punishes.
    assert wrong.pop("pearson_best_lag") > 3 * most
    assert max(wrong.values()) <= most


def test_on_slow_hands_the_textbook_p_does_not():
    rng = np.random.default_rng(9)
    runs = 100

    wrong = sum(
        bool(usual_p(*wander(rng, 120, tau_s=30, rows=2), fs=FS, rng=rng)["pearson"][0] <= 0.05)
        for _ in range(runs)
    )

    assert wrong > 30
