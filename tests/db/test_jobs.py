"""Background work is a row: it is run once, tried again, and found again when its runner died."""

import threading
from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from stories import jobs
from stories.models import Job
from tests.db import work

NOTE, FAIL = "tests.db.work.note", "tests.db.work.fail"


@pytest.fixture(autouse=True)
def _nothing_done():
    work.done.clear()


@pytest.fixture
def at_once_run(settings):
    """Whoever is handed a job runs it there and then."""
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}


def job(**row) -> Job:
    """A job's row as it would be found."""
    return Job.objects.create(**{"task": NOTE, "args": [1], "key": "k", **row})


def age(found: Job, **fields) -> None:
    """Set a row's times back."""
    Job.objects.filter(pk=found.pk).update(**fields)


def states() -> list[tuple[str, int]]:
    return list(Job.objects.order_by("pk").values_list("state", "attempts"))


def test_a_job_is_run_when_the_work_that_asked_for_it_is_committed(
    db, at_once_run, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(NOTE, 1, "two", key="k")
        assert work.done == []

    assert work.done == [(1, "two")]
    assert states() == [("done", 1)]
    assert Job.objects.get().done_at is not None


def test_a_job_is_done_once_when_it_is_handed_over_twice(db):
    found = job()

    jobs.run(found.pk)
    jobs.run(found.pk)

    assert work.done == [(1,)]


def test_a_job_is_done_once_when_eight_runners_take_it_at_once(at_once):
    found = job()

    at_once(lambda _: jobs.run(found.pk))

    assert work.done == [(1,)]
    assert states() == [("done", 1)]


def test_the_same_key_is_one_job_when_asked_for_twice_before_it_ran(db):
    assert jobs.enqueue(NOTE, 1, key="k")
    assert jobs.enqueue(NOTE, 2, key="k")

    jobs.run(Job.objects.get().pk)

    assert work.done == [(2,)]


def test_the_same_key_runs_again_when_asked_for_after_it_ran(db):
    jobs.enqueue(NOTE, 1, key="k")
    jobs.run(Job.objects.get().pk)

    jobs.enqueue(NOTE, 2, key="k")
    jobs.run(Job.objects.get().pk)

    assert work.done == [(1,), (2,)]
    assert states() == [("done", 1)]


def test_who_asks_is_told_when_the_job_is_running_at_this_moment(db):
    job(state="running", started_at=timezone.now())

    assert jobs.enqueue(NOTE, 2, key="k") is False
    assert states() == [("running", 0)]


def test_a_job_that_fails_is_tried_three_times_and_then_left(db, caplog):
    found = job(task=FAIL, args=[])

    seen = []
    for _ in range(5):
        jobs.run(found.pk)
        seen.append(states()[0])

    assert seen == [("queued", 1), ("queued", 2), ("failed", 3), ("failed", 3), ("failed", 3)]
    assert Job.objects.get().error == "LookupError"
    assert len(caplog.records) == 3


def test_a_failed_job_gets_another_chance_when_it_is_asked_for_anew(db):
    job(task=NOTE, state="failed", attempts=3)

    assert jobs.enqueue(NOTE, 7, key="k")
    jobs.run(Job.objects.get().pk)

    assert (work.done, states()) == ([(7,)], [("done", 1)])


def test_a_lost_job_is_run_again_when_its_runner_died(db, at_once_run):
    found = job(state="running", attempts=1)
    age(found, alive_at=timezone.now() - jobs.LOST_AFTER - timedelta(seconds=1))

    jobs.sweep()

    assert (work.done, states()) == ([(1,)], [("done", 2)])


def test_a_running_job_is_left_alone_when_it_is_merely_slow(db, at_once_run):
    found = job(state="running", attempts=1)
    age(found, alive_at=timezone.now() - jobs.LOST_AFTER + timedelta(seconds=5))

    jobs.sweep()

    assert (work.done, states()) == ([], [("running", 1)])


def test_a_long_job_gives_signs_of_life_until_it_is_over(transactional_db, monkeypatch):
    monkeypatch.setattr(jobs, "SIGN_S", 0.005)
    found = job(task="tests.db.work.wait_for_a_sign", args=[])

    jobs.run(found.pk)

    assert work.done == [("alive",)]
    assert states() == [("done", 1)]
    assert [thread.name for thread in threading.enumerate() if thread.name.endswith("-alive")] == []


def test_a_job_nobody_was_told_of_is_handed_over_when_it_has_waited(db, at_once_run):
    waited, fresh = job(), job(key="fresh", args=[2])
    age(waited, queued_at=timezone.now() - jobs.FORGOTTEN_AFTER - timedelta(seconds=1))

    jobs.sweep()

    assert work.done == [(1,)]
    assert states() == [("done", 1), ("queued", 0)]
    assert fresh.state == "queued"


def test_a_job_waits_in_its_row_when_the_broker_is_away(
    db, settings, caplog, django_capture_on_commit_callbacks
):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Away"}}

    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(NOTE, 1, key="k")

    assert states() == [("queued", 0)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_broker_that_is_away_is_asked_once_however_many_jobs_are_wanted(
    db, settings, caplog, django_capture_on_commit_callbacks
):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Away"}}
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(50):
            jobs.enqueue(NOTE, number, key=f"k{number}")
    tries = len(caplog.records)

    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Noted"}}
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(NOTE, 50, key="k50")
    while_away = list(work.done)
    jobs._away_until = monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue(NOTE, 51, key="k51")

    assert (tries, while_away) == (1, [])
    assert work.done == [("handed over", Job.objects.get(key="k51").pk)]
    assert states() == [("queued", 0)] * 52


def waiting(n: int) -> list[int]:
    """Jobs nobody was told of, for longer than that may be."""
    ids = [job(key=f"k{i}", args=[i]).pk for i in range(n)]
    long_ago = timezone.now() - jobs.FORGOTTEN_AFTER - timedelta(seconds=1)
    Job.objects.filter(pk__in=ids).update(queued_at=long_ago)
    return ids


def test_a_broker_that_is_away_is_asked_once_by_a_sweep_however_many_jobs_wait(db, settings, caplog):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Away"}}
    waiting(50)

    jobs.sweep()

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert states() == [("queued", 0)] * 50


def test_every_job_is_handed_over_when_the_broker_is_back(db, settings, caplog):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Away"}}
    first, *others = waiting(3)
    jobs.sweep()

    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Noted"}}
    jobs.sweep()

    # The one that was tried has its turn again later; nobody stands in line behind it.
    assert work.done == [("handed over", pk) for pk in others]
    age(Job.objects.get(pk=first), alive_at=timezone.now() - jobs.FORGOTTEN_AFTER - timedelta(seconds=1))
    jobs.sweep()
    assert work.done[2:] == [("handed over", first)]


def test_each_job_is_handed_over_once_when_eight_sweep_at_once(at_once, settings):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Noted"}}
    ids = waiting(20)

    at_once(lambda _: jobs.sweep())
    jobs.sweep()

    assert sorted(work.done) == [("handed over", pk) for pk in ids]


def test_how_long_a_job_waits_is_known_however_often_it_was_handed_over(db, settings):
    settings.TASKS = {"default": {"BACKEND": "tests.db.work.Noted"}}
    [pk] = waiting(1)
    queued_at = Job.objects.get(pk=pk).queued_at

    jobs.sweep()

    assert Job.objects.get(pk=pk).queued_at == queued_at


def test_the_largest_analysis_ends_within_celerys_limits_and_those_before_it_comes_again(settings):
    largest_s = 180

    soft, hard = settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT
    # A job may have been fetched just before the one that runs began: it waits for that, unacked.
    fetched = 1 + settings.CELERY_WORKER_PREFETCH_MULTIPLIER

    assert largest_s < soft < hard
    assert fetched * hard < settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_a_job_that_was_deleted_is_nobodys_when_it_is_handed_over(db):
    jobs.run(10**6)

    assert work.done == []
