"""What is known to be there, in reduced runs of the study's own cells."""

import pytest

from stories.synchrony.validity import patterns as study
from stories.synchrony.validity.study import chance_stream, measured

KNOWN = "people following a known signal"
NOTHING = measured("patterns", {}, "nothing", 0.0, 0)


def ran(pattern, runs):
    case = {"pattern": pattern}
    return {row.measure: row for row in study.rows(case, runs=runs, rng=chance_stream(study.STUDY, case))}


def test_real_hands_that_follow_a_known_signal_are_one_to_two_and_a_half_seconds_late():
    found = ran(KNOWN, 1)

    assert [(name, row.held, row.runs) for name, row in found.items()] == [
        ("earliest hand (s)", True, 10),
        ("latest hand (s)", True, 10),
        ("median hand (s)", True, 10),
    ]


@pytest.mark.parametrize(("pattern", "runs"), [(name, 12) for name in study.SIMULATED])
def test_a_known_pattern_is_found(pattern, runs):
    found = ran(pattern, runs)

    assert {row.runs for row in found.values()} == {runs}
    # One room's herding varies by .27, so the median of a dozen is still far from its place.
    assert abs(found.pop("herding with another teller, median", NOTHING).value) < 0.35
    assert {name: row.held for name, row in found.items()} == dict.fromkeys(found, True)


def test_recordings_that_did_not_come_along_leave_their_rows_out(monkeypatch, tmp_path):
    there = study.cases()
    monkeypatch.setattr(study, "BOOTH", tmp_path / "booth_taskA.npz")

    absent = study.cases()

    assert [case for case in there if case not in absent] == [{"pattern": KNOWN}]
