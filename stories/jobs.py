"""Background work: a row first, then somebody to run it, so that a crash loses nothing.

`enqueue` names a function by its dotted path, since jobs stand below the doors that declare tasks. Each
job must be harmless to run twice.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F, Q
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskResult, TaskResultStatus
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string

from stories.models import Job

logger = logging.getLogger(__name__)

RUNNER = "stories.tasks.run_job"
ATTEMPTS = 3
SIGN_S = 20.0
LOST_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(seconds=15)


def enqueue(function: str, *args: int | str, key: str) -> bool:
    """Run a function once in the background; the same key is one job, run again if it had ended.

    False while that job runs at this very moment: it may have read what it works on already.
    """
    job, created = Job.objects.get_or_create(key=key, defaults={"task": function, "args": list(args)})
    if not created:
        waiting = Job.objects.filter(pk=job.pk).exclude(state="running")
        if not waiting.update(state="queued", args=list(args), queued_at=timezone.now(), attempts=0):
            return False
    transaction.on_commit(lambda: _hand_over(job.pk))
    return True


def failed(key: str) -> bool:
    """Whether a job was given up."""
    return Job.objects.filter(key=key, state="failed").exists()


def _hand_over(job_id: int) -> None:
    try:
        import_string(RUNNER).enqueue(job_id)
    except OSError as error:
        # The broker is away: the row stays queued and the sweep hands it over again.
        logger.warning("job %s was not handed over (%s)", job_id, error)
    except Exception:
        logger.exception("job %s was not handed over", job_id)


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
        again = job.attempts < ATTEMPTS
        Job.objects.filter(pk=job.pk).update(
            state="queued" if again else "failed", error=type(error).__name__, queued_at=timezone.now()
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
    """Hand over what was lost: jobs whose runner died, and jobs nobody was told of."""
    now = timezone.now()
    silent = Q(alive_at__lt=now - LOST_AFTER) | Q(alive_at__isnull=True)
    lost = Job.objects.filter(silent, state="running")
    lost.filter(attempts__gte=ATTEMPTS).update(state="failed", error="lost")
    for job_id in list(lost.filter(attempts__lt=ATTEMPTS).values_list("pk", flat=True)):
        if lost.filter(pk=job_id).update(state="queued", queued_at=now):
            _hand_over(job_id)
    waiting = Job.objects.filter(state="queued", queued_at__lt=now - FORGOTTEN_AFTER)
    for job_id in waiting.values_list("pk", flat=True):
        _hand_over(job_id)


class ThreadBackend(BaseTaskBackend):
    """Runs tasks on two threads of this process: the embedded shape's worker."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="jobs")

    def enqueue(self, task: Task, args: list[Any], kwargs: dict[str, Any]) -> TaskResult:
        """Queue a task on the pool; its row, not this result, says what became of it."""
        self.validate_task(task)
        result = TaskResult(
            task=task,
            id=get_random_string(32),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        self._pool.submit(self._call, task, args, kwargs)
        return result

    @staticmethod
    def _call(task: Task, args: list[Any], kwargs: dict[str, Any]) -> None:
        try:
            task.call(*args, **kwargs)
        except Exception:
            logger.exception("task %s failed", task.name)
        finally:
            close_old_connections()
