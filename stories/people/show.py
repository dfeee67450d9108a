"""A room in which a story runs, and a crowd that listens to it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stories.people.browser import Browser
from stories.people.evening import Evening
from stories.people.load import Crowd
from stories.people.player import Player

LONGEST_S = 180


@dataclass
class Show:
    """A host, somebody who tells, and everybody else."""

    evening: Evening
    teller: Player
    crowd: Crowd

    async def mark(self) -> None:
        """The teller says a line, which everybody reads."""
        self.crowd.marked |= dict.fromkeys([beat := os.urandom(6).hex()], time.perf_counter())
        told = self.teller.telling
        tick = max(0, self.teller.tick_now(told))
        await self.teller.say(
            {
                "type": "beat.mark",
                "telling": told["id"],
                "beat": beat,
                "tick": tick,
                "words": f"It was {beat}.",
            }
        )

    async def run(self, seconds: float, *, lines_hz: float = 2) -> None:
        """A chunk a second from each of the crowd and a few lines a second to all."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self.crowd.feel(seconds))
            for _ in range(round(seconds * lines_hz)):
                await self.mark()
                await asyncio.sleep(1 / lines_hz)


async def sit_down(evening: Evening) -> Player:
    """Somebody who would like to tell: first of all, while the console still lists people."""
    seat = await Browser(evening.browser.address).take_seat(evening.desk.code)
    teller = Player(seat, hand=lambda _tick: None)
    teller.open()
    await teller.until(lambda: teller.connected)
    await teller.say({"type": "teller.offer", "willing": True})
    await evening.console.until(lambda: teller.key in evening.willing())
    return teller


@asynccontextmanager
async def story(evening: Evening, teller: Player, people: list[tuple[str, str]]) -> AsyncIterator[Show]:
    """People who sit already come in, and the story begins."""
    crowd = Crowd(evening.browser.address, people)
    try:
        await crowd.come()
        fields = {"teller": teller.key, "source": "C", "mode": "typed", "duration": str(LONGEST_S)}
        await evening.act("prepare", **fields)
        await teller.phase("preparing")
        await teller.wish("telling.begin")
        await teller.phase("telling", within=30)
        await crowd.until_telling()
        yield Show(evening, teller, crowd)
    finally:
        crowd.leave()
        await teller.close()
        await evening.close()
