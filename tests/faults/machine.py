"""A room on a server that may die at any moment, and what may be done to it, step by step: each step is a short list."""

import asyncio
import contextlib
import random
import time
from typing import Any

from stories.people.browser import Turned
from stories.people.page import Message, Page
from stories.people.player import Player, ticks_between
from stories.people.server import Server
from stories.protocol.phases import REVEAL_STEPS
from tests.faults.ledger import Entry
from tests.faults.network import Network
from tests.faults.witness import Witness, agree
from tests.live.table import PATIENCE, Table
from tests.production.crew import Crew

Step = list[Any]

CHANCE = "operations and faults are drawn by chance"
SECRETS = frozenset({"arc", "arc_key", "card", "lines", "beats", "heard"})
MOST_PEOPLE = 7
BACK_S = 20.0


class Trouble:
    """Plays steps on a table; `end` says whether anything was lost, shown too early or to the wrong person."""

    def __init__(self, server: Server, network: Network) -> None:
        self.server, self.network = server, network
        self.table = Table(server, people=4, address=network.address)
        self.played: list[Step] = []
        self.too_early: list[str] = []
        self.not_theirs: list[str] = []
        self.witnesses: list[Witness] = []
        self.tabs: set[Player] = set()
        self._chance = random.Random(4)

    async def begin(self) -> None:
        """Everybody comes in, and Ana begins."""
        await self.table.__aenter__()
        for page in self.table.pages:
            self._watch(page)
        await self.table.begin(duration=180)

    async def play(self, step: Step) -> None:
        """One step; refusals are answers."""
        self.played.append(step)
        name, *how = step
        with contextlib.suppress(Turned):
            await getattr(self, name)(*how)
        # Time for it to matter: three seconds of the story.
        await asyncio.sleep(0.3)

    # -- people -------------------------------------------------------------------------------------------

    def _one(self, number: int) -> Player:
        return self.table.people[number % len(self.table.people)]

    async def joins(self) -> None:
        if len(self.table.people) < MOST_PEOPLE:
            self._watch(await self.table.join())

    async def reloads(self, number: int) -> None:
        await self._one(number).reload()

    async def forgets(self, number: int) -> None:
        await self._one(number).reload(cleared=True)

    async def leaves(self, number: int) -> None:
        await self._one(number).close()

    async def returns(self, who: int | Player) -> None:
        player = who if isinstance(who, Player) else self._one(who)
        if player._task is None:
            player.open()

    async def duplicates(self, number: int) -> None:
        """The same seat in a second tab, and then in the first again: each time the newest page has it."""
        first = self._one(number)
        twin = Player(first.seat, hand=first.hand, rng=random.Random(number), patience=PATIENCE)
        self._watch(twin)
        self.tabs.add(first)
        async with twin:
            await asyncio.sleep(0.4)
        for telling, felt in twin.sampled.items():
            fresh = set(felt) - set(first.sampled[telling])
            first.sampled[telling] |= {tick: felt[tick] for tick in fresh}
            # The second tab was closed for good: what was not acked by then is in doubt.
            first.lost[telling] |= fresh & twin.outbox.unstored(telling)
        if first.over is not None:
            await first.reload()

    async def marks(self) -> None:
        if self.table.ana.room.get("phase") == "telling":
            await self.table.ana.mark()

    async def offers(self) -> None:
        await self.table.ben.say({"type": "teller.offer", "willing": True})

    async def presses(self, action: str) -> None:
        """A button of the console."""
        await self.table.evening.act(action)

    async def wishes(self, wish: str) -> None:
        """A button of the teller's page, which has none without a story."""
        if self.table.ana.telling:
            await self.table.ana.wish(wish)

    async def tells(self) -> None:
        """The next story, if this one is over."""
        if self.table.evening.console.room.get("phase") in ("lobby", "debrief"):
            fields = {"teller": self.table.ana.key, "source": "C", "duration": "180", "script": ""}
            await self.table.evening.act("prepare", **fields)

    # -- the network and the machine room -----------------------------------------------------------------

    async def cuts(self, links: int) -> None:
        for _ in range(links):
            self.network.cut(self._chance)

    async def delays(self, tenths: int) -> None:
        self.network.delay_s = self.network.jitter_s = tenths / 10

    async def freezes(self) -> None:
        """Half of the links stop carrying anything for half a second."""
        frozen = self.network.freeze(self._chance, 0.5)
        await asyncio.sleep(0.5)
        for link in frozen:
            link.thawed.set()

    async def waits(self) -> None:
        """Nothing at all, for ten seconds of the story."""
        await asyncio.sleep(1)

    async def dies(self) -> None:
        """One process is killed: of two web workers one, which is replaced; else the server, started again."""
        if isinstance(self.server, Crew):
            await asyncio.to_thread(self.server.kill_web, self._chance.choice(self.server.web_pids()))
        else:
            await asyncio.to_thread(self.server.kill)
            await asyncio.to_thread(self.server.start)

    async def redis(self, how: str) -> None:
        """Where there is one: killed and started empty, wiped, or still for a second."""
        if not isinstance(self.server, Crew):
            return
        redis = self.server.redis
        if how == "killed":
            await asyncio.to_thread(redis.kill)
            await asyncio.to_thread(redis.start)
        elif how == "wiped":
            with redis.client() as client:
                client.flushall()
        else:
            redis.pause()
            await asyncio.sleep(1)
            redis.resume()

    async def postgres(self) -> None:
        """Where there is one: killed and started again."""
        if isinstance(self.server, Crew):
            await asyncio.to_thread(self.server.postgres.kill)
            await asyncio.to_thread(self.server.postgres.start)

    # -- what must be true --------------------------------------------------------------------------------

    def _watch(self, page: Page) -> None:
        self.witnesses.append(Witness(page))
        before = page.on_message

        def on_message(message: Message) -> None:
            self._check(page, message)
            before(message)

        page.on_message = on_message  # type: ignore[method-assign]

    def _check(self, page: Page, message: Message) -> None:
        kind, room = message["type"], page.room
        running = room.get("phase") in ("preparing", "telling", "placing", "settling")
        at_hand = (room.get("telling") or {}).get("id")
        if kind == "coupling.updated":
            self.too_early.append(f"{page!r}: {kind}")
        elif kind == "reveal.shown":
            told = [part for part in REVEAL_STEPS if part in message["picture"]]
            if told != list(REVEAL_STEPS[: len(told)]) or len(told) > message["step"]:
                self.too_early.append(f"{page!r}: {told} at step {message['step']}")
            if running and message["picture"]["telling"] == at_hand:
                self.too_early.append(f"{page!r}: a picture of a story that runs")
        elif page.role == "player" and message.get("you"):
            self._check_own(page, message["you"], sealed=running)

    def _check_own(self, page: Page, you: Message, *, sealed: bool) -> None:
        if you["light"]["seat"] != page.key:
            self.not_theirs.append(f"{page!r}: the light of {you['light']['seat']}")
        secrets = {secret for secret in SECRETS if you.get(secret)}
        if you.get("part", "listener") != "teller" and secrets:
            self.not_theirs.append(f"{page!r}: {sorted(secrets)}")
        if you.get("own") and sealed:
            self.too_early.append(f"{page!r}: its own line")

    async def end(self) -> Entry:
        """The trouble is over: everybody comes back, sees the same room and has handed over all that was felt."""
        self.network.delay_s = self.network.jitter_s = 0.0
        began = time.monotonic()
        table = self.table
        for player in table.people:
            await self.returns(player)
        await table.everybody(lambda page: page.connected, within=BACK_S)
        with contextlib.suppress(Turned):
            await table.evening.act("lobby")
        await agree(table, within=BACK_S)
        back = time.monotonic() - began
        for player in table.people:
            await player.until(lambda player=player: player.all_stored, within=BACK_S)

        assert [told for witness in self.witnesses for told in witness.backwards] == []
        assert (self.too_early, self.not_theirs) == ([], [])
        sent = stored = 0
        for telling, started, ended, rate in table.rows(
            "SELECT t.public_id, started_at, t.ended_at, rate_hz FROM stories_telling t "
            "JOIN stories_room r ON r.id = t.room_id WHERE r.code = ? AND started_at IS NOT NULL",
            table.evening.desk.code,
        ):
            for player in table.people:
                counts = self._compared(telling, player, ticks_between(started, ended, rate))
                sent, stored = sent + counts[0], stored + counts[1]
        note = f"the last by {len(self.played)} steps"
        return Entry(CHANCE, len(table.people), sent, stored, 0, 0, back, note)

    def _compared(self, telling: str, player: Player, ticks: int) -> tuple[int, int]:
        """Samples felt and stored, each of them the same, and once; only who had two tabs may have felt twice."""
        stored = self.table.stored(telling, player)
        felt = {tick: level for tick, level in player.sampled[telling].items() if tick < ticks}
        missing = set(felt.items()) - set(stored)
        assert {tick for tick, _ in missing} <= player.lost[telling], (player, sorted(missing))
        assert set(stored) <= set(felt.items()), (player, sorted(set(stored) - set(felt.items())))
        assert player in self.tabs or len(stored) == len(set(stored)), player
        return len(felt), len(set(stored))

    async def close(self) -> None:
        """Everybody leaves."""
        await self.table.__aexit__()
