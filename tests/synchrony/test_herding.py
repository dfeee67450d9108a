"""The crowd moves together because of the teller, or for reasons of its own."""

import numpy as np
import pytest

from stories.synchrony import Null, TellerPool, changes, pairwise_isc, windowed_coupling
from stories.synchrony.herding import herding
from tests.synchrony.people import FS, on_scale, thumbs, wander


def told(seed, *, seconds=240, listeners=8, r=0.7):
    """A room that follows its teller."""
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    return on_scale(driver), thumbs(rng, driver, listeners=listeners, r=r)


def swayed(seed, *, seconds=240, listeners=8):
    """A room that follows something, and a teller who has nothing to do with it."""
    rng = np.random.default_rng(seed)
    driver, teller = wander(rng, seconds)[0], on_scale(wander(rng, seconds)[0])
    return teller, thumbs(rng, driver, listeners=listeners, r=0.7)


def test_listeners_who_follow_agree_at_once_and_follow_later():
    teller, rows = told(1)

    reading = herding(teller, rows, fs=FS, null=TellerPool(1, size=99))

    assert reading.r > 0.8, "even though the coupling is the same from beginning to end"
    assert reading.p <= 0.02
    assert abs(reading.together_lag_s) <= 0.25
    assert 0.5 <= reading.coupling_lag_s <= 2.5


def test_a_crowd_driven_by_something_else_is_not_herded_by_the_teller():
    r, p = [], []
    for seed in range(12):
        teller, rows = swayed(seed)
        reading = herding(teller, rows, fs=FS, null=TellerPool(seed, size=39))
        r.append(reading.r)
        p.append(reading.p)

    assert abs(np.mean(r)) < 0.3
    assert np.mean(np.array(p) <= 0.05) <= 0.17


def test_windows_equal_isc_and_windowed_coupling():
    teller, rows = told(2, listeners=5)
    moves, told_moves = changes(rows, fs=FS), changes(teller, fs=FS)

    reading = herding(teller, rows, fs=FS)

    starts = np.rint((reading.times_s - 15) * FS).astype(int)
    pairs = [pairwise_isc(moves[:, at : at + 120]).mean() for at in starts]
    follow = windowed_coupling(told_moves, moves, fs=FS).mean(axis=0)[starts // (5 * FS)]
    np.testing.assert_allclose(reading.together, pairs, atol=1e-12)
    np.testing.assert_allclose(reading.coupling_profile, follow.mean(axis=0), atol=1e-12)
    peak = np.argmax(reading.coupling_profile)
    np.testing.assert_allclose(reading.coupling, follow[:, peak], atol=1e-12)
    assert reading.lags_s.tolist() == (np.arange(-20, 21) / FS).tolist()
    np.testing.assert_allclose(reading.r, np.corrcoef(reading.together, reading.coupling)[0, 1])


def test_two_camps_agree_best_at_the_distance_between_them():
    """An early and a late half: the pairs between them outnumber those within."""
    rng = np.random.default_rng(3)
    driver = wander(rng, 260, tau_s=2)[0]
    early, late = driver[40 : 40 + 960], driver[28 : 28 + 960]
    rows = on_scale(np.array([early, late, late, late]) + 0.2 * wander(rng, 240, rows=4))

    reading = herding(on_scale(driver[40 : 40 + 960]), rows, fs=FS)

    profile = dict(zip(reading.lags_s.tolist(), reading.together_profile, strict=True))
    assert profile[3.0] > profile[1.5] < profile[0.0]
    assert abs(reading.coupling_lag_s - 3.0) <= 0.25


def test_p_counts_other_tellers_each_at_its_best_lag():
    """Two of them are our teller at other times: as good as ours, though at another lag."""
    teller, rows = told(4)
    strangers = on_scale(wander(np.random.default_rng(5), 240, rows=17))
    others = np.vstack([strangers, np.roll(teller, 16), np.roll(teller, 20)])

    reading = herding(teller, rows, fs=FS, null=Null("pool", others, 19, 0))

    drawn = [herding(other, rows, fs=FS).r for other in others]
    assert reading.p == (np.sum(np.array(drawn) >= reading.r - 1e-12) + 1) / 20
    assert min(drawn[17:]) > 0.8
    assert reading.p > 1 / 20
    assert (reading.draws, reading.simulated, reading.real) == (19, 19, 0)


def test_without_a_null_it_is_read_but_not_judged():
    reading = herding(*told(6), fs=FS)

    assert np.isfinite(reading.r)
    assert np.isnan(reading.p)
    assert reading.as_json()["p"] is None


def test_still_hands_and_gaps_add_nothing():
    teller, rows = told(7, listeners=6)
    still = np.vstack([rows, np.full((2, rows.shape[1]), 500.0), np.full((1, rows.shape[1]), np.nan)])

    reading, plain = herding(teller, still, fs=FS), herding(teller, rows, fs=FS)

    assert reading.listeners == 6
    np.testing.assert_array_equal(reading.together, plain.together)
    np.testing.assert_array_equal(reading.coupling, plain.coupling)


def test_a_hole_leaves_its_windows_to_the_others():
    teller, rows = told(8, listeners=6)
    rows[0, 400:480] = np.nan
    pause = rows.copy()
    pause[:, 400:520] = np.nan

    gap, silence = herding(teller, rows, fs=FS), herding(teller, pause, fs=FS)

    assert np.isfinite(gap.together).all()
    assert np.isnan(silence.together).any()
    assert np.isfinite(silence.r)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda teller, rows: (teller, rows[:2]), "few_listeners"),
        (lambda teller, rows: (teller[:320], rows[:, :320]), "too_short"),
        (lambda teller, rows: (teller * np.nan, rows), "no_teller_line"),
        (lambda teller, rows: (teller * 0, rows), "no_teller_movement"),
    ],
)
def test_no_reading_has_a_reason(change, reason):
    teller, rows = change(*told(9, listeners=5))

    reading = herding(teller, rows, fs=FS, null=TellerPool(1, size=19))

    assert reading.reason == reason
    assert np.isnan([reading.r, reading.p, reading.together_lag_s, reading.coupling_lag_s]).all()
    assert reading.times_s.tolist() == []


def test_a_null_of_another_length_is_refused():
    teller, rows = told(10, listeners=4)

    with pytest.raises(ValueError, match="null has 100 samples, teller has 960"):
        herding(teller, rows, fs=FS, null=Null("pool", np.ones((19, 100)), 19, 0))
