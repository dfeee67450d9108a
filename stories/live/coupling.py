"""The live coupling, told where somebody may see it: in practice rooms, and to the host who peeks."""

import time

import msgspec

from stories import traces
from stories.clock import now_ms
from stories.live.offload import offload
from stories.live.rooms import LiveRoom
from stories.live.scorer import Scorer
from stories.protocol.messages import encode

PAUSE_S, LARGE_PAUSE_S = 1.0, 5.0


def due(room: LiveRoom) -> bool:
    """Whether a room is to be told now: every second, every five in large rooms, and never where it is sealed."""
    if not room.scored():
        room.scorer = None
        return False
    pause = LARGE_PAUSE_S if room.large else PAUSE_S
    now = time.monotonic()
    if now - room.scored_at < pause:
        return False
    room.scored_at = now
    return True


async def tell(room: LiveRoom) -> None:
    """Work the coupling out and tell it."""
    about, bundle = room.state.about, room.bundle
    if about is None or bundle is None:
        return
    scorer = room.scorer
    if scorer is None or scorer.telling.pk != bundle.telling.pk:
        # Listening from now on, then reading what came before: nothing falls between the two.
        scorer = room.scorer = Scorer(bundle.telling)
    if scorer.stale:
        scorer.fill(await offload(traces.chunks, bundle.telling.pk), about.rate_hz)
    elif (since := scorer.missing_since()) is not None:
        scorer.add(await offload(traces.chunks, bundle.telling.pk, since=since))
    numbers = {seat.pk: seat.number for seat in room.roster}
    updated = scorer.score(about, now_ms(), numbers)
    room.broadcast_volatile("coupling", encode(updated), "host")
    if room.open:
        # Everyone sees the room's number; single people's stay with the host.
        alone = msgspec.structs.replace(updated, people=None)
        room.broadcast_volatile("coupling", encode(alone), "player", "stage")
