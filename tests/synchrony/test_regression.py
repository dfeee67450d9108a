"""The regression explains what follows, not what merely fits."""

from pathlib import Path

import numpy as np
import pytest

from stories.synchrony import changes
from stories.synchrony.regression import _complete, _cross_validated, _kernel_shapes, lagged_regression
from tests.synchrony.people import FS, drift, on_scale, thumbs, wander

PEERS = np.load(Path(__file__).parent / "data" / "more_peers.npz")


def of(name):
    return PEERS[f"{name}_teller"], PEERS[f"{name}_listeners"]


def test_strangers_are_explained_in_sample_and_not_out_of_it():
    teller, listeners = of("s03_null_ar1")

    free = [lagged_regression(teller, row, fs=4, bases=None, ridge=0) for row in listeners]
    few = [lagged_regression(teller, row, fs=4) for row in listeners]

    assert max(fit.r2_fit for fit in free) > 0.15
    assert np.mean([fit.r2_fit for fit in free]) > 0.07
    assert np.median([fit.r2 for fit in free]) < 0
    assert np.median([fit.r2 for fit in few]) < 0
    assert max(fit.r2 for fit in few) < 0.1
    assert [np.isnan(fit.peak_lag_s) for fit in few] == [fit.r2 <= 0 for fit in few]


def test_strangers_simulated_afresh_are_not_explained():
    rng = np.random.default_rng(1)
    r2 = []
    for _ in range(40):
        teller, driver = wander(rng, 180)[0], wander(rng, 180)[0]
        r2.append(lagged_regression(teller, thumbs(rng, driver, listeners=1, r=0.8)[0], fs=FS).r2)

    assert np.mean(r2) < 0
    assert np.quantile(r2, 0.9) < 0.1


def test_drifting_strangers_are_explained_on_levels_and_not_on_changes():
    """The limit the docstring warns of: no cross-validation within one story sees through its trend."""
    rng = np.random.default_rng(10)
    levels, moves = [], []
    for _ in range(20):
        teller, ben = on_scale(drift(rng, 180)), thumbs(rng, drift(rng, 180), listeners=1, r=0.8)[0]
        levels.append(lagged_regression(teller, ben, fs=FS).r2)
        moves.append(lagged_regression(changes(teller, fs=FS), changes(ben, fs=FS), fs=FS).r2)

    assert np.quantile(levels, 0.9) > 0.3
    assert np.quantile(moves, 0.9) < 0.05


@pytest.mark.parametrize("lag", [-12, -6, 0, 6, 12])
def test_peak_lies_at_the_true_lag(lag):
    rng = np.random.default_rng(2)
    course = wander(rng, 320)[0]
    teller = on_scale(course[40:-40])
    ben = on_scale(course[40 - lag : len(course) - 40 - lag] + 0.4 * wander(rng, 300)[0])

    fit = lagged_regression(teller, ben, fs=FS)

    assert fit.r2 > 0.6
    assert abs(fit.peak_lag_s - lag / FS) <= 1.0


def test_an_inverted_hand_is_explained_as_well_with_the_same_lag():
    teller, listeners = of("s02_lagsweep")

    fit = lagged_regression(teller, listeners[4], fs=4)
    inverted = lagged_regression(teller, 1 - listeners[4], fs=4)

    np.testing.assert_allclose(inverted.r2, fit.r2)
    np.testing.assert_allclose(inverted.weights, -fit.weights, atol=1e-12)
    assert inverted.peak_lag_s == fit.peak_lag_s > 0


def test_another_scale_of_teller_or_listener_changes_no_r2():
    teller, listeners = of("s11_anticipate")

    fit = lagged_regression(teller, listeners[0], fs=4)
    scaled = lagged_regression(200 * teller - 7, 3 * listeners[0] + 100, fs=4)

    np.testing.assert_allclose([scaled.r2, scaled.r2_fit], [fit.r2, fit.r2_fit])
    assert scaled.peak_lag_s == fit.peak_lag_s
    np.testing.assert_allclose(scaled.weights, fit.weights * 3 / 200)


