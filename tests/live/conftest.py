"""A room with its people: Cleo at the console, Ana who tells, Ben and Eli who listen, and a stage."""

from collections.abc import AsyncIterator, Iterator

import pytest

from stories.people.server import Server
from tests.live.table import Table


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
