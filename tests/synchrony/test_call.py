import pytest
from scipy import stats

from stories.synchrony import ENGINE, call_result


@pytest.mark.parametrize(
    ("hits", "n", "choices"), [(9, 12, 4), (0, 12, 4), (12, 12, 4), (1, 1, 3), (5, 30, 6)]
)
def test_call_result_equals_the_exact_binomial_tail(hits, n, choices):
    result = call_result(hits, n, choices)

    assert result.expected == n / choices
    assert result.p == pytest.approx(
        stats.binomtest(hits, n, 1 / choices, alternative="greater").pvalue, rel=1e-12
    )


def test_nobody_called_is_no_surprise():
    assert call_result(0, 0, 4).as_json() == {
        "hits": 0, "n": 0, "choices": 4, "expected": 0.0, "p": 1.0, "engine": ENGINE,
    }  # fmt: skip


def test_a_hall_of_two_thousand_stays_exact():
    result = call_result(2000, 2000, 4)

    assert result.p == pytest.approx(0, abs=1e-300)
    assert call_result(1, 2000, 4).p == pytest.approx(1)


def test_more_hits_than_people_are_refused():
    with pytest.raises(ValueError, match="13, 12, 4"):
        call_result(13, 12, 4)
