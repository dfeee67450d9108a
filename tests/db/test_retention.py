"""What goes away goes away whole, and at its time."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from stories import analysis, bulletin, models, retention, seats
from tests.db.evening import DONE, Evening

# A job may outlast its room, and the code of a deleted room is kept from being given again for a day. A process
# is of no room.
OUTLIVING = {models.Job, models.Process, models.SpentCode}
ROWS = [model for model in apps.get_app_config("stories").get_models() if model not in OUTLIVING]


def full_evening() -> Evening:
    """An evening that has left a row in every table."""
    evening = Evening("Ana", "Ben", "Eli")
    telling = evening.begin(mode="lines")
    models.Line.objects.create(telling=telling, position=0, words="It rained.")
    evening.mark(telling, "b1", 4, words="It rained.")
    evening.feel(telling, "Ben", [1, 2, 3])
    models.Closure.objects.create(telling=telling, participant=evening["Ben"], run="run", chunks=1)
    evening.obey(DONE, 60)
    evening.call(telling, "Ben", "start")
    analysis.picture(evening.about)
    seats.accept(seats.invite(evening.row, "stage"))
    return evening


def counts() -> dict[str, int]:
    """How many rows each table has."""
    return {model.__name__: model._default_manager.count() for model in ROWS}


def test_the_example_evening_fills_every_table(db):
    full_evening()

    assert [name for name, count in counts().items() if count == 0] == []


def test_nothing_of_a_room_is_left_when_it_is_deleted(db, heard, django_capture_on_commit_callbacks):
    other = full_evening()
    before = counts()
    evening = full_evening()
    room = evening.row.pk

    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        retention.delete_room(evening.row)

    assert counts() == before
    assert models.Job.objects.count() == 1
    assert heard == [bulletin.GoneNews(room=room)]
    assert other.state.phase.name == "settling"


@pytest.mark.parametrize(("hours", "gone"), [(23.9, 0), (24.1, 1)])
def test_a_guest_room_vanishes_after_a_day(db, hours, gone):
    young, old = Evening("Ana"), full_evening()
    models.Room.objects.filter(pk=old.row.pk).update(created_at=timezone.now() - timedelta(hours=hours))

    assert retention.sweep() == gone

    assert models.Room.objects.filter(pk=old.row.pk).count() == 1 - gone
    assert models.Room.objects.filter(pk=young.row.pk).exists()
    assert models.Chunk.objects.count() == 1 - gone


def test_invitations_vanish_when_they_are_over(evening):
    seats.invite(evening.row, "stage")
    expired = seats.invite(evening.row, "host")
    models.Pairing.objects.filter(token_hash=seats.hashed(expired)).update(expires_at=timezone.now())

    retention.sweep()

    assert list(models.Pairing.objects.values_list("role", flat=True)) == ["stage"]


def test_jobs_are_forgotten_a_day_after_they_were_done(db):
    now = timezone.now()
    for key, done_at in [
        ("old", now - timedelta(hours=25)),
        ("new", now - timedelta(hours=23)),
        ("never", None),
    ]:
        models.Job.objects.create(task="t", key=key, done_at=done_at)

    retention.sweep()

    assert set(models.Job.objects.values_list("key", flat=True)) == {"new", "never"}


def test_consent_is_kept_unless_the_story_was_taken_back(evening):
    telling = evening.told()
    retention.keep(telling)
    telling.refresh_from_db()
    assert telling.kept is True

    retention.withdraw(telling)
    retention.keep(telling)
    telling.refresh_from_db()
    assert telling.kept is False


def test_a_code_is_spent_once_when_eight_sweeps_delete_the_room_at_once(at_once):
    evening = Evening("Ana")

    at_once(lambda _: retention.delete_room(models.Room(pk=evening.row.pk, code=evening.row.code)))

    assert (models.Room.objects.count(), models.SpentCode.objects.count()) == (0, 1)
