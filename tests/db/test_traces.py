"""What was felt is stored once, refused alone when it is wrong, and read as one grid."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stories import models, traces
from stories.protocol import moves
from tests.db.evening import DONE, Evening
from tests.db.loads import entries_of, page_loads

SILENT = None


def grid_of(evening, telling, name):
    """Somebody's trace as a list, null where silent."""
    row = traces.grid(telling, evening.about).of(evening[name].pk)
    return None if row is None else [None if np.isnan(v) else int(v) for v in row]


# --- storing


def test_a_chunk_is_stored_once_when_it_comes_twice(evening):
    telling = evening.begin()
    entry = evening.feel(telling, "Ben", [1, 2, None])

    assert traces.store([entry]) == {entry.key: "stored"}
    assert traces.store([entry, entry]) == {entry.key: "stored"}
    assert list(models.Chunk.objects.values_list("seq", "first_tick")) == [(0, 0)]


@pytest.mark.parametrize("change", [{"values": [1, 2, 4]}, {"first_tick": 1}, {"values": [1, 2]}])
def test_a_chunk_is_a_conflict_when_its_key_has_another_content(evening, change):
    telling = evening.begin()
    first = evening.feel(telling, "Ben", [1, 2, 3])
    other = evening.entry(telling, "Ben", **{"values": [1, 2, 3], **change})
    fresh = evening.entry(telling, "Eli", [9])

    assert traces.store([other, fresh]) == {other.key: "conflict", fresh.key: "stored"}
    assert bytes(models.Chunk.objects.get(participant=evening["Ben"]).samples) == first.samples


def test_a_chunk_is_a_conflict_when_one_batch_says_two_things_of_it(evening):
    telling = evening.begin()
    first = evening.entry(telling, "Ben", [1])
    other = evening.entry(telling, "Ben", [2])

    assert traces.store([first, other])[first.key] == "conflict"
    assert models.Chunk.objects.count() <= 1


def test_the_same_run_and_seq_are_other_chunks_when_the_seat_is_another(evening):
    telling = evening.begin()
    entries = [evening.entry(telling, name, [n]) for n, name in enumerate(("Ana", "Ben", "Eli"))]

    assert set(traces.store(entries).values()) == {"stored"}
    assert models.Chunk.objects.count() == 3


@pytest.mark.parametrize("where", [0, 4, 8])
def test_a_row_the_database_cannot_take_is_refused_alone(transactional_db, where):
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.begin()
    good = [evening.entry(telling, "Ben", [n], n, seq=n) for n in range(8)]
    odd = traces.Entry(telling.pk, evening["Ben"].pk, "run", -1, 0, traces.pack([1]), 0)
    batch = [*good[:where], odd, *good[where:]]

    verdicts = traces.store(batch)

    assert verdicts == {**{entry.key: "stored" for entry in good}, odd.key: "poisonous"}
    assert models.Chunk.objects.count() == 8


def test_what_a_seat_felt_that_is_gone_is_not_stored(evening):
    telling = evening.begin()
    nobody = traces.Entry(telling.pk, 10**6, "run", 0, 0, traces.pack([1]), 0)

    assert traces.store([nobody]) == {nobody.key: "not_sampled"}


def test_a_number_no_database_holds_is_refused_alone(transactional_db):
    evening = Evening("Ana", "Ben")
    telling = evening.begin()
    good = evening.entry(telling, "Ben", [1])
    huge = traces.Entry(telling.pk, evening["Ben"].pk, "run", 2**70, 0, traces.pack([1]), 0)

    assert traces.store([huge, good]) == {good.key: "stored", huge.key: "poisonous"}


def test_every_chunk_is_stored_once_when_eight_writers_store_the_same_at_once(at_once):
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.begin()
    entries = [evening.entry(telling, "Ben", [n, n], 2 * n, seq=n) for n in range(30)]

    answers = at_once(lambda n: set(traces.store(entries[n:] + entries[:n]).values()))

    assert answers == [{"stored"}] * 8
    assert list(models.Chunk.objects.order_by("seq").values_list("seq", flat=True)) == list(range(30))


def test_samples_come_back_as_they_were_when_unpacked():
    values = [0, 1000, None, 1, 999, None]

    assert traces.unpack(traces.pack(values)).tolist() == [0, 1000, -1, 1, 999, -1]
    assert len(traces.pack(values)) == 2 * len(values)


def test_a_run_is_complete_when_as_many_chunks_are_stored_as_it_had(evening):
    telling = evening.begin()
    for seq in range(3):
        evening.feel(telling, "Ben", [5], seq, seq=seq)

    assert traces.close(telling.pk, evening["Ben"].pk, "run", 4) == 3
    assert traces.incomplete(telling.pk) == 1
    evening.feel(telling, "Ben", [5], 3, seq=3)
    assert traces.close(telling.pk, evening["Ben"].pk, "run", 4) == 4
    assert traces.incomplete(telling.pk) == 0
    assert models.Closure.objects.count() == 1


