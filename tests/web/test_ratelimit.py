"""A class comes in; a script does not."""

import re

import pytest
from django.test import Client, RequestFactory

from stories import ratelimit
from stories.models import Participant, Room
from stories.ratelimit import Bucket, Places

pytestmark = pytest.mark.django_db


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture(autouse=True)
def _limits(settings, monkeypatch):
    settings.RATE_LIMITS = True


@pytest.fixture
def time(monkeypatch) -> Time:
    """The limits' clock, standing still until a test moves it."""
    time = Time()
    for bucket in ratelimit.BUCKETS:
        monkeypatch.setattr(bucket, "clock", time)
        bucket.reset()
    return time


def test_bucket_gives_its_burst_and_then_its_rate():
    time = Time()
    bucket = Bucket(per_minute=60, burst=3, clock=time)

    at_once = [bucket.take("a") for _ in range(5)]
    time.s = 2
    later = [bucket.take("a") for _ in range(3)]

    assert (at_once, later) == ([True, True, True, False, False], [True, True, False])


def test_bucket_keeps_keys_apart():
    bucket = Bucket(per_minute=1, burst=1, clock=Time())

    assert [bucket.take(key) for key in "aab"] == [True, False, True]


def test_bucket_never_holds_more_than_its_burst():
    time = Time()
    bucket = Bucket(per_minute=60, burst=2, clock=time)
    bucket.take("a")

    time.s = 3600

    assert bucket.left("a") == 2


def test_bucket_forgets_the_full_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(ratelimit, "MOST_KEYS", 10)
    time = Time()
    bucket = Bucket(per_minute=60, burst=2, clock=time)
    for i in range(9):
        bucket.take(f"early {i}")
    time.s = 60
    bucket.take("busy")

    bucket.take("new")

    assert set(bucket.levels) == {"busy", "new"}


def test_places_are_given_to_so_many_of_an_address_and_given_back(settings):
    settings.SOCKETS_PER_ADDRESS = 2
    places = Places()

    came = [places.enter(who) for who in ("school", "school", "school", "elsewhere")]
    places.leave("school")
    places.leave("elsewhere")

    assert came == [True, True, False, True]
    assert places.enter("school")
    assert dict(places.held) == {"school": 2}


def test_places_are_without_number_when_limits_are_off(settings):
    settings.RATE_LIMITS, settings.SOCKETS_PER_ADDRESS = False, 1
    places = Places()

    assert [places.enter("school") for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
    ],
)
def test_network_of_a_client(address, network):
    assert ratelimit.address_of(RequestFactory(REMOTE_ADDR=address).get("/")) == network


def test_code_guessing_stops_after_ten_wrong_ones(meeting, time):
    answers = [meeting.dov.get(f"/j/{code}").status_code for code in wrong_codes(15)]

    assert answers == [404] * 10 + [429] * 5


def test_code_guessing_learns_nothing_once_it_is_stopped(meeting, time):
    for code in wrong_codes(10):
        meeting.dov.get(f"/j/{code}")

    right, wrong = (meeting.dov.get(f"/j/{code}") for code in (meeting.room.code, "100001"))

    assert (right.status_code, wrong.status_code) == (429, 429)
    assert plain(right.text) == plain(wrong.text)
    assert int(right["Retry-After"]) <= 7


def test_code_guessing_goes_on_a_little_later_for_honest_people(meeting, time):
    for code in wrong_codes(10):
        meeting.dov.get(f"/j/{code}")

    time.s = 7

    assert meeting.dov.get(f"/j/{meeting.room.code}").status_code == 200


def test_code_guessing_from_many_addresses_stops_at_two_hundred(meeting, time):
    answers = [
        meeting.dov.get(f"/j/{code}", REMOTE_ADDR=f"198.51.100.{i // 5}").status_code
        for i, code in enumerate(wrong_codes(205))
    ]

    assert answers == [404] * 200 + [429] * 5


def test_right_codes_cost_nothing(meeting, time):
    answers = {meeting.dov.get(f"/j/{meeting.room.code}").status_code for _ in range(50)}

    assert answers == {200}


def test_school_behind_one_address_is_in_within_a_minute(meeting, time, settings):
    settings.ROOM_LIMIT = 300
    url = f"/j/{meeting.room.code}"
    seated = tries = 0
    while seated < 200:
        tries += 1
        seated += meeting.dov.post(url, {}).status_code == 302
        if tries % 20 == 0:
            time.s += 1

    assert time.s <= 60
    assert Participant.objects.count() == 203


def test_bots_find_the_door_narrow(meeting, time, settings):
    settings.ROOM_LIMIT = 500

    answers = [meeting.dov.post(f"/j/{meeting.room.code}", {}).status_code for _ in range(100)]

    assert answers == [302] * 60 + [429] * 40


def test_rooms_are_started_ten_a_minute_from_one_address(time, db):
    browser = Client()

    answers = [browser.post("/rooms/start").status_code for _ in range(12)]

    assert answers == [302] * 10 + [429] * 2
    assert Room.objects.count() == 10


def test_passwords_are_not_tried_at_the_speed_of_a_script(time, db):
    browser = Client()

    answers = [
        browser.post("/admin/login/", {"username": "keeper", "password": f"guess {i}"}).status_code
        for i in range(12)
    ]

    assert answers == [200] * 10 + [429] * 2


def wrong_codes(count: int) -> list[str]:
    living = set(Room.objects.values_list("code", flat=True))
    return [code for code in map(str, range(500_000, 500_000 + count + 5)) if code not in living][:count]


def plain(page: str) -> str:
    return re.sub(r'(nonce|value)="[^"]*"|"X-CSRFToken": "[^"]*"', "", page)
