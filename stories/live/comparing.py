"""What the rows say against what this process holds: news between processes may be lost, rows are not."""

from collections.abc import Callable, Iterable

from stories import bulletin, models
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.rooms import LiveRoom, read_roster

Hear = Callable[[bulletin.AnyNews], None]


async def behind(rooms: Iterable[LiveRoom]) -> list[int]:
    """The rooms another process moved on without our hearing of it, or that are gone; one query for all."""
    held = {room.id: room.state.version for room in rooms if room.reading}
    if not held:
        return []
    heads = await offload(lambda: dict(models.Room.objects.filter(pk__in=held).values_list("pk", "version")))
    return [room_id for room_id, seen in held.items() if heads.get(room_id, -1) != seen]


async def seats(room: LiveRoom, hear: Hear) -> None:
    """Read everybody who has a seat, and let the players' pages here be what the rows say of their seats."""
    # One at a time: an older reading must not overtake a newer one.
    async with room.roster_lock:
        # Who is greeted before the reading is in it; who comes meanwhile may be newer than what it says.
        pages = room.greeted("player")
        try:
            room.roster = await offload(read_roster, room.id)
        except Exception:
            room.roster_wanted = True
            raise
    rows = {seat.public_id: seat for seat in room.roster}
    unclaimed = [
        (peer, held)
        for peer in pages
        if rows and (held := peer.seat) is not None and _is_free(peer, rows.get(held.public_id))
    ]
    for peer, held in unclaimed:
        await _claim(room, peer, held, hear)


def _is_free(peer: Peer, seat: models.Participant | None) -> bool:
    """Let a page be what its seat's row says, in case the news of it was lost or overtaken on its way."""
    if seat is None:
        peer.end(4403)
        return False
    peer.seat = seat
    if seat.socket not in ("", peer.id):
        peer.end(4409)
    return seat.socket == ""


async def _claim(room: LiveRoom, peer: Peer, seat: models.Participant, hear: Hear) -> None:
    """Two pages of a seat came at once and the one that went freed it: it is this page's now."""
    free = models.Participant.objects.filter(pk=seat.pk, socket="", removed_at__isnull=True)
    if not await offload(free.update, socket=peer.id):
        return
    if peer.id in room.peers:
        room.roster_wanted = True
    elif await let_go(peer, seat):
        hear(bulletin.RosterNews(room=peer.room))


async def let_go(peer: Peer, seat: models.Participant) -> bool:
    """A page is gone: free its seat, unless a newer page has it."""
    mine = models.Participant.objects.filter(pk=seat.pk, socket=peer.id)
    return bool(await offload(mine.update, socket=""))
