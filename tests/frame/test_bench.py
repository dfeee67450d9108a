"""What is measured is reported whole: a number, its bounds, its machine."""

import re

import pytest
from django.core.management import CommandError, call_command

from stories.management.bench.report import Row, percentile, table
from stories.management.commands.bench import MEASUREMENTS
from tests.conftest import MANAGE


def test_a_percentile_is_a_value_that_was_observed():
    waits = [float(ms) for ms in range(1, 101)]

    assert [percentile(waits, share) for share in (0.5, 0.75, 0.99, 1.0)] == [50.0, 75.0, 99.0, 100.0]
    assert percentile([7.0], 0.99) == 7.0


def test_a_row_says_how_it_stands_against_its_bounds():
    missed = Row(id="ack_p99", value=151, unit="ms", limit=150)
    held = Row(id="P2_dial_s", value=2, unit="s", limit=3, target=1.5)
    aimed = Row(id="P1", value=1, unit="s", limit=5, target=3)

    assert [row.held for row in (missed, held, aimed)] == ["MISS", "ok", "aim reached"]
    assert set(missed.as_json()) == {
        *("id", "value", "unit", "limit", "target", "bare", "more", "note", "machine"),
    }
    assert len(list(table([missed, held, aimed]))) == 4


def test_where_more_is_better_a_bound_is_reached_from_below():
    rooms = [Row(id="T4", value=n, unit="", limit=3000, target=8000, more=True) for n in (2000, 4000, 8000)]

    assert [row.held for row in rooms] == ["MISS", "ok", "aim reached"]


def test_an_id_nobody_measures_is_refused_with_those_there_are():
    with pytest.raises(CommandError, match=r"no such id: T99\. There are: .*ack_p99"):
        call_command("bench", only="T99")


def test_every_id_is_measured_in_one_place():
    ids = [one for group in MEASUREMENTS for one in group]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("page", ["SCALE.md", "performance.md", "OPERATIONS.md"])
def test_every_row_that_a_page_speaks_of_is_measured(page):
    text = (MANAGE.parent / "docs" / page).read_text()

    named = set(re.findall(r"`((?:T\d+|P\d+|phase)(?:_\w+)?)`", text))

    assert named - {one for ids in MEASUREMENTS for one in ids} == set()
