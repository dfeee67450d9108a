"""A private band: many stories, or none; and hardly ever for somebody who did not follow."""

import numpy as np
import pytest
from scipy import stats

from stories.synchrony.band import Told, pooled, pooled_band, student_975
from tests.synchrony.people import FS, on_scale, wander


def heard(rng, *, stories=5, seconds=150, r=0.0, late_s=1.5):
    """Stories by different tellers, and one listener to all of them."""
    told = []
    for _ in range(stories):
        teller, own = wander(rng, seconds, tau_s=rng.uniform(3, 15)), wander(rng, seconds, tau_s=8)
        felt = r * np.roll(teller, round(late_s * FS)) + np.sqrt(1 - r * r) * own
        told.append(Told(on_scale(teller[0]), on_scale(felt[0]), FS))
    return told


def test_a_listener_who_follows_gets_a_band_around_what_was_there():
    band = pooled_band(heard(np.random.default_rng(1), stories=8, r=0.6))

    assert band.reason is None
    assert (band.stories, band.minutes) == (8, 20.0)
    assert 0 < band.low < band.r < band.high < 1
    assert band.r == pytest.approx(0.6, abs=0.12)


def test_four_stories_are_too_few_however_well_somebody_follows():
    band = pooled_band(heard(np.random.default_rng(1), stories=4, seconds=300, r=0.9))

    assert band.as_json() == {
        "low": None, "high": None, "r": None, "spread": None,
        "stories": 4, "minutes": 20.0, "reason": "few_stories", "engine": band.engine,
    }  # fmt: skip


def test_five_short_stories_are_too_short():
    band = pooled_band(heard(np.random.default_rng(1), seconds=120, r=0.9))

    assert (band.stories, band.minutes, band.reason) == (5, 10.0, "too_short")


def test_a_story_hardly_heard_does_not_count():
    told = heard(np.random.default_rng(1), r=0.6)
    mostly_away = np.array(told[0].listener)
    mostly_away[200:] = np.nan

    band = pooled_band([Told(told[0].teller, mostly_away, FS), *told[1:]])

    assert (band.stories, band.reason) == (4, "few_stories")


def test_somebody_who_moves_against_the_tellers_gets_none():
    told = heard(np.random.default_rng(1), r=0.7)

    band = pooled_band([(story.teller, 1000 - np.array(story.listener), FS) for story in told])

    assert band.reason == "chance"


def test_unrelated_people_get_a_band_in_at_most_one_of_twenty_cases():
    rng = np.random.default_rng(4)

    shown = sum(pooled_band(heard(rng)).reason is None for _ in range(80))

    # At 5 % seven or more of 80 happen once in ten; with the lag of the story itself 21 of these would have one.
    assert shown <= 6


def test_the_order_of_stories_does_not_matter():
    told = heard(np.random.default_rng(2), r=0.6)

    one, other = pooled_band(told), pooled_band(told[::-1])

    assert one.low == pytest.approx(other.low, abs=1e-12)
    assert one.high == pytest.approx(other.high, abs=1e-12)


def test_a_slow_hand_is_read_at_its_own_lag():
    band = pooled_band(heard(np.random.default_rng(3), stories=8, r=0.7, late_s=3.5))

    assert band.low < 0.7 < band.high


@pytest.mark.parametrize(("between", "at_most"), [(0.0, 0.998), (0.2, 0.97), (0.4, 0.97)])
def test_the_interval_holds_the_truth_in_nineteen_of_twenty_cases(between, at_most):
    """Without any spread between stories it is wider than it need be: it cannot know that there is none."""
    rng, runs, stories = np.random.default_rng(5), 3000, 6
    variance = 1 / rng.uniform(20, 90, (runs, stories))
    z = 0.3 + rng.normal(size=(runs, stories)) * np.sqrt(variance + between**2)

    inside = np.mean([abs(mean - 0.3) <= half for mean, half, _ in map(pooled, z, variance)])

    assert 0.935 <= inside <= at_most


def test_students_t_is_that_of_scipy():
    free = np.arange(4, 60)

    ours = [student_975(int(k)) for k in free]

    np.testing.assert_allclose(ours, stats.t.ppf(0.975, free), rtol=4e-4)
