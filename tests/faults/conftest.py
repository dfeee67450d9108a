"""What the faults happen to: the production shape, slow enough that a story outlives its trouble."""

from collections.abc import Iterator

import pytest

from stories.people.server import free_port
from tests.faults.network import Network
from tests.production.crew import Crew
from tests.production.instances import Postgres, Redis, need_binaries

RATE = 6


@pytest.fixture(scope="session")
def gateway() -> int:
    """The port at which a network of the test's own stands between people and server."""
    return free_port()


@pytest.fixture(scope="session")
def crew(tmp_path_factory: pytest.TempPathFactory, gateway: int) -> Iterator[Crew]:
    """The game as production runs it; by way of the network, too. Its jobs are on no other crew's broker."""
    need_binaries()
    port = free_port()
    origins = f"http://127.0.0.1:{port},http://127.0.0.1:{gateway}"
    folder = tmp_path_factory.mktemp("faults")
    settings = {"CLOCK_RATE": str(RATE), "RATE_LIMITS": "0", "ORIGINS": origins}
    with (
        Postgres() as postgres,
        Redis() as redis,
        Crew(folder, postgres, redis, port=port, **settings) as crew,
    ):
        yield crew


@pytest.fixture
async def network(crew: Crew, gateway: int):
    """The network, whole again for each test."""
    async with Network(gateway).to(crew.port) as whole:
        yield whole
