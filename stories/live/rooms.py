"""A room as one process sees it: its state as last read, and the pages that look at it here."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stories import analysis, drawing, history, meters, models, personal, traces
from stories.live.peer import Pages, Peer
from stories.live.scorer import Scorer
from stories.protocol import facts as f
from stories.protocol.messages import encode
from stories.protocol.phases import REVEAL_STEPS, Debrief, Reveal, Room, Telling
from stories.protocol.public import public
from stories.protocol.replies import (
    BeatPlaced,
    CaptionShown,
    Person,
    Picture,
    PublicRoom,
    ReelGrew,
    RevealShown,
    RoomChanged,
    RosterUpdated,
    YouChanged,
)

MOST_LISTED = 60
LARGE_FROM = 201
SLICE = 256
HAND_ON_S = 3.0
GLOW_LATE_S, GLOW_SMOOTH_S = 12, 10


@dataclass(frozen=True)
class Reading:
    """What one look into the database told of a room."""

    state: Room
    because: str
    words: dict[str, str]
    bundle: personal.Bundle | None
    picture: Picture | None
    sealed: int = 0

    @property
    def captions(self) -> list[CaptionShown]:
        """The story's lines so far, for a page that comes now."""
        if self.bundle is None:
            return []
        telling = self.bundle.telling.public_id
        return [
            CaptionShown(telling=telling, beat=beat.id, tick=beat.tick, words=beat.words)
            for beat in self.bundle.beats
        ]


def read(room_id: int, seen: int, *, counted: bool = False) -> Reading | None:
    """Look a room up, together with what its phase needs; None if it was deleted. For a thread.

    `counted` says that somebody counts the running story's samples already: then they are not summed up.
    """
    happened = history.facts(room_id)
    if not happened and not models.Room.objects.filter(pk=room_id).exists():
        return None
    state = history.replay(happened)
    because = f.kind_of(happened[-1]) if happened and state.version != seen else ""
    about = state.about
    picture = None
    own = {}
    if about is not None and isinstance(state.playing, Reveal | Debrief):
        picture = analysis.picture(about)
        if state.playing.step >= REVEAL_STEPS.index("room") + 1:
            own = analysis.own(about)
    bundle = personal.bundle(about, own)
    running = bundle is not None and isinstance(state.playing, Telling)
    sealed = traces.moments_sealed(bundle.telling.pk) if bundle and running and not counted else 0
    words = personal.words_of(bundle.telling) if bundle else {}
    return Reading(state, because, words, bundle, picture, sealed)


def read_roster(room_id: int) -> list[models.Participant]:
    """Everybody who has a seat, in the order they came. For a thread."""
    return list(
        models.Participant.objects.filter(room_id=room_id, removed_at__isnull=True).order_by("number")
    )


@dataclass
class Reel:
    """What the sealed reel shows of a running telling: counts and hands, never a level."""

    telling: str
    sealed: int = 0
    last_felt: dict[int, float] = field(default_factory=dict)
    untold: int = 0
    felt_here: set[int] = field(default_factory=set)
    stored_here: bool = False
    shares: list[float] = field(default_factory=list)

    def felt(self, number: int, samples: int) -> None:
        """Samples of a listener were stored by this process."""
        self.sealed += samples
        self.untold += samples
        self.felt_here.add(number)
        self.last_felt[number] = time.monotonic()

    def felt_elsewhere(self, samples: int, numbers: tuple[int, ...]) -> None:
        """Another process stored some of these listeners' samples."""
        self.sealed += samples
        self.last_felt |= dict.fromkeys(numbers, time.monotonic())

    def tell(self) -> tuple[int, tuple[int, ...]] | None:
        """What this process stored since it was last asked: how many samples of listeners, and whose; or nothing.

        The teller's are told of and not counted: no process can work out the live number without them.
        """
        told = (self.untold, tuple(sorted(self.felt_here))) if self.stored_here else None
        self.untold, self.felt_here, self.stored_here = 0, set(), False
        return told

    def glow(self, share: float) -> float:
        """The share of hands that were on, twelve seconds late and smoothed over ten: too late to steer by."""
        self.shares = [*self.shares, share][-(GLOW_LATE_S + GLOW_SMOOTH_S) :]
        then = self.shares[:-GLOW_LATE_S]
        return round(sum(then) / len(then), 2) if then else 0.0

    def hands_on(self) -> list[int]:
        """The numbers of the lights whose hand was on within the last seconds."""
        recent = time.monotonic() - HAND_ON_S
        return sorted(number for number, at in self.last_felt.items() if at >= recent)


