"""The job behind the reveal: never twice for the same rows and engine, found again after a crash, and seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from stories import analysis, jobs, models
from tests.db.crowd import crowd, meanwhile, run_jobs, wave


def test_the_job_is_free_when_the_same_engine_has_completed_the_same_rows(db, heard):
    evening, telling = crowd(3)
    analysis.picture(evening.about)
    run_jobs()
    before = models.Analysis.objects.values().get()
    heard.clear()

    assert analysis.again(telling.pk)
    run_jobs()

    assert models.Analysis.objects.values().get() == before
    assert heard == []


def test_a_picture_of_an_older_engine_is_computed_anew_when_somebody_opens_it(db):
    evening, _ = crowd(3)
    analysis.picture(evening.about)
    run_jobs()
    complete = models.Analysis.objects.values().get()
    models.Analysis.objects.update(engine="older", picture={"nobody": "reads this"}, digest="")

    at_once = analysis.picture(evening.about)
    run_jobs()
    anew = models.Analysis.objects.values().get()

    assert (at_once.progress, at_once.score.pending) == ("comparing", True)
    # The samples are the same: nothing is said to have come late.
    assert anew == {**complete, "made_at": anew["made_at"]}


def test_the_seed_is_the_tellings_id_as_far_as_json_holds_it(db):
    evening, telling = crowd(1)

    analysis.picture(evening.about)

    seed = models.Analysis.objects.get().seed
    assert telling.public_id.startswith(f"{seed:013x}")
    assert float(seed) == seed


def test_what_was_told_later_changes_nothing_of_what_was_said_before(db):
    evening, telling = crowd(3)
    analysis.picture(evening.about)
    run_jobs()
    before = models.Analysis.objects.values().get()
    evening.open_reveal(5)
    later = evening.told(200)
    evening.feel(later, "Ana", wave(50))

    analysis.again(telling.pk)
    run_jobs()

    assert models.Analysis.objects.values().get() == before


# --- progress, and what may go wrong


@contextmanager
def failing(sql_of: str, error: BaseException) -> Iterator[None]:
    """The process, or its database, breaks at the statement that holds these words."""

    def break_it(execute, sql, params, many, context):
        if sql_of in sql:
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(break_it):
        yield


BEFORE_IT_IS_WRITTEN = '"revision" = '


def test_the_picture_says_that_it_is_being_compared_until_it_is(db):
    evening, _ = crowd(3)

    at_once = analysis.picture(evening.about).progress
    run_jobs()

    assert (at_once, analysis.picture(evening.about).progress) == ("comparing", None)


def test_a_job_that_was_killed_halfway_comes_to_the_same_when_the_sweep_has_found_it(db, settings):
    evening, _ = crowd(5)
    analysis.picture(evening.about)
    run_jobs()
    never_killed = models.Analysis.objects.values().get()
    models.Analysis.objects.all().delete()
    analysis.picture(evening.about)

    job = models.Job.objects.get()
    with failing(BEFORE_IT_IS_WRITTEN, SystemExit()), pytest.raises(SystemExit):
        jobs.run(job.pk)
    assert models.Job.objects.get().state == "running"
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    models.Job.objects.update(alive_at=timezone.now() - jobs.LOST_AFTER - timedelta(seconds=1))
    jobs.sweep()

    found = models.Analysis.objects.values().get()
    assert models.Job.objects.values_list("state", "attempts").get() == ("done", 2)
    assert found == {**never_killed, "id": found["id"], "made_at": found["made_at"]}


def test_the_picture_says_so_when_it_cannot_be_compared_and_not_when_it_may_yet_be(db, caplog):
    evening, _ = crowd(3)
    analysis.picture(evening.about)

    seen = []
    for _ in range(jobs.ATTEMPTS):
        with failing(BEFORE_IT_IS_WRITTEN, OperationalError("away")):
            jobs.run(models.Job.objects.get().pk)
        seen.append(analysis.picture(evening.about).progress)

    assert seen == ["comparing", "comparing", "stuck"]
    assert analysis.picture(evening.about).room is not None
    assert len(caplog.records) == jobs.ATTEMPTS


def test_no_picture_is_left_without_its_job_when_the_process_dies_between_the_two(db):
    evening, _ = crowd(3)

    with failing("stories_job", SystemExit()), pytest.raises(SystemExit):
        analysis.picture(evening.about)

    assert models.Analysis.objects.count() == 0
    assert analysis.picture(evening.about).progress == "comparing"
    assert models.Job.objects.get().state == "queued"


def test_a_complete_picture_stays_complete_when_a_slower_first_look_comes_after_it(db):
    evening, telling = crowd(3)

    with meanwhile(lambda: analysis.complete(telling.pk)):
        picture = analysis.picture(evening.about)

    assert (picture.progress, picture.score.pending) == (None, False)
