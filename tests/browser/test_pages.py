"""Every page in every state: nothing overflows a small phone, targets are for thumbs, and nobody complains."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.evening import Evening, Someone, together
from tests.browser.rows import stored
from tests.browser.steps import begin, go_on, hand_over, see_the_same, start_a_room

SMALL = {"viewport": {"width": 320, "height": 640}}
TARGET_PX = 44

# What sticks out of the page sideways, by a pixel or more, and is not scrolled in a box of its own.
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > wide + 1)
    .map((element) => `${element.tagName} ${element.className} ${Math.round(element.getBoundingClientRect().right)}`);
}"""

# Buttons (and links that look like them) that a thumb would miss.
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, .button, summary, select, label.choice, label.check")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden, [inert]"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([element, box]) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
  .map(([element, box]) => `${element.innerText.trim() || element.ariaLabel} ${Math.round(box.width)}x${Math.round(box.height)}`)"""

# What still moves by itself: animations and transitions that run and take time.
MOVING = """() => document.getAnimations()
  .filter((each) => each.playState === "running" && each.effect.getComputedTiming().duration > 50)
  .map((each) => `${each.animationName ?? each.transitionProperty} on ${each.effect.target.className}`)"""


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """Deadlines pass while the pages are looked at, never faster than they can be."""
    return 2.0


def look(page: Page, *, thumbs: bool = False) -> list[str]:
    """What is wrong with a page as it stands."""
    return page.evaluate(OVERFLOW) + (page.evaluate(SMALL_TARGETS, TARGET_PX) if thumbs else [])


def test_pages_without_a_room_fit_a_small_phone(evening: Evening):
    dov = evening.someone("Dov", evening.context(**SMALL))
    dov.may_be_refused = True
    wrong = {}

    for path in (
        "/",
        "/join",
        "/how",
        "/privacy",
        "/check",
        "/join?code=12",
        "/000000",
        "/nowhere",
        "/stage/000000",
    ):
        dov.page.goto(evening.server.address + path)
        dov.page.wait_for_load_state("load")
        if found := look(dov.page, thumbs=True):
            wrong[path] = found

    assert wrong == {}


def test_every_state_of_a_room_fits_a_small_phone(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    door = evening.someone("Dov", evening.context(**SMALL))
    door.page.goto(f"{evening.server.address}/j/{code}")
    ana = evening.guest("Ana", code, is_mobile=False, **SMALL)
    ben = evening.guest("Ben", code, is_mobile=False, **SMALL)
    eli = evening.guest("Eli", code, is_mobile=False, **SMALL)
    for page in (cleo, stage):
        page.page.set_viewport_size(SMALL["viewport"])
    pages = [cleo, stage, ana, ben, eli]
    wrong: dict[str, list[str]] = {}

    def look_at(state: str) -> None:
        for one in pages:
            if found := look(one.page, thumbs=one in (ana, ben)):
                wrong[f"{one.who} in {state}"] = found

    if found := look(door.page, thumbs=True):
        wrong["the door"] = found
    door.page.close()
    look_at("lobby")
    cleo.page.get_by_role("button", name=re.compile("Warm up")).click()
    together(pages, lambda one: one.phase == "warmup", "the room warmed up")
    look_at("warmup")
    hand_over(cleo, ana, source="B", seconds=60)
    together(pages, lambda one: one.phase == "preparing", "Ana got ready")
    look_at("preparing")
    begin(ana, pages)
    look_at("telling")
    ana.page.get_by_role("button", name="Something turns").click()
    for listener in (ben, eli):
        listener.drag(0.3)
    ben.page.get_by_role("button", name="Pause").click()
    together(pages, lambda one: one.room.get("paused"), "the room took a breath")
    look_at("pause")
    ana.page.get_by_role("button", name="Continue").click()
    together(pages, lambda one: not one.room.get("paused"), "the story went on")
    ana.page.get_by_role("button", name="I'm done").click()
    together(pages, lambda one: one.phase == "placing", "the story was over")
    look_at("placing")
    ana.page.get_by_role("button", name="Done", exact=True).click()
    together(pages, lambda one: one.phase == "settling", "the turns were placed")
    look_at("settling")
    cleo.page.locator("#next-reveal").click()
    together(pages, lambda one: one.phase == "reveal", "the picture opened")
    for step in (1, 2, 3, 4):
        see_the_same(pages, step)
        look_at(f"reveal {step}")
        go_on(cleo, step)
    together(pages, lambda one: one.phase == "debrief", "people talked")
    look_at("debrief")
    replay = ben.page.get_by_role("link", name="Open the whole picture").get_attribute("href")
    ben.page.goto(evening.server.address + str(replay))
    expect(ben.page.locator("figure svg .chart__line").first).to_be_attached()
    if found := look(ben.page):
        wrong["the replay"] = found
    cleo.page.locator("#ending > summary").click()
    cleo.page.get_by_role("button", name="End…").click()
    expect(cleo.page.get_by_role("heading", name="End this room?")).to_be_visible()
    if found := look(cleo.page):
        wrong["are you sure"] = found
    cleo.page.get_by_role("button", name="End the room").click()
    expect(cleo.page.get_by_role("heading", name="This room has ended")).to_be_visible()
    together([stage, ana, eli], lambda one: one.phase == "ended", "the room ended")
    look_at("ended")

    assert wrong == {}


def test_one_level_is_stored_whichever_way_a_hand_says_it(evening: Evening):
    cleo, _, code = start_a_room(evening)
    ana = evening.guest("Ana", code)
    keys = evening.guest("by keys", code, is_mobile=False, has_touch=False)
    zone = evening.guest("by zone", code)
    hover = evening.guest("by hover", code, is_mobile=False, has_touch=False)
    slider = evening.guest("by range", code, is_mobile=False, has_touch=False)
    hands = [keys, zone, hover, slider]
    hand_over(cleo, ana, source="B", seconds=60)
    telling = begin(ana, [ana, *hands])

    keys.page.keyboard.press("5")
    box = zone.page.locator("[data-strip]").bounding_box()
    zone.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.1)
    hover.page.get_by_role("button", name="Follow the pointer without pressing").click()
    box = hover.page.locator("[data-strip]").bounding_box()
    # The band is at 976 where a tenth of the strip lies above it.
    hover.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * (0.5 - 0.476 * 0.84))
    slider.page.locator(".strip__range").focus()
    slider.page.locator(".strip__range").fill("976")
    together(hands, lambda one: one.last("trace.acked"), "a chunk was stored")
    ana.page.get_by_role("button", name="I'm done").click()
    for hand in hands:
        hand.all_stored()

    felt = stored(evening.server.database, telling)
    assert {hand.who: felt[hand.seat][-1][1] for hand in hands} == {hand.who: 976 for hand in hands}
    assert felt == {hand.seat: hand.felt for hand in hands}


def test_nothing_moves_by_itself_where_people_asked_for_stillness(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    for page in (cleo, stage):
        page.page.emulate_media(reduced_motion="reduce")
    ben = evening.guest("Ben", code, reduced_motion="reduce")

    ben.drag(0.3)
    cleo.page.get_by_role("button", name=re.compile("Warm up")).click()
    together([stage, ben], lambda one: one.phase == "warmup", "the room warmed up")

    assert {one.who: one.page.evaluate(MOVING) for one in (cleo, stage, ben)} == {
        "Cleo": [],
        "the stage": [],
        "Ben": [],
    }


def test_another_device_becomes_the_stage_by_pairing(evening: Evening):
    cleo, _, _ = start_a_room(evening)
    cleo.page.locator("#settings > summary").click()
    cleo.page.get_by_role("button", name="Pair a stage").click()
    link = re.compile(r"http\S+/pair/[A-Za-z0-9_-]+")
    shown = cleo.page.locator("main")
    # A click does not wait for the page that it leads to.
    expect(shown).to_contain_text(link)
    address = link.search(shown.inner_text())
    assert address is not None

    projector: Someone = evening.someone(
        "the projector", evening.context(viewport={"width": 1920, "height": 1080})
    )
    projector.page.goto(address[0])
    if projector.page.get_by_role("button").count():
        projector.page.get_by_role("button").first.click()
    projector.until(lambda: projector.last("welcome"), "it was welcome")

    assert look(projector.page) == []
