"""Who may open what: every address of the game, asked by everybody. A new address fails until it is classified."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from stories import seats, urls
from stories.models import Telling
from stories.views import host

pytestmark = pytest.mark.django_db

ROLES = ("stranger", "player", "other_host", "stage", "host")

# What a GET answers, by the address's name: one status for all, or one per role in the order of ROLES.
GET = {
    "landing": 200,
    "start": 405,
    "join": 200,
    "enter_short": 200,
    "enter": 200,
    "qr": 200,
    "pair": 410,
    "play": (404, 200, 404, 404, 404),
    "forget": 405,
    "withdraw": 405,
    "keep": 405,
    "leave": 405,
    "stage": (404, 404, 404, 200, 200),
    "console": (404, 404, 404, 404, 200),
    "act": 405,
    "replay": 200,
    "replay_qr": 200,
    "how": 200,
    "privacy": 200,
    "check": 200,
    "favicon": 301,
    "healthz": 200,
    "readyz": 200,
    "metrics": 404,
}
# What a POST answers. `act` is asked for every wish below.
POST = {
    "landing": 405,
    "start": 302,
    "join": 200,
    "enter_short": 302,
    "enter": 302,
    "qr": 405,
    "pair": 410,
    "play": 405,
    "forget": (404, 200, 404, 404, 404),
    "withdraw": (404, 200, 404, 404, 404),
    "keep": (404, 302, 404, 404, 404),
    "leave": (404, 200, 404, 404, 404),
    "stage": 405,
    "console": 405,
    "replay": 405,
    "replay_qr": 405,
    "how": 405,
    "privacy": 405,
    "check": 405,
    "favicon": 405,
    "healthz": 405,
    "readyz": 405,
    "metrics": 405,
}
# Pages instead of a way back to the console.
WISHES = {"screen": 302, "pair": 302, "end": 200, "delete": 200}


@pytest.fixture
def told(meeting) -> Telling:
    """A story of Ana's, told and talked about."""
    return meeting.tell("Ana", "debrief")


@pytest.fixture
def browsers(meeting, elsewhere) -> dict[str, Client]:
    """One browser per role."""
    screen = Client()
    screen.cookies[f"stage_{meeting.room.code}"] = seats.accept(seats.invite(meeting.room, "stage"))[2]
    return {
        "stranger": meeting.dov,
        "player": meeting.browsers["Ana"],
        "other_host": elsewhere.cleo,
        "stage": screen,
        "host": meeting.cleo,
    }


def names() -> list[str]:
    return [pattern.name for pattern in urls.urlpatterns]


def address(name: str, meeting) -> str:
    values = {
        "code": meeting.room.code,
        "seat": meeting.people["Ana"].public_id,
        "token": "not-a-token",
        "replay_id": Telling.objects.get().replay_id,
        "action": "lock",
    }
    route = next(str(p.pattern) for p in urls.urlpatterns if p.name == name)
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], route)


def expected(row: dict, name: str) -> dict[str, int]:
    want = row[name]
    return dict(zip(ROLES, want, strict=True)) if isinstance(want, tuple) else dict.fromkeys(ROLES, want)


def test_every_address_is_classified():
    assert set(names()) == set(GET) == set(POST) | {"act"}


def test_every_address_outside_the_game_is_known():
    outside = {str(p.pattern) for p in get_resolver().url_patterns}

    assert outside == {"admin/", "i18n/", ""}


@pytest.mark.parametrize("name", sorted(GET))
def test_get_answers_each_role(name, meeting, told, browsers):
    answers = {role: browsers[role].get(address(name, meeting)).status_code for role in ROLES}

    assert answers == expected(GET, name)


@pytest.mark.parametrize("name", sorted(POST))
def test_post_answers_each_role(name, meeting, told, browsers):
    fields = {"telling": told.public_id}

    answers = {role: browsers[role].post(address(name, meeting), fields).status_code for role in ROLES}

    assert answers == expected(POST, name)


@pytest.mark.parametrize("wish", sorted(host.ACTIONS))
def test_wish_is_granted_to_the_host_alone(wish, meeting, browsers):
    url = meeting.url(wish)
    fields = {"seat": meeting.people["Eli"].public_id}

    answers = {role: browsers[role].post(url, fields).status_code for role in ROLES}

    assert answers == dict.fromkeys(ROLES[:4], 404) | {"host": WISHES.get(wish, 302)}


def test_wish_nobody_knows_is_not_found(meeting):
    assert meeting.wish("format-disk").status_code == 404


def test_seat_of_another_room_cannot_be_touched_from_this_console(meeting, elsewhere):
    stranger = elsewhere.people["Ana of elsewhere"]

    answer = meeting.wish("remove", seat=stranger.public_id)

    stranger.refresh_from_db()
    assert (answer.status_code, stranger.removed_at) == (404, None)


def test_story_of_somebody_else_cannot_be_withdrawn(meeting, told):
    ben = meeting.people["Ben"]

    answer = meeting.browsers["Ben"].post(f"/play/{ben.public_id}/withdraw", {"telling": told.public_id})

    told.refresh_from_db()
    assert (answer.status_code, told.withdrawn_at) == (404, None)


def test_removed_seat_opens_nothing_any_more(meeting):
    ana = meeting.people["Ana"]
    meeting.wish("remove", seat=ana.public_id)

    assert meeting.browsers["Ana"].get(f"/play/{ana.public_id}").status_code == 404


@pytest.mark.parametrize("name", ["start", "enter", "forget", "withdraw", "keep", "leave", "act", "pair"])
def test_form_without_its_token_is_refused(name, meeting, told):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies.update(meeting.browsers["Ana"].cookies)
    strict.cookies.update(meeting.cleo.cookies)

    answer = strict.post(address(name, meeting), {"telling": told.public_id})

    assert answer.status_code == 403
    assert "This page has grown old" in answer.text


def test_form_from_another_site_is_refused(meeting):
    strict = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    token = strict.get("/").context["csrf_token"]

    answer = strict.post("/rooms/start", {"csrfmiddlewaretoken": str(token)})

    assert answer.status_code == 403
