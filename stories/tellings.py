"""The rows of one telling: its words, beats, calls and secrets, and who may change them."""

import random
import secrets
import unicodedata

from django.db import IntegrityError, transaction
from django.utils import translation

from stories import bulletin, content, history, seats, synchrony
from stories.models import Beat, Call, Line, Participant, Room, Telling
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol.phases import About, Placing, Preparing, Settling
from stories.protocol.phases import Room as RoomState
from stories.protocol.phases import Telling as TellingPhase
from stories.protocol.room import Refusal
from stories.protocol.words import Mode, PreparedLine, Source

MOST_BEATS = 80
ARC_STEPS = 5
FEWEST_WORDED = 2
MOST_CALLS = 6
THIRDS = ("start", "middle", "end")
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_chance = secrets.SystemRandom()


def prepare(
    room: Room,
    *,
    teller: Participant,
    script: str = "",
    deck: str = "",
    card: str = "",
    source: Source = "A",
    mode: Mode = "spoken",
    duration_s: int = 120,
    rng: random.Random = _chance,
) -> Telling:
    """A teller gets a card or a script and a dealt arc; raises `Refusal`."""
    if teller.room_id != room.pk or teller.removed_at is not None:
        raise Refusal("teller.unknown")
    try:
        chosen = content.script(script) if script else None
        drawn = content.card(deck, card) if card else None
    except LookupError as error:
        raise Refusal("content.unknown") from error
    state = history.read(room.pk)
    here = Participant.objects.filter(room=room, removed_at__isnull=True, witness=False)
    listeners = here.exclude(pk=teller.pk).exclude(socket="").count()
    words = chosen or drawn
    dealt = _arc_of(chosen) if chosen else deal(rng)
    with transaction.atomic():
        telling = Telling.objects.create(
            room=room,
            public_id=seats.new_id(),
            replay_id=secrets.token_urlsafe(16),
            teller=teller,
            number=state.told + 1,
            source="A" if chosen else source,
            mode="lines" if chosen else mode,
            display=state.display,
            open_table=state.open_table,
            title=chosen.title if chosen else "",
            script=script,
            deck=deck,
            card=card,
            arc=dealt.shape,
            arc_levels=list(dealt.levels),
            low=in_words_of(room, words.strip.low) if words else "",
            high=in_words_of(room, words.strip.high) if words else "",
        )
        if chosen:
            _keep_lines(telling, _lines_of(chosen))
        history.obey(
            room.pk,
            moves.Prepare(
                telling=telling.public_id,
                teller=teller.public_id,
                source=telling.source,
                mode=telling.mode,
                listeners=listeners,
                duration_ms=(90 if chosen else duration_s) * 1000,
            ),
        )
        # Who tells now has had the wish granted.
        Participant.objects.filter(pk=teller.pk).update(willing_at=None)
        seats.bulletin_tell_roster(room.pk)
    return telling


def in_words_of(room: Room, word: str) -> str:
    """A word of the content in the language the room was opened in: everybody there reads the same one."""
    with translation.override(room.language):
        return translation.gettext(word)


def _lines_of(script: content.Script) -> list[PreparedLine]:
    """A script's lines; the first line of each new feeling is a turn."""
    return [
        PreparedLine(words=line.text, notes=line.note, turn=line.begins is not None) for line in script.lines
    ]


def _arc_of(script: content.Script) -> synchrony.Arc:
    """The arc a script was written along."""
    return synchrony.Arc(script.arc, content.arc_levels(script.arc, script.taps))


def deal(rng: random.Random, shape: str | None = None) -> synchrony.Arc:
    """An arc from the deck, each as likely as any other: the score's chance level rests on that."""
    deck = synchrony.arc_deck(ARC_STEPS)
    return rng.choice([arc for arc in deck if shape in (None, arc.shape)])


def _keep_lines(telling: Telling, lines: list[PreparedLine]) -> None:
    Line.objects.filter(telling=telling).delete()
    Line.objects.bulk_create(
        Line(telling=telling, position=i, words=plain(line.words), notes=plain(line.notes), turn=line.turn)
        for i, line in enumerate(lines)
    )


def plain(text: str) -> str:
    """Words as they are kept: without control characters, which no keyboard means and PostgreSQL refuses.

    Marks that turn the reading direction go too; joiners stay, scripts and emoji need them.
    """
    kept = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return "".join(letter for letter in kept if letter not in TURNING).strip()


def own(room_id: int, telling: str, seat: Participant) -> Telling:
    """The telling, if this seat is its teller; raises `Refusal`."""
    # What is said of a story that was taken back is not kept: it would come back with its words.
    found = Telling.objects.filter(room_id=room_id, public_id=telling, withdrawn_at__isnull=True).first()
    if found is None:
        raise Refusal("telling.unknown")
    if found.teller_id != seat.pk:
        raise Refusal("telling.not_yours")
    return found


def at_hand(room: RoomState, telling: str, *phases: type) -> About:
    """The telling's facts, if the room is in one of these phases of it; raises `Refusal`."""
    if room.about is None or room.about.id != telling:
        raise Refusal("telling.not_now")
    if not isinstance(room.playing, phases):
        raise Refusal("phase.wrong")
    return room.about


