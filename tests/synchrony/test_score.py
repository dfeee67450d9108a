import json

import numpy as np
import pytest

from stories.synchrony import (
    ENGINE,
    Null,
    TellerPool,
    arc_deck,
    redealt_arcs,
    room_line,
    room_score,
    step_tellers,
    teller_line,
)
from tests.synchrony.people import FS, on_scale, taps, thumbs, wander

nan = np.nan


def telling(seed=1, *, seconds=120, listeners=12, r=0.8):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    return on_scale(driver), thumbs(rng, driver, listeners=listeners, r=r)


def test_a_score_without_a_null_is_read_but_not_yet_judged():
    teller, rows = telling()

    score = room_score(teller, rows, fs=FS, source="C", seed=7)

    assert (score.verdict, score.chance, score.reason) == (None, None, None)
    assert (score.listeners, score.seed, score.engine) == (12, 7, ENGINE)
    assert score.fit.low < score.fit.r < score.fit.high
    assert 0 <= score.fit.lag_s <= 5


def test_a_null_adds_chance_and_changes_nothing_else():
    teller, rows = telling()

    before = room_score(teller, rows, fs=FS, source="C", seed=7)
    after = room_score(teller, rows, fs=FS, source="C", seed=7, null=TellerPool(7))

    assert (after.fit, after.levels, after.coverage) == (before.fit, before.levels, before.coverage)
    assert after.verdict == "in_step"
    assert (after.chance.draws, after.chance.simulated, after.chance.real) == (999, 999, 0)
    assert after.chance.p == 0.001
    assert 0 < after.chance.band < after.fit.r


def test_the_same_seed_gives_the_same_score():
    teller, rows = telling(r=0.2)

    once, again = (
        room_score(teller, rows, fs=FS, source="C", null=TellerPool(3, size=99), seed=3) for _ in range(2)
    )
    other = room_score(teller, rows, fs=FS, source="C", null=TellerPool(4, size=99), seed=3)

    assert once == again
    assert once.chance.band != other.chance.band


def best_r(x, y):
    return max(np.corrcoef(x[: len(x) - k], y[k:])[0, 1] for k in range(5 * FS + 1))


@pytest.mark.parametrize("source", ["A", "C"])
def test_the_room_is_read_by_how_its_hands_moved_at_one_lag(source):
    teller, rows = telling()

    score = room_score(teller, rows, fs=FS, source=source)

    came = rows[:, 8:] - rows[:, :-8]
    moved = ((came - came.mean(axis=1, keepdims=True)) / came.std(axis=1, keepdims=True)).mean(axis=0)
    assert score.fit.r == pytest.approx(best_r(teller[8:] - teller[:-8], moved), abs=1e-10)
    assert score.levels.r == pytest.approx(best_r(teller, room_line(rows)), abs=1e-10)


def test_a_timid_hand_counts_as_much_as_a_bold_one():
    teller, rows = telling()
    timid = rows.copy()
    timid[::2] = 500 + (rows[::2] - 500) / 20

    bold, half_timid = (room_score(teller, given, fs=FS, source="C").fit.r for given in (rows, timid))

    assert half_timid == pytest.approx(bold, abs=1e-10)


def test_one_room_that_follows_half_heartedly_is_often_in_step():
    teller, rows = telling(seed=5, r=0.2)

    score = room_score(teller, rows, fs=FS, source="C", null=TellerPool(1))

    assert score.verdict == "often"
    assert score.chance.p <= 0.05
    assert score.fit.low < 0.35


def test_listeners_who_agree_on_something_else_hear_a_story_of_their_own():
    teller, _ = telling(seed=1)
    _, rows = telling(seed=2)

    score = room_score(teller, rows, fs=FS, source="C", null=TellerPool(1), seed=1)

    assert score.verdict == "own_story"
    assert score.chance.p > 0.05 >= score.agreement_p


def test_strangers_are_too_close_to_call():
    teller, _ = telling()
    rows = on_scale(wander(np.random.default_rng(9), 120, rows=8))

    score = room_score(teller, rows, fs=FS, source="C", null=TellerPool(1), seed=1)

    assert score.verdict == "too_close_to_call"


def test_a_room_that_moves_against_the_teller_is_not_in_step():
    teller, rows = telling()

    score = room_score(1000 - teller, rows, fs=FS, source="C", null=TellerPool(1), seed=1)

    assert score.verdict == "own_story"
    assert score.fit.r < score.chance.band


def dealt(seed=1, *, count=5, seconds=60, r=0.9, deck=None):
    rng = np.random.default_rng(seed)
    deck = deck or [arc.levels for arc in arc_deck(count)]
    arc, at = deck[rng.integers(len(deck))], taps(rng, count, seconds)
    line = teller_line(at, arc, fs=FS, n=seconds * FS)
    felt = (np.nan_to_num(line, nan=arc[0]) - 500) / 300
    return at, arc, deck, line, thumbs(rng, felt, listeners=12, r=r)


def test_a_dealt_arc_is_judged_against_the_rest_of_its_deck():
    at, arc, deck, line, rows = dealt()

    null = redealt_arcs(at, arc, deck, fs=FS, n=len(line))
    score = room_score(line, rows, fs=FS, source="A", null=null, seed=1)

    assert not score.exploratory
    assert (score.chance.kind, score.chance.draws) == ("redealt_arcs", 39)
    assert score.chance.p == pytest.approx(1 / 40)
    assert score.verdict in ("in_step", "often")


