"""Tell a room that something changed: small wake-up calls, never the news itself.

The channel layer may lose any message, so a wake-up names what to read again and carries nothing unique.
A process with a hub hands its calls to the hub, which serves its own sockets first and passes them on; a
process without one (a worker, a command) hands them to the layer.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

HUBS = "hubs"
LAYER_S = 1.0


class News(msgspec.Struct, frozen=True, kw_only=True, tag_field="news"):
    """A wake-up call about one room."""

    room: int


class RoomNews(News, frozen=True, kw_only=True, tag="room"):
    """Facts were added."""

    because: str = ""


class RosterNews(News, frozen=True, kw_only=True, tag="roster"):
    """Somebody came, left, was renamed or wants to tell."""


class SeatNews(News, frozen=True, kw_only=True, tag="seat"):
    """Something of one seat changed; `socket` is its newest page, `removed` that it is no more."""

    seat: str
    socket: str | None = None
    removed: bool = False


class CaptionNews(News, frozen=True, kw_only=True, tag="caption"):
    """A line was told: captions may be lost, the room's next reading finds all of them."""

    telling: str
    beat: str
    tick: int
    words: str
    turn: bool = False


class RevealNews(News, frozen=True, kw_only=True, tag="reveal"):
    """The picture of a telling was completed, or something was taken out of it."""

    telling: str


class Glimpse(News, frozen=True, kw_only=True):
    """What one process sees and the others show: the next replaces it, so that a late one is worth nothing."""


class LightsNews(Glimpse, frozen=True, kw_only=True, tag="lights"):
    """Hands moved their lights, `(number, level)` each."""

    lights: tuple[tuple[int, int], ...]


class LightsAsked(Glimpse, frozen=True, kw_only=True, tag="lights_asked"):
    """A screen was opened that knows no light yet."""


class HandsNews(Glimpse, frozen=True, kw_only=True, tag="hands"):
    """Of a running story: how many samples were stored since the last of these, and whose hands are on."""

    telling: str
    sealed: int
    hands: tuple[int, ...]


class GoneNews(News, frozen=True, kw_only=True, tag="gone"):
    """The room was deleted."""


AnyNews = (
    RoomNews
    | RosterNews
    | SeatNews
    | CaptionNews
    | RevealNews
    | GoneNews
    | LightsNews
    | LightsAsked
    | HandsNews
)

_decoder: msgspec.json.Decoder[list[AnyNews]] = msgspec.json.Decoder(list[AnyNews])
_hubs: list[Callable[[AnyNews], None]] = []


def listen(hub: Callable[[AnyNews], None]) -> None:
    """This process has a hub: hand it every call (it is thread-safe)."""
    _hubs.append(hub)


def unlisten(hub: Callable[[AnyNews], None]) -> None:
    """The hub is gone."""
    _hubs.remove(hub)


def pack(news: list[AnyNews]) -> bytes:
    """Calls as they travel through the layer."""
    return msgspec.json.encode(news)


def unpack(body: bytes) -> list[AnyNews]:
    """Calls as they arrive."""
    return _decoder.decode(body)


def tell(news: AnyNews) -> None:
    """Wake whoever shows this room. A layer that is away is logged, never raised: heads are compared anyway."""
    if _hubs:
        for hub in _hubs:
            hub(news)
        return
    try:
        async_to_sync(_publish)(news)
    except Exception as error:  # noqa: BLE001  (whatever a layer raises is said in one line)
        logger.warning("a wake-up for room %s was not published (%s)", news.room, type(error).__name__)


async def _publish(news: AnyNews) -> None:
    async with asyncio.timeout(LAYER_S):
        await get_channel_layer().group_send(HUBS, {"type": "hub.news", "from": "", "body": pack([news])})
