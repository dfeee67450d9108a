"""Says for this process that it serves, and frees the seats of those that no longer say so."""

import asyncio
import logging
import time

from stories import seats
from stories.live.offload import offload

logger = logging.getLogger(__name__)

SIGN_S = 2.0


class Presence:
    """One task of one process among several. A process alone clears its seats when it starts."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to say so."""
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Say no more: what is still held here is freed by the others, or by whoever starts next."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        since: float | None = None
        away = False
        while True:
            try:
                await offload(seats.still_serving, self._process)
                since = since or time.monotonic()
                away = False
                # After the database was away nobody's sign is fresh: first everybody gets the time to sign.
                if time.monotonic() - since > 1.5 * seats.GONE_AFTER.total_seconds():
                    await offload(seats.free_abandoned)
            except Exception as error:  # noqa: BLE001  (said once, and tried again)
                if not away:
                    logger.warning("this process cannot say that it serves (%s)", type(error).__name__)
                since, away = None, True
            await asyncio.sleep(SIGN_S)
