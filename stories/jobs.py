"""Background work: a row first, then somebody to run it, so that a crash loses nothing.

`enqueue` names a function by its dotted path, since jobs stand below the doors that declare tasks. Each
job must be harmless to run twice.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import inf
from threading import Event, Thread
from time import monotonic

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.module_loading import import_string

from stories.models import Job

logger = logging.getLogger(__name__)

RUNNER = "stories.tasks.run_job"
ATTEMPTS = 3
SIGN_S = 20.0
LOST_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(seconds=15)
# Somebody waits for each try at a broker that is away: jobs that are asked for meanwhile wait for the sweep.
AWAY_S = 5.0
_away_until = -inf


def enqueue(function: str, *args: int | str, key: str) -> bool:
    """Run a function once in the background; the same key is one job, run again if it had ended.

    False while that job runs at this very moment: it may have read what it works on already.
    """
    job, created = Job.objects.get_or_create(key=key, defaults={"task": function, "args": list(args)})
    if not created:
        waiting = Job.objects.filter(pk=job.pk).exclude(state="running")
        if not waiting.update(
            state="queued", args=list(args), queued_at=timezone.now(), alive_at=None, attempts=0
        ):
            return False
    transaction.on_commit(lambda: monotonic() < _away_until or _hand_over(job.pk))
    return True


def failed(key: str) -> bool:
    """Whether a job was given up."""
    return Job.objects.filter(key=key, state="failed").exists()


def _hand_over(job_id: int) -> bool:
    """Tell a runner of a job; False if nobody could be told, so that its row waits for the sweep."""
    global _away_until
    try:
        import_string(RUNNER).enqueue(job_id)
    except OSError as error:
        logger.warning("job %s was not handed over (%s)", job_id, error)
    except Exception:
        logger.exception("job %s was not handed over", job_id)
    else:
        _away_until = -inf
        return True
    _away_until = monotonic() + AWAY_S
    return False


def run(job_id: int) -> None:
    """Run one job if nobody else does."""
    now = timezone.now()
    won = Job.objects.filter(pk=job_id, state="queued").update(
        state="running", started_at=now, alive_at=now, attempts=F("attempts") + 1
    )
    if not won:
        return
    job = Job.objects.get(pk=job_id)
    try:
        with _signs_of_life(job_id):
            import_string(job.task)(*job.args)
    except Exception as error:
        logger.exception("job %s (%s) failed", job.pk, job.task)
        state, ended_at = "queued" if job.attempts < ATTEMPTS else "failed", timezone.now()
        Job.objects.filter(pk=job.pk).update(
            state=state, error=type(error).__name__, queued_at=ended_at, alive_at=ended_at
        )
        return
    Job.objects.filter(pk=job.pk, state="running").update(state="done", done_at=timezone.now(), error="")


@contextmanager
def _signs_of_life(job_id: int) -> Iterator[None]:
    """Tell the sweep now and then that a long job is not a lost one."""
    over = Event()

    def sign() -> None:
        while not over.wait(SIGN_S):
            try:
                Job.objects.filter(pk=job_id, state="running").update(alive_at=timezone.now())
            except DatabaseError:
                logger.warning("job %s could not say that it is alive", job_id)
            finally:
                connection.close()

    signing = Thread(target=sign, name=f"job-{job_id}-alive", daemon=True)
    signing.start()
    try:
        yield
    finally:
        over.set()
        signing.join()


def sweep() -> None:
    """Hand over what was lost: jobs whose runner died, and jobs nobody was told of.

    Of all who sweep at once one hands a job over. A broker that is away costs each of them one wait, however
    many jobs there are: the rest stay as they are.
    """
    now = timezone.now()
    silent = Q(alive_at__lt=now - LOST_AFTER) | Q(alive_at__isnull=True)
    lost = Job.objects.filter(silent, state="running")
    lost.filter(attempts__gte=ATTEMPTS).update(state="failed", error="lost")
    lost.update(state="queued")
    # Being handed over is a sign of life as well: how long a job has waited stays known.
    forgotten = Job.objects.alias(heard_of_at=Coalesce("alive_at", "queued_at")).filter(
        state="queued", heard_of_at__lt=now - FORGOTTEN_AFTER
    )
    for job_id in list(forgotten.order_by("queued_at").values_list("pk", flat=True)):
        if forgotten.filter(pk=job_id).update(alive_at=now) and not _hand_over(job_id):
            return