@pytest.mark.parametrize("closings", [(2, 3), (3, 2)], ids=["copy first", "copy last"])
def test_a_run_had_as_many_chunks_as_any_tab_says_when_a_duplicate_closes_it_too(evening, closings):
    telling = evening.begin()
    for seq in range(2):
        evening.feel(telling, "Ben", [500], first_tick=seq, seq=seq)

    for chunks in closings:
        traces.close(telling.pk, evening["Ben"].pk, "run", chunks)
    lacking = traces.incomplete(telling.pk)
    evening.feel(telling, "Ben", [500], first_tick=2, seq=2)

    assert (lacking, traces.incomplete(telling.pk)) == (1, 0)


def test_moments_are_counted_when_they_are_sealed(evening):
    telling = evening.begin()
    assert traces.moments_sealed(telling.pk) == 0

    evening.feel(telling, "Ben", [5, 6, None])
    evening.feel(telling, "Eli", [5])

    assert traces.moments_sealed(telling.pk) == 4


# --- the grid


def test_the_grid_has_a_tick_for_every_quarter_second_when_the_story_is_over(evening):
    telling = evening.told(2)
    evening.feel(telling, "Ben", [10, 20, None, 40], 2)

    assert grid_of(evening, telling, "Ben") == [None, None, 10, 20, None, 40, None, None]
    assert grid_of(evening, telling, "Eli") is None


def test_samples_after_the_end_are_cut_off_when_read(evening):
    telling = evening.told(1)
    evening.feel(telling, "Ben", [1, 2, 3, 4, 5, 6], 1)

    assert grid_of(evening, telling, "Ben") == [None, 1, 2, 3]


def test_the_newest_run_wins_when_two_pages_cover_a_tick(evening):
    telling = evening.told(2)
    evening.feel(telling, "Ben", [20, 20, None, 20], 2, run="after-reload")
    evening.feel(telling, "Ben", [10] * 6, 0, run="before")

    # A newer null wins too: the newer page knows that nobody touched it.
    assert grid_of(evening, telling, "Ben") == [10, 10, 20, 20, None, 20, None, None]


def test_ticks_in_a_pause_are_null_whatever_was_sent(evening):
    telling = evening.begin()
    evening.obey(moves.Pause(by="listener"), 1)
    evening.obey(moves.Resume(by="teller"), 2)
    evening.obey(DONE, 3)
    evening.feel(telling, "Ben", list(range(12)))

    grid = traces.grid(telling, evening.about)

    assert grid_of(evening, telling, "Ben") == [0, 1, 2, 3, None, None, None, None, 8, 9, 10, 11]
    assert grid.paused.tolist() == [False] * 4 + [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("pause", "paused"),
    [
        ((1.0, 1.0), []),
        ((1.01, 1.2), []),
        ((0.99, 1.01), [4]),
        ((1.0, 1.25), [4]),
        ((0, 1), [0, 1, 2, 3]),
    ],
)
def test_exactly_the_ticks_within_a_pause_are_paused(evening, pause, paused):
    telling = evening.begin()
    evening.obey(moves.Pause(by="listener"), pause[0])
    evening.obey(moves.Resume(by="teller"), pause[1])
    evening.obey(DONE, 3)

    assert np.flatnonzero(traces.grid(telling, evening.about).paused).tolist() == paused


def test_a_story_that_was_finished_in_a_pause_ends_with_null(evening):
    telling = evening.begin()
    evening.obey(moves.Pause(by="listener"), 1)
    evening.obey(DONE, 2)
    evening.feel(telling, "Ben", [7] * 8)

    assert grid_of(evening, telling, "Ben") == [7] * 4 + [None] * 4


def test_nothing_is_stored_when_nothing_came(db):
    assert traces.store([]) == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(loads=page_loads(), chance=st.randoms(use_true_random=False))
def test_the_grid_is_the_same_in_whatever_order_and_however_often_chunks_come(evening_over, loads, chance):
    evening, telling = evening_over
    models.Chunk.objects.all().delete()
    entries = entries_of(loads, evening, telling, "Ben", chance)
    sent = [*entries, *chance.choices(entries, k=5)]
    chance.shuffle(sent)

    while sent:
        batch = [sent.pop() for _ in range(min(len(sent), chance.randint(1, 5)))]
        assert set(traces.store(batch).values()) == {"stored"}

    expected = [None] * 80
    for chunks in loads:
        for tick, values in chunks:
            expected[tick : tick + len(values)] = values
    assert grid_of(evening, telling, "Ben") == expected[:80]
