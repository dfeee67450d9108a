"""What goes away, and when: traces by seat, stories by teller, rooms by host or by the clock."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from stories import analysis, bulletin, compaction
from stories.clock import now_ms
from stories.models import (
    Analysis,
    Beat,
    Call,
    Chunk,
    Closure,
    Job,
    Line,
    Pairing,
    Participant,
    Room,
    SpentCode,
    Telling,
)


def delete_room(room: Room) -> None:
    """End and delete now: nothing of the room is left."""
    room_id = room.pk
    with transaction.atomic():
        if not Room.objects.select_for_update().filter(pk=room_id).exists():
            # Another sweep was first.
            return
        keys = [f"{job}{told.pk}" for told in _held(room_id) for job in (analysis.KEY, compaction.KEY)]
        Job.objects.filter(key__in=keys).delete()
        SpentCode.objects.create(code=room.code)
        room.delete()
        transaction.on_commit(lambda: bulletin.tell(bulletin.GoneNews(room=room_id)))


def forget_traces(seat: Participant, *, at: int | None = None) -> None:
    """Delete what one seat felt and called, in every telling; pictures are drawn again without it.

    What a phone of theirs still holds of the time until then (`at`, server milliseconds; now) is not taken in
    when it comes.
    """
    with transaction.atomic():
        told = _held(seat.room_id)
        Participant.objects.filter(pk=seat.pk).update(took_back_at=now_ms() if at is None else at)
        given = {
            telling
            for rows in (Chunk, Call)
            for telling in rows.objects.filter(participant=seat)
            .values_list("telling_id", flat=True)
            .distinct()
        }
        touched = [telling for telling in told if telling.pk in given and telling.withdrawn_at is None]
        Chunk.objects.filter(participant=seat).delete()
        Closure.objects.filter(participant=seat).delete()
        Call.objects.filter(participant=seat).delete()
        Telling.objects.filter(pk__in=[telling.pk for telling in touched]).update(revision=F("revision") + 1)
        for telling in touched:
            Analysis.objects.filter(telling=telling).delete()
            if telling.ended_at is not None:
                analysis.again(telling.pk)
            _tell(telling)


def withdraw(telling: Telling) -> None:
    """The teller takes the story back: words, traces and picture are gone, at once."""
    with transaction.atomic():
        Telling.objects.filter(pk=telling.pk).update(
            withdrawn_at=timezone.now(),
            revision=F("revision") + 1,
            heard=None,
            heard_shared=False,
            title="",
            kept=False,
        )
        for rows in (Analysis, Line, Beat, Chunk, Closure, Call):
            rows.objects.filter(telling=telling).delete()
        _tell(telling)


def keep(telling: Telling) -> None:
    """The teller lets the room keep the story; asked after telling, never before."""
    Telling.objects.filter(pk=telling.pk, withdrawn_at__isnull=True).update(kept=True)


def _held(room_id: int) -> list[Telling]:
    """The room's stories, locked: who stores samples of them has committed, or waits and sees what is done here.

    That which runs comes first, as it does for whoever stores: nobody waits for another in a ring.
    """
    held = Telling.objects.select_for_update().filter(room_id=room_id)
    return list(held.order_by(F("ended_at").asc(nulls_first=True), "pk"))


def _tell(telling: Telling) -> None:
    news = bulletin.RevealNews(room=telling.room_id, telling=telling.public_id)
    transaction.on_commit(lambda: bulletin.tell(news))


def sweep() -> int:
    """Delete guest rooms that are a day old, used or forgotten invitations, and old jobs; how many rooms."""
    now = timezone.now()
    old = Room.objects.filter(created_at__lt=now - timedelta(hours=settings.GUEST_ROOM_HOURS))
    count = 0
    for room in old:
        delete_room(room)
        count += 1
    Pairing.objects.filter(expires_at__lt=now).delete()
    SpentCode.objects.filter(spent_at__lt=now - timedelta(days=1)).delete()
    Job.objects.filter(done_at__lt=now - timedelta(days=1)).delete()
    return count
