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
def server(tmp_path_factory: pytest.TempPathFactory, clock_rate: float) -> Iterator[Server]:
    """`manage.py play`, with a second way in for phones whose network will fail: `server.wire`."""
    port = free_port()
    settings = {"CLOCK_RATE": str(clock_rate), "RATE_LIMITS": "0", "ORIGINS": f"http://127.0.0.1:{port}"}
    with Server(ROOT / "manage.py", tmp_path_factory.mktemp("server"), **settings) as running:
        with Wire(port, to=running.port) as wire:
            running.wire = wire  # type: ignore[attr-defined]
            yield running
    noise = [
        line for line in running.log.read_text().splitlines() if " ERROR " in line or "Traceback" in line
    ]
    assert noise == []


@pytest.fixture
def evening(chromium: Browser, server: Server) -> Iterator[Evening]:
    """A room to be; at the end no page may have complained, nor asked anybody else for anything."""
    with Evening(chromium, server) as held:
        yield held
        assert held.complaints() == []
        assert held.strangers() == []
