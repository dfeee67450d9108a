"""Fewer rows, the same story."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stories import compaction, models, retention, traces
from tests.db.crowd import crowd, run_jobs
from tests.db.evening import Evening
from tests.db.loads import entries_of, page_loads

HOUR_MS = 3_600_000


def facts(evening: Evening, telling: models.Telling) -> tuple[object, ...]:
    """What anybody ever reads of a story's chunks."""
    grid = traces.grid(telling, evening.about)
    return (
        grid.rows,
        np.nan_to_num(grid.traces, nan=-1).tolist(),
        traces.incomplete(telling.pk),
        traces.moments_sealed(telling.pk),
    )


def compacted(telling: models.Telling) -> bool:
    """Whether it says so."""
    return models.Telling.objects.filter(pk=telling.pk, compacted_at__isnull=False).exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ben=page_loads(), eli=page_loads(), chance=st.randoms(use_true_random=False))
def test_a_story_reads_the_same_when_it_is_compacted_once_and_twice(evening_over, ben, eli, chance):
    evening, telling = evening_over
    models.Chunk.objects.all().delete()
    models.Closure.objects.all().delete()
    for name, loads in (("Ben", ben), ("Eli", eli)):
        entries = entries_of(loads, evening, telling, name, chance)
        # Some never come: closed runs may lack chunks.
        kept = [entry for entry in entries if chance.random() < 0.9]
        traces.store(kept)
        for run in {entry.run for entry in entries}:
            traces.close(telling.pk, evening[name].pk, run, sum(entry.run == run for entry in entries))
    before, rows = facts(evening, telling), models.Chunk.objects.count()

    for _ in range(2):
        compaction.compact(telling.pk)

        assert facts(evening, telling) == before
        assert models.Chunk.objects.count() <= rows


def test_what_follows_each_other_becomes_one_row_and_a_gap_keeps_two(evening):
    telling = evening.begin()
    for name, ticks in (("Ben", (0, 2, 4)), ("Eli", (0, 2, 10, 12))):
        for seq, tick in enumerate(ticks):
            evening.feel(telling, name, [tick, tick], tick, seq=seq, received=tick)

    compaction.compact(telling.pk)

    rows = models.Chunk.objects.order_by("participant", "seq")
    assert [(row.seq, row.first_tick, row.holds, row.received_at) for row in rows] == [
        (0, 0, 3, evening.at(0)),
        (0, 0, 2, evening.at(0)),
        (2, 10, 2, evening.at(10)),
    ]
    assert [traces.unpack(bytes(row.samples)).tolist() for row in rows] == [
        [0, 0, 2, 2, 4, 4],
        [0, 0, 2, 2],
        [10, 10, 12, 12],
    ]
    assert compacted(telling)


@pytest.mark.parametrize(("hours", "settled"), [(1.9, 0), (2.1, 1)])
def test_a_story_is_compacted_once_when_nothing_more_can_come(db, hours, settled):
    _, telling = crowd(3)
    running = Evening("Ana", "Ben").begin()
    run_jobs()
    at = telling.ended_at + round(hours * HOUR_MS)

    assert compaction.sweep(at) == settled
    assert compaction.sweep(at) == 0
    run_jobs(task="stories.compaction.compact")

    assert compacted(telling) == bool(settled)
    assert not compacted(running)
    models.Job.objects.all().delete()
    assert compaction.sweep(at) == 0


def test_a_story_that_cannot_be_compacted_stands_in_nobodys_way(db, monkeypatch):
    monkeypatch.setattr(compaction, "AT_ONCE", 1)
    (_, poor), (_, good) = crowd(1), crowd(1)
    at = good.ended_at + 3 * HOUR_MS
    compaction.sweep(at)
    models.Job.objects.filter(key=f"{compaction.KEY}{poor.pk}").update(state="failed")

    assert compaction.sweep(at) == 1

    assert models.Job.objects.filter(key=f"{compaction.KEY}{good.pk}", state="queued").exists()


def test_a_sweep_leaves_the_runners_time_for_those_who_wait(db, monkeypatch):
    monkeypatch.setattr(compaction, "AT_ONCE", 2)
    stories = [crowd(1)[1] for _ in range(3)]

    assert [compaction.sweep(stories[-1].ended_at + 3 * HOUR_MS) for _ in range(3)] == [2, 1, 0]


def test_nothing_is_left_to_do_when_the_room_is_gone(db):
    evening, telling = crowd(1)
    compaction.sweep(telling.ended_at + 3 * HOUR_MS)

    retention.delete_room(evening.row)

    assert models.Job.objects.count() == 0
    compaction.compact(telling.pk)
    assert models.Chunk.objects.count() == 0


def test_what_is_taken_back_stays_away_when_its_story_is_compacted_at_that_moment(at_once):
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.told(20)
    for name in ("Ben", "Eli"):
        for seq in range(40):
            evening.feel(telling, name, [seq, seq], 2 * seq, seq=seq)

    def work(n: int) -> None:
        retention.forget_traces(evening["Ben"]) if n == 0 else compaction.compact(telling.pk)

    at_once(work, people=3)

    assert list(models.Chunk.objects.values_list("participant", "holds")) == [(evening["Eli"].pk, 40)]


def test_a_chunk_that_comes_again_after_all_changes_nothing(evening):
    telling = evening.told(20)
    sent = [evening.feel(telling, "Ben", [seq, seq], 2 * seq, seq=seq) for seq in range(4)]
    compaction.compact(telling.pk)
    grid = facts(evening, telling)[:2]

    traces.store(sent)

    assert facts(evening, telling)[:2] == grid
