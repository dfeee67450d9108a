"""A room on a real server and everybody in it, and what the server's database really holds of them."""

import asyncio
import math
import random
from collections import Counter
from dataclasses import replace
from typing import Self

import numpy as np

from stories.people.browser import Browser
from stories.people.evening import Evening, open_evening
from stories.people.page import Message, Page
from stories.people.player import Hand, Player, ticks_between
from stories.people.server import Server

PATIENCE = 0.05
SILENT = -1


def wave(number: int) -> Hand:
    """A hand that goes up and down, and follows Ana's by a second per number."""
    return lambda tick: round(500 + 400 * math.sin((tick - 4 * number) / 13) + 2 * (number % 50))


class Table:
    """`people` are Ana, Ben, Eli and whoever else was asked in; Ana tells.

    `address` is where players and stage find the server, if not directly.
    """

    def __init__(self, server: Server, people: int = 3, *, address: str = "") -> None:
        self.server = server
        self.address = address or server.address
        self.wanted = people
        self.people: list[Player] = []
        self.evening: Evening
        self.stage: Page
        self.while_sealed: set[str] = set()

    async def __aenter__(self) -> Self:
        self.evening = await open_evening(self.server.address)
        for _ in range(self.wanted):
            await self.join()
        code = self.evening.desk.code
        # The console's token opens the stage too; pairing another device is tested with the pages.
        self.stage = Page(self.address, "stage", code, self.evening.desk.token, patience=PATIENCE)
        self.stage.open()
        self.evening.console.patience = PATIENCE
        await self.everybody(lambda page: page.connected)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(page.close() for page in self.pages))

    async def join(self) -> Player:
        """Somebody comes in by the door and opens the page."""
        number = len(self.people)
        seat = await Browser(self.server.address).take_seat(self.evening.desk.code)
        seat = replace(seat, address=self.address)
        player = Player(seat, hand=wave(number), rng=random.Random(number), patience=PATIENCE)
        player.open()
        self.people.append(player)
        return player

    @property
    def ana(self) -> Player:
        return self.people[0]

    @property
    def ben(self) -> Player:
        return self.people[1]

    @property
    def eli(self) -> Player:
        return self.people[2]

    @property
    def listeners(self) -> list[Player]:
        return self.people[1:]

    @property
    def pages(self) -> list[Page]:
        return [*self.people, self.stage, self.evening.console]

    async def everybody(self, ready, *, within: float = 15.0) -> None:
        """Wait until something is so for every page that was not closed for good."""
        waiting = [page for page in self.pages if page.over is None]
        await asyncio.gather(*(page.until(lambda page=page: ready(page), within=within) for page in waiting))

    # -- a story, step by step ----------------------------------------------------------------------------

    async def prepare(self, *, source: str = "C", duration: int = 180, script: str = "") -> str:
        """Ana is asked to tell; the telling's id."""
        await self.ana.say({"type": "teller.offer", "willing": True})
        await self.evening.console.until(lambda: self.ana.key in self.evening.willing())
        fields = {"teller": self.ana.key, "source": source, "duration": str(duration), "script": script}
        await self.evening.act("prepare", **fields)
        await self.everybody(lambda page: page.room["phase"] == "preparing")
        return str(self.ana.telling["id"])

    async def begin(self, **how: object) -> str:
        """Ana begins; the telling's id."""
        telling = await self.prepare(**how)  # type: ignore[arg-type]
        await self.ana.wish("telling.begin")
        await self.everybody(lambda page: page.room["phase"] == "telling")
        return telling

    async def story_reaches(self, second: float) -> None:
        """Wait until the story is so many seconds old, pauses included."""
        ana = self.ana
        await ana.until(lambda: ana.tick_now(ana.telling) >= second * ana.telling.get("rate_hz", 4))

    async def finish(self) -> None:
        """Ana is done, and everybody has handed over what they felt."""
        await self.ana.wish("telling.finish")
        await self.handed_over()

    async def handed_over(self, *, within: float = 20.0) -> None:
        """Everybody knows that the story is over and has nothing left to send."""
        await self.everybody(
            lambda page: (
                (page.room.get("telling") or {}).get("ended_at")
                and (not isinstance(page, Player) or page.all_stored)
            ),
            within=within,
        )

    async def reveal(self) -> Message:
        """Cleo opens the reveal part by part; the whole picture, once its chance level is known."""
        await self.evening.console.phase("reveal")
        for step in range(1, 5):
            await self.everybody(lambda page, step=step: page.reveal.get("step", 0) >= step)
            if step < 4:
                await self.evening.act("advance")
        await self.everybody(lambda page: not page.reveal["picture"]["score"].get("pending"))
        return dict(self.ana.reveal["picture"])

    # -- what is stored -----------------------------------------------------------------------------------

    def rows(self, sql: str, *values: object) -> list[tuple]:
        """The server's database, read behind its back."""
        return self.server.rows(sql, *values)

    def chunks(self, telling: str, player: Player) -> list[tuple[str, int, int, bytes]]:
        """All rows of one trace: run, seq, first tick and samples."""
        return self.rows(
            "SELECT run, seq, first_tick, samples FROM stories_chunk JOIN stories_telling t ON t.id = telling_id "
            "JOIN stories_participant p ON p.id = participant_id WHERE t.public_id = ? AND p.public_id = ?",
            telling,
            player.key,
        )

    def stored(self, telling: str, player: Player) -> list[tuple[int, int]]:
        """Every sample that is stored of one trace, as (tick, level), within the telling's ticks."""
        [(started_at, ended_at, rate)] = self.rows(
            "SELECT started_at, ended_at, rate_hz FROM stories_telling WHERE public_id = ?", telling
        )
        ticks = ticks_between(started_at, ended_at, rate) if ended_at else 1_000_000
        samples = []
        for _, _, first, packed in self.chunks(telling, player):
            levels = np.frombuffer(packed, dtype="<i2").tolist()
            samples += [(first + i, level) for i, level in enumerate(levels) if level != SILENT]
        return sorted((tick, level) for tick, level in samples if tick < ticks)

    def assert_stored_is_sampled(self, telling: str, *players: Player) -> None:
        """What is stored is what was felt, each sample once; ticks in doubt may be missing, never wrong."""
        for player in players or self.people:
            stored = self.stored(telling, player)
            twice = [tick for tick, n in Counter(tick for tick, _ in stored).items() if n > 1]
            felt, doubt = player.sampled[telling], player.lost[telling]
            missing = sorted(set(felt.items()) - set(stored) - {(tick, felt.get(tick)) for tick in doubt})
            made_up = sorted(set(stored) - set(felt.items()))
            said = f"{player}: twice {twice[:9]}, missing {missing[:9]}, made up {made_up[:9]}; {set(player.refusals())}"
            assert (twice, missing, made_up) == ([], [], []), said
