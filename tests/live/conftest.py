"""A room with its people: Cleo at the console, Ana who tells, Ben and Eli who listen, and a stage."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from stories.people.server import Server
from tests.live.table import Table

# Played on both shapes; the others ask what does not depend on who stores and who passes wake-ups on.
BOTH = {"test_lobby", "test_loop", "test_practice", "test_seats", "test_storms", "test_trouble"}
SHAPES = ["embedded", "production"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the chosen files on both shapes: MIRROR_TEST_SHAPES=production runs all of them on that alone."""
    if "server" in metafunc.fixturenames:
        wanted = [shape for shape in os.environ.get("MIRROR_TEST_SHAPES", "").split(",") if shape]
        both = SHAPES if metafunc.module.__name__.rpartition(".")[2] in BOTH else SHAPES[:1]
        metafunc.parametrize("server", wanted or both, indirect=True, scope="module")


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    """The game in one of its shapes; both live as long as the tests, so that files may ask for them in turn."""
    running: Server = request.getfixturevalue(getattr(request, "param", "embedded"))
    return running


@pytest.fixture(autouse=True)
def silent_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does to the server, the server never falls over it."""
    if "server" not in request.fixturenames:
        yield
        return
    server: Server = request.getfixturevalue("server")
    seen = server.log.stat().st_size
    yield
    news = server.log.read_bytes()[seen:].decode()
    assert "Traceback" not in news, news[-4000:]


@pytest.fixture
async def table(server: Server) -> AsyncIterator[Table]:
    """Three people and a stage in a room of their own."""
    async with Table(server) as laid:
        yield laid
