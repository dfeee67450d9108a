import json

import numpy as np
import pytest

from stories.synchrony import live_score
from tests.synchrony.people import FS, on_scale, thumbs, wander


def room(seed, *, r, seconds=300, listeners=12):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    return on_scale(driver), thumbs(rng, driver, listeners=listeners, r=r)


def test_before_a_minute_the_score_only_listens():
    teller, rows = room(1, r=0.8)

    early, later = (live_score(teller[:n], rows[:, :n], fs=FS) for n in (59 * FS, 61 * FS))

    assert np.isnan(early.score).all()
    assert np.isfinite(later.score).all()
    assert (later.settled, live_score(teller, rows, fs=FS).settled) == (False, True)


def test_followers_score_and_strangers_do_not():
    strangers, followers, close = (
        np.concatenate([live_score(*room(i, r=r), fs=FS).score for i in range(8)]) for r in (0, 0.5, 0.8)
    )

    assert np.percentile(strangers, 95) <= 20
    assert 40 <= np.median(followers) <= 65
    assert 65 <= np.median(close) <= 90


def test_an_inverted_hand_scores_zero_and_is_called_opposite():
    teller, rows = room(2, r=0.8)

    found = live_score(teller, 1000 - rows, fs=FS)

    assert (found.score == 0).all()
    assert found.opposite.all()


def test_a_hand_at_rest_is_undefined_and_not_zero():
    teller, rows = room(3, r=0.8, listeners=2)
    rows[0] = np.where(np.arange(rows.shape[1]) % 80 < 40, 500, 505)

    found = live_score(teller, rows, fs=FS).as_json()

    assert found["score"][0] is None
    assert found["score"][1] > 0
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize("teller", [np.full(1200, 500.0), np.full(1200, np.nan)])
def test_without_a_moving_teller_there_is_no_score(teller):
    _, rows = room(4, r=0.5)

    assert np.isnan(live_score(teller, rows, fs=FS).score).all()


def test_the_band_holds_the_score_and_narrows():
    teller, rows = room(5, r=0.6)

    one, five = (live_score(teller[:n], rows[:, :n], fs=FS) for n in (61 * FS, 300 * FS))

    assert ((five.low <= five.score + 0.5) & (five.score - 0.5 <= five.high)).all()
    assert np.mean(five.high - five.low) < np.mean(one.high - one.low)


def test_whoever_has_no_score_is_told_why():
    teller, rows = room(6, r=0.8, seconds=120, listeners=5)
    rows[1] = 500
    rows[2, 50 * FS :] = np.nan
    rows[3] = np.nan
    still = np.where(np.arange(len(teller)) < 20 * FS, teller, 500)
    rows[4, : 25 * FS] = np.nan

    assert live_score(teller, rows, fs=FS).reason == (None, "constant", "too_short", "too_short", None)
    # Who came late heard a teller whose line stood still by then.
    assert live_score(still, rows, fs=FS).reason[::4] == (None, "no_teller_movement")


@pytest.mark.parametrize(
    ("seconds", "line", "reason"),
    [
        (120, np.nan, "no_teller_line"),
        (120, 500.0, "no_teller_movement"),
        (59, None, "too_short"),
        (61, None, None),
    ],
)
def test_what_holds_for_everybody_is_said_of_everybody(seconds, line, reason):
    teller, rows = room(7, r=0.8, seconds=seconds, listeners=3)

    found = live_score(teller if line is None else np.full_like(teller, line), rows, fs=FS)

    assert found.reason == (reason,) * 3
    assert (np.isnan(found.score) == (reason is not None)).all()
