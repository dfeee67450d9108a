"""What must not matter does not matter: scale, order, where time begins, and the order of the mail."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.synchrony import (
    TellerPool,
    TraceGrid,
    coupling,
    isc,
    lag_profile,
    live_score,
    pairwise_isc,
    room_score,
    surrogate_test,
    windowed_coupling,
)
from tests.synchrony.people import FS, on_scale, thumbs, wander

POOL = TellerPool(1, size=19)
ROOMS = settings(max_examples=12, deadline=None)
scales = st.floats(0.3, 40).map(lambda x: round(x, 3))
origins = st.floats(-500, 500).map(lambda x: round(x, 1))


@st.composite
def rooms(draw, *, seconds=80, gaps=True):
    """A teller and three to five listeners who follow a little, with a gap or two."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    driver = wander(rng, seconds)[0]
    rows = thumbs(rng, driver, listeners=draw(st.integers(3, 5)), r=draw(st.sampled_from([0.0, 0.5, 0.9])))
    if gaps and draw(st.booleans()):
        first = draw(st.integers(0, seconds * FS - 60))
        rows[0, first : first + 45] = np.nan
        rows[1, : draw(st.integers(0, 40))] = np.nan
    return on_scale(driver), rows


def readings(teller, rows):
    """Everything that says how listeners go with the teller, as plain JSON."""
    return {
        "room": room_score(teller, rows, fs=FS, source="C", null=POOL, seed=1).as_json(),
        "coupling": coupling(teller, rows, fs=FS).as_json(),
        "isc": none_for_nan(isc(rows)),
        "live": live_score(teller, rows, fs=FS).as_json(),
        "windows": none_for_nan(windowed_coupling(teller, rows, fs=FS, step_s=10.0)),
        "test": surrogate_test(teller, rows, POOL, fs=FS, seed=1).as_json(),
    }


def none_for_nan(values):
    return np.where(np.isfinite(values), values, None).tolist()


