import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.synchrony import TraceGrid, live_score
from tests.synchrony.people import FS, on_scale, thumbs, wander

values = st.lists(st.none() | st.integers(0, 1000), min_size=1, max_size=6)


@st.composite
def writings(draw):
    """Chunks of a few page loads of a few people; within one load a tick has one value."""
    loads = draw(st.lists(st.tuples(st.integers(0, 2), values), min_size=1, max_size=6))
    chunks = []
    for order, (row, load) in enumerate(loads):
        start = draw(st.integers(0, 10))
        cut = draw(st.integers(0, len(load)))
        parts = ((start, load[:cut]), (start + cut, load[cut:]))
        chunks.extend((row, first, part, order) for first, part in parts)
    again = draw(st.lists(st.sampled_from(chunks), max_size=4))
    return loads, draw(st.permutations(chunks + again))


def newest_wins(chunks):
    ticks = max((first + len(part) for _, first, part, _ in chunks if part), default=0)
    slow = np.full((3, ticks), np.nan)
    for row, first, part, _ in sorted(chunks, key=lambda chunk: chunk[3]):
        for i, value in enumerate(part):
            slow[row, first + i] = np.nan if value is None else value
    return slow


@given(writings())
def test_any_order_and_any_repetition_give_the_same_grid(writing):
    _, chunks = writing
    grid = TraceGrid(3, fs=FS)

    for row, first, part, order in chunks:
        grid.write(row, first, part, order=order)

    np.testing.assert_array_equal(grid.traces(), newest_wins(chunks))


def test_without_orders_the_later_call_wins():
    grid = TraceGrid(1, fs=FS)

    grid.write(0, 0, [1, 2, 3, 4])
    grid.write(0, 2, [9, None])

    np.testing.assert_array_equal(grid.traces(), [[1, 2, 9, np.nan]])


def test_int16_chunks_are_taken_as_they_are_stored():
    grid = TraceGrid(2, fs=FS)

    grid.write(1, 1, np.array([5, -1, 7], dtype=np.int16))

    np.testing.assert_array_equal(grid.trace(1), [np.nan, 5, np.nan, 7])
    np.testing.assert_array_equal(grid.traces(2, 4), [[np.nan] * 2, [np.nan, 7]])


def test_the_grid_grows_with_ticks_and_people():
    grid = TraceGrid(1, fs=FS)

    grid.write(0, 5000, [1])
    grid.widen(3)
    grid.write(2, 0, [7])

    assert grid.traces().shape == (3, 5001)
    assert grid.trace(0)[5000] == 1
    assert grid.trace(2)[0] == 7


@pytest.mark.parametrize("values", [[1001], [-2], [5, 40_000]])
def test_values_off_the_scale_are_refused(values):
    with pytest.raises(ValueError, match=str(values[-1])):
        TraceGrid(1, fs=FS).write(0, 0, values)


def test_unknown_rows_and_negative_ticks_are_refused():
    grid = TraceGrid(2, fs=FS)

    with pytest.raises(IndexError, match="row 2 of 2"):
        grid.write(2, 0, [1])
    with pytest.raises(ValueError, match="-1"):
        grid.write(0, -1, [1])


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_live_on_a_grid_filled_in_any_order_equals_batch_bit_for_bit(random):
    rng = np.random.default_rng(4)
    driver = wander(rng, 90)[0]
    everyone = np.vstack([on_scale(driver), thumbs(rng, driver, listeners=4, r=0.6)])
    chunks = [(row, at) for row in range(5) for at in range(0, 360, 4)]
    random.shuffle(chunks)
    grid = TraceGrid(5, fs=FS)

    for row, at in chunks:
        grid.write(row, at, everyone[row, at : at + 4].astype(int).tolist())

    live, batch = live_score(*_split(grid.traces()), fs=FS), live_score(*_split(everyone), fs=FS)
    assert live.as_json() == batch.as_json()


def _split(traces):
    return traces[0], traces[1:]