def choose(seat: Participant, wish: c.TellingChoose) -> None:
    """How the teller will tell it."""
    telling = own(seat.room_id, wish.telling, seat)
    at_hand(history.read(seat.room_id), wish.telling, Preparing)
    if wish.arc is not None and wish.arc not in synchrony.SHAPES:
        raise Refusal("content.unknown")
    with transaction.atomic():
        history.obey(seat.room_id, moves.Choose(by="teller", source=wish.source, mode=wish.mode))
        telling.source, telling.mode = wish.source, wish.mode
        if wish.arc is not None:
            dealt = deal(_chance, wish.arc)
            telling.arc, telling.arc_levels = dealt.shape, list(dealt.levels)
        telling.save(update_fields=["source", "mode", "arc", "arc_levels"])


def write_lines(seat: Participant, wish: c.LinesWrite) -> None:
    """The teller's own prepared lines."""
    telling = own(seat.room_id, wish.telling, seat)
    at_hand(history.read(seat.room_id), wish.telling, Preparing)
    with transaction.atomic():
        _keep_lines(telling, wish.lines)


def mark_beat(seat: Participant, wish: c.BeatMark, *, at: int) -> None:
    """A beat of the story, stored once; its words become a caption."""
    telling = own(seat.room_id, wish.telling, seat)
    about = at_hand(history.read(seat.room_id), wish.telling, TellingPhase, Placing, Settling)
    last = about.ended_at if about.ended_at is not None else at + 2000
    if wish.tick > (last - (about.started_at or 0)) * about.rate_hz // 1000 + 1:
        raise Refusal("beat.range")
    words = plain(wish.words)
    if wish.line is not None:
        line = Line.objects.filter(telling=telling, position=wish.line).first()
        if line is None:
            raise Refusal("beat.unknown")
        words = line.words
    known = Beat.objects.filter(telling=telling, beat=wish.beat).first()
    if known is None:
        if Beat.objects.filter(telling=telling).count() >= MOST_BEATS:
            raise Refusal("beat.too_many")
        try:
            with transaction.atomic():
                Beat.objects.create(
                    telling=telling,
                    beat=wish.beat,
                    tick=wish.tick,
                    turn=wish.turn,
                    line=wish.line,
                    words=words,
                )
        except IntegrityError:
            known = Beat.objects.get(telling=telling, beat=wish.beat)
    if known is not None:
        if (known.tick, known.words, known.turn) != (wish.tick, words, wish.turn):
            raise Refusal("beat.conflict")
        return
    bulletin.tell(
        bulletin.CaptionNews(
            room=seat.room_id,
            telling=telling.public_id,
            beat=wish.beat,
            tick=wish.tick,
            words=words,
            turn=wish.turn,
        )
    )


def place_beat(seat: Participant, wish: c.BeatPlace) -> None:
    """How a moment felt, said right after the story."""
    telling = own(seat.room_id, wish.telling, seat)
    at_hand(history.read(seat.room_id), wish.telling, Placing)
    if not Beat.objects.filter(telling=telling, beat=wish.beat).update(level=wish.level):
        raise Refusal("beat.unknown")


def rate_heard(seat: Participant, wish: c.HeardRate) -> None:
    """How heard the teller felt."""
    telling = own(seat.room_id, wish.telling, seat)
    state = history.read(seat.room_id)
    if state.about is None or state.about.id != wish.telling or state.about.ended_at is None:
        raise Refusal("phase.wrong")
    if telling.heard is not None and getattr(state.playing, "step", 0):
        # Once lines are shown, the answer stays what it was; only sharing it may still change.
        Telling.objects.filter(pk=telling.pk).update(heard_shared=wish.share)
    else:
        Telling.objects.filter(pk=telling.pk).update(heard=wish.level, heard_shared=wish.share)
    bulletin.tell(bulletin.RevealNews(room=seat.room_id, telling=telling.public_id))


def call_choices(telling: Telling) -> list[str]:
    """What may be called: four arcs, one of them right; else the beats that have words, or the thirds."""
    if telling.source == "A":
        others = [shape for shape in synchrony.SHAPES if shape != telling.arc]
        # Which arc is left out depends on the telling alone, so that every page offers the same four,
        # and on its secret id: whoever could repeat the draw would learn something of the arc.
        left_out = random.Random(telling.replay_id).choice(others)
        return [shape for shape in synchrony.SHAPES if shape != left_out]
    worded = Beat.objects.filter(telling=telling).exclude(words="").order_by("tick", "beat")
    beats = list(worded.values_list("beat", flat=True))
    if len(beats) < FEWEST_WORDED:
        return list(THIRDS)
    # No more than one tap in ten seconds can choose from, spread evenly over the beats.
    offered = min(len(beats), MOST_CALLS)
    return [beats[i * len(beats) // offered] for i in range(offered)]


def make_call(seat: Participant, wish: c.CallMake) -> None:
    """One tap, before any line is shown; it may be changed until the Call closes."""
    telling = Telling.objects.filter(
        room_id=seat.room_id, public_id=wish.telling, withdrawn_at__isnull=True
    ).first()
    if telling is None:
        raise Refusal("telling.unknown")
    state = history.read(seat.room_id)
    if state.about is None or state.about.id != wish.telling:
        raise Refusal("telling.not_now")
    if not isinstance(state.playing, Placing | Settling):
        raise Refusal("call.closed")
    if wish.choice not in call_choices(telling):
        raise Refusal("call.unknown")
    Call.objects.update_or_create(telling=telling, participant=seat, defaults={"choice": wish.choice})
