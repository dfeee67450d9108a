"""Samples that come after the picture: gathered for half a minute, drawn in once, and the page says so."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from stories import analysis, jobs, models, traces
from stories.models import Analysis, Job, Telling
from tests.db.crowd import SECONDS, TICKS, crowd, meanwhile, run_jobs, wave
from tests.db.evening import BEGIN, Evening

QUARTER = TICKS // 4
LATE_S = analysis.LATE_MS / 1000


def shown(listeners: int = 3) -> tuple[Evening, models.Telling]:
    """A story whose picture is complete; Dov's phone has been away."""
    evening, telling = crowd(listeners)
    evening.sit("Dov")
    assert analysis.picture(evening.about).progress == "comparing"
    run_jobs()
    return evening, telling


def hand_over(evening: Evening, telling: models.Telling, part: int, at: float) -> None:
    """A quarter of what Dov felt comes in, so many seconds after the story began."""
    first = part * QUARTER
    evening.feel(telling, "Dov", wave(9)[first : first + QUARTER], first, seq=part, received=at)


def test_a_phone_that_hands_over_late_is_drawn_in_once_half_a_minute_after_it_began(db):
    evening, telling = shown()
    for part in range(4):
        hand_over(evening, telling, part, SECONDS + 60 + 5 * part)

    asked = [analysis.catch_up(evening.at(SECONDS + 60 + s)) for s in (0, LATE_S - 0.001, LATE_S, LATE_S + 1)]
    run_jobs()
    asked.append(analysis.catch_up(evening.at(SECONDS + 3600)))

    picture = analysis.picture(evening.about)
    assert asked == [0, 0, 1, 0, 0]
    assert (picture.progress, picture.score.listeners) == ("updated", 4)
    assert analysis.own(evening.about)[evening["Dov"].pk].line == wave(9)
    assert Analysis.objects.get().edition == 2


def test_a_steady_trickle_is_drawn_in_every_half_minute_and_not_put_off_for_ever(db):
    evening, telling = shown()
    line = wave(9)
    asked = []

    for second in range(0, 120, 2):
        # Two ticks every other second, as over the worst of networks.
        evening.feel(telling, "Dov", line[second : second + 2], second, seq=second, received=100 + second)
        asked.append((second, analysis.catch_up(evening.at(100 + second))))
        run_jobs()

    assert [second for second, jobs_made in asked if jobs_made] == [30, 62, 94]
    assert Analysis.objects.get().edition == 4


def test_one_job_is_made_when_eight_processes_ask_at_once(at_once):
    evening, telling = shown()
    hand_over(evening, telling, 0, 100)

    asked = at_once(lambda _: analysis.catch_up(evening.at(100 + LATE_S)))
    run_jobs()

    assert sorted(asked) == [0] * 7 + [1]
    assert Analysis.objects.get().edition == 2


def test_they_are_asked_for_again_when_the_job_runs_at_this_very_moment(db):
    evening, telling = shown()
    hand_over(evening, telling, 0, 100)
    Job.objects.update(state="running")

    assert analysis.catch_up(evening.at(200)) == 0
    Job.objects.update(state="done")

    assert analysis.catch_up(evening.at(202)) == 1


def test_they_are_drawn_in_when_they_came_while_the_picture_was_being_computed(db):
    evening, telling = shown()
    hand_over(evening, telling, 0, 100)
    analysis.catch_up(evening.at(130))

    with meanwhile(lambda: hand_over(evening, telling, 1, 131)):
        run_jobs()
    asked = [analysis.catch_up(evening.at(s)) for s in (160.9, 161)]
    run_jobs()

    assert asked == [0, 1]
    felt = analysis.own(evening.about)[evening["Dov"].pk].line
    assert felt[: 2 * QUARTER] == wave(9)[: 2 * QUARTER]


def test_what_came_between_the_end_and_the_first_look_is_not_late(db):
    evening, telling = crowd(3)
    evening.sit("Dov")
    hand_over(evening, telling, 0, SECONDS + 2)

    assert analysis.catch_up(evening.at(SECONDS + 600)) == 0
    analysis.picture(evening.about)
    run_jobs()

    assert analysis.catch_up(evening.at(SECONDS + 600)) == 0
    assert analysis.picture(evening.about).progress is None


def test_nothing_is_late_while_a_story_runs(db):
    evening, _ = shown()
    evening.open_reveal(5)
    running = evening.prepare(teller="Dov")
    evening.obey(BEGIN, 200)

    evening.feel(running, "Ana", [500] * 8, received=205)

    assert set(Telling.objects.values_list("late_since", flat=True)) == {None}


@pytest.mark.parametrize("what", ["sent again", "behind the last tick"])
def test_nothing_is_said_to_be_updated_when_they_change_nothing(db, heard, what):
    evening, telling = shown()
    made_at = Analysis.objects.get().made_at
    heard.clear()
    if what == "sent again":
        evening.feel(telling, "Listener 0", wave(4), received=100)
    else:
        evening.feel(telling, "Listener 0", [500] * 4, TICKS, run="later", received=100)

    assert analysis.catch_up(evening.at(140)) == 1
    run_jobs()

    assert analysis.picture(evening.about).progress is None
    assert (Analysis.objects.get().made_at, heard) == (made_at, [])


def test_they_are_left_when_their_story_was_taken_back(db):
    evening, telling = shown()
    hand_over(evening, telling, 0, 100)
    Telling.objects.update(withdrawn_at=evening.row.created_at)

    assert analysis.catch_up(evening.at(200)) == 0


def test_they_wait_in_rows_when_every_process_is_started_anew(db):
    evening, telling = shown()
    hand_over(evening, telling, 0, 100)
    asked = analysis.catch_up(evening.at(130))

    # The job was never handed to anybody: its row is found by the sweep.
    waiting = Job.objects.get()
    jobs.run(waiting.pk)

    assert (asked, waiting.state) == (1, "queued")
    assert analysis.picture(evening.about).progress == "updated"


def test_no_sample_is_missed_when_many_come_while_pictures_are_drawn(at_once):
    evening, telling = shown()
    line = wave(9)

    def draw_or_feel(number: int) -> None:
        if number == 0:
            for _ in range(4):
                analysis.complete(telling.pk)
            return
        for first in range(4 * (number - 1), TICKS, 8):
            evening.feel(telling, "Dov", line[first : first + 4], first, seq=first, received=100)

    at_once(draw_or_feel, people=3)
    while analysis.catch_up(evening.at(200)):
        run_jobs()

    assert analysis.own(evening.about)[evening["Dov"].pk].line == line


def test_late_hands_of_several_stories_are_noted_in_the_order_of_the_stories(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    first, second = (Evening("Ana", "Ben") for _ in range(2))
    stories = [each.told() for each in (first, second)]
    late = [each.entry(telling, "Ben", [500]) for each, telling in zip((first, second), stories, strict=True)]
    # Where the rows lie is not the order.
    stories[0].save()

    def hold(telling: Telling, **how: bool) -> None:
        Telling.objects.select_for_update(no_key=True, **how).get(pk=telling.pk)

    def hand_over() -> None:
        try:
            traces.store(late)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            hold(stories[0])
            handed = pool.submit(hand_over)
            until_somebody_waits()
            # Whoever stores in the same order finds the second free: nobody waits in a ring.
            hold(stories[1], nowait=True)
        handed.result(10)

    assert models.Chunk.objects.count() == 2


def until_somebody_waits() -> None:
    """Until another connection waits for a lock of this one."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        waiting = 0
        while not waiting:
            assert time.monotonic() < deadline
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            [waiting] = cursor.fetchone()
