"""Pages are reloaded, cleared, copied, frozen and told the wrong time: what was acked is kept, and all is as documented."""

import asyncio
import random
import time
from collections import Counter
from copy import deepcopy
from dataclasses import replace

import pytest

from stories.people.clock import Clock, real_ms
from stories.people.page import Message, Page
from stories.people.player import Player
from stories.people.server import Server
from tests.conftest import MANAGE
from tests.faults.ledger import Entry, enter, keep
from tests.faults.network import Network
from tests.faults.receipts import Receipts, kept, newest, samples, samples_once
from tests.faults.witness import Witness, agree
from tests.live.table import PATIENCE, Table
from tests.production.crew import Crew

HOURS_MS = 3 * 3600 * 1000


async def reloaded(crew: Crew, seed: int, *, people: int, cleared: bool, seconds: float) -> None:
    """Everybody but Ana loads the page anew, again and again."""
    rng = random.Random(seed)
    async with Table(crew, people=people) as table:
        receipts = [Receipts(player) for player in table.people]
        telling = await table.begin(duration=180)

        async def again(player: Player) -> int:
            until, n = time.monotonic() + seconds, 0
            while time.monotonic() < until:
                await asyncio.sleep(rng.uniform(0.3, 1.5))
                await player.reload(cleared=cleared)
                n += 1
            return n

        times = sum(await asyncio.gather(*map(again, table.listeners)))
        await table.everybody(lambda page: page.connected)
        await table.finish()

        for player, receipt in zip(table.people, receipts, strict=True):
            stored = kept(table, telling, player)
            assert receipt.acked.items() <= stored.items()
        what = "pages are reloaded and their storage is cleared" if cleared else "pages are reloaded"
        acked = sum(samples(receipt.acked) for receipt in receipts)
        assert times > people * seconds / 3
        assert acked > 0
        enter(what, table, telling, note=f"{times} reloads, {acked} samples acked")


@pytest.mark.parametrize("cleared", [False, True], ids=["kept", "cleared"])
async def test_what_was_acked_is_kept_when_pages_are_reloaded(crew: Crew, cleared: bool):
    await reloaded(crew, 1, people=8, cleared=cleared, seconds=4)


@pytest.mark.slow
@pytest.mark.parametrize("cleared", [False, True], ids=["kept", "cleared"])
@pytest.mark.parametrize("seed", range(2, 6))
async def test_what_was_acked_is_kept_in_many_more_reloads(crew: Crew, seed: int, cleared: bool):
    await reloaded(crew, seed, people=20, cleared=cleared, seconds=20)


def duplicate(player: Player, address: str) -> Player:
    """The browser's "duplicate tab": another page of the seat, with a copy of what the first one's storage holds."""
    other = Player(replace(player.seat, address=address), rng=random.Random("copy"), patience=PATIENCE)
    other.hand = lambda tick: 999 - player.hand(tick) % 400
    for name, run in player.outbox.runs.items():
        other.outbox.runs[name] = deepcopy(run)
    other.outbox.reloaded()
    return other


async def test_the_newest_page_wins_tick_by_tick_when_tabs_are_duplicated(crew: Crew, network: Network):
    async with Table(crew, people=4) as table:
        await table.ben.close()
        first = Player(
            replace(table.ben.seat, address=network.address), hand=table.ben.hand, patience=PATIENCE
        )
        table.people[1] = first
        first.open()
        await table.everybody(lambda page: page.connected)
        receipts = [Receipts(first)]
        telling = await table.begin(duration=180)
        await table.story_reaches(5)
        # Ben's first tab hears nothing any more and feels on; the copy, meanwhile, feels something else.
        [stuck] = network.freeze(random.Random(1), 1.0)
        await table.story_reaches(8)
        # What is not a chunk yet when the tab is duplicated both pages have, and each cuts it for itself.
        await first.until(lambda: any(run.loose for run in first.outbox.runs.values()))
        second = duplicate(first, crew.address)
        receipts.append(Receipts(second))
        second.open()
        await second.until(lambda: len(second.sampled[telling]) > 40)
        both = first.sampled[telling].keys() & second.sampled[telling].keys()
        # The first tab is back: it says what it had felt, and as the newest page it has the seat.
        stuck.cut()
        await second.until(lambda: second.over)
        await first.until(lambda: first.connected)
        await table.story_reaches(32)
        await table.finish()
        await second.close()
        await table.reveal()
        await first.until(lambda: first.you.get("own"))

        stored = kept(table, telling, first)
        for receipt in receipts:
            assert receipt.acked.items() <= stored.items()
        assert newest(stored, len(first.you["own"]["line"])) == first.you["own"]["line"]
        there = {(at + i, level) for at, levels in stored.values() for i, level in enumerate(levels)}
        waiting = second.outbox.unstored(telling)
        assert set(first.sampled[telling].items()) <= there
        assert {(at, level) for at, level in second.sampled[telling].items() if at not in waiting} <= there
        assert first.refusals() + second.refusals() == []
        assert (first.over, second.over) == (None, 4409)
        assert len({run for run, _ in stored}) == 3
        assert len(both) > 30
        others = [player for player in table.people if player is not first]
        table.assert_stored_is_sampled(telling, *others)
        rows = samples(stored)
        keep(
            Entry(
                "tabs are duplicated",
                len(table.people) + 1,
                len(samples_once(receipts[0].said) | samples_once(receipts[1].said)),
                rows,
                0,
                rows - len(samples_once(stored)),
                note=f"{len(both)} ticks felt by two pages of a seat: the newest won",
            )
        )


