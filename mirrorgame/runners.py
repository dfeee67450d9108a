"""Who runs Django's tasks: threads of the web process in the embedded shape, Celery in the production shape."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import close_old_connections
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskResult, TaskResultStatus
from django.utils import timezone
from django.utils.crypto import get_random_string

logger = logging.getLogger(__name__)


class Runner(BaseTaskBackend):
    """Hands tasks over and forgets them: the row of a job, not a result, says what became of it."""

    def handed_over(self, task: Task, args: list[Any], kwargs: dict[str, Any], *, id: str) -> TaskResult:
        """What Django wants to hear of a task that waits now."""
        return TaskResult(
            task=task,
            id=id,
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


class ThreadBackend(Runner):
    """Runs tasks on two threads of this process: the embedded shape's worker."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="jobs")

    def enqueue(self, task: Task, args: list[Any], kwargs: dict[str, Any]) -> TaskResult:
        """Queue a task on the pool."""
        self.validate_task(task)
        self._pool.submit(self._call, task, args, kwargs)
        return self.handed_over(task, args, kwargs, id=get_random_string(32))

    @staticmethod
    def _call(task: Task, args: list[Any], kwargs: dict[str, Any]) -> None:
        try:
            task.call(*args, **kwargs)
        except Exception:
            logger.exception("task %s failed", task.name)
        finally:
            close_old_connections()
