"""A phone that comes back after the reveal: the pages show a new picture, and say so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.evening import Evening, together
from tests.browser.steps import begin, go_on, hand_over, keep_moving, see_the_same, start_a_room

UPDATED = "Updated: hands that arrived late are in the picture now."


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """Half a minute for latecomers takes five seconds."""
    return 6.0


def write(database: Path, sql: str, *values: object) -> None:
    """Change a row behind the server's back."""
    with closing(sqlite3.connect(database, timeout=10)) as rows, rows:
        rows.execute(sql, values)


def test_every_page_says_that_it_was_updated_when_a_phone_hands_over_after_the_reveal(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    ana, ben = evening.guest("Ana", code), evening.guest("Ben", code)
    eli = evening.guest("Eli", code, wired=True)
    there = [cleo, stage, ana, ben]
    hand_over(cleo, ana, source="C", seconds=180)
    begin(ana, [*there, eli])

    keep_moving([ana, ben, eli], [], seconds=1)
    eli.until(lambda: eli.last("trace.acked"), "a first chunk was stored")
    evening.wire.swallow()
    keep_moving([ana, ben, eli], [], seconds=4)
    ana.page.get_by_role("button", name="I'm done").click()
    # Nobody presses: Eli's phone is waited for, and then no longer.
    together(there, lambda one: one.phase == "reveal", "the picture opened")
    for step in (1, 2, 3):
        see_the_same(there, step)
        go_on(cleo, step)
    before = see_the_same(there, 4)
    expect(stage.page.locator("#reveal-note")).to_be_hidden()
    evening.wire.mend()

    together(there, lambda one: one.reveal["picture"].get("progress") == "updated", "it was updated")
    assert "progress" not in before
    expect(stage.page.locator("#reveal-note")).to_have_text(UPDATED)
    expect(ben.page.locator("[data-said=note]")).to_have_text(UPDATED)
    expect(cleo.page.locator("#small-print")).to_contain_text(UPDATED)
    go_on(cleo, 4)
    link = ben.page.get_by_role("link", name="Open the whole picture")
    replay = evening.server.address + str(link.get_attribute("href"))
    ben.page.goto(replay)
    expect(ben.page.locator("#note-words")).to_have_text(UPDATED)

    # Whoever opens the replay while the comparison runs sees it completed without a further touch.
    for complete, note in ((0, ""), (1, UPDATED)):
        write(evening.server.database, "UPDATE stories_analysis SET complete = ?", complete)
        if not complete:
            ben.page.goto(replay)
        expect(ben.page.locator("#note-words")).to_have_text(note)