class LiveRoom:
    """The pages of one room in this process, and what to tell them."""

    def __init__(self, room_id: int) -> None:
        self.id = room_id
        self.peers = Pages()
        self.reading: Reading | None = None
        self.gone = False
        self.roster: list[models.Participant] = []
        self.lights: dict[int, int] = {}
        self.lights_moved: set[int] = set()
        self.lights_moved_here: set[int] = set()
        self.reel: Reel | None = None
        self.scorer: Scorer | None = None
        self.scored_at = 0.0
        self.weights: dict[tuple[int, int], int] = {}
        self.roster_wanted = True
        self.roster_lock = asyncio.Lock()
        self.roster_told_at = 0.0
        self.reading_wanted = False
        self.reading_lock = asyncio.Lock()
        self.due_asked_at = 0.0
        self.teller_gone_at: float | None = None
        self._slices: deque[tuple[list[Peer], Callable[[Peer], None]]] = deque()
        self._slicing: asyncio.Handle | None = None

    @property
    def state(self) -> Room:
        return self.reading.state if self.reading else Room()

    @property
    def public(self) -> PublicRoom:
        return public(self.state, **(self.reading.words if self.reading else {}))

    @property
    def bundle(self) -> personal.Bundle | None:
        return self.reading.bundle if self.reading else None

    def greeted(self, *roles: str) -> list[Peer]:
        """The pages that have had their welcome, of some roles or of all."""
        return [p for p in self.peers.values() if p.greeted and (not roles or p.role in roles)]

    def broadcast(self, frame: bytes, *roles: str) -> None:
        """One encode, the same bytes to every page here."""
        self._each(self.greeted(*roles), lambda peer: peer.send(frame))

    def broadcast_volatile(self, kind: str, frame: bytes, *roles: str) -> None:
        """The same for what may be lost."""
        self._each(self.greeted(*roles), lambda peer: peer.send_volatile(kind, frame))

    def light(self, number: int, level: int, *, here: bool = True) -> None:
        """A hand moved its light: the last move counts, at this process or at another."""
        self.lights[number] = level
        self.lights_moved.add(number)
        if here:
            self.lights_moved_here.add(number)

    def tell_each(self) -> None:
        """Tell every seat here what changed for it alone."""
        self._each(self.greeted("player"), self.tell_alone)

    def _each(self, peers: list[Peer], tell: Callable[[Peer], None]) -> None:
        """Tell so many pages something: a few at once, a crowd in slices, between which others have a turn.

        What was said first is heard first: while slices are on their way, everything joins their queue.
        """
        if len(peers) <= SLICE and not self._slices:
            for peer in peers:
                tell(peer)
            return
        self._slices.extend((peers[at : at + SLICE], tell) for at in range(0, len(peers), SLICE))
        if self._slicing is None:
            self._next_slice()

    def _next_slice(self) -> None:
        self._slicing = None
        if not self._slices:
            return
        peers, tell = self._slices.popleft()
        # Before the work: a page that breaks must not end the others' news.
        self._slicing = asyncio.get_running_loop().call_soon(self._next_slice)
        meters.SLICES.inc()
        for peer in peers:
            tell(peer)

    def tell_alone(self, peer: Peer) -> None:
        """Tell one seat what changed for it, if anything did."""
        if peer.seat is None:
            return
        you = personal.you(peer.seat, self.bundle)
        if you != peer.told:
            peer.told = you
            peer.say(YouChanged(you=you))

    def reveal_shown(self) -> RevealShown | None:
        """The picture as far as the host has opened it."""
        playing = self.state.playing
        if self.reading is None or not isinstance(playing, Reveal | Debrief):
            return None
        about = playing.about
        # A story that was taken back leaves an empty picture, for pages that still show the old one.
        whole = self.reading.picture or Picture(telling=about.id, number=about.number, teller_name="")
        opened = drawing.opened(whole, playing.step)
        return RevealShown(step=playing.step, steps=len(REVEAL_STEPS), picture=opened)

    def roster_updated(self) -> RosterUpdated:
        """Who is here, for console and stage."""
        count = len(self.roster)
        if count > MOST_LISTED:
            return RosterUpdated(count=count)
        hands = set(self.reel.hands_on()) if self.reel else set()
        return RosterUpdated(
            count=count,
            people=[
                Person(
                    light=personal.light_of(seat),
                    here=bool(seat.socket),
                    willing=seat.willing_at is not None,
                    hand_on=seat.number in hands,
                )
                for seat in self.roster
            ],
        )

    def reel_grew(self) -> ReelGrew | None:
        """The reel's counts, once a second while a story runs."""
        about = self.state.about
        if about is None or not isinstance(self.state.playing, Telling):
            self.reel = None
            return None
        if self.reel is None or self.reel.telling != about.id:
            self.reel = Reel(about.id, sealed=self.reading.sealed if self.reading else 0)
        hands = self.reel.hands_on()
        listeners = sum(1 for s in self.roster if s.socket and s.public_id != about.teller)
        glowing = self.bundle is not None and self.bundle.telling.display == "glow"
        return ReelGrew(
            sealed=self.reel.sealed,
            hands=len(hands),
            listeners=listeners,
            glow=self.reel.glow(len(hands) / max(1, listeners)) if glowing else None,
            beats=len(self.bundle.beats) if self.bundle else 0,
            threads=hands if len(hands) <= MOST_LISTED else None,
        )

    def scored(self) -> bool:
        """Whether a live coupling may exist: source C, in an open practice room or under the host's peek."""
        about = self.state.about
        running = isinstance(self.state.phase, Telling)
        return about is not None and running and about.source == "C" and (self.open or about.peeked)

    def teller_missing(self) -> bool:
        """Whether a story runs and no page of its teller is connected anywhere."""
        about = self.state.about
        if about is None or not isinstance(self.state.phase, Telling) or not self.roster:
            return False
        return not any(seat.public_id == about.teller and seat.socket for seat in self.roster)

    @property
    def large(self) -> bool:
        """Too many people for everything to be worked out anew as often as in a class."""
        return len(self.roster) >= LARGE_FROM

    @property
    def open(self) -> bool:
        """An open practice room, as the telling at hand was prepared."""
        return self.bundle is not None and self.bundle.telling.display == "open"

    def felt(self, seat: models.Participant, entry: traces.Entry) -> None:
        """A chunk was stored: the reel grows, and so does the scorer's grid where there is one."""
        if self.bundle is None or self.bundle.telling.id != entry.telling:
            return
        if self.reel is not None:
            self.reel.stored_here = True
            if seat.id != self.bundle.telling.teller_id:
                self.reel.felt(seat.number, len(entry.samples) // 2)
        if self.scorer is not None and self.scorer.telling.id == entry.telling:
            self.scorer.felt(entry)

    def apply(self, reading: Reading) -> None:
        """Take a new reading in and tell everybody what it changes."""
        before = self.reading
        self.reading = reading
        changed = before is None or (before.state.version, before.words) != (
            reading.state.version,
            reading.words,
        )
        if changed:
            self.broadcast(encode(RoomChanged(because=reading.because, room=self.public)))
        shown = self.reveal_shown()
        if shown is not None and (changed or before is None or before.picture != reading.picture):
            self.broadcast(encode(shown))
        if before is None or not _same_for_listeners(before.bundle, reading.bundle):
            self.tell_each()
        elif reading.bundle is not None:
            self._tell_teller(reading.bundle)

    def marked(self, telling: str, beat: BeatPlaced) -> bool:
        """Take a new beat in as its news tell it; False if the room must be read for it.

        Once the story is over a beat is more: it can be called. And a reading that is on its way may not have
        found it, and takes it back when it comes.
        """
        reading, bundle = self.reading, self.bundle
        if reading is None or bundle is None or not isinstance(self.state.playing, Telling):
            return False
        if bundle.telling.public_id != telling or bundle.telling.withdrawn_at is not None:
            return False
        if all(known.id != beat.id for known in bundle.beats):
            beats = sorted([*bundle.beats, beat], key=lambda known: (known.tick, known.id))
            self.reading = replace(reading, bundle=replace(bundle, beats=beats))
            self._tell_teller(bundle)
        return not self.reading_lock.locked()

    def _tell_teller(self, bundle: personal.Bundle) -> None:
        """Of all seats only the teller's is told more of a beat than the room."""
        for peer in self.greeted("player"):
            if peer.seat is not None and peer.seat.pk == bundle.telling.teller_id:
                self._each([peer], self.tell_alone)


def _same_for_listeners(before: personal.Bundle | None, now: personal.Bundle | None) -> bool:
    """Whether two bundles say the same to everybody but the teller."""

    def said(of: personal.Bundle | None) -> object:
        return of and (of.telling.pk, of.telling.teller_id, of.telling.started_at, of.calls, of.own)

    return said(before) == said(now)
