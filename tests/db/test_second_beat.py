"""A second beat, or web processes that sweep with it: whatever is due happens once, however many see to it at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mirrorgame.celery import sweep
from stories.models import Fact, Job, Room
from tests.db import work
from tests.db.evening import Evening

LONG_AGO = timedelta(days=2)
NOTE = "tests.db.work.note"


@pytest.fixture(autouse=True)
def _whoever_is_handed_a_job_runs_it(settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    work.done.clear()


def overdue() -> Room:
    """A room whose story should have ended an hour ago; nobody looks at it."""
    evening = Evening("Ana", "Ben", "Eli")
    evening.start -= 3_600_000
    evening.begin(duration_s=60)
    return evening.row


def facts(room: Room) -> list[tuple[int, str]]:
    return list(Fact.objects.filter(room=room).order_by("version").values_list("version", "kind"))


def test_nothing_happens_twice_when_many_sweep_at_once(at_once, caplog):
    alone = overdue()
    begun = facts(alone)
    sweep()
    together = overdue()
    lost = Job.objects.create(task=NOTE, args=[1], key="lost", state="running", attempts=1)
    forgotten = Job.objects.create(task=NOTE, args=[2], key="forgotten")
    Job.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    old = Evening("Dov").row
    Room.objects.filter(pk=old.pk).update(created_at=timezone.now() - LONG_AGO)

    at_once(lambda _: sweep())

    assert len(facts(alone)) > len(begun)
    assert facts(together) == facts(alone)
    assert sorted(work.done) == [(1,), (2,)]
    assert list(
        Job.objects.filter(pk__in=[lost.pk, forgotten.pk]).order_by("pk").values_list("state", "attempts")
    ) == [
        ("done", 2),
        ("done", 1),
    ]
    assert set(Room.objects.values_list("pk", flat=True)) == {alone.pk, together.pk}
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []
