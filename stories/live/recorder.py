"""Group commit for trace chunks: many sockets, one transaction, one fsync; the ack comes after.

While the database is away the batch is tried again and again; what clients send again meanwhile overwrites
its own entry, so the queue is bounded by what is really unstored.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from django.db import Error as DatabaseError

from stories import meters, traces
from stories.live.offload import offload_write

logger = logging.getLogger(__name__)

GATHER_S = 0.04
MOST_PER_BATCH = 2000
MOST_WAITING = 20_000
RETRY_S = 0.5


class Busy(Exception):
    """Too much waits for the disk."""


@dataclass
class _Waiting:
    entry: traces.Entry
    done: list[asyncio.Future[traces.Verdict]] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)


class Recorder:
    """Takes entries from any session of this process and says of each when it is stored."""

    def __init__(self) -> None:
        self._waiting: dict[traces.Key, _Waiting] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.commits = 0
        self.retries = 0

    def start(self) -> None:
        """Begin to store."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Store what waits, then end; what cannot be stored now was never acked."""
        if self._task is None:
            return
        self._task.cancel()
        while self._waiting and self.retries == 0:
            await self._store([w.entry for w in self._waiting.values()])

    def submit(self, entry: traces.Entry) -> asyncio.Future[traces.Verdict]:
        """A future that is done when the entry is committed, or refused; raises `Busy`."""
        future: asyncio.Future[traces.Verdict] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(entry.key)
        if waiting is None:
            if len(self._waiting) >= MOST_WAITING:
                raise Busy
            waiting = self._waiting[entry.key] = _Waiting(entry)
        elif waiting.entry.content != entry.content:
            future.set_result("conflict")
            return future
        waiting.done.append(future)
        self._wake.set()
        return future

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            # Whoever else speaks within these milliseconds shares the commit.
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            while self._waiting:
                batch = [w.entry for w in list(self._waiting.values())[:MOST_PER_BATCH]]
                await self._store(batch)

    async def _store(self, batch: list[traces.Entry]) -> None:
        began = time.monotonic()
        meters.WAITING.set(len(self._waiting))
        try:
            verdicts = await offload_write(traces.store, batch)
        except DatabaseError as error:
            self.retries += 1
            meters.RETRIES.inc()
            logger.warning("%d chunks wait: the database is away (%s)", len(batch), type(error).__name__)
            await asyncio.sleep(RETRY_S)
            return
        except Exception:
            # A bug must not end the only task that stores: nothing of this was acked, it is tried again.
            self.retries += 1
            meters.RETRIES.inc()
            logger.exception("%d chunks wait", len(batch))
            await asyncio.sleep(RETRY_S)
            return
        self.retries = 0
        self.commits += 1
        now = time.monotonic()
        told = []
        for entry in batch:
            key = entry.key
            verdict, waiting = verdicts[key], self._waiting.pop(key)
            told.append((verdict, now - waiting.since, len(entry.samples) // 2))
            for future in waiting.done:
                if not future.done():
                    future.set_result(verdict)
        meters.committed(now - began, told)
        meters.WAITING.set(len(self._waiting))
