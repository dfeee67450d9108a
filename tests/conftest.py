"""What every kind of test may ask for: a real server in a process of its own, in either shape."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stories.people.server import Server
from tests.production.crew import Crew
from tests.production.instances import Postgres, Redis, need_binaries

MANAGE = Path(__file__).resolve().parent.parent / "manage.py"
FAST = 20


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The game as `make play` starts it, twenty times as fast as life; one for each worker of the tests."""
    with Server(MANAGE, tmp_path_factory.mktemp("server"), CLOCK_RATE=str(FAST), RATE_LIMITS="0") as running:
        yield running


@pytest.fixture(scope="session")
def server(embedded: Server) -> Server:
    """A running game; where it matters in which shape, a folder has a fixture of its own."""
    return embedded


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test worker's own. Whoever ends it starts it again."""
    need_binaries()
    with Postgres() as running:
        yield running


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A Redis of this test worker's own. Whoever ends it starts it again."""
    need_binaries()
    with Redis() as running:
        yield running


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, redis: Redis) -> Iterator[Crew]:
    """The game as production runs it, twenty times as fast as life."""
    folder = tmp_path_factory.mktemp("crew")
    with Crew(folder, postgres, redis, CLOCK_RATE=str(FAST), RATE_LIMITS="0") as running:
        yield running
