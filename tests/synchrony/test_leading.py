"""Lead minus follow: the sign is right, chance is chance, and nothing is said without a reading."""

from pathlib import Path

import numpy as np
import pytest

from stories.synchrony import Null, TellerPool, changes, lag_profile
from stories.synchrony.leading import anticipation
from tests.synchrony.people import FS, on_scale, thumbs, wander

PEERS = np.load(Path(__file__).parent / "data" / "more_peers.npz")


def of(name):
    return PEERS[f"{name}_teller"], PEERS[f"{name}_listeners"]


def led(rng, seconds, lags):
    """A teller, and hands that come ``lag`` samples later (negative: earlier), each with noise of its own."""
    course = wander(rng, seconds + 20)[0]
    rows = [course[10 * FS - lag : -10 * FS - lag] for lag in lags]
    noise = wander(rng, seconds, rows=len(lags))
    return on_scale(course[10 * FS : -10 * FS]), on_scale(np.array(rows) + 0.5 * noise)


def test_listeners_who_are_known_to_anticipate_lead():
    teller, listeners = of("s11_anticipate")

    reading = anticipation(teller, listeners, fs=4, pool=TellerPool(1, size=99))

    assert (reading.index > 0).all()
    assert (np.diff(reading.index[1:]) < 0).all(), "1.5, 1 and .5 s early: less and less"
    assert (reading.p[:2] <= 0.05).all()


def test_the_sign_turns_where_the_true_lag_does():
    teller, listeners = of("s02_lagsweep")

    reading = anticipation(teller, listeners, fs=4, pool=TellerPool(1, size=99))

    assert np.sign(reading.index[[0, 1, 3, 4, 5, 6]]).tolist() == [1, 1, -1, -1, -1, -1]
    assert (reading.p[[0, 1, 3, 4, 5, 6]] <= 0.05).all()


def test_index_equals_the_mean_over_the_lag_profile_of_changes():
    teller, listeners = of("s03_null_ar1")
    lags_s, r = lag_profile(changes(teller, fs=4), changes(listeners, fs=4), fs=4)
    z = np.arctanh(r)

    reading = anticipation(teller, listeners, fs=4, near_s=1, far_s=3)

    lead = z[:, (lags_s >= -3) & (lags_s <= -1)].mean(axis=1)
    follow = z[:, (lags_s >= 1) & (lags_s <= 3)].mean(axis=1)
    np.testing.assert_allclose(reading.lead, lead, atol=1e-12)
    np.testing.assert_allclose(reading.follow, follow, atol=1e-12)
    np.testing.assert_allclose(reading.index, lead - follow, atol=1e-12)


def test_teller_and_listener_change_places_when_time_runs_backwards():
    teller, listeners = led(np.random.default_rng(2), 120, [-6, 4])

    forwards = anticipation(teller, listeners, fs=FS)
    backwards = anticipation(teller[::-1], listeners[:, ::-1], fs=FS)

    # A change is dated at its end, so both ways differ only in which two seconds have none.
    np.testing.assert_allclose(backwards.index, -forwards.index, atol=1e-9)


def test_there_is_no_p_without_a_pool():
    teller, listeners = led(np.random.default_rng(3), 60, [-4, 4])

    reading = anticipation(teller, listeners, fs=FS)

    assert np.isfinite(reading.index).all()
    assert np.isnan(reading.p).all()
    assert reading.as_json()["p"] == [None, None]


def test_p_counts_both_sides_and_one_teller_for_all():
    rng = np.random.default_rng(4)
    teller, listeners = led(rng, 90, [-6, 0, 6])
    others = on_scale(wander(rng, 90, rows=19))

    reading = anticipation(teller, listeners, fs=FS, pool=Null("pool", others, 19, 0))

    drawn = np.array([anticipation(other, listeners, fs=FS).index for other in others])
    expected = (np.sum(np.abs(drawn) >= np.abs(reading.index), axis=0) + 1) / 20
    assert reading.p.tolist() == expected.tolist()
    assert (reading.draws, reading.simulated, reading.real) == (19, 19, 0)


def test_strangers_lead_as_rarely_as_five_in_a_hundred():
    rng = np.random.default_rng(5)
    called = []
    for seed in range(25):
        teller, driver = on_scale(wander(rng, 120)[0]), wander(rng, 120)[0]
        rows = thumbs(rng, driver, listeners=4, r=0.5)
        called += list(anticipation(teller, rows, fs=FS, pool=TellerPool(seed, size=59)).p <= 0.05)

    assert np.mean(called) <= 0.12


def test_unreadable_listeners_have_a_reason_and_no_number():
    teller, listeners = led(np.random.default_rng(6), 60, [-4, -4, 4, 4])
    listeners[1] = 500
    listeners[2, 100:] = np.nan

    reading = anticipation(teller, listeners, fs=FS, pool=TellerPool(1, size=19))

    assert reading.reason == (None, "constant", "low_coverage", None)
    for field in (reading.index, reading.lead, reading.follow, reading.p):
        assert np.isnan(field).tolist() == [False, True, True, False]


def test_gaps_do_not_turn_the_sign():
    teller, listeners = led(np.random.default_rng(7), 180, [-6, 6])
    listeners[:, 200:240] = np.nan
    teller[400:420] = np.nan

    reading = anticipation(teller, listeners, fs=FS)

    assert np.sign(reading.index).tolist() == [1, -1]


@pytest.mark.parametrize(("near_s", "far_s"), [(0, 4), (3, 1), (-1, 4)])
def test_lags_that_make_no_sense_are_quoted(near_s, far_s):
    with pytest.raises(ValueError, match=f"got {near_s} and {far_s}"):
        anticipation(np.arange(200), np.arange(200), fs=FS, near_s=near_s, far_s=far_s)


def test_a_null_of_another_length_is_refused():
    teller, listeners = led(np.random.default_rng(8), 60, [-4])

    with pytest.raises(ValueError, match="null has 100 samples, teller has 240"):
        anticipation(teller, listeners, fs=FS, pool=Null("pool", np.ones((19, 100)), 19, 0))
