"""Real people: the recordings that come with the tests, in reduced runs of the study's own cells."""

from scipy import stats

from stories.synchrony.validity import recorded as study
from stories.synchrony.validity.study import chance_stream


def ran(runs, **case):
    return {row.measure: row for row in study.rows(case, runs=runs, rng=chance_stream(study.STUDY, case))}


def test_real_hands_that_follow_a_known_signal_are_one_to_two_and_a_half_seconds_late():
    found = ran(1, people=study.TRACKING)

    assert [(name, row.held, row.runs) for name, row in found.items()] == [
        ("earliest hand (s)", True, 10),
        ("latest hand (s)", True, 10),
        ("median hand (s)", True, 10),
    ]


def test_real_observers_are_found_in_their_own_scene_and_not_in_another():
    same, other = (
        ran(60, people=people, feeling="valence", seconds=300)["beyond chance"]
        for people in (study.SAME, study.OTHER)
    )

    assert (same.runs, other.runs) == (60, 60)
    assert same.value > 0.7
    assert stats.binom.sf(round(other.value * 60) - 1, 60, 0.065) > 1e-4


def test_recordings_that_did_not_come_along_leave_their_rows_out(monkeypatch, tmp_path):
    assert len(study.cases()) == 13

    monkeypatch.setattr(study, "HERE", tmp_path)

    assert study.cases() == []
