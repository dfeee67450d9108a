"""What a chunk of samples must be to be taken in: of this telling, of this time, and not more than a hand can feel."""

from django.conf import settings

from stories import models, traces
from stories.live.offload import offload
from stories.live.rooms import LiveRoom
from stories.protocol import commands as c
from stories.protocol.room import Refusal

FUTURE_MS = 2000


def entry(chunk: c.TraceChunk, telling: models.Telling, seat: models.Participant, at: int) -> traces.Entry:
    """A chunk as it is stored."""
    return traces.Entry(
        telling=telling.id,
        participant=seat.id,
        run=chunk.run,
        seq=chunk.seq,
        first_tick=chunk.first_tick,
        samples=traces.pack(chunk.values),
        received_at=at,
    )


def age_s(chunk: c.TraceChunk, rate_hz: int, started: int | None, at: int) -> float:
    """How long the last sample lay on the phone."""
    felt_at = (started or 0) + (chunk.first_tick + len(chunk.values) - 1) * 1000 / rate_hz
    return max(0.0, (at - felt_at) / 1000)


def heavier(chunk: c.TraceChunk, telling: models.Telling, seat: models.Participant, room: LiveRoom) -> int:
    """What the trace would weigh with this chunk, as far as it was counted here."""
    return room.weights.get((telling.id, seat.id), 0) + len(chunk.values) + traces.ROW_WEIGHT


def most(telling: models.Telling) -> int:
    """What a trace may weigh: one seat must not fill the disk, nor make a reveal that never opens."""
    return traces.MOST_SECONDS * telling.rate_hz


async def weigh(
    chunk: c.TraceChunk, telling: models.Telling, seat: models.Participant, room: LiveRoom
) -> int:
    """What the trace weighs with this chunk; refuses what no hand can have felt."""
    weight = heavier(chunk, telling, seat, room)
    if weight > most(telling):
        # Things said twice were counted twice: the rows know better.
        weight = await offload(traces.weight, telling.id, seat.id) + len(chunk.values) + traces.ROW_WEIGHT
        if weight > most(telling):
            raise Refusal("trace.range")
    return weight


def check_range(
    chunk: c.TraceChunk,
    telling: models.Telling,
    seat: models.Participant,
    started: int | None,
    ended: int | None,
    at: int,
) -> None:
    """Refuse samples that cannot have been felt in this telling."""
    if telling.teller_id == seat.id and telling.source != "C":
        raise Refusal("trace.not_sampled")
    if telling.withdrawn_at is not None:
        raise Refusal("trace.not_sampled")
    if started is None:
        raise Refusal("trace.future")
    last_tick = chunk.first_tick + len(chunk.values) - 1
    if ended is None:
        if last_tick * 1000 > (at + FUTURE_MS - started) * telling.rate_hz:
            raise Refusal("trace.future")
        return
    if at > ended + settings.TRACE_GRACE_MINUTES * 60_000:
        raise Refusal("trace.too_late")
    if chunk.first_tick * 1000 > (ended - started) * telling.rate_hz:
        raise Refusal("trace.range")
