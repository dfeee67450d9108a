"""What a client may say: imperative sentences, strictly decoded."""

from typing import Annotated

from msgspec import Meta

from stories.protocol.words import Id, Level, Message, Mode, PreparedLine, Role, Source, Tick, Words


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """The first message of every connection; nothing is delivered before it.

    `key` is the seat's public id for a player and the room's code for host and stage. The secret comes
    from the cookie of that seat or room; clients without cookies put it into `token`.
    """

    protocol: int
    role: Role
    key: Id
    token: Annotated[str, Meta(max_length=64)] | None = None
    run: Id | None = None


class ClockPing(Message, frozen=True, kw_only=True, tag="clock.ping"):
    """Asks for the server's time; eight at the start, then one every 20 seconds. Volatile."""

    sent: float


class StateAsk(Message, frozen=True, kw_only=True, tag="state.ask"):
    """Asks to be told the room's state again, after a heartbeat showed a newer version."""


class DialMoved(Message, frozen=True, kw_only=True, tag="dial.moved"):
    """A hand moved outside a telling: the light on the stage follows. At most 5 per second. Volatile."""

    level: Level


class TraceChunk(Message, frozen=True, kw_only=True, tag="trace.chunk"):
    """Consecutive samples of one trace from one page load (`run`). Answered `trace.acked` after commit."""

    telling: Id
    run: Id
    seq: Annotated[int, Meta(ge=0, le=100_000)]
    first_tick: Tick
    values: Annotated[list[Level | None], Meta(min_length=1, max_length=2400)]


class TraceClosed(Message, frozen=True, kw_only=True, tag="trace.closed"):
    """This run is over and had so many chunks: completeness becomes a fact that can be checked."""

    telling: Id
    run: Id
    chunks: Annotated[int, Meta(ge=0, le=100_001)]


class TellerOffer(Message, frozen=True, kw_only=True, tag="teller.offer"):
    """Puts this seat into the queue of tellers, or quietly out of it."""

    willing: bool


class NameAnother(Message, frozen=True, kw_only=True, tag="name.another"):
    """Asks for another generated name; refused once a telling runs."""


class TellingChoose(Message, frozen=True, kw_only=True, tag="telling.choose"):
    """The teller, preparing, says how the story will be told. `arc` chooses instead of the dealt arc."""

    telling: Id
    source: Source
    mode: Mode
    arc: Id | None = None


class LinesWrite(Message, frozen=True, kw_only=True, tag="lines.write"):
    """The teller, preparing, writes the lines to be released one tap at a time."""

    telling: Id
    lines: Annotated[list[PreparedLine], Meta(max_length=40)]


class TellingBegin(Message, frozen=True, kw_only=True, tag="telling.begin"):
    """The teller begins."""

    telling: Id


class TellerPass(Message, frozen=True, kw_only=True, tag="teller.pass"):
    """The teller would rather not, before having begun. Costs nothing and is not shown."""

    telling: Id


class TellingPause(Message, frozen=True, kw_only=True, tag="telling.pause"):
    """Anyone may ask the room to take a breath; nobody is named."""


class TellingResume(Message, frozen=True, kw_only=True, tag="telling.resume"):
    """The teller or the host goes on."""


class TellingExtend(Message, frozen=True, kw_only=True, tag="telling.extend"):
    """The teller takes 30 seconds more."""

    telling: Id


class TellingFinish(Message, frozen=True, kw_only=True, tag="telling.finish"):
    """The teller is done."""

    telling: Id


class BeatMark(Message, frozen=True, kw_only=True, tag="beat.mark"):
    """A turning point, or a line of narration, at a tick. Its id is the client's: sending twice is harmless.

    `turn` says that a new feeling begins here (source A: the next step of the arc; source B: to be placed).
    `line` is the number of a prepared line; `words` is what was typed.
    """

    telling: Id
    beat: Id
    tick: Tick
    turn: bool = True
    words: Words = ""
    line: Annotated[int, Meta(ge=0, le=100)] | None = None


class BeatPlace(Message, frozen=True, kw_only=True, tag="beat.place"):
    """Source B, right after the story: how that moment felt."""

    telling: Id
    beat: Id
    level: Level


class PlacingFinish(Message, frozen=True, kw_only=True, tag="placing.finish"):
    """The teller has placed the beats, or skips it (then there is no score, which is fine)."""

    telling: Id
    skipped: bool = False


class HeardRate(Message, frozen=True, kw_only=True, tag="heard.rate"):
    """How heard the teller felt, 1 to 5; private. `share` shows it to the room."""

    telling: Id
    level: Annotated[int, Meta(ge=1, le=5)]
    share: bool = False


class CallMake(Message, frozen=True, kw_only=True, tag="call.make"):
    """The Call: which arc it was (its key), or the beat where the room will have split (its id)."""

    telling: Id
    choice: Id


ClientMessage = (
    Hello
    | ClockPing
    | StateAsk
    | DialMoved
    | TraceChunk
    | TraceClosed
    | TellerOffer
    | NameAnother
    | TellingChoose
    | LinesWrite
    | TellingBegin
    | TellerPass
    | TellingPause
    | TellingResume
    | TellingExtend
    | TellingFinish
    | BeatMark
    | BeatPlace
    | PlacingFinish
    | HeardRate
    | CallMake
)
