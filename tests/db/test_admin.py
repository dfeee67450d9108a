"""Who runs the server sees counts and states, changes nothing, and reads no story."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from stories import analysis
from tests.db.evening import DONE, Evening

SHOWN = [model for model in apps.get_app_config("stories").get_models() if admin.site.is_registered(model)]
PRIVATE = {"Beat", "Call", "Chunk", "Line", "Closure", "RoomKey", "Pairing"}


@pytest.fixture
def operator(client, django_user_model):
    """Somebody with every right Django knows."""
    client.force_login(django_user_model.objects.create_superuser("operator"))
    return client


@pytest.fixture
def secrets(evening) -> list[str]:
    """An evening with everything in it that is nobody's business."""
    telling = evening.begin(source="A")
    evening.mark(telling, "b1", 4, words="my brother")
    evening.feel(telling, "Ben", [777] * 8)
    evening.obey(DONE, 60)
    evening.call(telling, "Ben", telling.arc)
    analysis.picture(evening.about)
    telling.title, telling.heard = "The red glove", 5
    telling.save()
    return [
        "my brother",
        "The red glove",
        "777",
        telling.replay_id,
        telling.arc,
        evening.row.code,
        evening.row.host_hash,
        *(p.name for p in evening.people.values()),
        *(p.token_hash for p in evening.people.values()),
        *evening.tokens.values(),
    ]


def pages(operator, model):
    """The list of a model, and each of its rows."""
    name = model._meta.model_name
    yield operator.get(reverse(f"admin:stories_{name}_changelist"))
    if not isinstance(model._meta.pk.attname, tuple):
        for row in model.objects.all():
            yield operator.get(reverse(f"admin:stories_{name}_change", args=[row.pk]))


def test_nothing_that_was_said_or_felt_has_a_page():
    assert {model.__name__ for model in SHOWN} & PRIVATE == set()


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_no_secret_is_read_when_the_operator_looks(operator, secrets, model):
    for page in pages(operator, model):
        assert page.status_code == 200
        text = page.content.decode()
        assert [secret for secret in secrets if re.search(rf"\b{re.escape(secret)}\b", text)] == []


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_nothing_is_changed_when_the_operator_tries(operator, evening, model):
    evening.told()
    name = model._meta.model_name
    before = list(model.objects.values())
    row = model.objects.first()

    added = operator.post(reverse(f"admin:stories_{name}_add"), {})
    answers = [added.status_code]
    if row is not None:
        for page in ("change", "delete"):
            url = reverse(f"admin:stories_{name}_{page}", args=[row.pk])
            answers.append(operator.post(url, {"post": "yes"}).status_code)
    swept = {"action": "delete_selected", "_selected_action": [row.pk] if row else [], "post": "yes"}
    operator.post(reverse(f"admin:stories_{name}_changelist"), swept)

    assert set(answers) == {403}
    assert list(model.objects.values()) == before


def test_a_stranger_is_sent_to_the_login_when_trying_the_admin(client, evening):
    assert isinstance(evening, Evening)

    answers = [client.get(reverse(f"admin:stories_{m._meta.model_name}_changelist")) for m in SHOWN]

    assert {answer.status_code for answer in answers} == {302}
    assert {answer.url.split("?")[0] for answer in answers} == {reverse("admin:login")}
