"""Wake-ups between processes: one member of one layer group each, one batch per tick for all its rooms."""

import asyncio
import logging
from collections.abc import Callable

from channels.layers import get_channel_layer

from stories import bulletin

logger = logging.getLogger(__name__)

LAYER_S = 1.0
RETRY_S = 1.0


class Relay:
    """Passes this process's news on, and hears the others'. A layer that is away is logged, never raised."""

    def __init__(self, name: str, wake: Callable[[bulletin.AnyNews], None]) -> None:
        self._name = name
        self._wake = wake
        self._out: list[bulletin.AnyNews] = []

    def pass_on(self, news: bulletin.AnyNews) -> None:
        """Tell the others with the next tick."""
        self._out.append(news)

    async def publish(self) -> None:
        """One batch for all rooms. Lost for good if the layer is away: the others compare heads anyway."""
        if not self._out:
            return
        news, self._out = self._out, []
        try:
            message = {"type": "hub.news", "from": self._name, "body": bulletin.pack(news)}
            async with asyncio.timeout(LAYER_S):
                await get_channel_layer().group_send(bulletin.HUBS, message)
        except Exception:
            logger.warning("%d wake-ups were not published", len(news), exc_info=True)

    async def listen(self) -> None:
        """Hear the others, for ever; subscribe again after the layer was away."""
        while True:
            try:
                await self._hear()
            except Exception:
                logger.warning("the channel layer is away; trying again", exc_info=True)
                await asyncio.sleep(RETRY_S)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(bulletin.HUBS, channel)
        while True:
            message = await layer.receive(channel)
            if message.get("from") != self._name:
                for news in bulletin.unpack(message["body"]):
                    self._wake(news)
