"""One page's conversation, free of any transport: a message in, replies out.

Every permission of a player's message is settled here: by the role that hello proved, never by the page.
"""

import time
from collections.abc import Callable

from django.conf import settings

from stories import bulletin, models, personal, seats, tellings
from stories.clock import now_exact_ms, now_ms
from stories.history import obey
from stories.live.hub import Hub
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.rooms import LiveRoom
from stories.live.samples import Samples, refused
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol import replies as r
from stories.protocol.messages import type_of
from stories.protocol.phases import Lobby, Warmup
from stories.protocol.room import Refusal
from stories.protocol.words import PROTOCOL

RATE, BURST = 40, 80


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
        self._samples: Samples | None = None
        self._tokens = float(BURST)
        self._filled_at = time.monotonic()
        self._dropped = 0

    async def receive(self, message: c.ClientMessage) -> list[r.ServerMessage]:
        """Obey a message or say why not. Raises `Hangup`."""
        if not self._may_speak():
            self._dropped += 1
            if self._dropped > BURST:
                raise Hangup(4429)
            return [r.Refused(code="rate.slow_down", of=type_of(message))]
        self._tokens -= 1
        if isinstance(message, c.Hello):
            return await self._hello(message)
        if self.peer is None or self._room is None:
            raise Hangup(4400)
        try:
            return await self._say(message, self.peer, self._room)
        except Refusal as refusal:
            return [refused(refusal.code, message)]

    def leave(self) -> None:
        """The transport is gone."""
        if self.peer is not None:
            self._hub.leave(self.peer)

    def forget(self) -> None:
        """Nobody will say anything here any more."""
        self._new_peer = _no_peer

    def take(self, chunk: c.TraceChunk) -> bool:
        """Whether a chunk was taken in at once; else nothing has happened, and `receive` will know."""
        if self._samples is None or not self._may_speak() or not self._samples.take(chunk):
            return False
        self._tokens -= 1
        return True

    def _may_speak(self) -> bool:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * RATE)
        self._filled_at = now
        return self._tokens >= 1

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
            self._samples = Samples(self._hub.recorder, room, peer, peer.seat)
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
        seat, samples = peer.seat, self._samples
        if seat is None or samples is None:
            raise Refusal("role.not_yours")
        match message:
            case c.TraceChunk():
                return await samples.receive(message)
            case c.TraceClosed():
                return await samples.close(message)
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


def _quiet(room: LiveRoom) -> bool:
    """Whether hands move lights now: before a story, never during one."""
    return isinstance(room.state.playing, Lobby | Warmup) or room.state.phase.name == "preparing"
