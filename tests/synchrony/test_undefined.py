"""What cannot be known is said to be unknown: never a claim, a zero, a warning or a crash."""

import numpy as np
import pytest

from stories.synchrony import (
    Null,
    TellerPool,
    anticipation,
    arc_deck,
    coupling,
    herding,
    lagged_regression,
    live_score,
    redealt_arcs,
    report,
    room_score,
    segment_shuffles,
    surrogate_test,
    teller_line,
    togetherness,
)

nan = np.nan


def crowd(rng=None, rows=6):
    rng = rng or np.random.default_rng(3)
    return np.clip(np.rint(500 + np.cumsum(rng.normal(size=(rows, 480)), axis=1) * 20), 0, 1000)


def lost_dial():
    """A dial that was still, went away for three seconds and came back still, elsewhere."""
    line = np.full(480, 500.0)
    line[240:252], line[252:] = nan, 700
    return line


NO_CHANGES = pytest.mark.parametrize("line", [lost_dial(), np.arange(480.0)], ids=["lost dial", "straight"])
EMPTY = Null("pool", np.empty((0, 480)), 0, 0)


@NO_CHANGES
def test_a_teller_whose_changes_are_flat_cannot_be_followed(line):
    score = room_score(line, crowd(), fs=4, source="D", null=TellerPool(1, size=99))

    assert (score.reason, score.verdict, score.chance) == ("no_teller_movement", None, None)


@NO_CHANGES
def test_a_report_of_such_a_teller_is_made_all_the_same(line):
    assert report(line, crowd(), fs=4, source="D", seed=1).room.verdict is None


def test_a_deck_too_small_to_judge_says_nothing_of_a_story_of_its_own():
    deck, taps = [arc.levels for arc in arc_deck(5)][:12], [1, 20, 40, 60, 80]
    line = teller_line(taps, deck[0], fs=4, n=480)
    noise = np.random.default_rng(3).normal(size=(8, 480))
    room = np.nan_to_num(np.roll(line, 6), nan=100) + 5 * noise

    score = room_score(line, room, fs=4, source="A", null=redealt_arcs(taps, deck[0], deck, fs=4, n=480))

    assert score.fit.r > 0.99
    assert (score.verdict, score.chance.draws) == (None, 11)
    assert np.isnan(score.chance.band)


def test_without_other_tellers_there_is_no_p():
    teller, *rows = crowd()

    assert np.isnan(room_score(teller, rows, fs=4, source="A", null=EMPTY).chance.p)
    assert np.isnan(surrogate_test(teller, rows, EMPTY, fs=4, seed=1).p).all()


@pytest.mark.parametrize(
    "asked",
    [
        lambda line, rows, null: surrogate_test(line, rows, null, fs=4, seed=1).p,
        lambda line, rows, null: surrogate_test(line, rows, null, fs=4, seed=1).p_max_t,
        lambda line, rows, null: anticipation(line, rows, fs=4, pool=null).p,
        lambda line, rows, null: herding(line, rows, fs=4, null=null).p,
        lambda line, rows, null: room_score(line, rows, fs=4, source="C", null=null).chance.p,
    ],
    ids=["persons", "persons, max-T", "anticipation", "herding", "room"],
)
def test_tellers_who_never_moved_make_no_p_smaller(asked):
    teller, *rows = crowd()
    others = np.cumsum(np.random.default_rng(1).normal(size=(19, 480)), axis=1)
    few, padded = Null("x", others, 19, 0), Null("x", np.vstack([np.full((90, 480), 5.0), others]), 109, 0)

    np.testing.assert_array_equal(asked(teller, rows, padded), asked(teller, rows, few))


def test_a_listener_who_was_away_while_the_teller_moved_has_no_score():
    line = np.full(800, 500.0)
    line[:160] = np.tile(np.repeat([300.0, 700.0], 20), 4)
    own = 500 + 200 * np.sin(np.arange(800) / 7.0)
    own[:240] = nan

    read = coupling(line, own, fs=4)

    assert read.reason == ("no_teller_movement",)
    assert np.isnan([read.levels.r[0], read.changes.r[0], live_score(line, own, fs=4).score[0]]).all()


@pytest.mark.parametrize("fs", [0.5, 2.5, 4.0])
def test_windows_lie_within_the_story_at_any_rate(fs):
    rng = np.random.default_rng(3)
    story = np.cumsum(rng.normal(size=round(120 * fs)))
    room = story + rng.normal(size=(6, len(story)))

    found = togetherness(story, room, fs=fs, seed=1, draws=19)

    assert (found.times_s[0], found.times_s[-1]) == (10, 110)


def test_a_hole_in_the_tellers_line_does_not_part_the_room_from_the_teller():
    rng = np.random.default_rng(5)
    story = np.convolve(rng.normal(size=800), np.hanning(24), "valid")[:720] * 100
    room = np.roll(story, 6) + 20 * rng.normal(size=(8, 720))
    torn = story.copy()
    torn[300:310] = nan

    whole, with_hole = herding(story, room, fs=4).r, herding(torn, room, fs=4).r

    assert whole > 0.7
    assert with_hole == pytest.approx(whole, abs=0.15)


def test_one_placed_beat_is_no_line():
    line = teller_line([1], [500], fs=4, n=480)

    assert (
        report(line, crowd(), fs=4, source="B", taps_s=[1], levels=[500]).room.reason == "no_teller_movement"
    )


@pytest.mark.parametrize(("samples", "span_s", "folds"), [(120, 6, 3), (160, 10, 2)])
def test_a_regression_with_nothing_to_learn_from_is_too_short(samples, span_s, folds):
    x, y = np.cumsum(np.random.default_rng(3).normal(size=(2, samples)), axis=1)

    assert lagged_regression(x, y, fs=4, span_s=span_s, folds=folds).reason == "too_short"


def test_segments_shorter_than_a_sample_are_refused():
    with pytest.raises(ValueError, match=r"0\.1"):
        segment_shuffles(np.arange(99.0), fs=4, draws=1, rng=np.random.default_rng(1), segment_s=0.1)


def test_a_report_does_not_depend_on_how_memory_is_laid_out():
    rng = np.random.default_rng(3)
    story = np.rint(500 + 20 * np.cumsum(rng.normal(size=480)))
    room = np.rint(np.roll(story, 6) + np.cumsum(rng.normal(size=(6, 480)), axis=1) * 8)
    room[2, 40:80] = nan

    rowwise, columnwise = (report(story, rows, fs=4, seed=5) for rows in (room, np.asfortranarray(room)))

    assert rowwise.as_json() == columnwise.as_json()
