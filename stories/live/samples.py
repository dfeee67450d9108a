"""One page's samples: checked, handed to the recorder, and acked when they are stored."""

import asyncio

from stories import meters, models, traces
from stories.clock import now_ms
from stories.live import chunks
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.recorder import Busy, Recorder, Tell
from stories.live.rooms import LiveRoom
from stories.protocol import commands as c
from stories.protocol import replies as r
from stories.protocol.messages import type_of
from stories.protocol.room import Refusal

MOST_UNSTORED = 200


def refused(code: str, message: c.ClientMessage) -> r.Refused:
    """No to a message, and to which."""
    return r.Refused(
        code=code,
        of=type_of(message),
        run=getattr(message, "run", None),
        seq=getattr(message, "seq", None),
        beat=getattr(message, "beat", None),
    )


class Samples:
    """What one page feels, on its way to the disk."""

    def __init__(self, recorder: Recorder, room: LiveRoom, peer: Peer, seat: models.Participant) -> None:
        self._recorder = recorder
        self._room = room
        self._peer = peer
        self._seat = seat
        self._tellings: dict[str, models.Telling] = {}
        self._unstored = 0
        self._acked: dict[str, list[int]] = {}

    # -- at once ---------------------------------------------------------------------------------------------

    def take(self, chunk: c.TraceChunk) -> bool:
        """Take in a chunk of the story that runs, without a task and without a question to the database.

        False where something has to be looked up or refused: then nothing has happened, and `receive` will
        know. What is stored by one commit is acked by one message.
        """
        about = self._room.state.about
        if about is None or about.id != chunk.telling or self._unstored >= MOST_UNSTORED:
            return False
        if about.started_at is None or about.ended_at:
            # What is at hand of a story that is being prepared may still change.
            return False
        telling = self._tellings.get(chunk.telling) or self._at_hand(chunk.telling)
        if telling is None:
            return False
        at, heavier = now_ms(), chunks.heavier(chunk, telling, self._seat, self._room)
        if heavier > chunks.most(telling):
            return False
        try:
            chunks.check_range(chunk, telling, self._seat, about.started_at, None, at)
            self._submit(chunk, telling, heavier, about.started_at, at, self._taken)
        except (Refusal, Busy):
            return False
        return True

    def _taken(self, entry: traces.Entry, verdict: traces.Verdict) -> None:
        self._decided(entry, verdict)
        if verdict != "stored":
            self._peer.say(
                r.Refused(code=f"trace.{verdict}", of=type_of(c.TraceChunk), run=entry.run, seq=entry.seq)
            )
            return
        if not self._acked:
            # Behind all others that the same commit has stored.
            asyncio.get_running_loop().call_soon(self._ack)
        self._acked.setdefault(entry.run, []).append(entry.seq)

    def _ack(self) -> None:
        acked, self._acked = self._acked, {}
        for run, seqs in acked.items():
            self._peer.say(r.TraceAcked(run=run, seqs=seqs))

    # -- with a question to the database ---------------------------------------------------------------------

    async def receive(self, chunk: c.TraceChunk) -> list[r.ServerMessage]:
        """Store a chunk of any story of the room; raises `Refusal`."""
        telling = await self._telling(chunk.telling)
        about = self._room.state.about
        known = telling if about is None or about.id != chunk.telling or not about.started_at else about
        started, ended, at = known.started_at, known.ended_at, now_ms()
        chunks.check_range(chunk, telling, self._seat, started, ended, at)
        if self._unstored >= MOST_UNSTORED:
            raise Refusal("trace.busy")
        weight = await chunks.weigh(chunk, telling, self._seat, self._room)
        told: asyncio.Future[traces.Verdict] = asyncio.get_running_loop().create_future()

        def tell(entry: traces.Entry, verdict: traces.Verdict) -> None:
            self._decided(entry, verdict)
            # Whoever waited may be gone with their page.
            if not told.done():
                told.set_result(verdict)

        try:
            self._submit(chunk, telling, weight, started, at, tell)
        except Busy as busy:
            raise Refusal("trace.busy") from busy
        verdict = await told
        if verdict != "stored":
            raise Refusal(f"trace.{verdict}")
        return [r.TraceAcked(run=chunk.run, seqs=[chunk.seq])]

    async def close(self, closing: c.TraceClosed) -> list[r.ServerMessage]:
        """A run is over: say how many of its chunks are here; raises `Refusal`."""
        telling = await self._telling(closing.telling)
        stored = await offload(traces.close, telling.pk, self._seat.pk, closing.run, closing.chunks)
        return [r.TraceSealed(run=closing.run, stored=stored)]

    def _submit(
        self,
        chunk: c.TraceChunk,
        telling: models.Telling,
        weight: int,
        started: int | None,
        at: int,
        tell: Tell,
    ) -> None:
        """Hand a chunk to the recorder, which raises `Busy`."""
        self._recorder.submit(chunks.entry(chunk, telling, self._seat, at), tell)
        self._unstored += 1
        self._room.weights[telling.id, self._seat.id] = weight
        meters.OUTBOX_AGE.observe(chunks.age_s(chunk, telling.rate_hz, started, at))

    def _decided(self, entry: traces.Entry, verdict: traces.Verdict) -> None:
        self._unstored -= 1
        if verdict == "stored":
            self._room.felt(self._seat, entry)

    # -- of which story --------------------------------------------------------------------------------------

    def _at_hand(self, public_id: str) -> models.Telling | None:
        """The running telling as it was read for the whole room, so that a room's first chunks ask nothing."""
        bundle = self._room.bundle
        if bundle is not None and bundle.telling.public_id == public_id:
            self._tellings[public_id] = bundle.telling
        return self._tellings.get(public_id)

    async def _telling(self, public_id: str) -> models.Telling:
        """A story of this room; while it runs its facts are at hand. Raises `Refusal`."""
        known = self._tellings.get(public_id)
        about = self._room.state.about
        if about is not None and about.id == public_id and about.started_at and not about.ended_at:
            known = known or self._at_hand(public_id)
        elif known is not None and known.ended_at is None:
            # It was read before it ended, or began: another process may know more than this one.
            known = None
        if known is None:
            known = await offload(
                models.Telling.objects.filter(room_id=self._seat.room_id, public_id=public_id).first
            )
            if known is None:
                raise Refusal("telling.unknown")
            self._tellings[public_id] = known
        return known
