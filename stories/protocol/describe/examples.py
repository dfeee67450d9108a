"""One example of every message, from one evening: Ana tells, Ben listens, Cleo hosts."""

import msgspec

from stories.protocol import commands as c
from stories.protocol import replies as r
from stories.protocol.describe.shapes import fields, tag
from stories.protocol.phases import REVEAL_STEPS
from stories.protocol.words import Message, PreparedLine

ANA, BEN = "b0c4f1d2a37e9b6c5d10", "9f2e61c7d05b48aa3e71"
TELLING, RUN, BEAT = "5d1a9c33e08b47f2c6e4", "k3J9xQ2vTz8m", "r7Yb2Lq0"
STARTED = 1_795_375_212_000

_telling = r.PublicTelling(
    id=TELLING,
    number=1,
    teller=ANA,
    teller_name="Amber Fox",
    source="A",
    mode="spoken",
    low="heavy",
    high="light",
    started_at=STARTED,
)
_room = r.PublicRoom(version=4, phase="telling", ends_at=STARTED + 120_000, told=1, telling=_telling)
_ben = r.Light(seat=BEN, number=2, name="Quiet Heron", colour=1, shape=1)
_you = r.You(light=_ben)
_picture = r.Picture(
    telling=TELLING,
    number=1,
    teller_name="Amber Fox",
    source="A",
    low="heavy",
    high="light",
    seconds=1.5,
    teller=[500, 500, 540, 580, 620, 660],
    beats=[r.PictureBeat(at_s=0.5, words="Then the phone rang.", level=900, id=BEAT)],
    call=r.CallResult(kind="arc", right=9, of=12, expected=3.0, answer="rise"),
    room=r.Band(
        line=[500, 500, 510, None, 580, 640],
        low=[480, 480, 490, None, 560, 600],
        high=[520, 520, 530, None, 600, 680],
    ),
)

EXAMPLES: tuple[Message, ...] = (
    c.Hello(protocol=1, role="player", key=BEN, run=RUN),
    c.ClockPing(sent=5312.4),
    c.StateAsk(),
    c.DialMoved(level=640),
    c.TraceChunk(telling=TELLING, run=RUN, seq=7, first_tick=28, values=[500, 512, None, 530]),
    c.TraceClosed(telling=TELLING, run=RUN, chunks=121),
    c.TellerOffer(willing=True),
    c.NameAnother(),
    c.TellingChoose(telling=TELLING, source="A", mode="spoken"),
    c.LinesWrite(telling=TELLING, lines=[PreparedLine(words="It was raining.", notes="slowly", turn=True)]),
    c.TellingBegin(telling=TELLING),
    c.TellerPass(telling=TELLING),
    c.TellingPause(),
    c.TellingResume(),
    c.TellingExtend(telling=TELLING),
    c.TellingFinish(telling=TELLING),
    c.BeatMark(telling=TELLING, beat=BEAT, tick=132, words="Then the phone rang."),
    c.BeatPlace(telling=TELLING, beat=BEAT, level=900),
    c.PlacingFinish(telling=TELLING),
    c.HeardRate(telling=TELLING, level=4),
    c.CallMake(telling=TELLING, choice="rise"),
    r.Welcome(protocol=1, role="player", at=STARTED + 812, clock_rate=1.0, room=_room, you=_you),
    r.ClockPong(sent=5312.4, at=STARTED + 830.25),
    r.RoomChanged(because="telling.started", room=_room),
    r.RoomState(room=_room, you=_you),
    r.YouChanged(you=r.You(light=_ben, willing=True)),
    r.Heartbeat(version=4, at=STARTED + 5_012),
    r.RosterUpdated(count=1, people=[r.Person(light=_ben, willing=True)]),
    r.LightsMoved(lights=[(2, 640), (3, 410)]),
    r.ReelGrew(sealed=3412, hands=2, listeners=3, beats=4, threads=[2, 3], glow=None),
    r.CaptionShown(telling=TELLING, beat=BEAT, tick=132, words="Then the phone rang."),
    r.TraceAcked(run=RUN, seqs=[7]),
    r.TraceSealed(run=RUN, stored=121),
    r.BeatMarked(beat=BEAT),
    r.CallMade(choice="rise"),
    r.HeardRated(level=4, share=False),
    r.RevealShown(step=2, steps=len(REVEAL_STEPS), picture=_picture),
    r.CouplingUpdated(score=41, spread=12.5, tick=240, people=[(2, 44), (3, None)]),
    r.Refused(code="trace.future", of="trace.chunk", run=RUN, seq=7),
)


def example(struct: type[msgspec.Struct]) -> str:
    """The example of a message as it goes over the wire, without what a client may leave out."""
    found = next(one for one in EXAMPLES if type(one) is struct)
    whole = msgspec.to_builtins(found)
    for field in fields(struct):
        if not field.always and whole.get(field.name) == field.default:
            whole.pop(field.name, None)
    ordered = {"type": tag(struct), **{name: value for name, value in whole.items() if name != "type"}}
    return msgspec.json.encode(ordered).decode()
