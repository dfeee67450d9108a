"""Bounds with room for a busy machine; the figures measured in quiet stand beside them."""

from time import process_time

import numpy as np

from stories.synchrony import (
    TellerPool,
    coupling,
    isc,
    live_score,
    moment,
    ribbon,
    room_score,
    togetherness,
)
from tests.synchrony.people import FS, on_scale, thumbs, wander

RNG = np.random.default_rng(1)
DRIVER = wander(RNG, 300)[0]
TELLER, ROWS = on_scale(DRIVER), thumbs(RNG, DRIVER, listeners=30, r=0.6)


def best_of(times, work):
    """CPU seconds of the fastest run."""
    took = []
    for _ in range(times):
        start = process_time()
        work()
        took.append(process_time() - start)
    return min(took)


def test_a_live_score_of_thirty_listeners_takes_milliseconds():
    """2 ms."""
    assert best_of(5, lambda: live_score(TELLER, ROWS, fs=FS)) < 0.020


def test_everything_a_reveal_shows_at_once_is_quick():
    """50 ms for three minutes and thirty listeners."""
    teller, rows = TELLER[: 180 * FS], ROWS[:, : 180 * FS]

    def reveal():
        score = room_score(teller, rows, fs=FS, source="C", seed=1)
        coupling(teller, rows, fs=FS)
        ribbon(rows)
        togetherness(teller, rows, fs=FS, seed=1, lag_s=score.fit.lag_s)
        for row in rows:
            moment(teller, row, np.arange(10.0, 170, 20), fs=FS)

    assert best_of(3, reveal) < 0.3


def test_a_full_null_is_a_matter_of_a_moment():
    """170 ms for five minutes and 999 tellers."""
    assert best_of(2, lambda: room_score(TELLER, ROWS, fs=FS, source="C", null=TellerPool(1), seed=1)) < 2


def test_isc_does_not_grow_with_the_square_of_the_crowd():
    """100 ms for two thousand listeners of five minutes."""
    crowd = np.tile(ROWS, (67, 1))

    assert best_of(2, lambda: isc(crowd)) < 1
