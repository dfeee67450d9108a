"""What every kind of test may ask for: a real server in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stories.people.server import Server

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
FAST = 20


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The game as `make play` starts it, twenty times as fast as life; one for each worker of the tests."""
    with Server(MANAGE, tmp_path_factory.mktemp("server"), CLOCK_RATE=str(FAST), RATE_LIMITS="0") as running:
        yield running
