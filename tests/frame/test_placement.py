"""docs/SCALE.md shows what the simulation of placement says, and the simulation is of what it says."""

import random

import pytest

from stories.management.bench.placement import BOUND, WAYS, Found, found, rooms, table
from tests.conftest import MANAGE

SCALE = MANAGE.parent / "docs" / "SCALE.md"


def test_the_table_in_the_documents_is_what_the_simulation_prints():
    shown = SCALE.read_text().partition("placement -->\n")[2].partition("<!-- /placement")[0]

    assert shown.splitlines() == list(table())


@pytest.mark.parametrize("way", WAYS)
def test_everybody_is_placed_once(way):
    sizes = [6, 30, 700, 1, 30]

    placed = WAYS[way](sizes, 4, random.Random(1))

    assert [sum(room.values()) for room in placed] == sizes
    assert {worker for room in placed for worker in room} <= {0, 1, 2, 3}


def test_a_bounded_ring_lets_nobody_have_more_than_its_share():
    sizes = rooms(random.Random(2), 4000)

    held = found(WAYS["code, bounded"](sizes, 8, random.Random(3)), 8)

    assert held.imbalance <= BOUND + 8 / 4000


def test_what_a_placement_costs_is_counted_by_hand():
    placed = [{0: 10, 1: 10}, {0: 10}, {1: 10}]

    assert found(placed, 2) == Found(imbalance=1.0, spanning=1 / 3, people=0.5, wakeups=1 / 3)
    assert found([{0: 30}], 3).imbalance == 3.0
