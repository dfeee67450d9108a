"""Every page as a browser gets it: headers, no inline anything, no name that becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import include, path

from mirrorgame import settings as as_served
from stories.models import Participant
from stories.views.manners import POLICY

pytestmark = pytest.mark.django_db

PAYLOADS = [
    '<img src=x onerror="f">',
    "\"'><svg/onload=f>",
    "</script><b>x</b>",
    "{{ 7|add:7 }}{% x %}",
    "javascript:f()",
]


def _broken(_request):
    raise RuntimeError("out of thread")


urlpatterns = [path("broken", _broken), path("", include("stories.urls"))]
handler500 = "stories.views.errors.server_error"


class Suspicious(HTMLParser):
    """Collects what a strict policy would block, and what was fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.nonces: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kind = given.get("type")
        if tag == "script" and kind != "application/json":
            self.nonces.add(given.get("nonce"))
            if "src" not in given or not given.get("nonce"):
                self.found.append(f"script without src or nonce: {given}")
        if tag in {"style", "base", "iframe", "object", "embed"}:
            self.found.append(f"<{tag}>")
        for name, value in given.items():
            if name == "style" or re.match(r"on\w", name):
                self.found.append(f"{tag} {name}={value}")
            if name in {"src", "href", "action"} and re.match(r"(https?:)?//|javascript:|data:", value or ""):
                self.found.append(f"{tag} {name}={value}")


def pages(meeting) -> dict[str, tuple[Client, str]]:
    """A page of every kind, with the browser that may see it."""
    code, ana = meeting.room.code, meeting.people["Ana"]
    telling = meeting.tell("Ana", "debrief")
    return {
        "landing": (meeting.dov, "/"),
        "join": (meeting.dov, "/join?code=12"),
        "enter": (meeting.dov, f"/j/{code}"),
        "enter again": (meeting.browsers["Ana"], f"/j/{code}"),
        "play": (meeting.browsers["Ana"], f"/play/{ana.public_id}"),
        "elsewhere": (meeting.dov, f"/play/{ana.public_id}"),
        "console": (meeting.cleo, meeting.url()),
        "stage": (meeting.cleo, f"/stage/{code}"),
        "unpaired": (meeting.dov, f"/stage/{code}"),
        "replay": (meeting.dov, f"/r/{telling.replay_id}"),
        "pair": (meeting.dov, "/pair/no-such-token"),
        "how": (meeting.dov, "/how"),
        "privacy": (meeting.dov, "/privacy"),
        "check": (meeting.dov, "/check"),
        "missing": (meeting.dov, "/no/such/page"),
    }


def test_no_page_has_anything_inline_or_from_elsewhere(meeting):
    found = {}
    for name, (browser, url) in pages(meeting).items():
        answer = browser.get(url)
        parser = Suspicious()
        parser.feed(answer.text)
        found[name] = parser.found
        policy = answer["Content-Security-Policy"]
        assert parser.nonces <= set(re.findall(r"'nonce-([^']+)'", policy)), name

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_every_page_says_what_it_may_do_and_is_kept_by_no_cache(meeting):
    wrong = {}
    for name, (browser, url) in pages(meeting).items():
        answer = browser.get(url)
        said = {
            "Permissions-Policy": POLICY,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        wrong[name] = {header: answer.get(header) for header in said if answer.get(header) != said[header]}
        assert "default-src 'none'" in answer["Content-Security-Policy"]

    assert {name: headers for name, headers in wrong.items() if headers} == {}


def test_wake_lock_is_all_that_is_asked_of_a_device():
    allowed = set(re.findall(r"([\w-]+)=\(self\)", POLICY))

    assert allowed == {"screen-wake-lock", "fullscreen"}
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(POLICY.split(", "))


def test_manners_are_served_with():
    assert "stories.views.manners.Manners" in as_served.MIDDLEWARE


@pytest.mark.parametrize("payload", PAYLOADS)
def test_name_that_looks_like_markup_stays_a_name(meeting, payload):
    Participant.objects.filter(pk=meeting.people["Ana"].pk).update(name=payload[:24], willing_at=1)

    for name, (browser, url) in pages(meeting).items():
        page = browser.get(url).text
        parser = Suspicious()
        parser.feed(page)
        assert parser.found == [], name
        if payload.startswith("<") or "'>" in payload:
            assert payload[:24] not in page, name


def test_no_page_names_a_person_in_an_address(meeting):
    for browser, url in pages(meeting).values():
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', browser.get(url).text)
        assert [one for one in addresses if "Ana" in one or "Ben" in one] == []


def test_script_gets_the_message_of_an_error_alone():
    answer = Client().get("/no/such/page", headers={"hx-request": "true"})

    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.urls(__name__)
def test_page_that_breaks_says_it_is_our_fault():
    browser = Client(raise_request_exception=False)

    answer = browser.get("/broken")

    assert answer.status_code == 500
    assert "It is our fault, not yours" in answer.text
    assert "out of thread" not in answer.text


def test_health_needs_nobody():
    assert Client().get("/healthz").json() == {"alive": True}
    assert Client().get("/readyz").json() == {"ready": True, "database": True, "layer": True, "pending": 0}


def test_how_and_privacy_claim_no_more_than_is_true():
    page = " ".join(Client().get("/how").text.split())

    assert "The result describes this room and this story, not any person." in page
    assert "It does not measure mirror neurons, empathy or understanding" in page