ANSWERS = {"trace.chunk": "trace.acked", "trace.closed": "trace.sealed", "beat.mark": "beat.marked"}


def answers(told: Message, message: Message) -> bool:
    """Whether something told answers something said; the page goes on by itself meanwhile, and is answered too."""
    if told["type"] == "refused":
        return told["of"] == message["type"]
    if told["type"] != ANSWERS[message["type"]]:
        return False
    return message["type"] == "beat.mark" or told["run"] == message["run"]


async def answered(page: Page, message: Message) -> Message:
    """What one message of the wire is answered."""

    def found() -> list[Message]:
        return [told for told in page.told if answers(told, message)]

    before = len(found())
    await page.say(message)
    await page.until(lambda: len(found()) > before)
    return found()[-1]


async def test_a_copied_secret_is_worth_a_seat_and_nothing_more(crew: Crew):
    async with Table(crew) as table:
        receipts = [Receipts(player) for player in table.people]
        telling = await table.begin(duration=180)
        await table.story_reaches(6)
        eli, code = table.eli, table.evening.desk.code
        await eli.until(lambda: len(receipts[2].acked) > 2)
        async with Player(eli.seat, hand=lambda _tick: None, patience=PATIENCE) as dov:
            await dov.until(lambda: dov.connected)
            await eli.until(lambda: eli.over)
            (run, seq), (first, values) = next(iter(receipts[2].acked.items()))
            chunk = {"type": "trace.chunk", "telling": telling, "run": run, "seq": seq, "first_tick": first}
            # An old message as it was is answered again, and changes nothing; a forged one is refused.
            again = await answered(dov, {**chunk, "values": values})
            forged = await answered(dov, {**chunk, "values": [7] * len(values)})
            moved = await answered(dov, {**chunk, "first_tick": first + 1, "values": values})
            closes = []
            for role, key in (("player", table.ben.key), ("stage", code), ("host", code)):
                async with Page(crew.address, role, key, eli.token, patience=PATIENCE) as page:
                    await page.until(lambda page=page: page.over)
                    closes.append(page.over)
            await table.evening.act("remove", seat=eli.key)
            await dov.until(lambda: dov.over)
        async with Player(eli.seat, patience=PATIENCE) as late:
            await late.until(lambda: late.over)
        stored = kept(table, telling, eli)
        await table.story_reaches(12)
        table.people.remove(eli)
        await table.finish()

        assert (again["type"], again.get("seqs")) == ("trace.acked", [seq])
        assert [(a["type"], a.get("code")) for a in (forged, moved)] == [("refused", "trace.conflict")] * 2
        assert closes == [4401] * 3
        assert (eli.over, dov.over, late.over) == (4409, 4403, 4403)
        assert receipts[2].acked.items() <= stored.items()
        assert stored == kept(table, telling, eli)
        enter("a copied secret is used elsewhere", table, telling, note="4409, then 4403; elsewhere 4401")


async def test_old_messages_change_nothing_when_they_are_replayed_or_forged(crew: Crew):
    async with Table(crew, people=4) as table:
        heard: list[Message] = []
        ben = table.ben
        ben.spoil = lambda message: heard.append(dict(message)) or [message]
        first = await table.begin(duration=60)
        beat = {"type": "beat.mark", "telling": first, "beat": "b1", "tick": 2, "words": "then"}
        marked = await answered(table.ana, beat)
        await table.story_reaches(10)
        await table.finish()
        await table.evening.console.phase("reveal")
        await table.evening.act("lobby")
        await table.everybody(lambda page: page.room["phase"] == "lobby")
        ben.hand = lambda _tick: None
        second = await table.begin(duration=60)
        before = kept(table, first, ben)

        as_they_were = [await answered(ben, message) for message in heard[:6]]
        chunk = next(message for message in heard if message["type"] == "trace.chunk")
        closed = next(message for message in heard if message["type"] == "trace.closed")
        forgeries = [
            {**chunk, "values": [1] * len(chunk["values"])},
            {**chunk, "telling": "0123456789abcdef0123"},
            {**chunk, "run": "later", "first_tick": 100_000},
        ]
        refused = [(await answered(ben, message)).get("code") for message in forgeries]
        sealed = await answered(ben, closed)
        fewer = await answered(ben, {**closed, "chunks": 1})
        beaten = await answered(table.ana, {**beat, "tick": 9})
        await table.story_reaches(10)
        await table.finish()

        assert marked["type"] == "beat.marked"
        assert [a["type"] for a in as_they_were] == [ANSWERS[message["type"]] for message in heard[:6]]
        assert refused == ["trace.conflict", "telling.unknown", "trace.range"]
        assert (sealed["stored"], fewer["stored"]) == (closed["chunks"], closed["chunks"])
        assert beaten["code"] == "telling.not_now"
        assert kept(table, first, ben) == before
        table.assert_stored_is_sampled(first)
        enter("old messages are replayed, changed", table, second, note="acked as known, or refused")


