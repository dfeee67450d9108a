"""A story of a minute with as many listeners as wanted, and the work that follows it."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from stories import jobs, models
from stories.protocol import moves
from stories.protocol.replies import Picture
from tests.db.evening import DONE, Evening

SECONDS = 60
TICKS = SECONDS * 4
RUN_LATER = "stories.analysis.complete"


def wave(delay: int = 0, ticks: int = TICKS) -> list[int]:
    """A line that goes up and down; whoever follows draws it later."""
    return [
        round(500 + 300 * math.sin((t - delay) / 9) + 150 * math.sin((t - delay) / 23)) for t in range(ticks)
    ]


def crowd(listeners: int, **wish) -> tuple[Evening, models.Telling]:
    """A story of a minute by live dial, followed by so many listeners."""
    names = [f"Listener {n}" for n in range(listeners)]
    evening = Evening("Ana", *names)
    if wish.pop("open_table", False):
        evening.obey(moves.ChooseDisplay(display="sealed", open_table=True))
    telling = evening.begin(**wish)
    for n, name in enumerate(names):
        evening.feel(telling, name, wave(4 + n))
    if telling.source == "C":
        evening.feel(telling, "Ana", wave())
    evening.obey(DONE, SECONDS)
    telling.refresh_from_db()
    return evening, telling


def run_jobs(task: str = RUN_LATER) -> None:
    """The background work of one kind that waits."""
    for job in models.Job.objects.filter(state="queued", task=task):
        jobs.run(job.pk)
    assert set(models.Job.objects.values_list("state", flat=True)) <= {"done"}


def shown_in(picture: Picture) -> set[str]:
    """The parts of a picture that are not closed."""
    return {
        name
        for name in (
            "teller",
            "beats",
            "call",
            "room",
            "table",
            "together",
            "apart",
            "marks",
            "progress",
            "score",
            "heard",
            "replay",
        )
        if getattr(picture, name) is not None
    }


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Somebody else does something at the last moment before what was computed is written."""
    did = []

    def meddle(execute, sql, params, many, context):
        if not did and sql.startswith("SELECT") and '"revision" = ' in sql:
            did.append(True)
            work()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meddle):
        yield
    assert did
