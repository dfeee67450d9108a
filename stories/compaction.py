"""What was felt, in fewer rows: chunks that follow each other become one once nothing more can come.

A row a second is what nobody may lose while a story runs. Afterwards it is only room on a disk, and time
whenever somebody looks: a lesson of thirty people for half an hour is 54 000 rows, and thirty when it is
compacted.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from stories import jobs, traces
from stories.models import Chunk, Job, Telling

KEY = "compact:"
# What was taken in at the last moment may still wait for a database that is away.
MARGIN = timedelta(hours=1)
# Jobs of one sweep: somebody may wait for a picture behind them.
AT_ONCE = 10


def sweep(at: int) -> int:
    """Enqueue the compaction of stories that are settled at this server time (ms); of how many."""
    settled = at - settings.TRACE_GRACE_MINUTES * 60_000 - MARGIN // timedelta(milliseconds=1)
    waiting = (
        Telling.objects.filter(compacted_at__isnull=True, ended_at__lt=settled)
        .alias(key=Concat(Value(KEY), Cast("pk", CharField())))
        .exclude(key__in=Job.objects.values("key"))
        .order_by("ended_at")[:AT_ONCE]
    )
    found = [telling.pk for telling in waiting]
    for telling in found:
        jobs.enqueue("stories.compaction.compact", telling, key=f"{KEY}{telling}")
    return len(found)


def compact(telling: int) -> None:
    """Make one row of chunks that follow each other, run by run; the telling's grid stays what it is.

    One listener at a time: nobody who takes something back waits long, and who was killed goes on.
    """
    felt = Chunk.objects.filter(telling_id=telling).order_by().values_list("participant_id", flat=True)
    for participant in felt.distinct():
        with transaction.atomic():
            # Who takes traces or the story back has done so, or waits and then finds these rows.
            if not Telling.objects.select_for_update().filter(pk=telling).exists():
                return
            rows = traces.joined(telling, participant)
            Chunk.objects.filter(telling_id=telling, participant_id=participant).delete()
            Chunk.objects.bulk_create(rows)
    Telling.objects.filter(pk=telling).update(compacted_at=timezone.now())
