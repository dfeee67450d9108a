"""Who runs the server sees that things run, not what anybody said or felt."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from stories import models
from stories.admin import LookOnly

pytestmark = pytest.mark.django_db
SECRETS = {
    "host_hash", "token_hash", "code", "name", "title", "words", "notes", "samples", "choice", "heard", "heard_shared",
    "replay_id", "picture", "own", "report", "low", "high", "arc", "socket",
}  # fmt: skip


@pytest.fixture
def keeper(db) -> Client:
    """The browser of somebody with every right there is."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("keeper"))
    return browser


def ours() -> dict[type, LookOnly]:
    return {model: page for model, page in admin.site._registry.items() if model._meta.app_label == "stories"}


def test_admin_shows_no_secret_and_no_word():
    shown = {model.__name__: set(page.shown) & SECRETS for model, page in ours().items()}

    assert {model: secrets for model, secrets in shown.items() if secrets} == {}


def test_admin_has_no_page_for_traces_words_or_keys():
    hidden = {
        models.Chunk,
        models.Closure,
        models.Beat,
        models.Line,
        models.Call,
        models.RoomKey,
        models.Pairing,
    }

    assert hidden & set(ours()) == set()


def test_admin_lists_and_shows_without_a_name(meeting, keeper):
    meeting.tell("Ana", "debrief")
    models.Participant.objects.filter(name="Ana").update(name="Zuleika")

    for model in ours():
        name = model._meta.model_name
        page = keeper.get(f"/admin/stories/{name}/")
        assert page.status_code == 200, name
        assert "Zuleika" not in page.text, name
        for row in model.objects.all()[:1]:
            one = keeper.get(f"/admin/stories/{name}/{row.pk}/change/")
            assert (one.status_code, "Zuleika" in one.text) == (200, False), name


def test_admin_changes_nothing(meeting, keeper):
    answers = {
        keeper.post(f"/admin/stories/room/{meeting.room.pk}/{what}/", {"post": "yes"}).status_code
        for what in ("change", "delete")
    } | {keeper.post("/admin/stories/room/add/").status_code}

    assert answers == {403}
    assert models.Room.objects.count() == 1


def test_admin_asks_strangers_to_log_in(meeting):
    assert meeting.dov.get("/admin/stories/room/").status_code == 302
