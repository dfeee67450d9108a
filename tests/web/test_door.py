"""Landing, joining, taking a seat, pairing."""

import re

import pytest
from django.test import Client, RequestFactory

from stories import history, seats
from stories.models import Participant, Room
from stories.protocol import moves
from stories.views import addresses

pytestmark = pytest.mark.django_db


def test_start_a_room_from_the_landing_page_opens_its_console_with_a_qr():
    browser = Client()
    assert browser.get("/").status_code == 200

    answer = browser.post("/rooms/start")

    room = Room.objects.get()
    cookie = answer.cookies[f"host_{room.code}"]
    assert (answer.status_code, answer.url) == (302, f"/host/{room.code}")
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 86400)
    assert f'src="/j/{room.code}.svg"' in browser.get(answer.url).text


def test_secrets_travel_only_encrypted_when_cookies_are_secure(settings):
    settings.SECURE_COOKIES = True

    answer = Client().post("/rooms/start")

    assert {cookie["secure"] for name, cookie in answer.cookies.items() if name.startswith("host_")} == {True}


@pytest.mark.parametrize("typed", ["482913", "482 913", " 482-913 ", "482–913", "４８２９１３", "٤٨٢٩١٣"])
def test_code_is_understood_however_hands_write_it(typed):
    answer = Client().get("/join", {"code": typed})

    assert (answer.status_code, answer.url) == (302, "/j/482913")


@pytest.mark.parametrize("typed", ["", "48291", "4829134", "48291a", "<b>482913</b>", "9" * 10_000])
def test_code_that_cannot_be_one_is_answered_kindly(typed):
    answer = Client().post("/join", {"code": typed})

    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text


def test_seat_is_taken_with_one_tap_under_the_name_that_was_shown(meeting):
    browser = Client()
    page = browser.get(f"/j/{meeting.room.code}?seed=7")
    name = re.search(r"<strong><bdi>(.+?)</bdi>", page.text)[1]

    answer = browser.post(f"/j/{meeting.room.code}", {"seed": "7"})

    seat = Participant.objects.get(name=name)
    assert (answer.status_code, answer.url) == (302, f"/play/{seat.public_id}")
    assert answer.cookies[f"seat_{seat.public_id}"]["httponly"] is True
    assert seats.seat_of(seat.public_id, answer.cookies[f"seat_{seat.public_id}"].value) == seat


def test_another_name_writes_nothing(meeting):
    before = Participant.objects.count()

    pages = {meeting.dov.get(f"/j/{meeting.room.code}?seed={seed}").text for seed in range(5)}

    assert (len(pages), Participant.objects.count()) == (5, before)


@pytest.mark.parametrize("path", ["/{code}", "/j/{code}", "/{spaced}", "/j/{dashed}"])
def test_join_page_is_found_under_every_spelling(meeting, path):
    code = meeting.room.code
    url = path.format(code=code, spaced=f"{code[:3]}%20{code[3:]}", dashed=f"{code[:3]}-{code[3:]}")

    assert meeting.dov.get(url).status_code == 200


def test_who_has_a_seat_here_is_offered_to_continue(meeting):
    ana = meeting.people["Ana"]

    page = meeting.browsers["Ana"].get(f"/j/{meeting.room.code}").text

    assert f'href="/play/{ana.public_id}"' in page
    assert "Continue as Ana" in page
    assert "join as someone else" in page


def test_who_has_a_seat_here_is_offered_to_continue_after_many_that_were_left(meeting):
    browser = meeting.browsers["Ana"]
    ana = f"seat_{meeting.people['Ana'].public_id}"
    # Browsers name the oldest first.
    cookies = [f"seat_{n:020x}=left" for n in range(40)] + [f"{ana}={browser.cookies[ana].value}"]

    page = browser.get(f"/j/{meeting.room.code}", headers={"cookie": "; ".join(cookies)}).text

    assert "Continue as Ana" in page


def test_who_has_a_seat_elsewhere_is_not_offered_it_here(meeting, elsewhere):
    page = elsewhere.browsers["Ana of elsewhere"].get(f"/j/{meeting.room.code}").text

    assert "Continue as" not in page


