import json

import numpy as np
import pytest

from stories.synchrony import coupling
from tests.synchrony.people import FS, on_scale, thumbs, wander

nan = np.nan
RNG = np.random.default_rng(1)
DRIVER = wander(RNG, 90)[0]
ANA, ROWS = on_scale(DRIVER), thumbs(RNG, DRIVER, listeners=5, r=0.8)
BEN = ROWS[0]


def late(x, samples):
    return np.concatenate([np.full(samples, nan), x[: len(x) - samples]])


@pytest.mark.parametrize("lag_s", [0.25, 1.0, 2.5, 4.75])
def test_a_pure_delay_is_found_exactly(lag_s):
    found = coupling(ANA, late(ANA, round(lag_s * FS)), fs=FS)

    assert found.levels.lag_free_s[0] == pytest.approx(lag_s, abs=0.05)
    assert found.changes.lag_free_s[0] == pytest.approx(lag_s, abs=0.05)
    assert found.levels.r[0] == pytest.approx(1)


def test_a_lag_beyond_five_seconds_stays_at_five():
    assert coupling(ANA, late(ANA, 24), fs=FS).levels.lag_free_s[0] == 5


def test_a_listener_ahead_of_the_teller_stays_at_zero():
    assert coupling(late(ANA, 8), ANA, fs=FS).levels.lag_free_s[0] == 0


def test_with_little_evidence_the_lag_stays_near_one_and_a_half_seconds():
    strangers = on_scale(wander(np.random.default_rng(2), 90, tau_s=20, rows=40))

    levels = coupling(on_scale(wander(np.random.default_rng(3), 90, tau_s=20)[0]), strangers, fs=FS).levels

    assert np.abs(levels.lag_s - 1.5).mean() < np.abs(levels.lag_free_s - 1.5).mean() / 2


@pytest.mark.parametrize(
    ("ben", "reason"),
    [
        (np.full(360, 500.0), "constant"),
        (np.full(360, nan), "low_coverage"),
        (np.where(np.arange(360) < 120, nan, BEN), "low_coverage"),
        (np.concatenate([np.full(180, 300.0), np.full(180, 700.0)]), "few_moves"),
        (BEN, None),
    ],
)
def test_a_listener_without_a_reading_has_a_reason_and_harms_nobody(ben, reason):
    together = coupling(ANA, np.vstack([ben, ROWS[1]]), fs=FS)
    alone = coupling(ANA, ROWS[1], fs=FS)

    assert together.reason == (reason, None)
    assert np.isnan(together.levels.r[0]) == (reason is not None)
    assert together.levels.r[1] == alone.levels.r[0]


@pytest.mark.parametrize(
    ("ana", "reason"), [(np.full(360, nan), "no_teller_line"), (np.full(360, 500.0), "no_teller_movement")]
)
def test_a_teller_without_a_line_gives_everyone_the_same_reason(ana, reason):
    found = coupling(ana, ROWS, fs=FS)

    assert found.reason == (reason,) * 5
    assert np.isnan(found.levels.r).all()


def test_under_half_a_minute_there_is_no_reading():
    assert coupling(ANA[:119], ROWS[:, :119], fs=FS).reason == ("too_short",) * 5
    assert "too_short" not in coupling(ANA[:120], ROWS[:, :120], fs=FS).reason


def test_an_empty_room_is_no_error():
    found = coupling(ANA, np.empty((0, 360)), fs=FS)

    assert found.reason == ()
    assert found.as_json()["levels"]["r"] == []


def test_the_result_is_json():
    written = coupling(ANA, np.vstack([BEN, np.full(360, nan)]), fs=FS).as_json()

    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert set(written["levels"]) == {
        "r0", "r", "lag_s", "lag_free_s", "r_at_lag", "n", "n_eff", "low", "high",
    }  # fmt: skip
    assert written["levels"]["r"][1] is None
    assert written["reason"] == [None, "low_coverage"]
