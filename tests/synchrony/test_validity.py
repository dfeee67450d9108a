"""The short form of the study: the same code as `make validity`, with bounds as wide as its runs allow."""

import json
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from stories.synchrony import Null, score
from stories.synchrony.validity import chance, textbook
from stories.synchrony.validity.__main__ import main
from stories.synchrony.validity.plan import STUDIES, Cell, plan, run
from stories.synchrony.validity.study import Row, as_json, chance_stream, from_json, rate, wilson

SURPRISE = 1e-6
"""How unlikely a count must be, were the target held, to fail a test that judges a hundred of them."""


SURPRISE_OF_ONE = 1e-4
"""The same for a count that is judged alone."""


def surprising(row: Row, *, less_likely_than: float = SURPRISE) -> bool:
    """Whether a share cannot have come from any rate within its target."""
    hits = round(row.value * row.runs)
    low, high = row.at_least or 0.0, 1.0 if row.at_most is None else row.at_most
    too_many = stats.binom.sf(hits - 1, row.runs, high) < less_likely_than
    too_few = stats.binom.cdf(hits, row.runs, low) < less_likely_than
    return bool(too_many or too_few)


def together(rows: list[Row]) -> Row:
    """Strangers of all cells counted as one: no cell alone has runs enough to tell .05 from .10."""
    alarms = [
        row
        for row in rows
        if row.study == "chance" and row.at_least is not None and row.case.get("kind") != "white"
    ]
    hits = sum(round(row.value * row.runs) for row in alarms)
    return rate("chance", {}, "false positives", hits, sum(row.runs for row in alarms), **chance.FAIR)


def test_the_short_study_holds_its_targets():
    cells = plan(quick=True, only=("chance", "textbook", "power", "coverage"))

    rows = [row for cell in cells for row in run(cell)]

    aimed = [row for row in rows if row.held is not None]
    # White noise moves as no hand does; there the pool is stricter than it promises, never laxer.
    judged = [row for row in aimed if row.case.get("kind") != "white" or row.at_most is None]
    assert Counter(row.study for row in aimed).keys() == {"chance", "textbook", "power", "coverage"}
    assert [(row.study, row.case, row.measure, row.value) for row in judged if surprising(row)] == []
    assert not surprising(together(rows), less_likely_than=SURPRISE_OF_ONE)


def test_a_null_that_knows_no_trend_would_be_found_out(monkeypatch):
    """The bounds above can fail: other tellers that never drift call drifting strangers coupled."""
    case = {"source": "C", "kind": "trend", "room": "one driver", "pool": "matched", "seconds": 120}

    def levels_without_trend(teller, crowd, null, *, source):
        flat = textbook.driver("ou5", 120, 99, np.random.default_rng(1))
        median = np.median(crowd, axis=0)
        r = [np.corrcoef(line, median)[0, 1] for line in (teller, *flat)]
        return float(np.mean(np.array(r) >= r[0]))

    monkeypatch.setattr(chance, "judged", levels_without_trend)
    (row,) = chance.rows(case, runs=150, rng=chance_stream("chance", case))

    assert row.value > 0.15
    assert surprising(row, less_likely_than=SURPRISE_OF_ONE)


def lag_known_beforehand(judge, r, others, room, null, *, lags):
    """Other tellers may not choose their best lag, though ours did."""
    return judge(r, others, room, null, lags=lags[:1])


def textbook_p(judge, r, others, room, null, *, lags):
    """Every sample counts as an observation of its own."""
    samples = np.isfinite(room).sum()
    p = stats.t.sf(r * np.sqrt((samples - 2) / (1 - r * r)), samples - 2)
    return replace(judge(r, others, room, null, lags=lags), p=float(p))


def tellers_without_a_course(judge, r, others, room, null, *, lags):
    """Other tellers keep their values and lose their order in time."""
    jumbled = np.random.default_rng(1).permuted(np.nan_to_num(others), axis=1)
    return judge(r, jumbled, room, null, lags=lags)


