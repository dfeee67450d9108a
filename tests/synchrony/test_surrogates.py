import numpy as np
import pytest
from scipy import stats

from stories.synchrony import (
    TellerPool,
    circular_shifts,
    false_discovery,
    phase_randomized,
    segment_shuffles,
    stream,
    surrogate_test,
)
from stories.synchrony.simulate import character
from tests.synchrony.people import FS, drift, on_scale, thumbs, wander


def test_circular_shifts_turn_every_row_by_ten_seconds_or_more():
    rows = np.arange(2 * 200.0).reshape(2, 200)

    drawn = circular_shifts(rows, fs=FS, draws=50, rng=stream(1))

    shifts = (rows[:, 0] - drawn[:, :, 0]) % 200
    assert drawn.shape == (50, 2, 200)
    np.testing.assert_array_equal(np.sort(drawn, axis=2), np.broadcast_to(rows, drawn.shape))
    assert shifts.min() >= 40
    assert shifts.max() <= 160
    assert len(set(shifts.ravel())) > 50


def test_circular_shifts_refuse_a_story_without_room():
    with pytest.raises(ValueError, match=r"19\.0 s"):
        circular_shifts(np.zeros(76), fs=FS, draws=1, rng=stream(1))


@pytest.mark.parametrize("samples", [480, 481])
def test_phase_randomized_keeps_the_spectrum_and_nothing_else(samples):
    x = wander(stream(2), 121)[0][:samples]

    drawn = phase_randomized(x, draws=20, rng=stream(3))

    assert drawn.shape == (20, samples)
    np.testing.assert_allclose(
        np.abs(np.fft.rfft(drawn)), np.broadcast_to(np.abs(np.fft.rfft(x)), (20, samples // 2 + 1)), atol=1e-9
    )
    assert np.abs([np.corrcoef(x, y)[0, 1] for y in drawn]).mean() < 0.4


def test_phase_randomized_leaves_gaps_where_they_were():
    x = wander(stream(4), 60)[0]
    x[20:40] = np.nan

    drawn = phase_randomized(x, draws=3, rng=stream(5))

    np.testing.assert_array_equal(np.isnan(drawn), np.isnan(x)[None].repeat(3, axis=0))


def test_segment_shuffles_keep_segments_whole():
    x = np.arange(100.0)

    drawn = segment_shuffles(x, fs=1, draws=10, rng=stream(6), segment_s=30)

    np.testing.assert_array_equal(np.sort(drawn), np.broadcast_to(x, (10, 100)))
    assert (np.sum(np.diff(drawn) != 1, axis=1) <= 3).all()
    assert len({tuple(y) for y in drawn}) > 3


def simulated(kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "drift":
        return on_scale(drift(rng, 180))
    if kind == "thumb":
        return thumbs(rng, wander(rng, 180, tau_s=20)[0], listeners=1, r=1)[0]
    return on_scale(wander(rng, 180, tau_s=kind)[0])


@pytest.mark.parametrize("kind", [3, 25, "drift", "thumb"])
def test_pool_tellers_have_the_character_of_the_teller_they_stand_in_for(kind):
    teller = simulated(kind, 7)

    null = TellerPool(1, size=199).null(teller, fs=FS)

    own, theirs = character(teller[None], fs=FS)[0], character(null.tellers, fs=FS)
    assert null.tellers.shape == (199, 720)
    assert null.tellers.min() >= 0
    assert null.tellers.max() <= 1000
    np.testing.assert_allclose(np.median(theirs, axis=0), own, atol=0.7)


def test_moves_of_just_two_percent_are_moves_on_every_scale():
    # 13 of 650 in two seconds, again and again.
    teller = np.concatenate([[0, 650, 0], np.repeat(np.arange(40) * 13.0, 2)])

    rests = [character(scale * teller[None], fs=1)[0, 2] for scale in (1, 0.3, 0.7, 1.1, 1.906, 2.3, 3.3)]

    assert rests == [rests[0]] * 7


def test_the_pool_depends_on_its_seed_alone():
    teller = on_scale(wander(np.random.default_rng(9), 60)[0])

    once, again, other = (
        TellerPool(seed, size=19).null(teller, fs=FS).tellers for seed in (2**120, 2**120, 3)
    )

    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


def test_surrogate_test_finds_the_followers_and_only_them():
    rng = np.random.default_rng(10)
    driver = wander(rng, 240)[0]
    rows = np.vstack(
        [thumbs(rng, driver, listeners=3, r=0.8), on_scale(wander(rng, 240, rows=3)), np.full(960, 500.0)]
    )

    found = surrogate_test(on_scale(driver), rows, TellerPool(1, size=199), fs=FS, seed=1)

    assert (found.p[:3] <= 0.01).all()
    assert (found.p_max_t[:3] <= 0.01).all()
    assert (found.p[3:6] > 0.01).all()
    assert (found.p_max_t[:6] >= found.p[:6]).all()
    assert (found.q[:6] >= found.p[:6]).all()
    assert found.reason == (None,) * 6 + ("constant",)
    assert np.isnan([found.p[6], found.p_max_t[6], found.q[6]]).all()
    assert found.as_json()["p"][6] is None


def test_surrogate_test_calls_strangers_significant_as_often_as_it_says():
    p = []
    for i in range(12):
        rng = np.random.default_rng(100 + i)
        teller = on_scale(wander(rng, 120, tau_s=10)[0])
        rows = on_scale(wander(rng, 120, tau_s=10, rows=6))
        p.extend(surrogate_test(teller, rows, TellerPool(i, size=99), fs=FS, seed=i).p)

    assert np.sum(np.array(p) <= 0.05) <= stats.binom.isf(1e-3, len(p), 0.065)


def test_false_discovery_equals_scipy():
    p = np.random.default_rng(11).random(30) ** 2

    np.testing.assert_allclose(false_discovery(p), stats.false_discovery_control(p), atol=1e-12)


def test_streams_of_different_purposes_differ():
    assert stream(1, 2).random() == stream(1, 2).random()
    assert len({stream(1).random(), stream(1, 2).random(), stream(1, 3).random(), stream(2, 2).random()}) == 4
