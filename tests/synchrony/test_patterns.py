"""What is known to be there, in reduced runs of the study's own cells."""

import pytest

from stories.synchrony.validity import patterns as study
from stories.synchrony.validity.study import chance_stream, measured

NOTHING = measured("patterns", {}, "nothing", 0.0, 0)


def ran(pattern, runs):
    case = {"pattern": pattern}
    return {row.measure: row for row in study.rows(case, runs=runs, rng=chance_stream(study.STUDY, case))}


@pytest.mark.parametrize(("pattern", "runs"), [(name, 12) for name in study.SIMULATED])
def test_a_known_pattern_is_found(pattern, runs):
    found = ran(pattern, runs)

    assert {row.runs for row in found.values()} == {runs}
    # One room's herding varies by .27, so the median of a dozen is still far from its place.
    assert abs(found.pop("herding with another teller, median", NOTHING).value) < 0.35
    assert {name: row.held for name, row in found.items()} == dict.fromkeys(found, True)
