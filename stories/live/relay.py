"""Wake-ups between processes: each is one member of one layer group, and sends one batch for all its rooms.

A layer may lose what it is given, and a connection to it may be dead without a word. So every process says
something every few seconds, and one that does not even hear itself joins again.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from channels.layers import get_channel_layer

from stories import bulletin, meters

logger = logging.getLogger(__name__)

LAYER_S = 1.0
RETRY_S = 1.0
SIGN_S = 4.0
DEAF_S = 10.0
MOST_KEPT = 1000


class Relay:
    """Passes this process's news on, and hears the others'. A layer that is away is logged once, never raised."""

    def __init__(self, name: str, wake: Callable[[bulletin.AnyNews], None]) -> None:
        self._name = name
        self._wake = wake
        # In order and each once: a wake-up says what to read again, and twice is not more.
        self._out: dict[bulletin.AnyNews, None] = {}
        self._sending: asyncio.Task[None] | None = None
        self._next_at = 0.0
        self._sign_at = 0.0
        self._away: set[str] = set()

    def pass_on(self, news: bulletin.AnyNews) -> None:
        """Tell the others with the next tick."""
        self._out[news] = None

    async def publish(self) -> None:
        """Send what there is, without waiting for it: a layer that hangs holds no deadline up."""
        now = time.monotonic()
        sending = self._sending is not None and not self._sending.done()
        if not sending and now >= (self._next_at if self._out else self._sign_at):
            self._sending = asyncio.create_task(self._send(now))

    async def _send(self, now: float) -> None:
        news = list(self._out)
        self._out.clear()
        try:
            message = {"type": "hub.news", "from": self._name, "body": bulletin.pack(news)}
            async with asyncio.timeout(LAYER_S):
                await get_channel_layer().group_send(bulletin.HUBS, message)
        except Exception as error:  # noqa: BLE001  (whatever a layer raises is said in one line)
            self._lost("publish", error)
            # The newest of it is told when the layer is back; whoever needs more compares heads.
            kept = [one for one in [*news, *self._out] if not isinstance(one, bulletin.Glimpse)]
            self._out = dict.fromkeys(kept[-MOST_KEPT:])
            self._next_at = self._sign_at = now + RETRY_S
        else:
            self._found("publish")
            self._next_at, self._sign_at = now, now + SIGN_S

    async def listen(self) -> None:
        """Hear the others, for ever; join again after the layer was away."""
        while True:
            try:
                await self._hear()
            except Exception as error:  # noqa: BLE001  (whatever a layer raises is said in one line)
                self._lost("listen", error)
                await asyncio.sleep(RETRY_S)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        async with asyncio.timeout(DEAF_S):
            channel = await layer.new_channel()
            await layer.group_add(bulletin.HUBS, channel)
        meters.SUBSCRIPTIONS.inc()
        while True:
            async with asyncio.timeout(DEAF_S):
                message = await layer.receive(channel)
            self._found("listen")
            if message.get("from") != self._name:
                for news in bulletin.unpack(message["body"]):
                    self._wake(news)

    def _lost(self, what: str, error: Exception) -> None:
        meters.LAYER_FAILURES.labels(what).inc()
        if what not in self._away:
            self._away.add(what)
            logger.warning("the channel layer is away (%s: %s)", what, type(error).__name__)

    def _found(self, what: str) -> None:
        if what in self._away:
            self._away.remove(what)
            logger.warning("the channel layer is back (%s)", what)