def same(one, other, *, close=1e-9):
    """Equal in shape and words, and close in every number."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k], close=close) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(
            same(a, b, close=close) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=close)
    return one == other


@given(rooms(), scales, origins, scales, origins)
@ROOMS
def test_no_reading_depends_on_how_a_scale_is_drawn(room, wide, up, broad, over):
    teller, rows = room

    drawn = readings(wide * teller + up, broad * rows + over)

    assert same(drawn, readings(teller, rows))


@given(rooms(), scales)
@ROOMS
def test_a_room_is_read_the_same_whoever_uses_little_of_the_scale(room, wide):
    teller, rows = room
    few = np.ones(len(rows))
    few[0] = wide

    one, other = (
        room_score(teller, r, fs=FS, source="C", null=POOL).as_json() for r in (rows, few[:, None] * rows)
    )

    # The levels beside it are the median line's, where the height of a hand does count.
    assert same(one["fit"], other["fit"])
    assert same(one["chance"], other["chance"])


@given(rooms(), st.randoms(use_true_random=False))
@ROOMS
def test_it_does_not_matter_in_which_order_listeners_sit(room, random):
    teller, rows = room
    order = list(range(len(rows)))
    random.shuffle(order)

    seated, before = readings(teller, rows[order]), readings(teller, rows)

    # The shifts behind agreement_p are dealt by seat, so only its chance differs.
    for reading in (seated, before):
        del reading["room"]["agreement_p"], reading["room"]["verdict"]
    assert same(seated["room"], before["room"])
    for name in ("isc", "windows"):
        assert same(seated[name], [before[name][i] for i in order])
    for name in ("coupling", "live", "test"):
        assert same(seated[name], reseated(before[name], order))


def reseated(reading, order):
    """Whatever is one number per listener, in another order of seats."""
    if isinstance(reading, dict):
        return {key: reseated(value, order) for key, value in reading.items()}
    if isinstance(reading, list) and len(reading) == len(order):
        return [reading[i] for i in order]
    return reading


@given(rooms(), st.integers(0, 20), st.integers(0, 20))
@ROOMS
def test_silence_before_and_after_a_telling_changes_nothing(room, before_s, after_s):
    teller, rows = room
    around = (before_s * FS, after_s * FS)
    told = np.pad(teller, around, constant_values=np.nan)
    heard = np.pad(rows, ((0, 0), around), constant_values=np.nan)

    for read in (
        lambda x, y: room_score(x, y, fs=FS, source="C").as_json(),
        lambda x, y: coupling(x, y, fs=FS).as_json(),
        lambda x, y: live_score(x, y, fs=FS).as_json(),
        lambda x, y: {"isc": none_for_nan(isc(y)), "pairs": none_for_nan(pairwise_isc(y))},
        lambda x, y: none_for_nan(lag_profile(x, y, fs=FS)[1]),
    ):
        assert same(read(told, heard), read(teller, rows))


@given(rooms(), st.integers(0, 10))
@ROOMS
def test_windows_move_along_with_the_origin_of_time(room, steps):
    teller, rows = room
    later = (steps * 5 * FS, 0)
    told = np.pad(teller, later, constant_values=np.nan)
    heard = np.pad(rows, ((0, 0), later), constant_values=np.nan)

    moved = windowed_coupling(told, heard, fs=FS)[:, steps:]

    np.testing.assert_allclose(moved, windowed_coupling(teller, rows, fs=FS), atol=1e-9)


@given(rooms())
@ROOMS
def test_an_inverted_hand_flips_the_sign(room):
    teller, rows = room

    def signed(y):
        read = coupling(teller, y, fs=FS)
        return np.concatenate(
            [
                lag_profile(teller, y, fs=FS)[1].ravel(),
                windowed_coupling(teller, y, fs=FS, step_s=10.0).ravel(),
                read.levels.r0,
                read.changes.r0,
                [room_score(teller, y, fs=FS, source="C", max_lag_s=0.0).fit.r],
                surrogate_test(teller, y, POOL, fs=FS, seed=1, max_lag_s=0.0).statistic,
            ]
        )

    np.testing.assert_allclose(signed(1000 - rows), -signed(rows), atol=1e-9)


@given(rooms(gaps=False))
@ROOMS
def test_at_one_lag_the_two_tails_share_all_the_chance_there_is(room):
    teller, rows = room

    up, down = (surrogate_test(teller, y, POOL, fs=FS, seed=1, max_lag_s=0.0).p for y in (rows, 1000 - rows))

    np.testing.assert_allclose(up + down, 21 / 20)


@given(rooms(gaps=False))
@ROOMS
def test_one_inverted_listener_flips_the_pairs_it_is_in(room):
    _, rows = room
    turned = rows.copy()
    turned[0] = 1000 - rows[0]
    pairs = len(rows) - 1

    one, other = pairwise_isc(rows), pairwise_isc(turned)

    np.testing.assert_allclose(other[:pairs], -one[:pairs], atol=1e-9)
    np.testing.assert_array_equal(other[pairs:], one[pairs:])
    assert isc(turned)[0] == pytest.approx(-isc(rows)[0], abs=1e-9)


@given(rooms(gaps=False))
@ROOMS
def test_an_inverted_room_scores_zero_where_the_room_scored(room):
    teller, rows = room

    up, down = live_score(teller, rows, fs=FS), live_score(teller, 1000 - rows, fs=FS)

    np.testing.assert_allclose(down.z, -up.z, atol=1e-9)
    assert (np.where(up.z > 0, down.score, up.score)[np.isfinite(up.z)] == 0).all()


SILENT = {
    "constant": lambda rows: np.full_like(rows, 500.0),
    "low_coverage": lambda rows: np.where(np.arange(rows.shape[1]) % 3 < 2, np.nan, rows),
    "nobody": lambda rows: np.full_like(rows, np.nan),
    "few_moves": lambda rows: np.where(np.arange(rows.shape[1]) < 100, 300.0, 700.0) + 0 * rows,
    "too_short": lambda rows: rows,
}


@pytest.mark.parametrize("kind", SILENT)
@given(room=rooms(gaps=False))
@settings(max_examples=4, deadline=None)
def test_what_cannot_be_read_is_undefined_with_a_reason_and_no_warning(kind, room):
    teller, rows = room
    if kind == "too_short":
        teller, rows = teller[: 29 * FS], rows[:, : 29 * FS]
    reason = {"nobody": "low_coverage"}.get(kind, kind)

    silent = readings(teller, SILENT[kind](rows))

    assert silent["coupling"]["reason"] == [reason] * len(rows)
    assert silent["room"]["reason"] == {"nobody": "few_listeners"}.get(kind, kind)
    assert silent["room"]["verdict"] is None
    assert silent["room"]["fit"]["r"] is None
    assert silent["test"]["p"] == [None] * len(rows)
    assert silent["coupling"]["levels"]["r"] == [None] * len(rows)
    assert json.dumps(silent, allow_nan=False)


@pytest.mark.parametrize(
    ("line", "reason"),
    [(np.nan, "no_teller_line"), (500.0, "no_teller_movement"), (0.1, "no_teller_movement")],
)
@given(room=rooms(gaps=False))
@settings(max_examples=3, deadline=None)
def test_without_a_moving_teller_nothing_is_read(line, reason, room):
    teller, rows = room

    silent = readings(np.full_like(teller, line), rows)

    assert silent["coupling"]["reason"] == [reason] * len(rows)
    assert (silent["room"]["reason"], silent["room"]["fit"]["r"]) == (reason, None)
    assert silent["live"]["score"] == silent["test"]["p"] == [None] * len(rows)


@st.composite
def mail(draw):
    """The chunks of a room, cut anywhere, some twice, some overlapping, some lost, in any order."""
    teller, rows = draw(rooms())
    everyone = np.vstack([teller, rows])
    ticks = everyone.shape[1]
    chunks = []
    for row in range(len(everyone)):
        cuts = sorted({0, ticks, *draw(st.lists(st.integers(1, ticks - 1), max_size=12))})
        for first, end in pairwise(cuts):
            back = min(first, draw(st.sampled_from([0, 0, 3, 25])))
            chunks.append((row, first - back, end))
    lost = draw(st.sets(st.integers(0, len(chunks) - 1), max_size=2))
    kept = [chunk for i, chunk in enumerate(chunks) if i not in lost]
    again = draw(st.lists(st.sampled_from(kept), max_size=5)) if kept else []
    return everyone, draw(st.permutations(kept + again))


@given(mail())
@settings(max_examples=25, deadline=None)
def test_a_room_by_mail_is_read_bit_for_bit_as_the_room_itself(mail):
    everyone, chunks = mail
    grid = TraceGrid(len(everyone), fs=FS)
    whole = np.full_like(everyone, np.nan)

    for i, (row, first, end) in enumerate(chunks):
        part = everyone[row, first:end]
        stored = np.where(np.isnan(part), -1, part).astype(np.int16)
        grid.write(row, first, stored if i % 2 else [None if v < 0 else int(v) for v in stored])
        whole[row, first:end] = part

    live = grid.traces(0, everyone.shape[1])
    whole = whole[:, : live.shape[1]]
    np.testing.assert_array_equal(live, whole)
    assert readings(live[0], live[1:]) == readings(whole[0], whole[1:])
