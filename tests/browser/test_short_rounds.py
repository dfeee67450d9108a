"""Rounds as a first evening has them: turning points placed afterwards, a script read by the host."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.evening import Evening, together
from tests.browser.rows import calls, runs, stored
from tests.browser.steps import (
    agree,
    another,
    begin,
    by_keyboard,
    go_on,
    hand_over,
    keep_moving,
    see_the_same,
    start_a_room,
)


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """A minute of story takes ten seconds."""
    return 6.0


def test_the_picture_opens_after_the_teller_placed_the_turns_of_a_paused_story(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    ana, ben = evening.guest("Ana", code), evening.guest("Ben", code)
    eli, dov = evening.guest("Eli", code), by_keyboard(evening, code)
    listeners, everybody = [ben, eli, dov], [cleo, stage, ana, ben, eli, dov]
    hand_over(cleo, ana, source="B", seconds=120)
    telling = begin(ana, everybody)

    # Ana marks three turns; Dov asks for a breath by keyboard, Cleo lets the room go on.
    turn = ana.page.get_by_role("button", name="Something turns")
    keep_moving([ben, eli], [dov], seconds=0.5)
    turn.click()
    keep_moving([ben, eli], [dov], seconds=0.5)
    dov.tab_to("^Pause$")
    dov.page.keyboard.press("Enter")
    together(everybody, lambda one: one.room.get("paused") == "breath", "everybody took a breath")
    expect(ben.page.locator("[data-veil=breath]")).to_be_visible()
    expect(cleo.page.get_by_role("button", name=re.compile("Go on"))).to_be_visible()
    cleo.page.keyboard.press("p")
    together(everybody, lambda one: not one.room.get("paused"), "the story went on")
    turn.click()
    keep_moving([ben, eli], [dov], seconds=1)
    turn.click()
    keep_moving([ben, eli], [dov], seconds=0.5)
    ana.page.get_by_role("button", name="I'm done").click()
    together(everybody, lambda one: one.phase == "placing", "the story was over")
    for listener in listeners:
        listener.page.get_by_role("button", name="Near the beginning").click()
    sliders = ana.page.locator("[data-placing] input")
    expect(sliders).to_have_count(3)
    for slider, level in zip(sliders.all(), (100, 800, 350), strict=True):
        slider.fill(str(level))
    ana.page.get_by_role("button", name="Done", exact=True).click()
    together(everybody, lambda one: one.phase in {"settling", "reveal"}, "the turns were placed")
    ana.page.locator("[data-heard] label").nth(3).click()
    ana.page.get_by_label("Show my answer to the room").check()
    ana.until(lambda: ana.last("heard.rated").get("share"), "the answer was stored")

    together(everybody, lambda one: one.phase == "reveal", "the picture opened")
    together(listeners, lambda one: one.all_stored() or True, "everything was stored")
    for step in (1, 2, 3):
        see_the_same(everybody, step)
        go_on(cleo, step)
    picture = see_the_same(everybody, 4)
    database = evening.server.database
    assert [beat["level"] for beat in picture["beats"]] == [100, 800, 350]
    assert picture["heard"] == 4
    agree([stage], listeners)
    assert stored(database, telling) == {one.seat: one.felt for one in listeners}
    assert {seat: len(closed) for seat, closed in runs(database, telling).items()} == {
        one.seat: 1 for one in listeners
    }
    assert calls(database, telling) == {one.seat: "start" for one in listeners}


def test_the_host_reads_first_when_nobody_has_offered(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    listeners = [evening.guest("Ana", code), evening.guest("Ben", code), evening.guest("Eli", code)]

    # Two presses of one key: the room warms up, then a script is on its way to Cleo's own seat.
    expect(cleo.page.get_by_role("button", name=re.compile("Warm up: 20 seconds"))).to_be_visible()
    cleo.page.keyboard.press("Space")
    together([stage, *listeners], lambda one: one.phase == "warmup", "the room warmed up")
    expect(cleo.page.get_by_role("button", name=re.compile("You read first"))).to_be_visible()
    cleo.page.keyboard.press("Space")
    together([stage, *listeners], lambda one: one.phase == "preparing", "the script was handed over")
    seat = cleo.page.get_by_role("link", name=re.compile("Open my page to tell")).get_attribute("href")
    reader = another(evening, "Cleo's seat", cleo, seat or "")
    everybody = [stage, reader, *listeners]
    begin(reader, everybody)
    line = reader.page.get_by_role("button", name="Next line")
    while line.is_enabled():
        line.click()
        keep_moving(listeners, [], seconds=0.1)
    expect(stage.page.locator("#caption")).not_to_be_empty()
    reader.page.get_by_role("button", name="I'm done").click()
    together(everybody, lambda one: one.phase == "settling", "the story was over")
    for listener in listeners:
        listener.page.locator("[data-call=arc] [data-choice]").first.click()
    together(listeners, lambda one: one.last("call.made"), "the call was taken")

    together(everybody, lambda one: one.phase == "reveal", "the picture opened")
    picture = see_the_same(everybody, 1)
    assert (picture["call"]["kind"], picture["call"]["of"]) == ("arc", 3)
    agree([stage], listeners)


def test_the_older_page_steps_back_when_a_seat_is_opened_twice(evening: Evening):
    _, _, code = start_a_room(evening)
    ben = evening.guest("Ben", code)

    newer = another(evening, "Ben's second tab", ben, f"/play/{ben.seat}")

    expect(ben.page.get_by_role("heading", name="Your seat is open on another page.")).to_be_visible()
    ben.page.get_by_role("link", name="Use this page instead").click()
    expect(newer.page.get_by_role("heading", name="Your seat is open on another page.")).to_be_visible()
    expect(ben.page.locator("[data-strip]")).to_be_visible()
