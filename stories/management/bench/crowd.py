"""Forty listeners who send a chunk a second to a real server: how long each waits for its ack."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from websockets.asyncio.client import ClientConnection, connect

from stories.management.bench.disk import meanwhile, probed
from stories.management.bench.report import Row, percentile
from stories.people.browser import Browser, Seat
from stories.people.evening import open_evening, seat_guests
from stories.people.guest import Company
from stories.people.page import SUBPROTOCOL
from stories.people.server import Server

LISTENERS = 40
SECONDS = 30
FS = 4


def measure(manage: Path) -> list[Row]:
    """The 99th percentile of what a listener waits from sending to ack, on the embedded default."""
    with (
        TemporaryDirectory(prefix="mirror-bench-") as folder,
        Server(manage, Path(folder), RATE_LIMITS="0") as server,
        probed(Path(folder)) as disk,
    ):
        waits = asyncio.run(_evening(server.address))
    note = (
        f"{LISTENERS} sockets, a chunk a second each for {SECONDS} s: {len(waits)} acks, "
        f"median {percentile(waits, 0.5):.0f} ms; {meanwhile(disk)}"
    )
    return [Row(id="ack_p99", value=round(percentile(waits, 0.99), 1), unit="ms", limit=150, note=note)]


async def _evening(address: str) -> list[float]:
    evening = await open_evening(address)
    company = Company(seconds=float(SECONDS + 2))
    [teller] = await seat_guests(address, evening.desk.code, company, 1)
    listeners = [Listener(await Browser(address).take_seat(evening.desk.code)) for _ in range(LISTENERS)]
    tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
    try:
        await asyncio.gather(*(listener.ready.wait() for listener in listeners))
        await evening.tell(teller, source="C", duration=60)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await teller.close()
        await evening.close()
    return [ms for listener in listeners for ms in listener.waits]


@dataclass
class Listener:
    """As lean as a client can be, so that the server is what is measured. `waits` are milliseconds."""

    seat: Seat
    waits: list[float] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    telling: dict = field(default_factory=dict)
    behind_ms: float = 0.0
    _sent: dict[int, float] = field(default_factory=dict)

    async def listen(self) -> None:
        """Say hello, then a chunk a second for as long as a story runs."""
        async with connect(
            self.seat.address.replace("http", "ws", 1) + "/ws",
            origin=self.seat.address,  # type: ignore[arg-type]
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            proxy=None,
        ) as socket:
            hello = {
                "type": "hello",
                "protocol": 1,
                "role": "player",
                "key": self.seat.id,
                "token": self.seat.token,
            }
            await socket.send(json.dumps(hello))
            sending = asyncio.create_task(self._send(socket))
            try:
                async for frame in socket:
                    self._hear(json.loads(frame), time.perf_counter())
            finally:
                sending.cancel()

    def _hear(self, message: dict, now: float) -> None:
        match message["type"]:
            case "welcome":
                self.behind_ms = message["at"] - now * 1000
                self.ready.set()
            case "trace.acked":
                self.waits += [(now - self._sent.pop(seq)) * 1000 for seq in message["seqs"]]
            case "room.changed":
                room = message["room"]
                self.telling = room.get("telling") or {} if room["phase"] == "telling" else {}

    async def _send(self, socket: ClientConnection) -> None:
        # Phones do not agree on when a second begins.
        await asyncio.sleep(random.random())
        seq = 0
        while True:
            if self.telling.get("started_at"):
                tick = int(
                    (time.perf_counter() * 1000 + self.behind_ms - self.telling["started_at"]) * FS // 1000
                )
                chunk = {
                    "type": "trace.chunk",
                    "telling": self.telling["id"],
                    "run": "bench",
                    "seq": seq,
                    "first_tick": max(0, tick - FS + 1),
                    "values": [random.randrange(1001) for _ in range(FS)],
                }
                self._sent[seq] = time.perf_counter()
                await socket.send(json.dumps(chunk))
                seq += 1
            await asyncio.sleep(1.0)
