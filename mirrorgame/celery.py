"""Celery, as the production shape's runner of jobs: it is told an id, and the job's row knows the rest."""

import logging.config
import os
import sys
from typing import Any

import django
from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django import db
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.tasks.base import Task, TaskResult
from kombu.exceptions import OperationalError
from redis import RedisError

from mirrorgame.runners import Runner

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrorgame.settings")
# As in manage.py: small matrices, and one core for each job.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

logger = logging.getLogger(__name__)

try:
    # Reads them, unless Django has.
    _ = settings.BROKER_URL
except ImproperlyConfigured as error:
    # One sentence for whoever starts it, as in manage.py.
    sys.exit(str(error))

app = Celery("mirrorgame")
app.config_from_object("django.conf:settings", namespace="CELERY")

# A page waits for whoever hands a job over: a broker that is away costs it a second, and the sweep comes again.
BROKER_S = 1.0
QUICKLY = {
    "socket_timeout": BROKER_S,
    "socket_connect_timeout": BROKER_S,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}


class CeleryBackend(Runner):
    """Hands Django's tasks to Celery under their own names."""

    def enqueue(self, task: Task, args: list[Any], kwargs: dict[str, Any]) -> TaskResult:
        """Tell the broker, or raise `ConnectionError` within a second or two."""
        self.validate_task(task)
        try:
            with app.connection_for_write(transport_options=QUICKLY, connect_timeout=BROKER_S) as connection:
                sent = app.send_task(task.module_path, args, kwargs, connection=connection, retry=False)
        except (OperationalError, RedisError) as error:
            raise ConnectionError(f"the broker is away: {error}") from error
        return self.handed_over(task, args, kwargs, id=sent.id)


@setup_logging.connect
def _as_django_logs(**_: Any) -> None:
    """One format for all processes."""
    logging.config.dictConfig(settings.LOGGING)
    # One line per job that ended, with its name and how long it took.
    logging.getLogger("celery.app.trace").setLevel(settings.LOGGING["loggers"]["stories"]["level"])


@app.on_after_finalize.connect
def _learn(sender: Celery, **_: Any) -> None:
    """Every task that the game declares, by the name under which it is enqueued."""
    django.setup()
    from stories import tasks

    for task in vars(tasks).values():
        if isinstance(task, Task):
            sender.task(name=task.module_path)(task.func)


@worker_init.connect
def _look(**_: Any) -> None:
    """A worker stands on what web processes stand on."""
    from mirrorgame import start

    start.look("worker")


@beat_init.connect
def _look_for_the_broker(**_: Any) -> None:
    """Beat knows nothing but the time and the broker."""
    from stories import ground

    if (trouble := ground.broker()) is not None:
        logger.warning("beat starts, and waits: %s", trouble)


@app.task(name="mirrorgame.sweep")
def sweep() -> None:
    """What is due without anybody asking; every web process does the same now and then."""
    from stories import analysis, compaction, ground, history, jobs, retention
    from stories.clock import now_ms

    at = now_ms()
    try:
        history.meet_deadlines(at)
        jobs.sweep()
        analysis.catch_up(at)
        retention.sweep()
        compaction.sweep(at)
    except db.OperationalError as error:
        # The next sweep comes in half a minute.
        logger.warning("nothing was swept. %s", ground.database() or ground.database_trouble(error))
