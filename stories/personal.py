"""What only one seat is told: its light, its part, and the teller's secrets if it tells."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from stories import content, tellings
from stories.models import Call, Participant, Telling
from stories.protocol.phases import About
from stories.protocol.replies import ArcStep, BeatPlaced, CardText, Light, OwnReveal, You
from stories.protocol.words import PreparedLine


def light_of(seat: Participant) -> Light:
    """How a participant is recognised."""
    return Light(
        seat=seat.public_id, number=seat.number, name=seat.name, colour=seat.colour, shape=seat.shape
    )


def words_of(telling: Telling) -> dict[str, Any]:
    """The words of a telling that everyone may read."""
    return {
        "teller_name": telling.teller.name,
        "title": telling.title,
        "low": telling.low,
        "high": telling.high,
        "calls": tuple(tellings.call_choices(telling)) if telling.ended_at is not None else (),
    }


@dataclass(frozen=True)
class Bundle:
    """What `you` needs of the telling at hand, read once for everybody."""

    telling: Telling
    calls: dict[int, str]
    drawn: content.Card | None
    lines: list[PreparedLine]
    beats: list[BeatPlaced]
    arc: list[ArcStep]
    own: dict[int, OwnReveal]


def bundle(about: About | None, own: dict[int, OwnReveal] | None = None) -> Bundle | None:
    """The rows of the telling at hand; `own` is what each listener privately sees, once it may be seen."""
    # With its room and teller: `you` reads the room's language where no query may be made.
    telling = about and Telling.objects.select_related("room", "teller").filter(public_id=about.id).first()
    if not telling:
        return None
    return Bundle(
        telling=telling,
        calls=dict(Call.objects.filter(telling=telling).values_list("participant_id", "choice")),
        drawn=content.card(telling.deck, telling.card) if telling.card else None,
        lines=[PreparedLine(words=x.words, notes=x.notes, turn=x.turn) for x in telling.lines.all()],
        beats=[
            BeatPlaced(id=b.beat, tick=b.tick, words=b.words, turn=b.turn, level=b.level)
            for b in telling.beats.all()
        ],
        arc=arc_steps(telling),
        own=own or {},
    )


def you(seat: Participant, of: Bundle | None) -> You:
    """What only this seat is told."""
    light = light_of(seat)
    willing = seat.willing_at is not None
    part: Literal["witness", "listener"] = "witness" if seat.witness else "listener"
    if of is None:
        return You(light=light, willing=willing, part=part)
    called = of.calls.get(seat.pk)
    late = of.telling.started_at is not None and seat.joined_at > of.telling.started_at
    if of.telling.teller_id != seat.pk:
        own = of.own.get(seat.pk)
        return You(light=light, willing=willing, part=part, late=late, called=called, own=own)
    return You(
        light=light,
        willing=willing,
        part="teller",
        arc=of.arc,
        arc_key=of.telling.arc,
        card=CardText(prompt=of.drawn.prompt, scaffold=msgspec.structs.astuple(of.drawn.scaffold))
        if of.drawn
        else None,
        lines=of.lines,
        beats=of.beats,
        called=called,
        heard=of.telling.heard,
    )


def arc_steps(telling: Telling) -> list[ArcStep]:
    """The arc the teller holds in hand, feeling by feeling."""
    feelings = content.feelings_along(telling.arc_levels)
    return [
        ArcStep(feeling=tellings.in_words_of(telling.room, feeling), level=level)
        for feeling, level in zip(feelings, telling.arc_levels, strict=True)
    ]
