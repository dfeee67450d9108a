"""What the server says: facts and answers in the past tense, volatile news named as such."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stories.protocol.words import (
    MAX_FRAME,
    Display,
    Level,
    Message,
    Millis,
    Mode,
    PreparedLine,
    Role,
    Source,
)


class PublicTelling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What everyone may know of the telling at hand. `calls` are the Call's choices, once the story is over."""

    id: str
    number: int
    teller: str
    teller_name: str = ""
    source: Source
    mode: Mode
    title: str = ""
    low: str = ""
    high: str = ""
    rate_hz: int = 4
    started_at: Millis | None = None
    ended_at: Millis | None = None
    calls: tuple[str, ...] = ()


class PublicRoom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The room as everyone may see it: small whatever the room's size, without secrets.

    `phase` is the phase underneath while `paused` is set. `ends_at` is when the phase falls due.
    `step` counts the parts of the reveal that are open.
    """

    version: int
    phase: str
    paused: Literal["breath", "teller_gone"] | None = None
    paused_at: Millis | None = None
    since: Millis | None = None
    ends_at: Millis | None = None
    step: int = 0
    locked: bool = False
    display: Display = "sealed"
    open_table: bool = False
    told: int = 0
    telling: PublicTelling | None = None


class Light(msgspec.Struct, frozen=True, kw_only=True):
    """How one participant is recognised: colour and shape and name."""

    seat: str
    number: int
    name: str
    colour: int
    shape: int


class You(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only this seat is told: its own light, its part, and the teller's secrets if it tells."""

    light: Light
    part: Literal["listener", "teller", "witness"] = "listener"
    willing: bool = False
    late: bool = False
    arc: list["ArcStep"] | None = None
    arc_key: str | None = None
    card: "CardText | None" = None
    lines: list[PreparedLine] | None = None
    beats: list["BeatPlaced"] | None = None
    called: str | None = None
    heard: int | None = None
    own: "OwnReveal | None" = None


class ArcStep(msgspec.Struct, frozen=True, kw_only=True):
    """One feeling of the arc the teller was dealt."""

    feeling: str
    level: Level


class CardText(msgspec.Struct, frozen=True, kw_only=True):
    """The card that starts the story: a prompt and three lines to hold on to."""

    prompt: str
    scaffold: tuple[str, ...]