def test_a_deck_below_twenty_arcs_can_judge_nobody():
    at, arc, deck, line, rows = dealt(deck=[arc.levels for arc in arc_deck(5)][::4])

    score = room_score(line, rows, fs=FS, source="A", null=redealt_arcs(at, arc, deck, fs=FS, n=len(line)))

    assert score.chance.draws == 9
    assert np.isnan(score.chance.band)
    assert score.chance.p >= 0.1
    assert score.verdict not in ("in_step", "often")


def test_redealt_arcs_keep_the_taps_and_leave_out_the_dealt_arc_once():
    deck = [[0, 10, 0, 10], [5, 1, 5, 1], [5, 1, 5, 1], [1, 2, 3]]

    null = redealt_arcs([0, 5, 10, 15], [5, 1, 5, 1], deck, fs=1, n=20)

    expected = [teller_line([0, 5, 10, 15], arc, fs=1, n=20) for arc in deck[:2]]
    np.testing.assert_array_equal(null.tellers, expected)
    assert (null.simulated, null.real) == (2, 0)


def test_placed_beats_are_exploratory():
    at, arc, _, line, rows = dealt(seed=3)

    null = step_tellers(at, arc, fs=FS, n=len(line), seed=1, draws=199)
    score = room_score(line, rows, fs=FS, source="B", null=null)

    assert score.exploratory
    assert (score.chance.kind, score.chance.draws, score.chance.simulated) == ("step_tellers", 199, 199)
    assert score.verdict == "in_step"


def test_simulated_and_real_tellers_are_counted_apart():
    teller, rows = telling()
    others = [telling(seed)[0] for seed in (11, 12)]
    short, shorter, longer = others[0][:300], others[0][:200], np.tile(others[1], 2)

    pool = TellerPool(1, size=99, real=[*others, short, shorter, longer])
    score = room_score(teller, rows, fs=FS, source="C", null=pool)

    assert (score.chance.simulated, score.chance.real, score.chance.draws) == (99, 4, 103)


def still(value=500.0, seconds=120):
    return np.full(seconds * FS, value)


def one_move(seconds=120):
    return np.concatenate([still(300, seconds // 2), still(700, seconds - seconds // 2)])


TELLER, ROWS = telling()


@pytest.mark.parametrize(
    ("teller", "rows", "reason"),
    [
        (still(nan), ROWS, "no_teller_line"),
        (still(), ROWS, "no_teller_movement"),
        (TELLER, ROWS[:2], "few_listeners"),
        (TELLER, np.full_like(ROWS, nan), "few_listeners"),
        (TELLER, np.array([still(), still(100), still(), *ROWS[:2]]), "constant"),
        (TELLER, np.array([one_move()] * 5), "few_moves"),
        (TELLER[:100], ROWS[:, :100], "too_short"),
        (TELLER, np.where(np.arange(480) < 300, nan, ROWS), "low_coverage"),
    ],
)
def test_no_reading_is_an_answer_with_a_reason(teller, rows, reason):
    score = room_score(teller, rows, fs=FS, source="C", null=TellerPool(1, size=99))

    assert score.reason == reason
    assert (score.verdict, score.chance) == (None, None)
    assert np.isnan([score.fit.r, score.fit.lag_s, score.fit.low, score.levels.r]).all()


def test_hands_that_never_moved_do_not_hold_the_room_back():
    resting = np.vstack([ROWS, [still()] * 20])

    with_them, without = (room_score(TELLER, rows, fs=FS, source="C") for rows in (resting, ROWS))

    assert with_them.as_json() == without.as_json()


def test_a_pause_is_nobodys_gap():
    teller, rows = TELLER.copy(), ROWS.copy()
    teller[160:320], rows[:, 160:320] = nan, nan

    score = room_score(teller, rows, fs=FS, source="C")

    assert score.coverage == 1
    assert score.reason is None


def test_a_score_becomes_json_without_nan():
    judged = room_score(TELLER, ROWS, fs=FS, source="C", null=TellerPool(1, size=99)).as_json()
    unread = room_score(TELLER, ROWS[:2], fs=FS, source="C").as_json()

    assert json.loads(json.dumps(judged, allow_nan=False)) == judged
    assert set(judged) == {
        "source", "reason", "verdict", "fit", "levels", "chance", "agreement_p",
        "listeners", "coverage", "exploratory", "seed", "engine",
    }  # fmt: skip
    assert set(judged["fit"]) == {"r", "lag_s", "low", "high", "n", "n_eff"}
    assert set(judged["chance"]) == {"kind", "band", "p", "draws", "simulated", "real"}
    assert unread["fit"] == {"r": None, "lag_s": None, "low": None, "high": None, "n": 0, "n_eff": None}


def test_nulls_and_sources_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="480"):
        room_score(TELLER, ROWS, fs=FS, source="C", null=Null("pool", np.ones((99, 5)), 99, 0))
    with pytest.raises(ValueError, match="'E'"):
        room_score(TELLER, ROWS, fs=FS, source="E")
    with pytest.raises(ValueError, match="got 5"):
        TellerPool(1, size=5)
