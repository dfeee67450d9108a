"""Is five per cent five per cent, and is a real room found? Reduced runs with fixed seeds and wide bounds."""

import numpy as np
import pytest
from scipy import stats

from stories.synchrony import TellerPool, arc_deck, redealt_arcs, room_score, step_tellers, teller_line
from tests.synchrony.people import FS, drift, on_scale, standard, taps, thumbs, wander

RUNS = 60
MOST = stats.binom.isf(1e-3, RUNS, 0.065)
"""A test with a true rate of .065 exceeds this once in a thousand suites."""


def felt(line):
    return standard(np.nan_to_num(line, nan=line[np.isfinite(line)][0]))


def rejections(judge):
    return sum(judge(np.random.default_rng(i), i).chance.p <= 0.05 for i in range(RUNS))


@pytest.mark.parametrize("other", ["wander", "drift"])
def test_a_room_that_followed_somebody_else_is_rarely_beyond_chance_for_a_dial(other):
    def judge(rng, i):
        teller = on_scale(drift(rng, 90) if other == "drift" else wander(rng, 90, tau_s=20)[0])
        driver = drift(rng, 90) if other == "drift" else wander(rng, 90, tau_s=20)[0]
        rows = thumbs(rng, driver, listeners=8, r=0.7)
        return room_score(teller, rows, fs=FS, source="C", null=TellerPool(i, size=99))

    assert rejections(judge) <= MOST


@pytest.mark.parametrize("other", ["drift", "same taps"])
def test_a_room_that_followed_somebody_else_is_rarely_beyond_chance_for_an_arc(other):
    deck = [arc.levels for arc in arc_deck(5)]

    def judge(rng, i):
        arc, at, n = deck[rng.integers(len(deck))], taps(rng, 5, 60), 60 * FS
        moods = teller_line(at, 500 + 100 * np.cumsum(rng.normal(size=5)), fs=FS, n=n)
        rows = thumbs(rng, drift(rng, 60) if other == "drift" else felt(moods), listeners=8, r=0.7)
        null = redealt_arcs(at, arc, deck, fs=FS, n=n)
        return room_score(teller_line(at, arc, fs=FS, n=n), rows, fs=FS, source="A", null=null)

    assert rejections(judge) <= MOST


def test_a_room_that_followed_somebody_else_is_rarely_beyond_chance_for_placed_beats():
    def judge(rng, i):
        at, levels, n = taps(rng, 6, 120), rng.uniform(0, 1000, 6), 120 * FS
        rows = thumbs(rng, drift(rng, 120), listeners=8, r=0.7)
        null = step_tellers(at, levels, fs=FS, n=n, seed=i, draws=99)
        return room_score(teller_line(at, levels, fs=FS, n=n), rows, fs=FS, source="B", null=null)

    assert rejections(judge) <= MOST


def test_a_room_of_twelve_that_follows_a_dial_is_found():
    found = 0
    for i in range(25):
        rng = np.random.default_rng(i)
        driver = wander(rng, 120)[0]
        rows = thumbs(rng, driver, listeners=12, r=0.5)
        score = room_score(on_scale(driver), rows, fs=FS, source="C", null=TellerPool(i, size=199))
        found += score.verdict in ("in_step", "often")

    assert found >= 23


def test_a_room_of_twelve_that_follows_its_arc_is_mostly_found():
    deck = [arc.levels for arc in arc_deck(5)]
    found = 0
    for i in range(80):
        rng = np.random.default_rng([i, 0])
        arc, at, n = deck[i % 40], taps(rng, 5, 60), 60 * FS
        line = teller_line(at, arc, fs=FS, n=n)
        rows = thumbs(rng, felt(line), listeners=12, r=0.5)
        null = redealt_arcs(at, arc, deck, fs=FS, n=n)
        found += room_score(line, rows, fs=FS, source="A", null=null).verdict in ("in_step", "often")

    assert found >= 50
