"""Empty rooms, silent rooms, stories of one sample: every measure answers, and nothing warns."""

import json
from itertools import product

import numpy as np
import pytest

from stories.synchrony import (
    TellerPool,
    coupling,
    lag_profile,
    live_score,
    moment,
    ribbon,
    room_score,
    surrogate_test,
    togetherness,
)

POOL = TellerPool(1, size=19)


@pytest.mark.parametrize(("samples", "listeners"), list(product([0, 1, 5, 41, 160], [0, 1, 3, 6])))
def test_every_measure_answers_whatever_there_is(samples, listeners):
    rng = np.random.default_rng(1)
    moving = rng.integers(0, 1001, samples).astype(float)
    rows = rng.integers(0, 1001, (listeners, samples)).astype(float)

    for teller, heard in product(
        (moving, np.full(samples, np.nan), np.full(samples, 5.0)), (rows, np.full_like(rows, np.nan))
    ):
        results = [
            coupling(teller, heard, fs=4),
            live_score(teller, heard, fs=4),
            ribbon(heard),
            room_score(teller, heard, fs=4, source="C", null=POOL),
            surrogate_test(teller, heard, POOL, fs=4, seed=1),
            togetherness(teller, heard, fs=4, seed=1, draws=19),
            *(moment(teller, one, [0.0, 1.0], fs=4) for one in heard),
        ]
        assert all(json.dumps(result.as_json(), allow_nan=False) for result in results)
        assert lag_profile(teller, heard, fs=4)[1].shape == (listeners, 41)


@pytest.mark.parametrize("fs", [2, 10, 20])
def test_other_rates_read_the_same_room(fs):
    t = np.arange(120 * fs) / fs
    teller = 500 + 300 * np.sin(t / 7) + 100 * np.sin(t / 3)
    late = 500 + 300 * np.sin((t - 2) / 7) + 100 * np.sin((t - 2) / 3)

    score = room_score(teller, [late] * 4, fs=fs, source="C", null=TellerPool(1, size=99))

    assert score.fit.r == pytest.approx(1, abs=1e-3)
    assert score.fit.lag_s == pytest.approx(2, abs=0.1)
    assert score.verdict == "in_step"
