"""The whole loop in real browsers: a console, a stage, a teller and three listeners, one story, one reveal."""

import time

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
    reload,
    see_the_same,
    start_a_room,
)

HOLE_S = 20.0


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """A story of three minutes takes one: a black hole of twenty seconds has room in it."""
    return 3.0


def test_a_room_plays_the_loop_when_networks_fail_and_pages_reload(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    ana, ben = evening.guest("Ana", code), evening.guest("Ben", code)
    eli = evening.guest("Eli", code, wired=True)
    dov = by_keyboard(evening, code)
    listeners = [ben, eli, dov]
    hand_over(cleo, ana, source="C", seconds=180)
    telling = begin(ana, [cleo, stage, ana, *listeners])

    # Everybody's hand is on; then Eli's network swallows everything for twenty seconds, and pages are reloaded.
    keep_moving([ana, ben, eli], [dov], seconds=1)
    eli.until(lambda: eli.last("trace.acked"), "a first chunk was stored")
    evening.wire.swallow()
    dark = time.monotonic()
    eli_heard = len(eli.heard)
    keep_moving([ana, ben, eli], [dov], seconds=2)
    for page in (ben, cleo, stage):
        reload(page, "telling")
    cleo_too = another(evening, "Cleo's second console", cleo, f"/host/{code}")
    stage_too = another(evening, "the second stage", stage, f"/stage/{code}")
    keep_moving([ana, ben, eli], [dov], seconds=HOLE_S - (time.monotonic() - dark))
    assert len(eli.heard) == eli_heard
    evening.wire.mend()
    eli.until(
        lambda: len(eli.heard) > eli_heard and eli.last("welcome") in eli.heard[eli_heard:], "it was back"
    )
    keep_moving([ana, ben, eli], [dov], seconds=2)
    ana.page.get_by_role("button", name="I'm done").click()
    together(listeners, lambda one: one.phase == "settling", "the story was over")
    dov.tab_to("In the middle")
    dov.page.keyboard.press("Enter")
    for someone in (ben, eli):
        someone.page.get_by_role("button", name="Near the end").click()
    together(listeners, lambda one: one.last("call.made"), "the call was taken")

    # Every sample that a page felt is stored, once.
    everybody = [cleo, cleo_too, stage, stage_too, ana, *listeners]
    together(everybody, lambda one: one.phase == "reveal", "the picture opened")
    for someone in (ana, *listeners):
        someone.all_stored()
    database = evening.server.database
    assert stored(database, telling) == {one.seat: one.felt for one in (ana, *listeners)}
    loads = [len(runs(database, telling)[one.seat]) for one in (ana, ben, eli, dov)]
    # What Ben's first page load had not cut yet, if there was any, is a run of its own.
    assert loads in ([1, 2, 1, 1], [1, 3, 1, 1])
    assert len(eli.felt) > 0.8 * len(ana.felt) > 200
    assert {24, 976} <= {level for _, level in dov.felt}
    assert all(said == there for closed in runs(database, telling).values() for said, there in closed)
    assert calls(database, telling) == {ben.seat: "end", eli.seat: "end", dov.seat: "middle"}

    # Everybody sees the same reveal, paced by either console.
    for step, console in enumerate([cleo, cleo_too, cleo], start=1):
        see_the_same(everybody, step)
        agree([stage, stage_too], listeners)
        go_on(console, step)
    picture = see_the_same(everybody, 4)
    agree([stage, stage_too], listeners)
    assert [level for level in picture["teller"] if level is not None] == [level for _, level in ana.felt]
    assert picture["score"]["listeners"] == len(listeners)
    for page in (stage, stage_too, *listeners):
        expect(page.page.locator("svg:visible .chart__teller .chart__line").first).to_be_visible()
    go_on(cleo_too, 4)
    together(everybody, lambda one: one.phase == "debrief", "people talked about it")
    assert [one.who for one in everybody if one.last("refused")] == []
