"""A room seen through browsers: Cleo hosts, Ana, Ben and Eli sit in it, Dov has nothing but the address."""

from dataclasses import dataclass, field

import pytest
from django.test import Client

from stories import history, ratelimit, seats, tellings
from stories.clock import now_ms
from stories.models import Participant, Room, Telling
from stories.protocol import moves

MANNERS = "stories.views.manners.Manners"


@dataclass
class Meeting:
    """A room with the browser of everyone who holds something of it."""

    room: Room
    cleo: Client
    dov: Client = field(default_factory=Client)
    people: dict[str, Participant] = field(default_factory=dict)
    browsers: dict[str, Client] = field(default_factory=dict)

    def sit(self, name: str, *, here: bool = True) -> Participant:
        """Somebody takes a seat, and (as their open page would) is connected."""
        seat, token = seats.take_seat(self.room, name=name)
        if here:
            Participant.objects.filter(pk=seat.pk).update(socket=f"page-of-{seat.number}")
        seat.refresh_from_db()
        browser = Client()
        browser.cookies[f"seat_{seat.public_id}"] = token
        self.people[name], self.browsers[name] = seat, browser
        return seat

    def url(self, rest: str = "") -> str:
        """The console's address, or one of its wishes."""
        return f"/host/{self.room.code}" + (f"/{rest}" if rest else "")

    def wish(self, action: str, **fields: str):
        """Cleo presses a button."""
        return self.cleo.post(self.url(action), fields)

    def tell(self, teller: str, until: str = "debrief", **how: str) -> Telling:
        """A story of one minute, begun two minutes ago, with the room in the phase named."""
        telling = tellings.prepare(self.room, teller=self.people[teller], **how)
        at = now_ms() - 120_000
        for phase, move, after in (
            ("telling", moves.Begin(by="teller"), 0),
            ("settling", moves.Finish(by="teller"), 60_000),
            ("reveal", moves.Advance(), 70_000),
            ("room", moves.Advance(), 71_000),
            ("marks", moves.Advance(), 72_000),
            ("score", moves.Advance(), 73_000),
            ("debrief", moves.Advance(), 74_000),
        ):
            if until == "preparing":
                break
            history.obey(self.room.pk, move, at=at + after)
            if phase == until:
                break
        telling.refresh_from_db()
        return telling


def open_meeting() -> Meeting:
    """A new room, and the browser that holds its console."""
    room, token = seats.open_room()
    cleo = Client()
    cleo.cookies[f"host_{room.code}"] = token
    return Meeting(room, cleo)


@pytest.fixture(autouse=True)
def _door_as_served(settings):
    """The middleware the pages are served with, and no limit but where a test asks for one."""
    # Without the server of static files, which reads the whole folder anew for every browser here.
    pages = [one for one in settings.MIDDLEWARE if one != MANNERS and "whitenoise" not in one]
    settings.MIDDLEWARE = [MANNERS, *pages]
    settings.RATE_LIMITS = False
    for bucket in ratelimit.BUCKETS:
        bucket.reset()


@pytest.fixture
def meeting(db) -> Meeting:
    """Cleo's room with Ana, Ben and Eli in it."""
    here = open_meeting()
    for name in ("Ana", "Ben", "Eli"):
        here.sit(name)
    return here


@pytest.fixture
def elsewhere(db) -> Meeting:
    """Another room: who holds it holds nothing of ours."""
    there = open_meeting()
    there.sit("Ana of elsewhere")
    return there
