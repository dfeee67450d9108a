import json

import numpy as np
import pytest

from stories.synchrony import togetherness
from tests.synchrony.people import FS, on_scale, thumbs, wander


def room(seed, *, listeners=10, r=0.6, seconds=120):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    return on_scale(driver), thumbs(rng, driver, listeners=listeners, r=r)


def split(rows, from_s, to_s):
    """Between two times every second listener goes up and the others down."""
    at = np.arange(rows.shape[1]) / FS
    apart = np.interp(at, [from_s, from_s + 3, to_s - 3, to_s], [0, 1, 1, 0])
    camp = np.where(np.arange(len(rows)) % 2, 300, -300)[:, None]
    return np.clip(np.rint(500 + 0.5 * (rows - 500) * (1 - apart) + camp * apart), 0, 1000)


def test_a_room_that_moves_as_one_gets_its_mark():
    teller, rows = room(1)

    found = togetherness(teller, rows, fs=FS, seed=1)

    best = int(np.nanargmax(found.isc))
    assert found.together.from_s == found.times_s[best] - 10
    assert found.together.to_s == found.times_s[best] + 10
    assert found.together.value == found.isc[best] > found.together.chance
    assert found.together.p == 1 / 200


def test_a_room_in_two_camps_is_marked_where_it_split():
    teller, rows = room(2)

    found = togetherness(teller, split(rows, 50, 80), fs=FS, seed=1)

    assert 40 <= found.apart.from_s <= 65
    assert found.apart.value > found.apart.chance


def test_four_listeners_get_no_apart_mark():
    teller, rows = room(2, listeners=4)

    found = togetherness(teller, split(rows, 50, 80), fs=FS, seed=1)

    assert found.apart is None
    assert found.reason is None


def test_strangers_rarely_get_a_mark():
    together = apart = 0
    for i in range(40):
        rng = np.random.default_rng(i)
        found = togetherness(
            on_scale(wander(rng, 90)[0]), on_scale(wander(rng, 90, rows=6)), fs=FS, seed=i, draws=99
        )
        together += found.together is not None
        apart += found.apart is not None

    assert together <= 7
    assert apart <= 7


def test_isc_of_a_window_is_the_mean_of_all_pairs():
    teller, rows = room(3, listeners=4)

    found = togetherness(teller, rows, fs=FS, seed=1, window_s=30)

    seconds = rows.reshape(4, 120, 4).mean(axis=2)
    pairs = np.corrcoef(seconds[:, 10:40])[np.triu_indices(4, 1)]
    assert found.times_s[2] == 25
    assert found.isc[2] == pytest.approx(pairs.mean(), abs=1e-10)


def test_coupling_over_time_is_read_at_the_rooms_lag():
    teller, _ = room(4)
    late = np.concatenate([np.full(8, teller[0]), teller[:-8]])

    found = togetherness(teller, np.tile(late, (3, 1)), fs=FS, seed=1, lag_s=2)

    np.testing.assert_allclose(found.coupling, 1, atol=1e-9)


@pytest.mark.parametrize(
    ("listeners", "seconds", "reason"),
    [(2, 120, "few_listeners"), (6, 19, "too_short"), (0, 120, "few_listeners")],
)
def test_too_little_to_say_anything_has_a_reason(listeners, seconds, reason):
    teller, rows = room(5)

    found = togetherness(teller[: seconds * FS], rows[:listeners, : seconds * FS], fs=FS, seed=1)

    assert (found.reason, found.together, found.apart) == (reason, None, None)


def test_a_room_with_a_pause_and_silent_people_is_json_all_the_same():
    teller, rows = room(6)
    teller[200:300], rows[:, 200:300] = np.nan, np.nan
    rows[0, 100:] = np.nan

    written = togetherness(teller, rows, fs=FS, seed=2**100).as_json()

    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert None in written["isc"]


def test_the_same_seed_gives_the_same_marks():
    teller, rows = room(7)

    assert (
        togetherness(teller, rows, fs=FS, seed=5).as_json()
        == togetherness(teller, rows, fs=FS, seed=5).as_json()
    )
