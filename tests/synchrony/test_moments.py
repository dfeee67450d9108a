import numpy as np
import pytest

from stories.synchrony import Moment, moment, teller_line

FS = 4
N = 90 * FS
BEATS = [10.0, 30.0, 50.0, 70.0]
ANA = teller_line([0, 10, 30, 70], [500, 300, 700, 500], fs=FS, n=N)


def hand(*moves):
    """A trace that holds 500 and goes to a level within a second of each (time, level)."""
    at, level = [0.0], [500.0]
    for time, to in moves:
        at += [time, time + 1]
        level += [level[-1], to]
    return np.rint(np.interp(np.arange(N) / FS, at, level))


def test_the_moment_is_the_beat_around_which_the_hand_moved_most():
    ben = hand((12, 400), (32, 900), (72, 700))

    found = moment(ANA, ben, BEATS, fs=FS)

    assert found == Moment(
        beat=1, at_s=30.0, moved=500.0, teller_moved=400.0, teller_turned=True, reason=None
    )


def test_the_teller_stayed_level_where_only_the_listener_moved():
    ben = hand((12, 450), (33, 550), (52, 100))

    found = moment(ANA, ben, BEATS, fs=FS)

    assert (found.beat, found.moved, found.teller_moved, found.teller_turned) == (2, -450.0, 0.0, False)


def test_a_line_that_begins_at_the_beat_turned_there():
    ana = teller_line([30, 60], [800, 200], fs=FS, n=N)
    ben = hand((31, 900), (40, 850), (62, 650))

    found = moment(ana, ben, [30.0, 60.0], fs=FS)

    assert (found.beat, found.teller_turned) == (0, True)


def test_a_beat_keeps_its_index_in_whatever_order_beats_come():
    ben = hand((12, 400), (32, 900), (72, 700))

    assert moment(ANA, ben, [70.0, 30.0, 10.0], fs=FS).beat == 1


def test_without_beats_the_largest_move_has_a_time_only():
    ben = hand((12, 400), (33, 900), (72, 800))

    found = moment(ANA, ben, [], fs=FS)

    assert (found.beat, found.moved, found.teller_turned) == (None, 500.0, True)
    assert found.at_s == pytest.approx(33, abs=5)


def test_a_listener_has_a_moment_even_when_the_teller_placed_nothing():
    found = moment(np.full(N, np.nan), hand((12, 400), (32, 900), (72, 700)), BEATS, fs=FS)

    assert (found.beat, found.teller_turned, found.reason) == (1, None, None)
    assert found.as_json()["teller_moved"] is None


@pytest.mark.parametrize(
    ("ben", "reason"),
    [
        (hand(), "constant"),
        (hand((12, 400)), "few_moves"),
        (np.full(N, np.nan), "low_coverage"),
    ],
)
def test_no_moment_has_a_reason(ben, reason):
    found = moment(ANA, ben, BEATS, fs=FS)

    assert (found.beat, found.reason, found.teller_turned) == (None, reason, None)
