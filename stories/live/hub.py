"""Rooms as one process sees them: serves its own sockets first, and passes wake-ups on to the other processes.

Each process is one member of one group of the channel layer. Ten times a second it looks at what is due: a
light that moved, a list that changed, a deadline, a head version that another process moved on.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Coroutine
from typing import Any

from django.db import Error as DatabaseError

from stories import analysis, bulletin, compaction, history, jobs, meters, models, retention
from stories.clock import now_ms
from stories.live import comparing, coupling
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.recorder import Recorder
from stories.live.relay import Relay
from stories.live.rooms import LiveRoom, read
from stories.live.together import Together, sit, stand
from stories.protocol import moves
from stories.protocol.messages import encode
from stories.protocol.phases import due_at
from stories.protocol.replies import BeatPlaced, CaptionShown, Heartbeat, LightsMoved
from stories.protocol.room import Refusal

logger = logging.getLogger(__name__)

TICK_S = 0.1
HEADS_S = 2.0
HEARTBEAT_S = 5.0
SWEEP_S = 30.0
ROSTER_S, LARGE_ROSTER_S = 0.5, 2.0
TELLER_GRACE_S = 4.0
AWAY_S = 10.0


class Hub:
    """All rooms with pages in this process. Everything runs on the server's one loop."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.rooms: dict[int, LiveRoom] = {}
        self.recorder = Recorder()
        self.sitting = Together(sit)
        self.standing = Together(stand)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._relay = Relay(self.id, self._wake)
        self._last = {"heads": 0.0, "heartbeat": 0.0, "sweep": 0.0, "reel": 0.0, "database": 0.0}

    async def start(self) -> None:
        """Join the others and begin to look around."""
        self._loop = asyncio.get_running_loop()
        self.recorder.start()
        bulletin.listen(self.hear)
        self._do(self._ticks())
        self._do(self._relay.listen())

    async def stop(self) -> None:
        """Store what waits and leave."""
        bulletin.unlisten(self.hear)
        await self.recorder.stop()
        for task in list(self._tasks):
            task.cancel()

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        task: asyncio.Task[Any] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, DatabaseError):
            self.missed_database(error)
        else:
            logger.error("something in the background failed", exc_info=error)

    def missed_database(self, error: DatabaseError) -> None:
        """Say now and then that the database is away: a whole room notices it at once, again and again."""
        if self._every("database", AWAY_S):
            logger.warning("the database is away (%s)", type(error).__name__)

    # -- pages -----------------------------------------------------------------------------------------

    async def join(self, peer: Peer) -> LiveRoom:
        """Let a page look at its room: subscribed first, then read, then shown."""
        room = self.rooms.get(peer.room)
        if room is None:
            room = self.rooms[peer.room] = LiveRoom(peer.room)
        room.peers[peer.id] = peer
        if room.reading is None:
            await self.read(room)
        return room

    def leave(self, peer: Peer) -> None:
        """A page is gone."""
        room = self.rooms.get(peer.room)
        if room is None or not room.peers.drop(peer):
            return
        if not room.peers:
            del self.rooms[peer.room]
        if peer.seat is not None:
            room.lights.pop(peer.seat.number, None)
            self._do(self._left(peer, peer.seat))

    async def _left(self, peer: Peer, seat: models.Participant) -> None:
        """Free the seat's socket unless a newer page has it."""
        if await self.standing.ask((seat.pk, peer.id)):
            self.hear(bulletin.RosterNews(room=peer.room))

    # -- news ------------------------------------------------------------------------------------------

    def hear(self, news: bulletin.AnyNews) -> None:
        """A wake-up call from this process, on any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._hear_here, news)

    def _hear_here(self, news: bulletin.AnyNews) -> None:
        self._relay.pass_on(news)
        self._wake(news)

    def _wake(self, news: bulletin.AnyNews) -> None:
        room = self.rooms.get(news.room)
        if room is None:
            return
        match news:
            case bulletin.RoomNews():
                self.want(room)
            case bulletin.RevealNews():
                # Traces may have been taken back: the live grid is filled anew.
                room.scorer = None
                self.want(room)
            case bulletin.RosterNews():
                room.roster_wanted = True
            case bulletin.SeatNews(seat=seat, socket=socket, removed=removed):
                self._seat_changed(room, seat, socket, removed=removed)
            case bulletin.CaptionNews():
                self._caption(room, news)
            case bulletin.LightsNews(lights=lights):
                for number, level in lights:
                    room.light(number, level, here=False)
            case bulletin.LightsAsked():
                here = {peer.seat.number for peer in room.greeted("player") if peer.seat}
                room.lights_moved_here |= here & room.lights.keys()
            case bulletin.HandsNews(telling=telling, sealed=sealed, hands=hands):
                self._felt_elsewhere(room, telling, sealed, hands)
            case bulletin.GoneNews():
                for peer in room.peers.values():
                    peer.end(4404)

    @staticmethod
    def _felt_elsewhere(room: LiveRoom, telling: str, sealed: int, hands: tuple[int, ...]) -> None:
        if room.reel is not None and room.reel.telling == telling:
            room.reel.felt_elsewhere(sealed, hands)
        if room.scorer is not None and room.scorer.telling.public_id == telling:
            room.scorer.felt_elsewhere()

    @staticmethod
    def _seat_changed(room: LiveRoom, seat: str, socket: str | None, *, removed: bool) -> None:
        for peer in room.peers.of_seat(seat):
            if removed:
                peer.end(4403)
            elif socket is not None and peer.id != socket:
                # Which of two pages is the newer the row knows: news may have been overtaken on their way.
                room.roster_wanted = True

    def _caption(self, room: LiveRoom, news: bulletin.CaptionNews) -> None:
        shown = CaptionShown(telling=news.telling, beat=news.beat, tick=news.tick, words=news.words)
        room.broadcast(encode(shown))
        beat = BeatPlaced(id=news.beat, tick=news.tick, words=news.words, turn=news.turn)
        if not room.marked(news.telling, beat):
            self.want(room)

    def want(self, room: LiveRoom) -> None:
        """Read a room again soon; many wishes are one reading."""
        if not room.reading_wanted:
            room.reading_wanted = True
            self._do(self.read(room))

    async def read(self, room: LiveRoom) -> None:
        """Read a room and tell its pages what changed; many wishes while one reads are one more reading."""
        room.reading_wanted = True
        async with room.reading_lock:
            while room.reading_wanted:
                room.reading_wanted = False
                await self._read_once(room)

    async def _read_once(self, room: LiveRoom) -> None:
        try:
            reading = await offload(read, room.id, room.state.version, counted=room.reel is not None)
        except DatabaseError as error:
            # The next comparison of heads finds what is missing.
            self.missed_database(error)
            return
        except Exception:
            logger.exception("room %s could not be read", room.id)
            return
        if reading is None:
            room.gone = True
            for peer in list(room.peers.values()):
                peer.end(4404)
        elif room.reading is None or reading.state.version >= room.reading.state.version:
            room.apply(reading)

    # -- time ------------------------------------------------------------------------------------------

    async def _ticks(self) -> None:
        while True:
            try:
                await self._tick()
            except Exception:
                logger.exception("a tick of the hub failed")
            await asyncio.sleep(TICK_S)

    def _every(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._last[what] < seconds:
            return False
        self._last[what] = now
        return True

    async def _tick(self) -> None:
        await self._relay.publish()
        meters.ROOMS.set(len(self.rooms))
        beat = self._every("heartbeat", HEARTBEAT_S)
        reel = self._every("reel", 1.0)
        if beat:
            meters.TASKS.set(len(asyncio.all_tasks()))
        at = now_ms()
        for room in list(self.rooms.values()):
            try:
                self._tick_room(room, at, beat=beat, reel=reel)
            except Exception:
                # One room's trouble is not its neighbours'.
                logger.exception("a tick of room %s failed", room.id)
        if self.rooms and self._every("heads", HEADS_S):
            self._do(self._compare_heads())
            self._do(offload(analysis.catch_up, at))
        if self._every("sweep", SWEEP_S):
            for room in self.rooms.values():
                # News may be lost between processes: a seat taken out, a story taken back.
                room.roster_wanted = True
                self.want(room)
            self._do(offload(jobs.sweep))
            self._do(offload(analysis.catch_up, at))
            # Rooms nobody looks at meet their deadlines, too, and old ones vanish.
            self._do(offload(history.meet_deadlines, at))
            self._do(offload(retention.sweep))
            self._do(offload(compaction.sweep, at))

    def _tick_room(self, room: LiveRoom, at: int, *, beat: bool, reel: bool) -> None:
        self._due(room, at)
        self._lights(room)
        self._roster(room)
        if beat:
            frame = encode(Heartbeat(version=room.state.version, at=at))
            room.broadcast_volatile("heartbeat", frame)
        if reel and (grew := room.reel_grew()) is not None:
            room.broadcast_volatile("reel", encode(grew), "stage", "host")
            self._tell_hands(room)
        if reel:
            self._watch_teller(room)
        if coupling.due(room):
            self._do(coupling.tell(room))

    def _due(self, room: LiveRoom, at: int) -> None:
        due = due_at(room.state)
        now = time.monotonic()
        if due is not None and at >= due and now - room.due_asked_at > 0.5:
            room.due_asked_at = now
            self._do(offload(self._obey, room.id, moves.Due(by="server")))

    @staticmethod
    def _obey(room_id: int, move: moves.Command) -> None:
        try:
            history.obey(room_id, move)
        except Refusal:
            # Somebody was first, or the room has gone on: then there is nothing to do.
            return

    def _watch_teller(self, room: LiveRoom) -> None:
        """Hold the story when its teller is gone for more than moments: a reload is not an absence."""
        if not room.teller_missing():
            room.teller_gone_at = None
            return
        now = time.monotonic()
        room.teller_gone_at = room.teller_gone_at or now
        if now - room.teller_gone_at >= TELLER_GRACE_S:
            room.teller_gone_at = None
            about = room.state.about
            if about is not None:
                self._do(offload(self._hold, room.id, about.teller))

    @staticmethod
    def _hold(room_id: int, teller: str) -> None:
        """The row decides: another process may know that the teller is back, and have gone on."""
        if not models.Participant.objects.filter(public_id=teller).exclude(socket="").exists():
            Hub._obey(room_id, moves.TellerGone(by="server"))

    def _tell_hands(self, room: LiveRoom) -> None:
        if room.reel is not None and (told := room.reel.tell()) is not None:
            sealed, hands = told
            news = bulletin.HandsNews(room=room.id, telling=room.reel.telling, sealed=sealed, hands=hands)
            self._relay.pass_on(news)

    def _lights(self, room: LiveRoom) -> None:
        if room.lights_moved_here:
            here = tuple((n, room.lights[n]) for n in sorted(room.lights_moved_here) if n in room.lights)
            room.lights_moved_here.clear()
            self._relay.pass_on(bulletin.LightsNews(room=room.id, lights=here))
        if room.lights_moved:
            moved = [(n, room.lights[n]) for n in sorted(room.lights_moved) if n in room.lights]
            room.lights_moved.clear()
            room.broadcast_volatile("lights", encode(LightsMoved(lights=moved[:60])), "stage", "host")

    def _roster(self, room: LiveRoom) -> None:
        now = time.monotonic()
        # Two thousand who come at once would be read again and again.
        pause = LARGE_ROSTER_S if room.large else ROSTER_S
        if room.roster_wanted and now - room.roster_told_at >= pause:
            room.roster_wanted = False
            room.roster_told_at = now
            self._do(self._tell_roster(room))

    async def _tell_roster(self, room: LiveRoom) -> None:
        await comparing.seats(room, self.hear)
        room.broadcast_volatile("roster", encode(room.roster_updated()), "stage", "host")
        room.tell_each()

    async def _compare_heads(self) -> None:
        """Read again whatever another process moved on without our hearing of it."""
        for room_id in await comparing.behind(self.rooms.values()):
            if room_id in self.rooms:
                self.want(self.rooms[room_id])


hub = Hub()
