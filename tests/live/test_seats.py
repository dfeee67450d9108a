"""Who is at the table: two pages of one seat, a teller who vanishes, a breath, and who may not do what."""

import asyncio
import json

from stories.people.page import Page
from stories.people.player import Player
from stories.people.server import Server
from tests.live.table import PATIENCE, Table


async def test_the_newest_page_wins_when_a_seat_is_opened_twice(table: Table) -> None:
    async with Player(table.ben.seat, patience=PATIENCE) as newer:
        await newer.until(lambda: newer.connected)
        await table.ben.until(lambda: table.ben.over)

        assert table.ben.over == 4409
        assert newer.over is None


async def test_a_host_and_a_stage_may_be_open_twice(table: Table) -> None:
    desk = table.evening.desk

    async with (
        Page(desk.address, "host", desk.code, desk.token) as host,
        Page(desk.address, "stage", desk.code, desk.token) as stage,
    ):
        await host.until(lambda: host.connected)
        await stage.until(lambda: stage.connected)
        await table.evening.act("warmup")
        await host.phase("warmup")
        await stage.phase("warmup")

        assert [page.over for page in table.pages] == [None] * 5


async def test_the_story_waits_when_the_teller_is_gone_and_goes_on_when_back(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(10)

    await table.ana.close()
    await table.ben.until(lambda: table.ben.room.get("paused") == "teller_gone")
    waiting_since = table.ben.room["paused_at"]
    table.ana.open()
    await table.ana.until(lambda: table.ana.connected)
    await table.ana.say({"type": "telling.resume"})
    await table.everybody(lambda page: not page.room.get("paused"))
    back = table.ben.tick_now(table.ben.telling)
    await table.ben.until(lambda: table.ben.tick_now(table.ben.telling) > back + 100)
    await table.finish()
    picture = await table.reveal()

    table.assert_stored_is_sampled(telling)
    about = table.ana.telling
    gone_s = back / 4 - (waiting_since - about["started_at"]) / 1000
    whole_s = (about["ended_at"] - about["started_at"]) / 1000
    assert gone_s < 60
    # A fifth of a second of life: news from another process take up to a tenth.
    assert abs(whole_s - gone_s - picture["seconds"]) < 4


async def test_what_there_is_is_kept_when_the_teller_never_comes_back(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(20)

    await table.ana.close()
    table.ana.over = 1000
    await table.ben.until(lambda: table.ben.room.get("paused") == "teller_gone")
    await table.ben.until(lambda: table.ben.telling.get("ended_at"), within=20)
    await table.handed_over()

    [(ended,)] = table.rows(
        "SELECT body FROM stories_fact JOIN stories_room r ON r.id = room_id "
        "WHERE kind = 'telling.ended' AND r.code = ?",
        table.evening.desk.code,
    )
    assert json.loads(ended)["reason"] == "teller_gone"
    table.assert_stored_is_sampled(telling, *table.listeners)


async def test_a_breath_is_taken_when_anybody_asks_and_no_pair_of_samples_crosses_it(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(15)

    await table.eli.say({"type": "telling.pause"})
    await table.everybody(lambda page: page.room.get("paused") == "breath")
    told_of_pause = [page.heard("room.changed")[-1]["room"] for page in table.pages]
    await table.story_reaches(30)
    await table.evening.act("resume")
    await table.everybody(lambda page: not page.room.get("paused"))
    back = table.ben.tick_now(table.ben.telling)
    await table.ben.until(lambda: table.ben.tick_now(table.ben.telling) > back + 80)
    await table.finish()
    picture = await table.reveal()
    await table.ben.until(lambda: table.ben.you.get("own"))

    table.assert_stored_is_sampled(telling)
    # Nobody is named, and what was said is the same to all.
    assert all(told == told_of_pause[0] for told in told_of_pause)
    assert table.eli.key not in str(told_of_pause[0])
    facts = dict(
        table.rows(
            "SELECT kind, at FROM stories_fact JOIN stories_room r ON r.id = room_id WHERE r.code = ?",
            table.evening.desk.code,
        )
    )
    started_at = table.ana.telling["started_at"]
    ticks = range(-(-(table.ana.telling["ended_at"] - started_at) * 4 // 1000))
    told_at = [
        tick for tick in ticks if not facts["room.paused"] <= started_at + tick * 250 < facts["room.resumed"]
    ]
    assert picture["teller"] == [table.ana.sampled[telling].get(tick) for tick in told_at]
    assert table.ben.you["own"]["line"] == [table.ben.sampled[telling].get(tick) for tick in told_at]


async def test_a_removed_seat_is_told_so_and_stays_out(table: Table) -> None:
    await table.evening.act("remove", seat=table.eli.key)
    await table.eli.until(lambda: table.eli.over)

    async with Player(table.eli.seat, patience=PATIENCE) as again:
        await again.until(lambda: again.over)

        assert (table.eli.over, again.over) == (4403, 4403)


async def test_everybody_is_told_when_the_room_is_deleted(table: Table) -> None:
    await table.evening.act("delete", sure="yes")

    await asyncio.gather(*(page.until(lambda page=page: page.over) for page in table.pages))

    assert [page.over for page in table.pages] == [4404] * 5


async def test_the_room_goes_on_when_the_host_is_gone(table: Table) -> None:
    await table.evening.console.close()
    table.evening.console.over = 1000
    await table.ana.say({"type": "teller.offer", "willing": True})
    await table.stage.until(lambda: any(p.get("willing") for p in table.stage.roster.get("people") or []))
    await table.evening.act("prepare", teller=table.ana.key, source="C", duration="60")
    await table.ana.phase("preparing")
    await table.ana.wish("telling.begin")
    await table.everybody(lambda page: page.room["phase"] == "telling")
    await table.story_reaches(40)
    await table.ana.wish("telling.finish")

    await table.everybody(lambda page: page.room["phase"] == "reveal")
    table.evening.console.over = None
    table.evening.console.open()
    await table.evening.console.phase("reveal")

    assert table.evening.console.room == table.stage.room


async def test_a_wrong_token_opens_nothing(server: Server, table: Table) -> None:
    code, seat = table.evening.desk.code, table.ben.key

    codes = []
    # A code nobody has is answered as one that somebody has: sockets are no way to look for rooms.
    nowhere = [("host", "000000"), ("stage", "000000"), ("player", "nobody")]
    for role, key in [("player", seat), ("host", code), ("stage", code), *nowhere]:
        async with Page(server.address, role, key, table.eli.token, patience=PATIENCE) as dov:
            await dov.until(lambda dov=dov: dov.over)
            codes.append(dov.over)

    assert codes == [4401] * 6
