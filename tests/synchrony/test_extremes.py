"""Units nobody uses: as long as float64 can hold a trace, its reading is the one it has in usual units."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.synchrony import (
    TellerPool,
    TraceGrid,
    changes,
    concordance,
    coupling,
    effective_samples,
    herding,
    isc,
    lag_profile,
    lagged_regression,
    listeners_agree,
    live_score,
    moment,
    own_moves,
    pairwise_isc,
    pearson,
    phase_randomized,
    pooled_band,
    report,
    ribbon,
    room_changes,
    room_line,
    teller_line,
    windowed_coupling,
)
from tests.synchrony.people import FS, on_scale, thumbs, wander

POOL = TellerPool(1, size=19)
UNITS = [1e-318, 1e-290, 1e-200, 1e-150, 1e-75, 1.0, 1e75, 1e150, 1e290]
units = st.sampled_from(UNITS)


def room(seed=4, seconds=100):
    rng = np.random.default_rng(seed)
    driver = wander(rng, seconds)[0]
    rows = thumbs(rng, driver, listeners=5, r=0.8)
    rows[1, 60:80] = np.nan
    return on_scale(driver), rows


def unitless(teller, rows):
    """Everything that does not depend on the units of teller and listeners, as numbers and words."""
    made = report(teller, rows, fs=FS, seed=1, null=POOL, persons=True)
    shown = moment(teller, rows[0], [1.0, 30.0, 60.0], fs=FS)
    learned = lagged_regression(teller, rows[0], fs=FS)
    numbers = [
        *vars(made.room.fit).values(),
        *vars(made.room.levels).values(),
        *vars(made.isc).values(),
        made.room.chance.p,
        made.room.agreement_p,
        made.herding.r,
        made.herding.p,
        *made.persons.coupling.levels.r,
        *made.persons.coupling.changes.lag_s,
        *made.persons.leave_one_out,
        *made.persons.anticipation.index,
        *made.persons.test.p_max_t,
        *made.togetherness.isc,
        *made.togetherness.spread,
        *made.togetherness.coupling,
        *pairwise_isc(rows),
        *windowed_coupling(teller, rows, fs=FS, step_s=20.0).ravel(),
        *lag_profile(teller, rows, fs=FS)[1].ravel(),
        *effective_samples(teller, rows),
        *own_moves(rows, fs=FS),
        *room_changes(rows, fs=FS),
        pooled_band([(teller, rows[0], FS)] * 8).r,
        pearson(teller, rows[1]),
        learned.r2,
        learned.peak_lag_s,
        shown.at_s,
    ]
    return numbers, (made.room.verdict, made.reason, made.herding.reason, shown.beat, shown.teller_turned)


@pytest.mark.parametrize(
    ("one", "other"), [*zip(UNITS, UNITS, strict=True), *zip(UNITS, UNITS[::-1], strict=True)]
)
def test_a_room_reads_the_same_in_units_whose_squares_do_not_exist(one, other):
    teller, rows = room()
    numbers, words = unitless(teller, rows)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, said = unitless(one * teller, other * rows)

    assert said == words
    # Below 1e-308 a number keeps fewer digits.
    np.testing.assert_allclose(found, numbers, rtol=1e-6, atol=1e-6)


@given(units, st.integers(0, 4))
@settings(max_examples=9, deadline=None)
def test_one_listener_in_another_unit_is_no_other_listener(unit, who):
    teller, rows = room()
    mixed = rows.copy()
    mixed[who] *= unit

    found, plain = (coupling(teller, each, fs=FS).levels for each in (mixed, rows))
    pairs, plainly = (pairwise_isc(each) for each in (mixed, rows))

    np.testing.assert_allclose(found.r, plain.r, atol=1e-6)
    np.testing.assert_allclose(pairs, plainly, atol=1e-6)


@pytest.mark.parametrize("unit", UNITS)
def test_a_pool_is_made_in_the_tellers_likeness_whatever_the_unit(unit):
    teller, _ = room()

    pools = [TellerPool(1, size=19).null(teller * scale, fs=FS).tellers for scale in (1.0, unit)]

    np.testing.assert_array_equal(*pools)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("holes", [False, True])
def test_everybody_is_held_against_the_mean_of_the_others_in_its_own_unit(unit, holes):
    _, rows = room()
    rows = rows if holes else np.nan_to_num(rows, nan=500.0)
    rows[0] *= unit
    others = [np.nanmean(np.delete(rows, i, axis=0), axis=0) for i in range(len(rows))]

    found = isc(rows)

    expected = [pearson(own, mean) for own, mean in zip(rows, others, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(units.filter(lambda unit: unit != 1e-318))
@settings(max_examples=8, deadline=None)
def test_what_has_the_unit_of_a_trace_grows_with_it(unit):
    teller, rows = room()

    def with_a_unit(scale):
        learned = lagged_regression(teller * scale, rows[0] * scale, fs=FS)
        shown = ribbon(rows * scale)
        return [
            changes(teller * scale, fs=FS) / scale,
            room_line(rows * scale) / scale,
            shown.low / scale,
            shown.high / scale,
            moment(teller * scale, rows[0] * scale, [1.0, 30.0], fs=FS).moved / scale,
            phase_randomized(rows * scale, draws=1, rng=np.random.default_rng(1))[0] / scale,
            learned.weights,
            learned.intercept / scale,
            concordance(teller * scale, rows[0] * scale),
        ]

    for found, plain in zip(with_a_unit(unit), with_a_unit(1.0), strict=True):
        np.testing.assert_allclose(found, plain, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("unit", [1e-318, 1e-200, 1e150, 1e290])
def test_the_live_score_knows_its_scale(unit):
    teller, rows = room()
    plain = live_score(teller, rows, fs=FS)

    found = live_score(teller * unit, rows * unit, fs=FS)

    # It counts on 0..1000, on which a hand that stays within 10 is at rest.
    assert found.reason == ((None,) * 5 if unit > 1 else ("constant",) * 5)
    np.testing.assert_array_equal(found.score, plain.score if unit > 1 else np.full(5, np.nan))


WRONG = [np.inf, -np.inf, 1e301]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("whose", ["teller", "listeners"])
@pytest.mark.parametrize(
    "asked",
    [coupling, live_score, lag_profile, windowed_coupling, report, herding],
    ids=lambda asked: asked.__name__,
)
def test_what_is_no_number_is_refused_by_its_value(asked, whose, wrong):
    teller, rows = room()
    (teller if whose == "teller" else rows[2])[7] = wrong

    with pytest.raises(ValueError, match=rf"{whose} must be numbers .* got {re.escape(f'{wrong:g}')}"):
        asked(teller, rows, fs=FS)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "asked",
    [
        isc,
        pairwise_isc,
        ribbon,
        room_line,
        lambda rows: changes(rows, fs=FS),
        lambda rows: own_moves(rows, fs=FS),
        lambda rows: listeners_agree(rows, fs=FS, seed=1),
        lambda rows: pearson(rows[2], rows[3]),
        lambda rows: concordance(rows[2], rows[3]),
        lambda rows: TellerPool(1, size=19, real=[rows[2]]),
        lambda rows: teller_line(np.arange(len(rows[2])), rows[2], fs=FS),
    ],
)
def test_it_is_refused_wherever_traces_enter(asked, wrong):
    _, rows = room()
    rows[2, 7] = wrong

    with pytest.raises(ValueError, match=re.escape(f"got {wrong:g}")):
        asked(rows)


@pytest.mark.parametrize("fs", [0, -4.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(fs):
    teller, rows = room()

    for asked in (coupling, live_score, windowed_coupling):
        with pytest.raises(ValueError, match=f"got {fs}"):
            asked(teller, rows, fs=fs)
    with pytest.raises(ValueError, match=f"got 1 and {fs}"):
        TraceGrid(1, fs=fs)
