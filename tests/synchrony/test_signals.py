import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.synchrony import changes, own_moves, ribbon, room_line, teller_line
from stories.synchrony.tellers import ramped

nan = np.nan


def same(a, b):
    np.testing.assert_array_equal(a, b)


def test_changes_are_nan_where_either_end_is_silent():
    x = [0.0, 1.0, nan, 9.0, 16.0]

    same(changes(x, fs=1, step_s=1), [nan, 1, nan, nan, 7])


def test_changes_keep_the_shape_of_many_traces():
    x = np.arange(24.0).reshape(2, 12)

    same(changes(x, fs=4), [[nan] * 8 + [8] * 4] * 2)


def test_changes_refuse_a_step_below_one_sample():
    with pytest.raises(ValueError, match=r"0\.1"):
        changes([1, 2, 3], fs=1, step_s=0.1)


def test_teller_line_holds_until_the_tap_and_ramps_from_it():
    line = teller_line([0, 10], [300, 600], fs=1, n=16)

    same(line, [300] * 11 + [400, 500, 600, 600, 600])


def test_teller_line_is_silent_before_the_first_tap():
    line = teller_line([2], [700], fs=1, n=5)

    same(line, [nan, nan, 700, 700, 700])


def test_teller_line_starts_the_next_ramp_where_it_is():
    line = teller_line([0, 4, 6], [0, 400, 0], fs=1, ramp_s=4, n=12)

    same(line, [0, 0, 0, 0, 0, 100, 200, 150, 100, 50, 0, 0])


def test_teller_line_without_taps_is_silent():
    same(teller_line([], [], fs=4, n=3), [nan] * 3)
    same(teller_line([], [], fs=4), [])


@pytest.mark.parametrize(("taps", "levels"), [([0, 1], [5]), ([3, 1], [5, 6])])
def test_teller_line_refuses_taps_that_do_not_fit(taps, levels):
    with pytest.raises(ValueError):
        teller_line(taps, levels, fs=4)


@given(st.lists(st.tuples(st.integers(0, 160), st.integers(0, 1000)), min_size=1, max_size=8))
def test_many_lines_at_once_equal_one_by_one(pairs):
    at = sorted(quarter / 4 for quarter, _ in pairs)
    levels = [float(level) for _, level in pairs]

    together = ramped(np.array([at]), np.array([levels]), fs=4, n=200, ramp_s=3)[0]

    np.testing.assert_allclose(together, teller_line(at, levels, fs=4, n=200), atol=1e-9)


def test_room_line_is_the_median_of_those_who_are_there():
    rows = [[1, 1, nan, nan], [2, 9, 4, nan], [7, 5, 6, 2], [nan, 3, 5, 8]]

    same(room_line(rows), [2, 4, 5, nan])


def test_ribbon_shows_a_middle_half_only_from_five_listeners_on():
    rows = np.array([[0.0, 0], [10, 10], [20, 20], [30, 30], [40, nan]])

    shown = ribbon(rows)

    same(shown.median, [20, 15])
    same(shown.low, [10, nan])
    same(shown.high, [30, nan])


def test_quantiles_equal_numpy_on_rooms_with_gaps():
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 1001, (9, 300)).astype(float)
    rows[rng.random(rows.shape) < 0.2] = nan
    enough = np.isfinite(rows).sum(axis=0) >= 5

    shown = ribbon(rows)

    for line, q in ((shown.low, 0.25), (shown.median, 0.5), (shown.high, 0.75)):
        np.testing.assert_allclose(line[enough], np.nanquantile(rows, q, axis=0)[enough], atol=1e-10)
    assert np.isnan(shown.low[~enough]).all()


@pytest.mark.parametrize(
    ("trace", "moves"),
    [
        ([500] * 20, 0),
        ([nan] * 20, 0),
        ([500] * 8 + [700] * 12, 1),
        ([500, 600, 700, 600, 500, 500, 500, 500, 900, 900], 3),
        ([500, 501, 500, 501, 500, 900, 900], 1),
        ([0, 100, 200, 300, 300, 300, 400, 500, 600], 2),
    ],
)
def test_own_moves_counts_what_a_hand_did(trace, moves):
    same(own_moves(trace, fs=1), [moves])
