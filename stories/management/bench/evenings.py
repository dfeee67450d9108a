"""First rounds with simulated people: from the first join to the first reveal, and until the page is whole."""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from stories import content
from stories.management.bench.report import Row
from stories.people.evening import Evening, open_evening, seat_guests
from stories.people.guest import Company, Guest
from stories.people.server import Server

CLOCK_RATE = 6.0
# How long people take, in seconds of the server's time: from one scan to the next, and a host's look before a key.
BETWEEN_JOINS_S = 3.0
LOOK_S = 5.0
WARMUP_S = 20.0
WHOLE = 4
ASKED = {12: (300.0, 240.0), 30: (420.0, 360.0)}


def measure(manage: Path) -> list[Row]:
    """P4 for twelve and for thirty people, and the completion of the larger one's page."""
    rows = []
    whole_s = 0.0
    for people, (limit, target) in ASKED.items():
        with TemporaryDirectory(prefix="mirror-bench-") as folder:
            settings = {"CLOCK_RATE": str(CLOCK_RATE), "RATE_LIMITS": "0"}
            with Server(manage, Path(folder), **settings) as server:
                reveal_s, whole_s = asyncio.run(_first_round(server.address, people))
        note = (
            f"story time at clock rate {CLOCK_RATE:g}: {people} people, one in {BETWEEN_JOINS_S:g} s, "
            f"warm-up, a 60 s script"
        )
        rows.append(
            Row(id=f"P4_{people}", value=round(reveal_s, 1), unit="s", limit=limit, target=target, note=note)
        )
    note = "life's seconds from the reveal's first frame until a page is whole, 30 people, 60 s, source A"
    return [*rows, Row(id="null_s", value=round(whole_s, 2), unit="s", limit=3, note=note)]


async def _first_round(address: str, people: int) -> tuple[float, float]:
    """Server seconds from the first join to the first line shown; seconds of life from there to the whole page."""
    script = content.scripts()[0]
    company = Company(seed=5, coupling=0.6, seconds=float(script.seconds))
    evening = await open_evening(address)
    code = evening.desk.code
    began = time.monotonic()
    guests = []
    try:
        for place in range(people):
            due = began + place * BETWEEN_JOINS_S / CLOCK_RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            guests += await seat_guests(address, code, company, 1, first=place)
        await _server_seconds(LOOK_S)
        await evening.act("warmup")
        await _server_seconds(WARMUP_S + LOOK_S)
        teller, *listeners = guests
        await evening.tell(teller, script=script.id)
        await listeners[0].until(lambda: listeners[0].reveal.get("step"), within=120)
        shown = time.monotonic()
        await _whole(evening, listeners[0])
        return (shown - began) * CLOCK_RATE, time.monotonic() - shown
    finally:
        await evening.close()
        await asyncio.gather(*(guest.close() for guest in guests))


async def _whole(evening: Evening, guest: Guest) -> None:
    """Open every part as fast as can be, and wait until nothing in the picture is pending."""
    for step in range(2, WHOLE + 1):
        await evening.act("advance")
        await guest.until(lambda step=step: guest.reveal.get("step", 0) >= step)

    def whole() -> bool:
        picture = guest.reveal["picture"]
        return picture.get("marks") != "pending" and not (picture.get("score") or {}).get("pending")

    await guest.until(whole, within=60)


async def _server_seconds(seconds: float) -> None:
    await asyncio.sleep(seconds / CLOCK_RATE)
