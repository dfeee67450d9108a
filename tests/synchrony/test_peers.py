"""Equality with what established packages compute; see data/ORIGIN.md.

Everything deterministic to 1e-10. Where a definition differs on purpose the test says which way.
"""

from pathlib import Path

import numpy as np
import pytest

from stories.synchrony import (
    Null,
    concordance,
    isc,
    isc_summary,
    lag_profile,
    pairwise_isc,
    pearson,
    surrogate_test,
    windowed_coupling,
)
from stories.synchrony.events import event_synchrony
from stories.synchrony.leading import anticipation
from stories.synchrony.regression import lagged_regression

HERE = Path(__file__).parent / "data"
PEERS = dict(np.load(HERE / "peers.npz")) | dict(np.load(HERE / "more_peers.npz"))
WHOLE = ("s01_coupled", "s02_lagsweep", "s03_null_ar1", "s07_inverted", "s11_anticipate")
SETS = (*WHOLE, "s05_missing")
WCC = tuple(name.removeprefix("wcc_") for name in PEERS if name.startswith("wcc_s"))


def of(name):
    return PEERS[f"{name}_teller"], PEERS[f"{name}_listeners"]


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-10)


def z(r):
    return np.arctanh(r)


@pytest.mark.parametrize("name", SETS)
def test_lag_profile_equals_scipy(name):
    _, r = lag_profile(*of(name), fs=4)

    close(r, PEERS[f"scipy_lags_{name}"])


@pytest.mark.parametrize("name", SETS)
def test_pearson_equals_scipy(name):
    teller, listeners = of(name)

    close([pearson(teller, row) for row in listeners], PEERS[f"scipy_lags_{name}"][:, 20])


@pytest.mark.parametrize("name", SETS)
def test_concordance_equals_its_formula(name):
    teller, listeners = of(name)

    close([concordance(teller, row) for row in listeners], PEERS[f"scipy_ccc_{name}"])


@pytest.mark.parametrize("name", WHOLE)
def test_lag_profile_of_a_padded_trace_equals_ccf(name):
    """R's ccf divides by the whole length and keeps the whole mean; we trim. Zeros for silence make it ours."""
    teller, listeners = of(name)

    _, r = lag_profile(padded(teller), padded(listeners[:4]), fs=4)

    close(r, PEERS[f"r_ccf_{name}"])


def padded(x, by=20):
    about = x - x.mean(axis=-1, keepdims=True)
    return np.pad(about, [(0, 0)] * (about.ndim - 1) + [(by, by)])


@pytest.mark.parametrize("name", WHOLE)
def test_isc_equals_brainiak(name):
    teller, rows = of(name)
    known = "" if name == "s01_coupled" else f"_{name}"

    loo, pairs = isc(rows), pairwise_isc(rows)

    close(loo, PEERS[f"brainiak_loo{known}"])
    close(pairs, PEERS[f"brainiak_pairwise{known}"])
    close(
        [isc_summary(r, statistic=how) for r in (loo, pairs) for how in ("mean", "median")],
        PEERS[f"brainiak_summary{known}"],
    )
    close(isc(np.vstack([teller, rows])), PEERS[f"brainiak_loo_with_teller_{name}"])


def test_isc_with_gaps_equals_brainiak_where_brainiak_answers():
    """brainiak has no answer for a listener with one gap; we take the samples that are there."""
    expected = PEERS["brainiak_loo_gaps"]
    answered = np.isfinite(expected)

    got = isc(PEERS["s05_missing_listeners"])

    assert answered.sum() == 2
    close(got[answered], expected[answered])
    assert np.isfinite(got).sum() == 8


@pytest.mark.parametrize("name", WHOLE)
def test_pairwise_summary_equals_nltools(name):
    pairs = pairwise_isc(of(name)[1])

    got = [isc_summary(pairs, statistic=how) for how in ("mean", "median")]

    close(got, PEERS[f"nltools_pairwise_{name}"])


