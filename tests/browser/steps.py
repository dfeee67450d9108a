"""What the people of an evening do, step by step, as a test tells it."""

import itertools
import re
import time

from playwright.sync_api import expect

from tests.browser.evening import DESK, Evening, Someone, together


def start_a_room(evening: Evening) -> tuple[Someone, Someone, str]:
    """Cleo opens a room and its stage: one click to a code that can be scanned."""
    cleo = evening.someone("Cleo", evening.context(**DESK))
    cleo.page.goto(evening.server.address)
    cleo.page.get_by_role("button", name="Start a room").click()
    expect(cleo.page.get_by_role("img", name=re.compile("QR code")).first).to_be_visible()
    code = cleo.page.url.rsplit("/", 1)[-1]
    expect(cleo.page.locator("header .code")).to_contain_text(f"{code[:3]}{code[3:]}")
    stage = another(evening, "the stage", cleo, f"/stage/{code}")
    return cleo, stage, code


def another(evening: Evening, who: str, first: Someone, path: str) -> Someone:
    """One more page in the same browser."""
    page = evening.someone(who, first.page.context)
    page.page.goto(evening.server.address + path)
    page.until(lambda: page.last("welcome"), "it was welcome")
    return page


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


def begin(teller: Someone, everybody: list[Someone]) -> str:
    """The teller begins; the telling's id once every page knows."""
    teller.page.get_by_role("button", name="Start telling").click()
    together(everybody, lambda one: one.phase == "telling", "the story began")
    return str(teller.room["telling"]["id"])


def reload(someone: Someone, phase: str) -> None:
    """The page is loaded anew and knows where the room is."""
    someone.heard.clear()
    someone.page.reload()
    someone.until(lambda: someone.last("welcome") and someone.phase == phase, f"it was back in {phase}")


def keep_moving(thumbs: list[Someone], keys: list[Someone], *, seconds: float) -> None:
    """Everybody follows the story in their own way."""
    until = time.monotonic() + seconds
    shares = itertools.cycle([0.3, -0.45, 0.35, -0.2, 0.15])
    presses = itertools.cycle(["PageUp", "ArrowDown", "5", "PageDown", "1", "ArrowUp"])
    while time.monotonic() < until:
        for someone in thumbs:
            someone.drag(next(shares))
        for someone in keys:
            someone.page.keyboard.press(next(presses))


def see_the_same(pages: list[Someone], step: int) -> dict:
    """Wait until every page was told one and the same picture of a step, whole as far as it is open."""

    def whole(one: Someone) -> bool:
        picture = one.reveal.get("picture", {})
        pending = picture.get("marks") == "pending" or (picture.get("score") or {}).get("pending")
        return one.reveal.get("step") == step and not pending

    together(pages, whole, f"step {step} of the reveal was whole")
    first = pages[0]
    together(pages, lambda one: one.reveal == first.reveal, "it saw what everybody sees")
    return dict(first.reveal["picture"])


NEXT = {1: "step_room", 2: "step_marks", 3: "step_score", 4: "debrief"}


def go_on(console: Someone, step: int) -> None:
    """The host goes on from a step of the reveal, once the console's big button says where to."""
    expect(console.page.locator(f"#next-{NEXT[step]}")).to_be_visible()
    console.page.keyboard.press("Space")


def agree(stages: list[Someone], phones: list[Someone]) -> None:
    """Wait until every page says one and the same in its largest letters: a page draws after it has heard."""
    places = [stage.page.locator("#reveal-headline") for stage in stages]
    places += [phone.page.locator("[data-said=headline]") for phone in phones]
    stages[0].until(
        lambda: len({place.inner_text() for place in places} | {""}) == 2, "the pages had one headline"
    )
