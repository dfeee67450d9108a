"""The whole loop in real browsers: a console, a stage, a teller and three listeners, one story, one reveal."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.browser.evening import DESK, Evening, Someone, together
from tests.browser.rows import runs, stored

HOLE_S = 20.0
STORY_S = 120


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """A story of two minutes takes half a minute: the black hole has room in it."""
    return 4.0


def start_a_room(evening: Evening) -> tuple[Someone, Someone, str]:
    """Cleo opens a room and its stage: one click to a code that can be scanned."""
    cleo = evening.someone("Cleo", evening.context(**DESK))
    cleo.page.goto(evening.server.address)
    cleo.page.get_by_role("button", name="Start a room").click()
    expect(cleo.page.get_by_role("img", name=re.compile("QR code")).first).to_be_visible()
    code = cleo.page.url.rsplit("/", 1)[-1]
    expect(cleo.page.locator("header .code")).to_contain_text(f"{code[:3]}{code[3:]}")
    stage = evening.someone("the stage", cleo.page.context)
    stage.page.goto(f"{evening.server.address}/stage/{code}")
    together([cleo, stage], lambda one: one.last("welcome"), "it was welcome")
    return cleo, stage, code


def by_keyboard(evening: Evening, code: str) -> Someone:
    """Dov has no pointer: the seat, and everything after it, by keys alone."""
    dov = evening.someone("Dov", evening.context(**DESK))
    dov.page.goto(f"{evening.server.address}/j/{code}")
    dov.tab_to("I'm in")
    dov.page.keyboard.press("Enter")
    dov.until(lambda: dov.last("welcome"), "it was welcome")
    return dov


def hand_over(cleo: Someone, teller: Someone, *, source: str, seconds: int) -> None:
    """Cleo lets the one who offered tell a story of their own."""
    teller.page.get_by_label("I'd like to tell a story").check()
    cleo.page.get_by_role("radio", name=re.compile(re.escape(teller.name))).check()
    cleo.page.locator("#own-story > summary").click()
    cleo.page.locator("#source").select_option(source)
    cleo.page.locator("#duration").select_option(str(seconds))
    cleo.page.get_by_role("button", name="Hand over the card").click()
    cleo.in_phase("preparing")


def test_a_room_plays_the_loop_when_networks_fail_and_pages_reload(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    ana = evening.guest("Ana", code)
    ben = evening.guest("Ben", code)
    eli = evening.guest("Eli", code, wired=True)
    dov = by_keyboard(evening, code)
    listeners = [ben, eli, dov]
    everybody = [cleo, stage, ana, *listeners]
    hand_over(cleo, ana, source="C", seconds=STORY_S)
    ana.page.get_by_role("button", name="Start telling").click()
    together(everybody, lambda one: one.phase == "telling", "the story began")
    telling = ana.room["telling"]["id"]

    # Eli falls into a black hole in the middle of the story; everybody goes on.
    up = itertools.cycle([0.3, -0.4, 0.35, -0.25])
    for someone in (ana, ben, eli):
        someone.drag(next(up))
    dov.page.keyboard.press("PageUp")
    eli.until(lambda: eli.last("trace.acked"), "a first chunk was stored")
    evening.server.wire.swallow()
    dark_since = cleo.page.evaluate("performance.now()")
    ben.page.reload()
    cleo.page.reload()
    stage.page.reload()
    together([ben, cleo, stage], lambda one: one.heard[-1] and one.phase == "telling", "it was back")
    while cleo.page.evaluate("performance.now()") - dark_since < 0:
        pass
    evening.server.wire.mend()