@pytest.mark.parametrize("broken", [lag_known_beforehand, textbook_p, tellers_without_a_course])
def test_a_broken_null_would_be_found_out(broken, monkeypatch):
    """The bounds above can fail: one cell is enough for an engine whose null is another's."""
    case = {"source": "C", "kind": "slider", "room": "one driver", "pool": "matched", "seconds": 120}
    judge = score._chance
    (sound,) = chance.rows(case, runs=150, rng=chance_stream("chance", case))

    monkeypatch.setattr(score, "_chance", lambda *given, **named: broken(judge, *given, **named))
    (row,) = chance.rows(case, runs=150, rng=chance_stream("chance", case))

    assert not surprising(sound, less_likely_than=SURPRISE_OF_ONE)
    assert surprising(row, less_likely_than=SURPRISE_OF_ONE)


@pytest.mark.slow
def test_a_p_of_half_its_size_would_be_found_out(monkeypatch):
    """Too little for any single cell to see, but not for all of them."""
    monkeypatch.setattr(chance, "ALPHA", 2 * chance.ALPHA)

    rows = [row for cell in plan(quick=True, only=("chance",)) for row in run(cell)]

    assert surprising(together(rows), less_likely_than=SURPRISE_OF_ONE)


def test_a_cell_gives_the_same_rows_whoever_runs_it():
    (cell, other) = (
        Cell("chance", {**case, "room": "one driver", "pool": "matched", "seconds": 120}, 12)
        for case in ({"source": "C", "kind": "ou5"}, {"source": "C", "kind": "ou30"})
    )

    alone = run(cell)
    run(other)
    again = run(cell)

    assert alone == again


def test_every_cell_has_a_name_of_its_own():
    cells = plan()

    assert len({cell.name for cell in cells}) == len(cells)
    assert {cell.study for cell in cells} == set(STUDIES)
    assert {cell.name for cell in plan(quick=True)} <= {cell.name for cell in cells}


def test_the_targets_of_the_score_are_all_asked():
    asked = {
        (cell.case["kind"], cell.case["seconds"]): cell.runs
        for cell in plan()
        if cell.study == "chance" and cell.case.get("pool") == "matched" and cell.case["room"] == "one driver"
    }

    assert asked == dict.fromkeys(product(chance.KINDS, (120, 300, 600)), 2000)


def test_rows_come_back_from_json_as_they_were():
    rows = [
        rate("chance", {"kind": "ou5", "seconds": 120}, "false positives", 3, 50, at_most=0.065),
        Row(study="lag", case={"r": 0.6}, measure="median error (s)", value=0.25, runs=7),
    ]

    back = from_json(as_json(rows))

    assert as_json(back) == as_json(rows)
    assert [(row.held, row.case) for row in back] == [(True, rows[0].case), (None, rows[1].case)]
    assert json.loads(as_json(rows))["rows"][1]["low"] is None


@pytest.mark.parametrize(("hits", "runs"), [(0, 10), (100, 2000), (20, 20)])
def test_intervals_of_shares_equal_scipys(hits, runs):
    expected = stats.binomtest(hits, runs).proportion_ci(method="wilson")

    assert wilson(hits, runs) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_command_writes_numbers_and_a_page(tmp_path, capsys):
    code = main(["--quick", "--only", "patterns", "--jobs", "1", "--out", str(tmp_path)])

    assert code == 0
    rows = from_json((tmp_path / "validity.json").read_text())
    assert {row.study for row in rows} == {"patterns"}
    assert "# Is it valid?" in (tmp_path / "validity.md").read_text()


def test_a_study_that_is_not_known_is_named(capsys):
    assert main(["--only", "magic"]) == 2
    assert "magic" in capsys.readouterr().err


def test_one_null_serves_one_teller():
    """What the studies make for many tellers at once is what a pool makes for one."""
    lines = textbook.driver("trend", 120, 3, np.random.default_rng(5))

    pools = textbook.other_tellers(lines, rng=np.random.default_rng(6))

    assert pools.shape == (3, textbook.DRAWS, lines.shape[1])
    assert Null("pool", pools[0], textbook.DRAWS, 0).tellers.min() >= 0