def half_an_hour_ago(table: Table, telling: str) -> None:
    """The row says that the story was told thirty minutes earlier than it was."""
    ms = 30 * 60_000
    sql = (
        "UPDATE stories_telling SET started_at = started_at - ?, ended_at = ended_at - ? WHERE public_id = ?"
    )
    table.rows(f"{sql} RETURNING id", ms, ms, telling)


async def frozen(table: Table, n: int) -> tuple[str, list[Player]]:
    """A story in whose middle so many phones stop, with samples that are not handed over; it goes on without them."""
    telling = await table.begin(duration=180)
    await table.story_reaches(4)
    phones = table.listeners[-n:]
    for phone in phones:
        phone.spoil = lambda _message: []
    await table.story_reaches(12)
    for phone in phones:
        await phone.close()
        phone.over = 1000
    await table.story_reaches(16)
    await table.finish()
    return telling, phones


async def back(table: Table, telling: str, phones: list[Player]) -> tuple[float, int]:
    """They are looked at again: how long until nothing is left on them, and how many samples there were."""
    felt = sum(len(phone.outbox.unstored(telling)) for phone in phones)
    began = time.monotonic()
    for phone in phones:
        phone.spoil = lambda message: [message]
        phone.open()
    await table.everybody(lambda page: page.connected)
    await table.handed_over()
    return time.monotonic() - began, felt


async def test_phones_hand_over_what_they_felt_when_they_were_frozen_for_half_an_hour(crew: Crew):
    async with Table(crew, people=6) as table:
        telling, phones = await frozen(table, 3)
        await table.evening.console.phase("reveal")
        await table.evening.act("lobby")
        await table.everybody(lambda page: page.room["phase"] == "lobby")
        half_an_hour_ago(table, telling)

        await asyncio.gather(*(_come_back(phone) for phone in phones))

        assert [phone.outbox.refused_ticks for phone in phones] == [{}] * 3
        enter(
            "phones are frozen for half an hour", table, telling, note="the row says that it was half an hour"
        )


async def _come_back(phone: Player) -> None:
    phone.spoil = lambda message: [message]
    phone.open()
    await phone.until(lambda: phone.connected and phone.outbox.empty)


@pytest.mark.slow
async def test_phones_hand_over_what_they_felt_when_half_an_hour_really_passed(tmp_path):
    with Server(MANAGE, tmp_path, CLOCK_RATE="60", RATE_LIMITS="0") as server:
        async with Table(server, people=6) as table:
            telling, phones = await frozen(table, 3)
            now = table.ana.clock.now()
            await table.ana.until(lambda: table.ana.clock.now() - now > 30 * 60_000, within=60)

            took, felt = await back(table, telling, phones)

            assert felt > 3 * 12
            assert [phone.outbox.refused_ticks for phone in phones] == [{}] * 3
            enter("phones are frozen for half an hour", table, telling, back_s=took)


async def test_nothing_is_stamped_wrongly_when_phones_are_three_hours_off(crew: Crew):
    async with Table(crew, people=5) as table:
        off = {table.ben: HOURS_MS, table.eli: -HOURS_MS}
        for player, ms in off.items():
            await player.close()
            player.clock = Clock(lambda ms=ms: real_ms() + ms)
            player.open()
        await table.everybody(lambda page: page.connected)
        witness = Witness(*table.pages)
        telling = await table.begin(duration=180)
        await table.story_reaches(5)
        apart = [abs(player.clock.now() - table.ana.clock.now()) for player in off]
        await table.story_reaches(10)
        await table.finish()
        await agree(table)

        # A tick is 250 ms of the server's; a story's second is a sixth of ours.
        assert max(apart) < 250
        assert witness.backwards == []
        assert Counter(code for player in table.people for code in player.refusals()) == Counter()
        enter(
            "phones' clocks are three hours off",
            table,
            telling,
            note=f"stamps differ by {max(apart):.0f} ms at most",
        )
