"""The live number is the batch number of the same grid, whatever order the chunks came in."""

import math
import random

import numpy as np
import pytest

from stories import traces
from stories.live.scorer import Scorer
from stories.protocol import moves
from stories.synchrony import live_score
from tests.db.evening import Evening

SECONDS = 100
TICKS = SECONDS * 4


def hand(name: str, tick: int) -> int:
    """A hand that follows Ana's by a second or two, each in its own way."""
    late, own = {"Ana": (0, 0), "Ben": (4, 7), "Eli": (8, 3)}[name]
    return round(500 + 380 * math.sin((tick - late) / 17) + 40 * math.sin(tick / (5 + own)))


def batch(evening: Evening, telling, at: int) -> list[tuple[int, int | None]]:
    """Each listener's score by the stored rows, in one go."""
    grid = traces.grid(telling, evening.about, at=at)
    rows = [grid.of(evening[name].pk) for name in ("Ana", "Ben", "Eli")]
    scores = live_score(rows[0], np.stack(rows[1:]), fs=grid.rate_hz).score
    return [
        (evening[n].number, None if np.isnan(s) else int(s))
        for n, s in zip(("Ben", "Eli"), scores, strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_live_number_is_the_batch_number_when_chunks_come_late_twice_and_out_of_order(db, seed):
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.begin(duration_s=300)
    evening.obey(moves.Pause(), 40)
    evening.obey(moves.Resume(by="teller"), 48)
    rng = random.Random(seed)
    entries = [
        evening.entry(
            telling,
            name,
            [hand(name, t) for t in range(first, first + 4)],
            first,
            "a" if first < 200 else "b",
            first // 4,
        )
        for name in ("Ana", "Ben", "Eli")
        for first in range(0, TICKS, 4)
    ]
    traces.store(entries)
    scorer = Scorer(telling)
    before = entries[: len(entries) // 3]
    rng.shuffle(entries)

    # A third is read from rows while the rest arrives, some of it twice.
    for entry in entries[:50]:
        scorer.felt(entry)
    scorer.fill([(e.participant, e.run, e.first_tick, traces.unpack(e.samples)) for e in before], 4)
    for entry in [*entries, *entries[:100]]:
        scorer.felt(entry)
    if scorer.stale:
        scorer.fill(traces.chunks(telling.pk), 4)
    numbers = {evening[name].pk: evening[name].number for name in ("Ana", "Ben", "Eli")}
    told = scorer.score(evening.about, evening.at(SECONDS), numbers)

    assert sorted(told.people) == batch(evening, telling, evening.at(SECONDS))
    assert told.tick == TICKS
    assert all(score is not None and score > 30 for _, score in told.people)


def test_there_is_no_number_when_too_little_was_felt(db):
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.begin()
    for name in ("Ana", "Ben"):
        evening.feel(telling, name, [hand(name, t) for t in range(80)])
    scorer = Scorer(telling)
    scorer.fill(traces.chunks(telling.pk), 4)

    told = scorer.score(evening.about, evening.at(20), {evening["Ben"].pk: evening["Ben"].number})

    assert (told.score, told.spread, told.people) == (None, None, [(evening["Ben"].number, None)])
