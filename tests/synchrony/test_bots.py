"""Who does not listen gets nothing for it: reduced runs of the study's own cells, fixed seeds, wide bounds."""

import numpy as np
import pytest

from stories.synchrony import live_score, room_line
from stories.synchrony.validity import bots as study
from stories.synchrony.validity.bots import BOTS, bots
from stories.synchrony.validity.people import FS, driver, rooms
from stories.synchrony.validity.study import chance_stream


def ran(case, runs):
    return study.rows(case, runs=runs, rng=chance_stream(study.STUDY, case))


def crowd_of(rng, *, seconds=120):
    return rooms(driver("ou5", seconds, 1, rng), listeners=8, r=0.7, rng=rng)[0]


@pytest.mark.parametrize("kind", BOTS)
def test_a_bot_is_a_hand_like_any_other(kind):
    rng = np.random.default_rng(1)

    hands = bots(kind, crowd_of(rng), fs=FS, count=6, rng=rng)

    assert hands.shape == (6, 120 * FS)
    assert ((hands >= 0) & (hands <= 1000) & (hands == np.rint(hands))).all()
    assert (np.ptp(hands, axis=1) > 0).all() == (kind != "constant")


def test_a_copying_bot_is_the_crowd_a_moment_later():
    rng = np.random.default_rng(2)
    crowd = crowd_of(rng)

    hand = bots("copying", crowd, fs=FS, count=1, rng=rng)[0]

    late = next(k for k in range(20) if np.array_equal(hand[k:], np.rint(room_line(crowd))[: len(hand) - k]))
    assert 2 <= late <= 6


def test_an_unknown_bot_is_refused_by_name():
    with pytest.raises(ValueError, match="sleeping"):
        bots("sleeping", np.zeros((3, 40)), fs=FS, count=1, rng=np.random.default_rng(3))


def test_cells_are_the_same_whoever_runs_them_and_have_a_name_each():
    cases = study.cases()

    assert len({str(case) for case in cases}) == len(cases)
    assert ran(cases[1], 8) == ran(cases[1], 8)


@pytest.mark.parametrize("kind", [kind for kind in BOTS if kind != "constant"])
def test_a_bot_beside_a_teller_it_never_met_scores_little(kind):
    rows = ran({"hand": kind}, 120)

    aimed = {row.case["seconds"]: row.value for row in rows if row.held is not None}

    # The targets are 35 and 20; so few runs leave some way between a percentile and its estimate.
    assert list(aimed) == [120, 300]
    assert aimed[120] <= 40
    assert aimed[300] <= 24


def test_a_hand_that_holds_still_has_no_score():
    rows = ran({"hand": "constant"}, 8)

    assert [(row.measure, row.value, row.held) for row in rows] == [("share without a score", 1.0, True)] * 6


def test_followers_score_more_the_more_closely_they_follow():
    some, close = (
        {row.case["seconds"]: row.value for row in ran({"hand": hand}, 80) if "median" in row.measure}
        for hand in ("follows .5", "follows .8")
    )

    assert all(close[seconds] > some[seconds] + 10 for seconds in study.TIMES)
    assert some[300] > 35


def test_copying_a_crowd_that_listens_is_as_good_as_listening():
    rng = np.random.default_rng(4)
    teller = driver("ou5", 300, 1, rng)
    crowd = rooms(teller, listeners=8, r=0.7, rng=rng)[0]

    copied = live_score(teller[0], bots("copying", crowd, fs=FS, count=4, rng=rng), fs=FS).score

    assert copied.min() > np.median(live_score(teller[0], crowd, fs=FS).score)


def test_a_third_of_bots_neither_hides_a_room_nor_makes_one():
    found, alarms = (
        ran({"room": "8 people, 4 bots", "follows": follows, "length": "60 s"}, 60)[0].value
        for follows in ("teller", "another")
    )

    assert found > 0.7
    assert alarms < 0.15