def test_two_people_may_share_a_seat(meeting):
    meeting.dov.post(f"/j/{meeting.room.code}", {"seed": "1", "pair": "yes"})

    assert list(Participant.objects.filter(pair=True).values_list("number", flat=True)) == [4]


def test_typed_name_counts_only_where_the_host_allows_it(meeting):
    Client().post(f"/j/{meeting.room.code}", {"seed": "1", "name": "Dov"})
    meeting.wish("names", free="yes")
    Client().post(f"/j/{meeting.room.code}", {"seed": "2", "name": " Ｄｏｖ "})

    assert Participant.objects.filter(name="Dov").count() == 1


@pytest.mark.parametrize("name", ["x" * 200, "x" * 10_000, "a\u202eb", "a\u200bb", "a\x00b"])
def test_name_that_cannot_be_shown_is_refused_kindly(meeting, name):
    meeting.wish("names", free="yes")
    before = Participant.objects.count()

    answer = meeting.dov.post(f"/j/{meeting.room.code}", {"seed": "1", "name": name})

    assert (answer.status_code, Participant.objects.count()) == (422, before)
    assert 'class="errorlist"' in answer.text


@pytest.mark.parametrize(("close", "words"), [("lock", "The door is closed"), ("fill", "This room is full")])
def test_closed_room_says_so_kindly(meeting, settings, close, words):
    if close == "lock":
        history.obey(meeting.room.pk, moves.Lock())
    else:
        settings.ROOM_LIMIT = 3

    answer = meeting.dov.post(f"/j/{meeting.room.code}", {"seed": "1"})

    assert answer.status_code == 409
    assert words in answer.text


def test_ended_room_says_so_and_offers_the_next_step(meeting):
    meeting.wish("end", sure="yes")

    answer = meeting.dov.get(f"/j/{meeting.room.code}")

    assert answer.status_code == 410
    assert "This room has ended" in answer.text
    assert "/rooms/start" in answer.text


def test_unknown_code_and_deleted_room_get_the_same_answer(meeting):
    code = meeting.room.code
    meeting.wish("delete", sure="yes")
    other = "111111" if code != "111111" else "222222"

    gone, never = (Client().get(f"/j/{c}") for c in (code, other))

    assert (gone.status_code, never.status_code) == (404, 404)
    assert _plain(gone.text, code) == _plain(never.text, other)


def _plain(page: str, code: str) -> str:
    return re.sub(r'(nonce|value)="[^"]*"|"X-CSRFToken": "[^"]*"', "", page.replace(code, "CODE"))


def test_qr_says_the_join_address_and_needs_no_style():
    answer = Client().get("/j/482913.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age=3600" in answer["Cache-Control"]
    assert "style" not in answer.text


def test_qr_on_this_machine_names_an_address_that_phones_can_reach(settings):
    settings.ORIGINS = ["http://127.0.0.1:8000", "http://192.0.2.7:8000"]
    request = RequestFactory(headers={"host": "127.0.0.1:8000"}).get("/")

    assert addresses.join_url(request, "482913") == "http://192.0.2.7:8000/j/482913"


def test_pairing_makes_another_device_the_console_once(meeting):
    url = _pairing_url(meeting, "host")
    phone, late = Client(), Client()

    shown = phone.get(url)
    accepted = phone.post(url)
    again = late.post(url)

    assert (shown.status_code, accepted.status_code, again.status_code) == (200, 302, 410)
    assert phone.get(accepted.url).status_code == 200
    assert late.get(meeting.url()).status_code == 404


def test_looking_at_a_pairing_does_not_use_it_up(meeting):
    url = _pairing_url(meeting, "stage")
    screen = Client()
    for _ in range(3):
        screen.get(url)

    accepted = screen.post(url)

    assert accepted.url == f"/stage/{meeting.room.code}"
    assert screen.get(accepted.url).status_code == 200
    assert screen.get(meeting.url()).status_code == 404


def _pairing_url(meeting, role: str) -> str:
    page = meeting.wish("pair", role=role).text
    return re.search(r"/pair/[A-Za-z0-9_-]+", page)[0]