def test_a_block_is_predicted_from_time_more_than_a_span_away():
    """The slow way: fit on what is far enough, predict the block, add up."""
    rng = np.random.default_rng(3)
    teller = wander(rng, 120)[0]
    ben = teller + wander(rng, 120)[0]
    ben[100:130] = np.nan
    lags, shapes = _kernel_shapes(6.0, 5, fs=FS)
    design, answer, at = _complete(teller, ben, lags, shapes)

    got = lagged_regression(teller, ben, fs=FS, ridge=0).r2

    missed = baseline = 0.0
    for block in np.array_split(np.arange(len(at)), 5):
        far = [i for i in range(len(at)) if all(abs(at[i] - at[j]) > 24 for j in block)]
        ones = np.column_stack([np.ones(len(at)), design])
        beta = np.linalg.lstsq(ones[far], answer[far], rcond=None)[0]
        missed += np.sum((answer[block] - ones[block] @ beta) ** 2)
        baseline += np.sum((answer[block] - answer[far].mean()) ** 2)
    np.testing.assert_allclose(got, 1 - missed / baseline, atol=1e-9)


def test_neighbours_would_leak_without_the_gap():
    """Where the listener is all noise but slow, a block's neighbours know it; a gap keeps them silent."""
    rng = np.random.default_rng(4)
    t = np.arange(480)
    teller = np.sin(t / 480 * 25)
    clock = np.cumsum(rng.normal(size=480))
    lags, shapes = _kernel_shapes(6.0, 5, fs=FS)
    design, answer, at = _complete(teller, clock, lags, shapes)
    blocks = len(at) // 4

    leaking = _cross_validated(design, answer, at, folds=blocks, gap=0, ridge=0.0)
    held = _cross_validated(design, answer, at, folds=blocks, gap=24, ridge=0.0)

    assert leaking > held


def test_samples_without_a_whole_span_are_left_out():
    teller, ben = wander(np.random.default_rng(5), 120, rows=2)
    whole = lagged_regression(teller, ben, fs=FS)
    teller[200] = np.nan
    ben[300:310] = np.nan

    fit = lagged_regression(teller, ben, fs=FS)

    assert whole.n == 480 - 2 * 24
    assert fit.n == whole.n - 49 - 10


def test_ridge_shrinks_the_kernel():
    teller, listeners = of("s02_lagsweep")

    size = [
        np.abs(lagged_regression(teller, listeners[3], fs=4, ridge=r).weights).sum() for r in (0, 0.1, 10)
    ]

    assert size[0] > size[1] > size[2]


def test_changes_may_be_given_instead_of_levels():
    teller, listeners = of("s02_lagsweep")

    fit = lagged_regression(changes(teller, fs=4), changes(listeners[4], fs=4), fs=4)

    assert fit.reason is None
    assert fit.r2 > 0.5
    assert abs(fit.peak_lag_s - 2) <= 0.75


@pytest.mark.parametrize(
    ("listener", "reason"),
    [
        (np.full(480, 500.0), "constant"),
        (np.full(480, np.nan), "low_coverage"),
        (np.where(np.arange(480) < 240, 500.0, 700.0), "few_moves"),
    ],
)
def test_no_reading_has_a_reason(listener, reason):
    teller = wander(np.random.default_rng(6), 120)[0]

    fit = lagged_regression(teller, listener, fs=FS)

    assert fit.reason == reason
    assert np.isnan([fit.r2, fit.r2_fit, fit.peak_lag_s, fit.intercept, *fit.weights]).all()
    assert fit.as_json()["r2"] is None


def test_forty_seconds_are_too_short_for_five_blocks_with_gaps():
    teller, ben = wander(np.random.default_rng(7), 42, rows=2)

    assert lagged_regression(teller[:160], ben[:160], fs=FS).reason == "too_short"
    assert lagged_regression(teller, ben, fs=FS).reason is None


def test_a_story_without_a_teller_says_so():
    ben = wander(np.random.default_rng(8), 60)[0]

    assert lagged_regression(np.full(240, np.nan), ben, fs=FS).reason == "no_teller_line"
    assert lagged_regression(np.full(240, 3.0), ben, fs=FS).reason == "no_teller_movement"


def test_settings_that_make_no_sense_are_quoted():
    teller, ben = wander(np.random.default_rng(9), 60, rows=2)

    with pytest.raises(ValueError, match=r"got 1, 5, 0\.1"):
        lagged_regression(teller, ben, fs=FS, folds=1)
    with pytest.raises(ValueError, match="9 bases need span_s"):
        lagged_regression(teller, ben, fs=FS, span_s=1, bases=9)
    with pytest.raises(ValueError, match="need one listener, got 2"):
        lagged_regression(teller, [ben, ben], fs=FS)
