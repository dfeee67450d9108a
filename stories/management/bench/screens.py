"""What a person with a browser waits for: chromium opens the pages as a phone and as a laptop would."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from stories.management.bench.report import Row, percentile
from stories.people.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

FLAGS = (  # noqa: SIM905  (a command line reads as one)
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LAPTOP = {"viewport": {"width": 1366, "height": 768}}
RUNS = 7
SLOW_CPU = 4
# Round trip and throughput of 4G as web page tests commonly take it.
FOUR_G = {"offline": False, "latency": 170, "downloadThroughput": 9e6 / 8, "uploadThroughput": 9e6 / 8}

# The moment at which the strip is there and the room listens, in milliseconds since 1970.
LIVE = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const strip = document.querySelector("[data-strip]");
    if (document.body.dataset.connection !== "live" || !strip?.checkVisibility() || window.liveAt) return;
    window.liveAt = performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(document.body, { attributes: true, subtree: true });
});
"""
# The tap, in the first frame that shows the button: faster than any thumb, and no remote control is timed with it.
# A window's name survives the way to the next page, and tells it when this one began.
TAP = """
if (location.pathname.startsWith("/j/")) addEventListener("DOMContentLoaded", () => {
  const tap = () => {
    const button = document.querySelector("main form button.button--primary");
    if (!button.checkVisibility()) return requestAnimationFrame(tap);
    const first = performance.getEntriesByType("navigation")[0].responseStart;
    window.name = [0, first, performance.now()].map((at) => performance.timeOrigin + at).join(" ");
    button.click();
  };
  requestAnimationFrame(() => requestAnimationFrame(tap));
});
"""


class NoChromium(Exception):
    """These rows need a browser."""


def measure(manage: Path) -> list[Row]:
    """P1, P2 and P3; raises `NoChromium`."""
    with (
        TemporaryDirectory(prefix="mirror-bench-") as folder,
        Server(manage, Path(folder), RATE_LIMITS="0") as server,
        _chromium(manage.parent) as browser,
    ):
        code, qr_s = _host(browser, server.address)
        joins = [_join(browser, server.address, code, slow=False) for _ in range(RUNS)]
        slow = [_join(browser, server.address, code, slow=True) for _ in range(RUNS)]
        join_kb, play_kb = _weights_kb(browser, server.address, code)
    return [
        Row(id="P1", value=_s(percentile([j["first_byte_to_live"] for j in joins], 0.75)), unit="s", limit=5, target=3,
            note=f"first byte of /j/… to dial live, 1 tap, p75 of {RUNS}, unthrottled"),
        Row(id="P1_taps", value=1, unit="taps", limit=3, target=1, note="the tap on “I'm in”"),
        Row(id="P2_join_kB", value=round(join_kb, 1), unit="kB", limit=120,
            note="everything the join page transfers into an empty cache, the next page's modules too"),
        Row(id="P2_dial_s", value=_s(percentile([j["to_live"] for j in slow], 0.75)), unit="s", limit=3, target=1.5,
            note=f"opening /j/… to dial live, nothing cached, tapped in the first frame, CPU {SLOW_CPU}x slower, 4G (170 ms, 9 Mbit/s), p75 of {RUNS}; "
            f"from the tap {_s(percentile([j['tap_to_live'] for j in slow], 0.75))} s"),
        Row(id="play_kB", value=round(play_kb, 1), unit="kB", note="everything a player's page transfers into an empty cache"),
        Row(id="P3", value=round(qr_s, 2), unit="s", limit=30, target=15, note="landing to joinable QR, 1 click"),
        Row(id="P3_clicks", value=1, unit="click", limit=2, target=2, note="“Start a room”"),
    ]  # fmt: skip


@contextmanager
def _chromium(root: Path) -> Iterator["Browser"]:
    found = subprocess.run([root / "scripts/find-chromium"], capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode:
        raise NoChromium("no chromium found")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoChromium("playwright is not installed") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=FLAGS)
        yield browser
        browser.close()


def _s(milliseconds: float) -> float:
    return round(milliseconds / 1000, 2)


def _host(browser: "Browser", address: str) -> tuple[str, float]:
    """One click from the landing page to a code on the screen; the seconds include both pages."""
    page = browser.new_context(**LAPTOP).new_page()
    began = time.perf_counter()
    page.goto(address)
    page.get_by_role("button", name="Start a room").click()
    qr = page.locator(".next__invite img")
    qr.wait_for(state="visible")
    page.wait_for_function("() => document.querySelector('.next__invite img').naturalWidth > 0")
    return page.url.rsplit("/", 1)[-1], time.perf_counter() - began


def _join(browser: "Browser", address: str, code: str, *, slow: bool) -> dict[str, float]:
    """Scan, tap, dial, in milliseconds: tapped in the first frame that shows the button."""
    with _phone(browser) as (page, session):
        if slow:
            session.send("Network.emulateNetworkConditions", FOUR_G)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_CPU})
        page.add_init_script(TAP)
        page.goto(f"{address}/j/{code}", wait_until="commit")
        page.wait_for_function("() => window.liveAt", timeout=60_000)
        began, first_byte, tapped = (float(at) for at in page.evaluate("window.name").split())
        live = page.evaluate("window.liveAt")
        return {
            "to_live": live - began,
            "first_byte_to_live": live - first_byte,
            "tap_to_live": live - tapped,
        }


def _weights_kb(browser: "Browser", address: str, code: str) -> tuple[float, float]:
    """What the join page and a player's page transfer, each into an empty cache."""
    with _phone(browser) as (page, session):
        transferred = _count(session)
        page.goto(f"{address}/j/{code}", wait_until="networkidle")
        join_kb = sum(transferred) / 1000
        page.locator("main form button.button--primary").click()
        page.wait_for_function("() => window.liveAt")
        seat, cookies = page.url, page.context.cookies()
    with _phone(browser, cookies) as (page, session):
        transferred = _count(session)
        page.goto(seat, wait_until="load")
        page.wait_for_function("() => window.liveAt")
        return join_kb, sum(transferred) / 1000


@contextmanager
def _phone(browser: "Browser", cookies: list[Any] | None = None) -> Iterator[tuple["Page", "CDPSession"]]:
    """A phone that has never been here: nothing is cached."""
    context: BrowserContext = browser.new_context(**PHONE)
    context.add_init_script(LIVE)
    if cookies:
        context.add_cookies(cookies)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    yield page, session
    context.close()


def _count(session: "CDPSession") -> list[float]:
    """Bytes as they went over the wire, headers included, filled as they come."""
    transferred: list[float] = []
    session.on("Network.loadingFinished", lambda event: transferred.append(event["encodedDataLength"]))
    return transferred
