"""A host who runs a room by the console's own forms: from the lobby to the reveal, step by step."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from stories.people.browser import Browser, Desk
from stories.people.guest import Company, Guest
from stories.people.page import Message, Page

STEPS = 4


@dataclass
class Evening:
    """A room as its simulated host holds it."""

    browser: Browser
    desk: Desk
    console: Page

    async def act(self, action: str, **fields: str) -> None:
        """One of the console's forms."""
        await self.browser.act(self.desk.code, action, **fields)

    async def tell(
        self,
        teller: Guest,
        *,
        script: str = "",
        source: str = "A",
        mode: str = "spoken",
        deck: str = "",
        duration: int = 120,
    ) -> str:
        """Let somebody tell; returns the telling's id once the story is over and nothing is left to place."""
        await teller.say({"type": "teller.offer", "willing": True})
        await self.console.until(lambda: teller.key in self.willing())
        fields = {"teller": teller.key, "source": source, "mode": mode, "duration": str(duration)}
        await self.act("prepare", **fields, **({"script": script} if script else {"deck": deck}))
        await self.console.phase("preparing")
        telling = str(self.console.room["telling"]["id"])
        await self.console.phase("settling", "reveal", within=900)
        return telling

    def willing(self) -> list[str]:
        """Who would like to tell, as far as the console lists it."""
        return [p["light"]["seat"] for p in self.console.roster.get("people") or [] if p.get("willing")]

    async def reveal(
        self, watcher: Guest, *, each_s: float = 0.0, said: Callable[[int], None] | None = None
    ) -> Message:
        """Open the reveal part by part; the whole picture, once its chance level is known."""
        await self.console.phase("reveal", within=120)
        for step in range(1, STEPS + 1):
            await watcher.until(lambda step=step: watcher.reveal.get("step", 0) >= step)
            if said is not None:
                said(step)
            await asyncio.sleep(each_s)
            # Somebody may sit at a console of their own and press Next too.
            if step < STEPS and watcher.reveal["step"] == step:
                await self.act("advance")
        await watcher.until(
            lambda: not (watcher.reveal["picture"].get("score") or {}).get("pending"), within=60
        )
        return dict(watcher.reveal["picture"])

    async def close(self) -> None:
        """Leave; the room stays."""
        await self.console.close()


async def open_evening(address: str) -> Evening:
    """Start a room on a running server."""
    browser = Browser(address)
    desk = await browser.open_room()
    console = Page(address, "host", desk.code, desk.token)
    console.open()
    await console.until(lambda: console.connected)
    return Evening(browser, desk, console)


async def seat_guests(
    address: str,
    code: str,
    company: Company,
    n: int,
    *,
    first: int = 0,
    willing: int = 0,
    patience: float = 1.0,
) -> list[Guest]:
    """So many people come in by the door, one after the other, and open their pages; some offer to tell."""
    guests = []
    for place in range(first, first + n):
        seat = await Browser(address).take_seat(code)
        rng = random.Random(f"{company.seed} {place}")
        guest = Guest(seat, company, place, rng=rng, patience=patience, willing=len(guests) < willing)
        guest.open()
        guests.append(guest)
    for guest in guests:
        await guest.until(lambda guest=guest: guest.connected)
    return guests
