"""What the production shape's tests share."""

from collections.abc import Iterator

import pytest

from tests.production.crew import Crew
from tests.production.instances import Postgres, Redis

# Slow enough that a story outlives its trouble.
UNHURRIED = 6


@pytest.fixture(scope="session")
def unhurried(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, redis: Redis) -> Iterator[Crew]:
    """A crew whose stories last long enough for trouble to come and go."""
    folder = tmp_path_factory.mktemp("unhurried")
    with Crew(folder, postgres, redis, CLOCK_RATE=str(UNHURRIED), RATE_LIMITS="0") as running:
        yield running
