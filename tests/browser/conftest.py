"""A real server, a real chromium, and everything the pages said while nobody looked."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from stories.people.server import Server, free_port
from tests.browser.evening import Evening
from tests.browser.wire import Wire

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file of tests; everybody in it has a context of their own."""
    found = subprocess.run([ROOT / "scripts/find-chromium"], capture_output=True, text=True)
    if found.returncode:
        if os.environ.get("CI"):
            pytest.fail("No chromium: CI may not skip the browser tests.")
        pytest.skip("NO CHROMIUM: the browser tests are left out.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """How much faster than life the server of this file runs."""
    return 1.0


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """A second way into the server, for phones whose network will fail."""
    with Wire(free_port(), to=free_port()) as wire:
        yield wire


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, wire: Wire, clock_rate: float) -> Iterator[Server]:
    """`manage.py play` with a database of its own; by the end it has logged no error."""
    settings = {"CLOCK_RATE": str(clock_rate), "RATE_LIMITS": "0", "ORIGINS": wire.address}
    folder = tmp_path_factory.mktemp("server")
    with Server(ROOT / "manage.py", folder, port=wire.to, **settings) as running:
        yield running
    logged = running.log.read_text().splitlines()
    assert [line for line in logged if " ERROR " in line or "Traceback" in line] == []


@pytest.fixture
def evening(chromium: Browser, server: Server, wire: Wire) -> Iterator[Evening]:
    """A room to be; at the end no page may have complained, nor asked anybody else for anything."""
    with Evening(chromium, server, wire) as held:
        yield held
        assert held.complaints() == []
        assert held.strangers() == []
