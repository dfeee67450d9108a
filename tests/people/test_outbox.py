"""The samples of a tab: numbered once, kept until acked, closed when their page load is over."""

import random
from copy import deepcopy

from stories.people.outbox import Outbox


def filled(*ticks: int) -> Outbox:
    outbox = Outbox(random.Random(1))
    for tick in ticks:
        outbox.add("t", tick, 500 + tick)
    return outbox


def brief(messages: list[dict]) -> list[tuple]:
    """Messages without what is random about them."""
    return [
        (m["seq"], m["first_tick"], m["values"]) if m["type"] == "trace.chunk" else ("closed", m["chunks"])
        for m in messages
    ]


def test_a_gap_begins_a_new_chunk() -> None:
    outbox = filled(0, 1, 2, 7, 8)

    outbox.cut()

    assert brief(outbox.pending(0)) == [(0, 0, [500, 501, 502]), (1, 7, [507, 508])]


def test_a_chunk_goes_out_again_only_when_unanswered_for_ten_seconds() -> None:
    outbox = filled(0)
    outbox.cut()
    outbox.pending(0)

    again = [brief(outbox.pending(second)) for second in (5, 9.9, 13)]

    assert again == [[], [], [(0, 0, [500])]]


def test_an_acked_chunk_is_forgotten() -> None:
    outbox = filled(0)
    outbox.cut()
    [chunk] = outbox.pending(0)

    outbox.acked(chunk["run"], [0])

    assert outbox.pending(100) == []
    assert outbox.unstored("t") == set()


def test_a_run_is_closed_once_all_of_it_is_acked_and_forgotten_once_sealed() -> None:
    outbox = filled(0, 1)
    outbox.finish("t")
    [chunk] = outbox.pending(0)
    assert not outbox.empty

    outbox.acked(chunk["run"], [0])
    closing = outbox.pending(1)
    outbox.sealed(chunk["run"])

    assert brief(closing) == [("closed", 1)]
    assert outbox.empty


def test_a_reload_sends_what_was_left_under_its_old_run_and_begins_a_new_one() -> None:
    outbox = filled(0)
    outbox.cut()
    [before] = outbox.pending(0)

    outbox.reloaded()
    outbox.add("t", 9, 9)
    outbox.cut()
    left, fresh = outbox.pending(0)

    assert left == before
    assert (fresh["run"] != before["run"], fresh["seq"], fresh["first_tick"]) == (True, 0, 9)


def test_a_copy_numbers_nothing_as_its_first_tab_does_unless_it_is_the_same() -> None:
    first = filled(0)
    first.cut()
    first.add("t", 1, 501)

    copy = deepcopy(first)
    copy.reloaded()
    first.add("t", 2, 502)
    first.cut()

    ours, theirs = ({(m["run"], m["seq"]): m["values"] for m in box.pending(0)} for box in (first, copy))
    assert list(theirs.values()) == [[500], [501]]
    assert list(ours.values()) == [[500], [501, 502]]
    assert [ours[key] for key in ours.keys() & theirs.keys()] == [[500]]


def test_a_page_load_that_had_cut_nothing_leaves_nothing_to_close() -> None:
    outbox = filled(0)

    outbox.reloaded()
    [chunk] = outbox.pending(0)
    outbox.acked(chunk["run"], [0])

    assert brief([chunk, *outbox.pending(1)]) == [(0, 0, [500]), ("closed", 1)]


def test_what_was_felt_after_the_end_is_not_cut_into_a_chunk() -> None:
    outbox = filled(0, 1, 2, 3)

    outbox.trim("t", 2)
    outbox.finish("t")

    assert brief(outbox.pending(0)) == [(0, 0, [500, 501])]


def test_a_hopeless_chunk_is_dropped_and_a_busy_server_is_asked_again() -> None:
    outbox = filled(0, 5)
    outbox.cut()
    first, second = outbox.pending(0)

    outbox.refused({"code": "trace.range", "of": "trace.chunk", "run": first["run"], "seq": 0})
    outbox.refused({"code": "trace.busy", "of": "trace.chunk", "run": second["run"], "seq": 1})

    assert brief(outbox.pending(100)) == [(1, 5, [505])]
    assert outbox.refused_ticks == {"t": {0}}
