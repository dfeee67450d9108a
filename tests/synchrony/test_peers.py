"""Equality with what established packages compute; see data/ORIGIN.md."""

from pathlib import Path

import numpy as np
import pytest

from stories.synchrony import concordance, isc, isc_summary, lag_profile, pairwise_isc, windowed_coupling

PEERS = np.load(Path(__file__).parent / "data" / "peers.npz")
SETS = ("s01_coupled", "s05_missing")


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", SETS)
def test_lag_profile_equals_scipy(name):
    _, r = lag_profile(PEERS[f"{name}_teller"], PEERS[f"{name}_listeners"], fs=4)

    close(r, PEERS[f"scipy_lags_{name}"])


@pytest.mark.parametrize("name", SETS)
def test_concordance_equals_its_formula(name):
    teller = PEERS[f"{name}_teller"]

    close([concordance(teller, row) for row in PEERS[f"{name}_listeners"]], PEERS[f"scipy_ccc_{name}"])


def test_isc_equals_brainiak():
    rows = PEERS["s01_coupled_listeners"]

    loo, pairs = isc(rows), pairwise_isc(rows)

    close(loo, PEERS["brainiak_loo"])
    close(pairs, PEERS["brainiak_pairwise"])
    close(
        [isc_summary(r, statistic=how) for r in (loo, pairs) for how in ("mean", "median")],
        PEERS["brainiak_summary"],
    )


def test_isc_with_gaps_equals_brainiak_where_brainiak_answers():
    expected = PEERS["brainiak_loo_gaps"]
    answered = np.isfinite(expected)

    got = isc(PEERS["s05_missing_listeners"])

    assert answered.sum() == 2
    close(got[answered], expected[answered])
    assert np.isfinite(got).sum() == 8


def test_windowed_coupling_equals_wcc():
    """wcc lets the window lie on the later of the two and needs every lag to fit, so it starts a step later."""
    teller, ben = PEERS["s01_coupled_teller"], PEERS["s01_coupled_listeners"][0]
    expected = PEERS["wcc_listener0"]

    leads = windowed_coupling(teller, ben, fs=4)[0, 1:54, 20::-1]
    follows = windowed_coupling(ben, teller, fs=4)[0, 1:54, :21]

    close(leads, expected[:, 20:])
    close(follows, expected[:, :21])