class BeatPlaced(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A beat as its teller sees it."""

    id: str
    tick: int
    words: str = ""
    turn: bool = True
    level: int | None = None


class OwnReveal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one listener privately sees at the reveal: the own line, and one moment (or why there is none)."""

    line: list[int | None]
    moment: "Moment | None" = None
    reason: str | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one moment: the beat around which this listener moved most, and what the teller's line did there."""

    kind: Literal["turned", "level"]
    at_s: float
    words: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the server accepts from one socket."""

    frame_bytes: int = MAX_FRAME
    messages_per_s: int = 40
    burst: int = 80


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The answer to `hello`: all that a page needs to show itself."""

    protocol: int
    role: Role
    at: Millis
    clock_rate: float
    room: PublicRoom
    you: You | None = None
    limits: Limits = Limits()


class ClockPong(Message, frozen=True, kw_only=True, tag="clock.pong"):
    """The server's time, with the ping's own stamp. Volatile."""

    sent: float
    at: Annotated[float, Meta(description="server time in milliseconds, with fractions")]


class RoomChanged(Message, frozen=True, kw_only=True, tag="room.changed"):
    """Something happened: the kind of fact, and the whole state after it."""

    because: str
    room: PublicRoom


class RoomState(Message, frozen=True, kw_only=True, tag="room.state"):
    """The answer to `state.ask`."""

    room: PublicRoom
    you: You | None = None


class YouChanged(Message, frozen=True, kw_only=True, tag="you.changed"):
    """Something of this seat alone changed."""

    you: You


class Heartbeat(Message, frozen=True, kw_only=True, tag="heartbeat"):
    """Every five seconds: the room's head version, so that one who is behind asks. Volatile."""

    version: int
    at: Millis


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One participant as console and stage list them."""

    light: Light
    here: bool = True
    willing: bool = False
    hand_on: bool = False


class RosterUpdated(Message, frozen=True, kw_only=True, tag="roster.updated"):
    """Who is here, for console and stage; the count alone above 60 people. Volatile."""

    count: int
    people: list[Person] | None = None


class LightsMoved(Message, frozen=True, kw_only=True, tag="lights.moved"):
    """Lobby lights on the stage, `[number, level]` each. Volatile."""

    lights: list[tuple[int, int]]


class ReelGrew(Message, frozen=True, kw_only=True, tag="reel.grew"):
    """The sealed reel: how many samples are sealed, how many hands are on, how many beats passed. Volatile."""

    sealed: int
    hands: int
    listeners: int
    beats: int
    threads: list[int] | None = None
    glow: float | None = None


class CaptionShown(Message, frozen=True, kw_only=True, tag="caption.shown"):
    """A typed or prepared line, as everyone may read it."""

    telling: str
    beat: str
    tick: int
    words: str


class TraceAcked(Message, frozen=True, kw_only=True, tag="trace.acked"):
    """These chunks are stored: the client may forget them."""

    run: str
    seqs: list[int]


class TraceSealed(Message, frozen=True, kw_only=True, tag="trace.sealed"):
    """The answer to `trace.closed`: how many chunks of the run are stored."""

    run: str
    stored: int


class BeatMarked(Message, frozen=True, kw_only=True, tag="beat.marked"):
    """The beat is stored, or placed."""

    beat: str
    level: int | None = None


class CallMade(Message, frozen=True, kw_only=True, tag="call.made"):
    """The Call is stored."""

    choice: str


class HeardRated(Message, frozen=True, kw_only=True, tag="heard.rated"):
    """The answer is stored, for the teller alone unless shared."""

    level: int
    share: bool


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The room's line: the median, and the middle half where at least five listened."""

    line: list[int | None]
    low: list[int | None] | None = None
    high: list[int | None] | None = None


class PictureBeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A beat in the picture, in seconds of the story with pauses cut out."""

    at_s: float
    words: str = ""
    level: int | None = None
    id: str = ""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of at least ten seconds that stood out, in seconds of the story."""

    from_s: float
    to_s: float


class CallResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The Call against guessing: so many right of so many, and what guessing finds."""

    kind: Literal["arc", "beat"]
    right: int
    of: int
    expected: float
    answer: str = ""


class Score(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The room's score: always with its interval, and with its chance level once that is known."""

    verdict: Literal["in_step", "often", "too_close_to_call", "own_story"] | None = None
    r: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    lag_s: float | None = None
    listeners: int = 0
    reason: str | None = None
    exploratory: bool = False
    pending: bool = False


class Picture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the reveal draws; parts not yet opened are absent. Lines are sampled at `rate_hz`, pauses cut out.

    `progress` comes with marks and score: they are still being compared with chance, were compared anew with
    samples that came late, or could not be compared (and stay pending).
    """

    telling: str
    number: int
    teller_name: str
    title: str = ""
    source: Source = "C"
    low: str = ""
    high: str = ""
    rate_hz: float = 4
    seconds: float = 0
    teller: list[int | None] | None = None
    teller_reason: str | None = None
    beats: list[PictureBeat] | None = None
    room: Band | None = None
    room_reason: str | None = None
    table: list[list[int | None]] | None = None
    together: Mark | None = None
    apart: Mark | None = None
    marks: Literal["some", "none", "pending"] | None = None
    call: CallResult | None = None
    score: Score | None = None
    heard: int | None = None
    replay: str | None = None
    open_play: bool = False
    progress: Literal["comparing", "updated", "stuck"] | None = None


class RevealShown(Message, frozen=True, kw_only=True, tag="reveal.shown"):
    """The picture as far as the host has opened it; sent again, whole, with every step and when it completes."""

    step: int
    steps: int
    picture: Picture


class CouplingUpdated(Message, frozen=True, kw_only=True, tag="coupling.updated"):
    """Practice rooms and the host's peek only: the shrunken live score, null until there is enough. Volatile."""

    score: int | None
    spread: float | None
    tick: int
    people: list[tuple[int, int | None]] | None = None


class Refused(Message, frozen=True, kw_only=True, tag="refused"):
    """A message was not obeyed, and why. `of` is its type; `run`, `seq`, `beat` say which one."""

    code: str
    of: str
    run: str | None = None
    seq: int | None = None
    beat: str | None = None


ServerMessage = (
    Welcome
    | ClockPong
    | RoomChanged
    | RoomState
    | YouChanged
    | Heartbeat
    | RosterUpdated
    | LightsMoved
    | ReelGrew
    | CaptionShown
    | TraceAcked
    | TraceSealed
    | BeatMarked
    | CallMade
    | HeardRated
    | RevealShown
    | CouplingUpdated
    | Refused
)
