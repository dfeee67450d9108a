"""One page's conversation, free of any transport: a message in, replies out.

Every permission of a player's message is settled here: by the role that hello proved, never by the page.
"""

import asyncio
import time
from collections.abc import Callable

from django.conf import settings

from stories import bulletin, meters, models, personal, seats, tellings, traces
from stories.clock import now_exact_ms, now_ms
from stories.history import obey
from stories.live import chunks
from stories.live.hub import Hub
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.recorder import Busy
from stories.live.rooms import LiveRoom
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol import replies as r
from stories.protocol.messages import type_of
from stories.protocol.phases import Lobby, Warmup
from stories.protocol.room import Refusal
from stories.protocol.words import PROTOCOL

RATE, BURST = 40, 80
MOST_UNSTORED = 200


class Hangup(Exception):
    """Close the socket with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _no_peer() -> Peer:
    raise Hangup(4400)


class Session:
    """What one connected page may say and is answered."""

    def __init__(self, hub: Hub, peer: Callable[[], Peer], cookies: dict[str, str]) -> None:
        self._hub = hub
        self._new_peer = peer
        self._cookies = cookies
        self.peer: Peer | None = None
        self._room: LiveRoom | None = None
        self._tellings: dict[str, models.Telling] = {}
        self._unstored = 0
        self._acked: dict[str, list[int]] = {}
        self._tokens = float(BURST)
        self._filled_at = time.monotonic()
        self._dropped = 0

    async def receive(self, message: c.ClientMessage) -> list[r.ServerMessage]:
        """Obey a message or say why not. Raises `Hangup`."""
        if not self._allowed():
            self._dropped += 1
            if self._dropped > BURST:
                raise Hangup(4429)
            return [r.Refused(code="rate.slow_down", of=type_of(message))]
        if isinstance(message, c.Hello):
            return await self._hello(message)
        if self.peer is None or self._room is None:
            raise Hangup(4400)
        try:
            return await self._say(message, self.peer, self._room)
        except Refusal as refusal:
            return [self._refused(refusal.code, message)]

    def leave(self) -> None:
        """The transport is gone."""
        if self.peer is not None:
            self._hub.leave(self.peer)

    def forget(self) -> None:
        """Nobody will say anything here any more."""
        self._new_peer = _no_peer

    def _allowed(self) -> bool:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * RATE)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @staticmethod
    def _refused(code: str, message: c.ClientMessage) -> r.Refused:
        return r.Refused(
            code=code,
            of=type_of(message),
            run=getattr(message, "run", None),
            seq=getattr(message, "seq", None),
            beat=getattr(message, "beat", None),
        )

    # -- hello -----------------------------------------------------------------------------------------

    async def _hello(self, hello: c.Hello) -> list[r.ServerMessage]:
        if hello.protocol != PROTOCOL:
            raise Hangup(4426)
        if self.peer is not None:
            raise Hangup(4400)
        peer = self._new_peer()
        peer.role, peer.run = hello.role, hello.run or ""
        token = hello.token or self._cookies.get(
            f"{'seat' if hello.role == 'player' else hello.role}_{hello.key}"
        )
        if hello.role == "stage" and not hello.token:
            token = token or self._cookies.get(f"host_{hello.key}")
        if hello.role == "player":
            seat = await self._hub.sitting.ask((hello.key, token, peer.id))
            if isinstance(seat, int):
                raise Hangup(seat)
            peer.seat = seat
            peer.room = peer.seat.room_id
        else:
            peer.room = await offload(self._open, hello.key, hello.role, token)
        self.peer = peer
        room = self._room = await self._hub.join(peer)
        if room.reading is None:
            raise Hangup(4404 if room.gone else 1013)
        if peer.seat is not None:
            # The newest page of a seat wins; whoever holds an older one is told.
            self._hub.hear(bulletin.SeatNews(room=peer.room, seat=peer.seat.public_id, socket=peer.id))
            room.roster_wanted = True
        if hello.role != "player":
            room.roster_wanted = True
            if _quiet(room):
                # A stage that was loaded anew finds the lights where the hands are.
                room.lights_moved.update(room.lights)
                self._hub.hear(bulletin.LightsAsked(room=peer.room))
        peer.told = personal.you(peer.seat, room.bundle) if peer.seat else None
        welcome: list[r.ServerMessage] = [
            r.Welcome(
                protocol=PROTOCOL,
                role=hello.role,
                at=now_ms(),
                clock_rate=settings.CLOCK_RATE,
                room=room.public,
                you=peer.told,
            )
        ]
        if room.state.about is not None:
            welcome.extend(room.reading.captions)
        if (shown := room.reveal_shown()) is not None:
            welcome.append(shown)
        if hello.role != "player" and room.roster:
            welcome.append(room.roster_updated())
        # From here on the room's news reach this page, right behind the welcome.
        for reply in welcome:
            peer.say(reply)
        peer.greeted = True
        return []

    @staticmethod
    def _open(code: str, role: str, token: str | None) -> int:
        room = seats.room_by_code(code) or seats.ended_by_code(code)
        # One answer for both: nobody learns here which codes are rooms, past the limits of the door.
        if room is None or not seats.holds_room(room, role, token):
            raise Hangup(4401)
        return room.pk

    # -- what players say --------------------------------------------------------------------------------

    async def _say(self, message: c.ClientMessage, peer: Peer, room: LiveRoom) -> list[r.ServerMessage]:
        match message:
            case c.ClockPing(sent=sent):
                return [r.ClockPong(sent=sent, at=now_exact_ms())]
            case c.StateAsk():
                await self._hub.read(room)
                return [r.RoomState(room=room.public, you=peer.told)]
        seat = peer.seat
        if seat is None:
            raise Refusal("role.not_yours")
        match message:
            case c.TraceChunk():
                return await self._chunk(message, seat, room)
            case c.TraceClosed():
                telling = await self._telling(message.telling, seat)
                stored = await offload(traces.close, telling.pk, seat.pk, message.run, message.chunks)
                return [r.TraceSealed(run=message.run, stored=stored)]
            case c.DialMoved(level=level):
                self._dial(room, seat, level)
                return []
            case c.BeatMark():
                await offload(tellings.mark_beat, seat, message, at=now_ms())
                return [r.BeatMarked(beat=message.beat)]
            case c.BeatPlace():
                await offload(tellings.place_beat, seat, message)
                return [r.BeatMarked(beat=message.beat, level=message.level)]
            case c.CallMake():
                await offload(tellings.make_call, seat, message)
                return [r.CallMade(choice=message.choice)]
            case c.HeardRate():
                await offload(tellings.rate_heard, seat, message)
                return [r.HeardRated(level=message.level, share=message.share)]
            case c.TellerOffer(willing=willing):
                await offload(seats.offer, seat, willing=willing, at=now_ms())
                room.tell_alone(peer)
                return []
            case c.NameAnother():
                if not isinstance(room.state.playing, Lobby | Warmup):
                    raise Refusal("name.fixed")
                peer.seat = await offload(seats.another_name, seat)
                room.tell_alone(peer)
                return []
            case c.TellingChoose():
                await offload(tellings.choose, seat, message)
                self._hub.want(room)
                return []
            case c.LinesWrite():
                await offload(tellings.write_lines, seat, message)
                self._hub.want(room)
                return []
            case _:
                await self._move(message, seat, room)
                return []

    async def _move(self, message: c.ClientMessage, seat: models.Participant, room: LiveRoom) -> None:
        """The player's messages that move the room itself."""
        about = room.state.about
        by: moves.Who = "teller" if about is not None and about.teller == seat.public_id else "listener"
        named = getattr(message, "telling", None)
        if named is not None and (about is None or about.id != named):
            raise Refusal("telling.not_now")
        wish: moves.Command
        match message:
            case c.TellingBegin():
                wish = moves.Begin(by=by)
            case c.TellerPass():
                wish = moves.Drop(by=by)
            case c.TellingPause():
                wish = moves.Pause(by=by)
            case c.TellingResume():
                wish = moves.Resume(by=by)
            case c.TellingExtend():
                wish = moves.Extend(by=by)
            case c.TellingFinish():
                wish = moves.Finish(by=by)
            case c.PlacingFinish(skipped=skipped):
                wish = moves.EndPlacing(by=by, skipped=skipped)
            case _:
                raise Refusal("role.not_yours")
        await offload(obey, room.id, wish)

    def _dial(self, room: LiveRoom, seat: models.Participant, level: int) -> None:
        # The hub gathers moves ten times a second: the last one always counts, however close it came.
        if _quiet(room):
            room.light(seat.number, level)

    # -- samples -----------------------------------------------------------------------------------------

    async def _telling(self, public_id: str, seat: models.Participant) -> models.Telling:
        known = self._tellings.get(public_id)
        if known is None or known.ended_at is None:
            known = await offload(
                models.Telling.objects.filter(room_id=seat.room_id, public_id=public_id).first
            )
            if known is None:
                raise Refusal("telling.unknown")
            self._tellings[public_id] = known
        return known

    def _at_hand(self, public_id: str, room: LiveRoom) -> models.Telling | None:
        """The running telling as it was read for the whole room, so that a room's first chunks ask nothing."""
        if room.bundle is not None and room.bundle.telling.public_id == public_id:
            self._tellings[public_id] = room.bundle.telling
        return self._tellings.get(public_id)

    def take(self, chunk: c.TraceChunk) -> bool:
        """Take in a chunk of the story that runs, without a task and without a question to the database.

        False where something has to be looked up or refused: then nothing has happened, and `receive` will
        know. What is stored by one commit is acked by one message.
        """
        peer, room = self.peer, self._room
        seat = peer.seat if peer is not None else None
        about = room.state.about if room is not None else None
        if peer is None or room is None or seat is None or about is None:
            return False
        if about.id != chunk.telling or about.ended_at or self._unstored >= MOST_UNSTORED:
            return False
        telling = self._tellings.get(chunk.telling) or self._at_hand(chunk.telling, room)
        if telling is None:
            return False
        at, heavier = now_ms(), chunks.heavier(chunk, telling, seat, room)
        if heavier > traces.MOST_SECONDS * telling.rate_hz:
            return False
        try:
            chunks.check_range(chunk, telling, seat, about.started_at, None, at)
        except Refusal:
            return False
        if not self._allowed():
            return False
        entry = chunks.entry(chunk, telling, seat, at)
        try:
            stored = self._hub.recorder.submit(entry)
        except Busy:
            return False
        room.weights[telling.id, seat.id] = heavier
        meters.OUTBOX_AGE.observe(chunks.age_s(chunk, telling.rate_hz, about.started_at, at))
        self._unstored += 1
        stored.add_done_callback(lambda verdict: self._taken(chunk, entry, peer, room, verdict))
        return True

    def _taken(
        self,
        chunk: c.TraceChunk,
        entry: traces.Entry,
        peer: Peer,
        room: LiveRoom,
        verdict: asyncio.Future[traces.Verdict],
    ) -> None:
        self._unstored -= 1
        if verdict.cancelled():
            return
        if verdict.result() != "stored":
            peer.say(self._refused(f"trace.{verdict.result()}", chunk))
            return
        if peer.seat is not None:
            room.felt(peer.seat, entry)
        if not self._acked:
            # Behind all others that the same commit has stored.
            asyncio.get_running_loop().call_soon(self._ack, peer)
        self._acked.setdefault(chunk.run, []).append(chunk.seq)

    def _ack(self, peer: Peer) -> None:
        acked, self._acked = self._acked, {}
        for run, seqs in acked.items():
            peer.say(r.TraceAcked(run=run, seqs=seqs))

    async def _chunk(
        self, chunk: c.TraceChunk, seat: models.Participant, room: LiveRoom
    ) -> list[r.ServerMessage]:
        about = room.state.about
        cached = self._tellings.get(chunk.telling)
        if cached is None and about is not None and not about.ended_at and about.id == chunk.telling:
            cached = self._at_hand(about.id, room)
        # While a story runs its facts are at hand: no query per chunk.
        if cached is None or (
            cached.ended_at is None and (about is None or about.id != chunk.telling or about.ended_at)
        ):
            cached = await self._telling(chunk.telling, seat)
        started = about.started_at if about and about.id == chunk.telling else cached.started_at
        ended = about.ended_at if about and about.id == chunk.telling else cached.ended_at
        at = now_ms()
        chunks.check_range(chunk, cached, seat, started, ended, at)
        if self._unstored >= MOST_UNSTORED:
            raise Refusal("trace.busy")
        await chunks.weigh(chunk, cached, seat, room)
        meters.OUTBOX_AGE.observe(chunks.age_s(chunk, cached.rate_hz, started, at))
        entry = chunks.entry(chunk, cached, seat, at)
        self._unstored += 1
        try:
            verdict = await self._hub.recorder.submit(entry)
        except Busy as busy:
            raise Refusal("trace.busy") from busy
        finally:
            self._unstored -= 1
        if verdict != "stored":
            raise Refusal(f"trace.{verdict}")
        room.felt(seat, entry)
        return [r.TraceAcked(run=chunk.run, seqs=[chunk.seq])]


def _quiet(room: LiveRoom) -> bool:
    """Whether hands move lights now: before a story, never during one."""
    return isinstance(room.state.playing, Lobby | Warmup) or room.state.phase.name == "preparing"
