"""One dataclass says everything about a telling, and says the same every time."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from stories.synchrony import ENGINE, TellerPool, arc_deck, room_score, teller_line
from stories.synchrony.report import digest, report
from tests.synchrony.people import FS, on_scale, taps, thumbs, wander


def telling(*, listeners=6, seconds=90, r=0.8, seed=1):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds, tau_s=8)[0]
    rows = thumbs(rng, driver, listeners=listeners, r=r)
    rows[0, 40:60] = np.nan
    return on_scale(driver), rows


def written(made):
    return json.dumps(made.as_json(), allow_nan=False)


def test_a_report_is_strict_json_and_the_same_on_every_run():
    teller, rows = telling()

    one, other = (report(teller, rows, fs=FS, seed=7, persons=True) for _ in range(2))

    assert written(one) == written(other)
    assert json.loads(written(one)) == one.as_json()


def test_a_report_names_engine_seed_and_what_was_analysed():
    teller, rows = telling()

    made = report(teller, rows, fs=FS, seed=7, names=["Ben", "Eli", "Dov", "fox", "owl", "hare"])

    assert (made.engine, made.seed, made.fs, made.seconds, made.source) == (ENGINE, 7, FS, 90.0, "C")
    assert made.names == ("Ben", "Eli", "Dov", "fox", "owl", "hare")
    assert made.digest == digest(teller, rows, fs=FS)


def test_its_room_is_the_room_score_with_the_pool_of_its_seed():
    teller, rows = telling()

    made = report(teller, rows, fs=FS, seed=7)

    alone = room_score(teller, rows, fs=FS, source="C", null=TellerPool(7), seed=7)
    assert made.room == alone
    assert made.room.verdict == "in_step"


def test_a_room_that_follows_moves_together_because_of_the_teller():
    teller, rows = telling(seconds=180)

    made = report(teller, rows, fs=FS, seed=7, persons=True)

    assert made.herding.r > 0.5
    assert made.herding.draws == made.room.chance.draws
    assert made.herding.coupling_lag_s > 0
    assert (made.persons.anticipation.index < 0).all()


def test_herding_of_fast_samples_is_read_at_four_a_second():
    teller, rows = telling(seconds=180)
    slow = TellerPool(7, size=99).null(teller, fs=FS)
    fast = replace(slow, tellers=np.repeat(slow.tellers, 5, axis=1))

    made = report(np.repeat(teller, 5), np.repeat(rows, 5, axis=1), fs=5 * FS, null=fast)

    assert made.herding.as_json() == report(teller, rows, fs=FS, null=slow).herding.as_json()


def test_persons_are_tested_only_when_asked_for():
    teller, rows = telling()

    quiet, asked = (report(teller, rows, fs=FS, persons=persons) for persons in (False, True))

    assert replace(asked, persons=None).as_json() == quiet.as_json()
    assert np.isfinite(asked.persons.anticipation.p).all()
    assert asked.persons.test.p.shape == (6,)
    assert (asked.persons.test.p_max_t >= asked.persons.test.p).all()


def test_an_unasked_report_says_of_a_listener_only_whether_there_is_a_reading():
    teller, rows = telling()

    made = report(teller, rows, fs=FS).as_json()

    by_listener = {
        name for name, value in made.items() if isinstance(value, list) and len(value) == len(rows)
    }
    assert by_listener == {"names", "coverage", "reason"}
    assert made["persons"] is None


def test_an_arc_is_held_against_the_deck_it_was_dealt_from():
    at = taps(np.random.default_rng(2), 5, 90)
    levels = arc_deck(5)[17].levels
    line = teller_line(at, levels, fs=FS, n=90 * FS)
    _, rows = telling()

    made = report(line, rows, fs=FS, source="A", taps_s=at, levels=levels)

    assert (made.room.chance.kind, made.room.chance.draws) == ("redealt_arcs", 39)


def test_placed_beats_are_held_against_step_tellers():
    at, levels = [1, 30, 60, 75], [500, 200, 800, 400]
    line = teller_line(at, levels, fs=FS, n=90 * FS)
    _, rows = telling()

    made = report(line, rows, fs=FS, source="B", taps_s=at, levels=levels)

    assert (made.room.chance.kind, made.room.exploratory) == ("step_tellers", True)


def test_an_arc_from_elsewhere_needs_its_deck():
    teller, rows = telling()

    with pytest.raises(ValueError, match="not ours"):
        report(teller, rows, fs=FS, source="A", taps_s=[1, 2, 3, 4], levels=[1, 2, 3, 7])
    with pytest.raises(ValueError, match="got 0 and 0"):
        report(teller, rows, fs=FS, source="B")


@pytest.mark.parametrize(
    ("teller", "rows", "why"),
    [
        (np.full(400, np.nan), np.ones((4, 400)), "no_teller_line"),
        (np.ones(400), np.ones((4, 400)), "no_teller_movement"),
        (np.arange(20.0), np.tile(np.arange(20.0), (4, 1)), "too_short"),
        (np.arange(400.0), np.full((4, 400), np.nan), "few_listeners"),
        (np.arange(400.0), np.empty((0, 400)), "few_listeners"),
        (np.arange(400.0), np.arange(400.0)[None], "few_listeners"),
        (np.empty(0), np.empty((3, 0)), "no_teller_line"),
    ],
)
def test_what_cannot_be_read_is_a_reason_and_still_json(teller, rows, why):
    made = report(teller, rows, fs=FS, persons=True)

    assert made.room.reason == why
    assert json.loads(written(made))["room"]["verdict"] is None


def test_the_digest_knows_values_and_not_their_memory():
    teller, rows = telling()
    rows = np.rint(rows)

    same = {
        digest(teller, rows, fs=4),
        digest(teller.tolist(), rows.tolist(), fs=4.0),
        digest(teller.astype(np.float32), np.asfortranarray(rows), fs=4),
        digest(np.repeat(teller, 2)[::2], np.repeat(rows, 2, axis=1)[:, ::2], fs=4),
        digest(teller, np.where(np.isnan(rows), -np.float64("nan"), rows), fs=4),
    }

    assert len(same) == 1


def test_the_digest_changes_with_every_value_and_its_place():
    line, rows = np.array([1.0, 2.0]), np.array([[3.0, 4.0], [5.0, 6.0]])

    digests = [
        digest(line, rows, fs=4),
        digest(line, rows, fs=2),
        digest(line, rows[::-1], fs=4),
        digest(rows[0], np.array([line, rows[1]]), fs=4),
        digest([1, 2, 3], [[4, 5, 6]], fs=4),
        digest(line, np.where(rows == 6, np.nan, rows), fs=4),
    ]

    assert len(set(digests)) == len(digests)


def test_names_must_be_as_many_as_listeners():
    teller, rows = telling()

    with pytest.raises(ValueError, match="6 listeners need as many names, got 1"):
        report(teller, rows, fs=FS, names=["Ben"])


def test_thirty_listeners_and_five_minutes_take_well_below_three_seconds():
    teller, rows = telling(listeners=30, seconds=300)

    began = time.process_time()
    report(teller, rows, fs=FS)

    assert time.process_time() - began < 3
