"""Pages on a bad day: wrong dates, frozen phones, cleared storage, a duplicated tab. What was acked is kept."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.evening import PHONE, Evening, Someone, together
from tests.browser.rows import stored
from tests.browser.steps import begin, hand_over, keep_moving, start_a_room

HOURS_MS = 3 * 3600 * 1000
# What a device believes about the date can be changed behind the page's back, as a setting would.
DATE = """
{
  const now = Date.now;
  let off = Number(sessionStorage.getItem("test:date") ?? 0);
  Date.now = () => now() + off;
  globalThis.setDate = (ms) => { off = ms; sessionStorage.setItem("test:date", String(ms)); };
}
"""


@pytest.fixture(scope="module")
def clock_rate() -> float:
    """A minute of story takes ten seconds."""
    return 6.0


def acked(*pages: Someone) -> set[tuple[str, int]]:
    """The chunks that these pages were told are stored, by run and seq."""
    return {
        (m["run"], seq) for one in pages for m in one.heard if m["type"] == "trace.acked" for seq in m["seqs"]
    }


def chunks(database: Path, telling: str, seat: str) -> set[tuple[str, int]]:
    """The chunks of a seat that are stored, by run and seq."""
    sql = (
        "SELECT run, seq FROM stories_chunk c JOIN stories_participant p ON p.id = c.participant_id "
        "JOIN stories_telling t ON t.id = c.telling_id WHERE t.public_id = ? AND p.public_id = ?"
    )
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return set(connection.execute(sql, (telling, seat)).fetchall())


def misdated(evening: Evening, who: str, code: str, ms: int) -> Someone:
    """A guest whose phone shows another date from the start."""
    context = evening.context(**PHONE)
    context.add_init_script(DATE)
    guest = evening.someone(who, context)
    guest.page.goto(f"{evening.server.address}/j/{code}")
    guest.page.evaluate(f"setDate({ms})")
    guest.page.get_by_role("button", name="I'm in").click()
    guest.until(lambda: guest.last("welcome"), "it was welcome")
    return guest


def test_what_was_acked_is_kept_on_a_bad_day(evening: Evening):
    cleo, stage, code = start_a_room(evening)
    ana = evening.guest("Ana", code)
    ben, eli = misdated(evening, "Ben", code, HOURS_MS), misdated(evening, "Eli", code, 0)
    dov, fay = evening.guest("Dov", code), evening.guest("Fay", code)
    hand_over(cleo, ana, source="C", seconds=180)
    telling = begin(ana, [cleo, stage, ana, ben, eli, dov, fay])
    hands = [ana, ben, eli, dov, fay]
    keep_moving(hands, [], seconds=2)
    together(hands, lambda one: one.last("trace.acked"), "a first chunk was stored")

    # Eli's date is set three hours back; Dov's storage is cleared and the page reloaded; Fay duplicates the tab.
    eli.page.evaluate(f"setDate({-HOURS_MS})")
    before = acked(dov)
    dov.page.add_init_script("sessionStorage.clear()")
    dov.heard.clear()
    dov.page.reload()
    dov.until(lambda: dov.last("welcome"), "it was back")
    held = json.dumps(fay.page.evaluate("({...sessionStorage})"))
    copy = evening.someone("Fay's other tab", fay.page.context)
    copy.page.add_init_script(f"if (!sessionStorage.length) Object.assign(sessionStorage, {held})")
    copy.page.goto(fay.page.url)
    copy.until(lambda: copy.last("welcome"), "it was welcome")
    # Ben's phone is frozen for a while of the story.
    freezer = ben.page.context.new_cdp_session(ben.page)
    freezer.send("Page.setWebLifecycleState", {"state": "frozen"})
    keep_moving([ana, eli, dov, copy], [], seconds=3)
    freezer.send("Page.setWebLifecycleState", {"state": "active"})
    keep_moving([ana, ben, eli, dov, copy], [], seconds=2)
    ana.page.get_by_role("button", name="I'm done").click()
    still = [ana, ben, eli, dov, copy]
    together(still, lambda one: one.phase in {"settling", "reveal"}, "the story was over")
    for someone in still:
        someone.all_stored()

    database = evening.server.database
    found = stored(database, telling)
    assert {one.who for one in (ana, ben, eli) if found[one.seat] != one.felt} == set()
    assert min(len(one.felt) for one in (ana, ben, eli)) > 60
    assert before
    assert before | acked(dov) <= chunks(database, telling, dov.seat)
    assert acked(fay, copy) <= chunks(database, telling, fay.seat)
    assert set(copy.felt) - set(found[copy.seat]) <= set(fay.felt)