@pytest.mark.parametrize("name", WHOLE)
def test_unpenalised_regression_on_free_lags_equals_statsmodels(name):
    """In sample, because statsmodels only knows that; what we report first is cross-validated.

    Neighbouring lags are so alike that two exact solvers agree on single weights to nine digits only.
    """
    teller, listeners = of(name)
    expected = PEERS[f"statsmodels_ols_{name}"]

    fits = [lagged_regression(teller, row, fs=4, bases=None, ridge=0) for row in listeners]

    close([fit.r2_fit for fit in fits], expected[:, 0])
    np.testing.assert_allclose(
        [[fit.intercept, *fit.weights] for fit in fits], expected[:, 1:], rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("known", WCC)
def test_windowed_coupling_equals_wcc(known):
    """wcc lets the window lie on the later of the two and needs every lag to fit, so it starts a step later."""
    name, listener = ("s01_coupled", 0) if known == "listener0" else (known[:-2], int(known[-1]))
    teller, row = of(name)[0], of(name)[1][listener]
    expected = PEERS[f"wcc_{known}"]

    leads = windowed_coupling(teller, row, fs=4)[0, 1:54, 20::-1]
    follows = windowed_coupling(row, teller, fs=4)[0, 1:54, :21]

    close(leads, expected[:, 20:])
    close(follows, expected[:, :21])


@pytest.mark.parametrize("name", WHOLE)
def test_windowed_coupling_equals_rmea(name):
    """rMEA lets the window lie on the earlier of the two, and by default takes absolute values."""
    teller, listeners = of(name)
    expected = dict(
        zip(
            ("lag_zero", "all_lags", "s1_lead", "s2_lead"),
            PEERS[f"rmea_windows_{name}"].swapaxes(0, 1),
            strict=True,
        )
    )

    follows = windowed_coupling(teller, listeners[:4], fs=4, window_s=30, step_s=10)[:, :27, 20:]
    leads = [windowed_coupling(row, teller, fs=4, window_s=30, step_s=10) for row in listeners[:4]]
    profile = z(np.concatenate([np.concatenate(leads)[:, :27, :20:-1], follows], axis=2))

    close(profile[:, [0, -1]], PEERS[f"rmea_rows_{name}"])
    close(profile[:, :, 20], expected["lag_zero"])
    close(profile.mean(axis=2), expected["all_lags"])
    close(profile[:, :, 21:].mean(axis=2), expected["s1_lead"])
    close(profile[:, :, :20].mean(axis=2), expected["s2_lead"])
    close(profile.mean(axis=(1, 2)), PEERS[f"rmea_mean_{name}"])
    close(np.abs(profile).mean(axis=(1, 2)), PEERS[f"rmea_abs_{name}"])


@pytest.mark.parametrize("name", WHOLE)
def test_lag_profiles_of_segments_equal_susy(name):
    """SUSY's positive lag means that the listener leads; its segments are held against ccf (see above)."""
    teller, listeners = of(name)
    told = padded(teller.reshape(10, 120))
    heard = padded(listeners[:4].reshape(4, 10, 120))

    r = [lag_profile(part, heard.reshape(40, -1), fs=4)[1].reshape(4, 10, 41) for part in told]
    profile = z(np.stack(r, axis=1))[..., ::-1]
    same = np.eye(10, dtype=bool)
    lags = np.stack(
        [how(profile)[:, which].mean(axis=1) for how in (np.positive, np.abs) for which in (same, ~same)],
        axis=1,
    )

    close(lags, PEERS[f"susy_lags_{name}"])
    close(lags.mean(axis=2), PEERS[f"susy_means_{name}"])


def test_spike_synchronisation_equals_pyspike():
    got = [event_synchrony(PEERS["events_teller"], PEERS[f"events_listener{i}"]).sync for i in range(5)]

    close(got, PEERS["pyspike_sync"])


def test_coincidences_equal_event_synchronisation():
    """Quian Quiroga's Q divides them by the geometric mean of the counts and lets the limit itself count."""
    teller = PEERS["events_teller"]

    def q(i, max_s):
        x = event_synchrony(teller, PEERS[f"events_listener{i}"], max_s=max_s)
        return x.coincidences / np.sqrt(x.events_a * x.events_b)

    close([[q(i, None), q(i, 2.0 + 1e-9)] for i in range(5)], PEERS["event_synchronisation_q"])


def p_from_null(observed, drawn, *, side):
    """As brainiak counts: draws at least as far out, and the observed one itself."""
    beyond = np.abs(drawn) >= abs(observed) if side == "two-sided" else drawn >= observed
    return (beyond.sum() + 1) / (len(drawn) + 1)


def test_p_of_the_engine_is_counted_as_by_brainiak():
    teller, rows = of("s11_anticipate")
    tellers = np.vstack([of(name)[1] for name in ("s03_null_ar1", "s07_inverted")])
    null = Null("pool", tellers, 0, len(tellers))

    right = surrogate_test(teller, rows, null, fs=4, seed=1)
    both = anticipation(teller, rows, fs=4, pool=null)

    drawn = np.array([surrogate_test(other, rows, null, fs=4, seed=1).statistic for other in tellers])
    close(right.p, [p_from_null(r, d, side="right") for r, d in zip(right.statistic, drawn.T, strict=True)])
    drawn = np.array([anticipation(other, rows, fs=4).index for other in tellers])
    close(both.p, [p_from_null(i, d, side="two-sided") for i, d in zip(both.index, drawn.T, strict=True)])
