"""A room's facts: read them, and `obey` a move. Nothing else may change a room."""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from stories import bulletin, models
from stories.clock import now_ms
from stories.protocol import facts as f
from stories.protocol.moves import Command, Due
from stories.protocol.phases import About, Room, due_at
from stories.protocol.room import Refusal, decide, evolve, replay

logger = logging.getLogger(__name__)

_TRIES = 20


@dataclass(frozen=True)
class Obeyed:
    """What a move led to: the facts, and the room after them."""

    room: Room
    facts: tuple[f.AnyFact, ...] = ()


def read(room_id: int) -> Room:
    """The room as its facts make it."""
    return replay(facts(room_id))


def about(room_id: int, telling: str) -> About | None:
    """What the facts say of one telling, also when the room has long gone on."""
    room, found = Room(), None
    for fact in facts(room_id):
        room = evolve(room, fact)
        if room.about is not None and room.about.id == telling:
            found = room.about
    return found


def facts(room_id: int, *, after: int = 0) -> list[f.AnyFact]:
    """The room's facts in order, those after a version."""
    rows = models.Fact.objects.filter(room_id=room_id, version__gt=after).order_by("version")
    return [f.decode_fact(bytes(body)) for body in rows.values_list("body", flat=True)]


def obey(room_id: int, move: Command, *, at: int | None = None) -> Obeyed:
    """Let a move happen to a room: decide, store, tell.

    Writers race by a conditional UPDATE of the room's version: the loser reads again and decides anew, so
    of eight people who press Start at once one is obeyed and seven are refused in words.
    """
    for _ in range(_TRIES):
        room = read(room_id)
        at_ms = now_ms() if at is None else at
        happened = decide(room, move, at_ms)
        if not happened:
            return Obeyed(room)
        won = _append(room_id, room, happened)
        if won is not None:
            return Obeyed(won, tuple(happened))
    raise RuntimeError(f"room {room_id} changed {_TRIES} times while one move waited")


def meet_deadlines(at: int) -> None:
    """Let rooms that nobody looks at go on when their time is up."""
    overdue = models.Room.objects.filter(due_at__lt=at, ended_at__isnull=True)
    for room_id in list(overdue.values_list("pk", flat=True)):
        try:
            obey(room_id, Due(by="server"))
        except Refusal:
            # Somebody was first.
            continue
        except Exception:
            # One room's trouble is not its neighbours'.
            logger.exception("room %s missed its deadline", room_id)


def _append(room_id: int, seen: Room, happened: list[f.AnyFact]) -> Room | None:
    """Store facts on top of the version they were decided on; None if somebody was first."""
    room = seen
    for fact in happened:
        room = evolve(room, fact)
    with transaction.atomic():
        won = models.Room.objects.filter(pk=room_id, version=seen.version).update(
            version=room.version, phase=room.phase.name, due_at=due_at(room)
        )
        if not won:
            return None
        models.Fact.objects.bulk_create(
            models.Fact(
                room_id=room_id,
                version=seen.version + i,
                at=fact.at,
                kind=f.kind_of(fact),
                schema=f.SCHEMA,
                body=f.encode_fact(fact),
            )
            for i, fact in enumerate(happened, start=1)
        )
        _mirror_in_rows(room_id, happened, room)
        because = f.kind_of(happened[-1])
        transaction.on_commit(lambda: bulletin.tell(bulletin.RoomNews(room=room_id, because=because)))
    return room


def _mirror_in_rows(room_id: int, happened: list[f.AnyFact], room: Room) -> None:
    """What queries need to see without folding a history."""
    for fact in happened:
        match fact:
            case f.TellingStarted() if room.about:
                _telling(room).update(started_at=fact.at, source=room.about.source, mode=room.about.mode)
            case f.TellingEnded() if room.about:
                _telling(room).update(ended_at=fact.at)
            case f.TellingEnded():
                models.Telling.objects.filter(
                    room_id=room_id, started_at__isnull=False, ended_at__isnull=True
                ).update(ended_at=fact.at)
            case f.RoomEnded():
                models.Room.objects.filter(pk=room_id).update(ended_at=timezone.now())


def _telling(room: Room) -> QuerySet[models.Telling]:
    return models.Telling.objects.filter(public_id=room.about.id if room.about else "")


__all__ = ["Obeyed", "Refusal", "about", "facts", "meet_deadlines", "obey", "read"]
