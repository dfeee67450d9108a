"""Group commit for trace chunks: many sockets, one transaction, one fsync; the ack comes after.

While the database is away the batch is tried again and again; what clients send again meanwhile waits for the
entry that is there, so the queue is bounded by what is really unstored.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import islice

import msgspec
from django.db import Error as DatabaseError

from stories import ground, meters, traces
from stories.live.offload import offload_write

logger = logging.getLogger(__name__)

GATHER_S = 0.04
MOST_PER_BATCH = 2000
MOST_WAITING = 20_000
RETRY_S = 0.5


Tell = Callable[[traces.Entry, traces.Verdict], None]


class Busy(Exception):
    """Too much waits for the disk."""


# Thousands of these live for one commit only: what the collector need not look through costs a tenth less.
class _Waiting(msgspec.Struct, gc=False):
    entry: traces.Entry
    tell: tuple[Tell, ...]
    since: float


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

    def submit(self, entry: traces.Entry, tell: Tell) -> None:
        """Call `tell`, later, when the entry is committed or refused; raises `Busy`."""
        key = entry.key
        waiting = self._waiting.get(key)
        if waiting is None:
            if len(self._waiting) >= MOST_WAITING:
                raise Busy
            self._waiting[key] = _Waiting(entry, (tell,), time.monotonic())
            self._wake.set()
        elif waiting.entry.content == entry.content:
            waiting.tell += (tell,)
        else:
            asyncio.get_running_loop().call_soon(tell, entry, "conflict")

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._gather()
                await self._store([w.entry for w in islice(self._waiting.values(), MOST_PER_BATCH)])

    async def _gather(self) -> None:
        """Whoever else speaks within these milliseconds shares the commit, also while one follows the other."""
        oldest = next(iter(self._waiting.values()))
        if len(self._waiting) < MOST_PER_BATCH:
            await asyncio.sleep(GATHER_S - (time.monotonic() - oldest.since))

    async def _store(self, batch: list[traces.Entry]) -> None:
        began = time.monotonic()
        meters.WAITING.set(len(self._waiting))
        try:
            self._stored(batch, await offload_write(traces.store, batch), began)
        except Exception as error:  # noqa: BLE001  (whatever it is must not end the only task that stores)
            # Nothing of this was acked: it is tried again, and said once.
            if self.retries == 0:
                self._say(error)
            self.retries += 1
            meters.RETRIES.inc()
            ground.storing.failed(error)
            await asyncio.sleep(RETRY_S)
            return
        if self.retries:
            logger.warning("chunks are stored again (tries: %d)", self.retries)
        self.retries = 0
        self.commits += 1
        ground.storing.worked()
        meters.WAITING.set(len(self._waiting))

    def _stored(
        self, batch: list[traces.Entry], verdicts: dict[traces.Key, traces.Verdict], began: float
    ) -> None:
        """Tell whoever waits for one of these what became of it."""
        now, loop = time.monotonic(), asyncio.get_running_loop()
        told = []
        for entry in batch:
            verdict, waiting = verdicts[entry.key], self._waiting.pop(entry.key)
            told.append((verdict, now - waiting.since, len(entry.samples) // 2))
            for tell in waiting.tell:
                # By the loop: whoever stumbles over the news is no reason to store anything again.
                loop.call_soon(tell, entry, verdict)
        meters.committed(now - began, told)

    def _say(self, error: Exception) -> None:
        waiting = len(self._waiting)
        if isinstance(error, DatabaseError):
            # Away, or without room: a name says it, a sentence might quote a row.
            cause = error.__cause__ or error
            name = getattr(cause, "sqlite_errorname", type(cause).__name__)
            logger.warning("%d chunks wait: the database does not take them (%s)", waiting, name)
        else:
            logger.error("%d chunks wait", waiting, exc_info=error)
