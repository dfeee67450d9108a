import numpy as np
import pytest

from stories.synchrony import isc, isc_summary, listeners_agree, pairwise_isc
from tests.synchrony.people import FS, on_scale, thumbs, wander

nan = np.nan


def room_with_gaps():
    rng = np.random.default_rng(1)
    rows = thumbs(rng, wander(rng, 60)[0], listeners=6, r=0.7)
    rows[rng.random(rows.shape) < 0.1] = nan
    return rows


def slow_r(x, y):
    both = np.isfinite(x) & np.isfinite(y)
    return np.corrcoef(x[both], y[both])[0, 1]


def test_isc_equals_the_slow_loop_where_people_come_and_go():
    rows = room_with_gaps()

    slow = [slow_r(row, np.nanmean(np.delete(rows, i, axis=0), axis=0)) for i, row in enumerate(rows)]

    np.testing.assert_allclose(isc(rows), slow, atol=1e-10)


def test_pairwise_isc_lists_pairs_like_triu():
    rows = room_with_gaps()

    slow = [slow_r(rows[i], rows[j]) for i, j in zip(*np.triu_indices(6, 1), strict=True)]

    np.testing.assert_allclose(pairwise_isc(rows), slow, atol=1e-10)


def test_a_still_or_silent_listener_has_no_isc_and_harms_nobody():
    rows = np.array([[1.0, 2, 3, 4], [2, 4, 6, 9], [5, 5, 5, 5], [nan] * 4])

    r = isc(rows)

    assert np.isnan(r[2:]).all()
    np.testing.assert_allclose(r[:2], [slow_r(rows[0], rows[1])] * 2)


def test_isc_summary_leaves_out_what_is_undefined():
    assert isc_summary([0.5, nan, 0.5]) == pytest.approx(0.5)
    assert isc_summary([0.1, 0.9, nan, 0.2], statistic="median") == 0.2
    assert np.isnan(isc_summary([nan]))
    assert isc_summary([1.0, 1.0]) == pytest.approx(1.0)


def test_isc_needs_two():
    with pytest.raises(ValueError, match="got 1"):
        isc([[1, 2, 3]])


def test_listeners_who_follow_the_same_story_agree_beyond_chance():
    rng = np.random.default_rng(2)
    rows = thumbs(rng, wander(rng, 90)[0], listeners=8, r=0.7)

    assert listeners_agree(rows, fs=FS, seed=1) == 1 / 200


def test_listeners_of_different_stories_agree_by_chance_only():
    rejected = 0
    for i in range(100):
        rng = np.random.default_rng(i)
        rows = on_scale(wander(rng, 90, rows=6))
        rejected += listeners_agree(rows, fs=FS, seed=i, draws=99) <= 0.05

    assert rejected <= 12


def test_two_listeners_or_half_a_minute_cannot_be_judged():
    rng = np.random.default_rng(3)

    assert np.isnan(listeners_agree(on_scale(wander(rng, 90, rows=2)), fs=FS, seed=1))
    assert np.isnan(listeners_agree(on_scale(wander(rng, 20, rows=5)), fs=FS, seed=1))
