"""Moments that coincide, whose come first, and how many coincide anyway."""

import numpy as np
import pytest

from stories.synchrony.events import _shuffled, event_synchrony

TURNS = np.array([3.0, 10.0, 24.0, 31.0, 50.0, 58.0, 80.0])


def moments(rng, count):
    return np.cumsum(2 + rng.exponential(13, count))


def by_hand(a, b):
    """Pair by pair, as the definition reads."""

    def nearest(x, i):
        return min(abs(x[i] - x[j]) for j in (i - 1, i + 1) if 0 <= j < len(x))

    together = [
        (i, j)
        for i in range(len(a))
        for j in range(len(b))
        if abs(a[i] - b[j]) < 0.5 * min(nearest(a, i), nearest(b, j))
    ]
    return 2 * len(together) / (len(a) + len(b)), np.mean([b[j] - a[i] for i, j in together])


def test_sync_and_delay_equal_the_definition():
    rng = np.random.default_rng(1)
    a, b = moments(rng, 30), moments(rng, 24)

    got = event_synchrony(a, b)

    sync, delay_s = by_hand(a, b)
    assert 0 < sync < 1
    np.testing.assert_allclose([got.sync, got.delay_s], [sync, delay_s])
    assert got.coincidences == round(sync * 54 / 2)


def test_delay_is_positive_when_b_follows():
    late = event_synchrony(TURNS, TURNS + 1.5)
    early = event_synchrony(TURNS + 1.5, TURNS)

    assert (late.sync, late.delay_s) == (1.0, 1.5)
    assert (early.sync, early.delay_s) == (1.0, -1.5)


def test_followers_are_beyond_chance():
    rng = np.random.default_rng(2)
    a = moments(rng, 20)
    b = np.delete(a + rng.uniform(0.5, 2.5, 20), [3, 11])

    got = event_synchrony(a, b)

    assert got.sync > 0.8
    assert got.sync > got.chance_high > got.chance
    assert got.p == 1 / 200


def test_strangers_are_beyond_chance_at_most_five_times_in_a_hundred():
    rng = np.random.default_rng(3)
    p = [event_synchrony(moments(rng, 20), moments(rng, 20), seed=seed, draws=59).p for seed in range(200)]

    assert np.mean(np.array(p) <= 0.05) <= 0.08
    assert np.mean(p) > 0.4


def test_chance_is_far_from_zero():
    """The reason why it is reported: strangers' moments coincide by the adaptive window alone."""
    rng = np.random.default_rng(4)
    readings = [event_synchrony(moments(rng, 20), moments(rng, 20), seed=seed) for seed in range(40)]

    chance, sync = np.mean([(x.chance, x.sync) for x in readings], axis=0)
    assert chance > 0.2
    assert abs(chance - sync) < 0.04


def test_max_s_counts_only_what_is_near():
    b = TURNS + np.array([0.2, 0.2, 2.0, 0.2, 2.0, 0.2, 0.2])

    got = event_synchrony(TURNS, b, max_s=1.0)

    assert (got.coincidences, got.sync) == (5, 5 / 7)
    np.testing.assert_allclose(got.delay_s, 0.2)


def test_order_and_time_origin_do_not_matter():
    rng = np.random.default_rng(5)
    a, b = moments(rng, 12), moments(rng, 15)

    got = event_synchrony(a, b)
    again = event_synchrony(rng.permutation(a) + 1024, rng.permutation(b) + 1024)

    np.testing.assert_allclose(again.sync, got.sync)
    np.testing.assert_allclose(again.delay_s, got.delay_s)
    np.testing.assert_allclose(again.p, got.p)


def test_shuffled_moments_keep_their_intervals_and_begin_anywhere():
    rng = np.random.default_rng(8)
    a, b = moments(rng, 9), moments(rng, 12)

    drawn = _shuffled(a, b, 199, 1)

    span = max(a[-1], b[-1]) - min(a[0], b[0]) + np.diff(b).mean()
    around = np.diff(drawn, axis=1, append=drawn[:, :1] + span)
    kept = np.sort(np.append(np.diff(b), span - (b[-1] - b[0])))
    np.testing.assert_allclose(np.sort(around, axis=1), np.tile(kept, (199, 1)))
    assert len(np.unique(drawn.round(6))) > 0.99 * drawn.size
    assert abs(np.mean((drawn - min(a[0], b[0])) / span) - 0.5) < 0.03


def test_the_same_seed_gives_the_same_chance():
    rng = np.random.default_rng(6)
    a, b = moments(rng, 12), moments(rng, 15)

    assert event_synchrony(a, b, seed=7) == event_synchrony(a, b, seed=7)
    assert event_synchrony(a, b, seed=7).chance != event_synchrony(a, b, seed=8).chance


def test_two_moments_are_too_few():
    got = event_synchrony([3, 9], TURNS)

    assert (got.reason, got.events_a, got.events_b) == ("few_moves", 2, 7)
    assert got.as_json()["sync"] is None
    assert got.as_json()["p"] is None


def test_no_coincidence_is_zero_and_has_no_delay():
    got = event_synchrony([10, 20, 30, 40], [15, 25, 35, 45])

    assert (got.sync, got.coincidences) == (0.0, 0)
    assert np.isnan(got.delay_s)
    assert got.p == 1.0


def test_wrong_values_are_quoted():
    with pytest.raises(ValueError, match="b_s must be finite, got nan"):
        event_synchrony(TURNS, [1, 2, np.nan])
    with pytest.raises(ValueError, match="max_s must be positive, got -1"):
        event_synchrony(TURNS, TURNS, max_s=-1)
    with pytest.raises(ValueError, match="at least 1 draw, got 0"):
        event_synchrony(TURNS, TURNS, draws=0)
