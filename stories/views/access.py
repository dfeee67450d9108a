"""Who may see what over HTTP: cookies in, rooms and seats out, 404 for everything that is not yours."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from stories import ratelimit, seats
from stories.models import Participant, Room

COOKIE_HOURS = 24
# A shared school laptop may have held many seats; more than these are not asked for.
MOST_COOKIES = 30


class SlowDown(Exception):
    """Somebody asks too often; `wait_s` says when to come back."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


def keep(response: HttpResponse, name: str, token: str) -> HttpResponse:
    """Hand a secret to the browser: no script reads it, no other site sends it."""
    response.set_cookie(
        name,
        token,
        max_age=COOKIE_HOURS * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SECURE_COOKIES,
    )
    return response


def known_room(request: HttpRequest, code: str) -> Room | None:
    """The living or lately ended room behind a code somebody typed; wrong codes are counted."""
    if not ratelimit.may_guess(request):
        raise SlowDown(ratelimit.WRONG_CODES.wait_s(ratelimit.address_of(request)))
    room = seats.room_by_code(code) or seats.ended_by_code(code)
    if room is None:
        ratelimit.guessed_wrong(request)
    return room


def held_room(request: HttpRequest, code: str, role: str = "host") -> Room:
    """The room whose console (or stage) this browser holds, ended ones too."""
    room = seats.room_by_code(code) or seats.ended_by_code(code)
    tokens = [request.COOKIES.get(f"host_{code}")]
    if role == "stage":
        tokens.append(request.COOKIES.get(f"stage_{code}"))
    if room is None or not any(seats.holds_room(room, role, token) for token in tokens):
        raise Http404(role)
    return room


def held_seat(request: HttpRequest, seat: str, *, removed: bool = False) -> Participant:
    """The seat this browser owns; a removed one may not play, but what it gave is still its own to take back."""
    participant = seats.seat_of(seat, request.COOKIES.get(f"seat_{seat}"), removed=removed)
    if participant is None:
        raise Http404("seat")
    return participant


def seats_here(request: HttpRequest, room: Room) -> list[Participant]:
    """The living seats of a room this browser owns, in one query."""
    tokens = {name[5:]: token for name, token in request.COOKIES.items() if name.startswith("seat_")}
    wanted = list(tokens)[-MOST_COOKIES:]
    if not wanted:
        return []
    found = Participant.objects.filter(room=room, public_id__in=wanted, removed_at__isnull=True)
    return [
        seat
        for seat in found.order_by("number")
        if hmac.compare_digest(seat.token_hash, seats.hashed(tokens[seat.public_id]))
    ]


def rooms_here(request: HttpRequest) -> list[Room]:
    """The living rooms whose console this browser holds."""
    codes = [name[5:] for name in request.COOKIES if name.startswith("host_")][-MOST_COOKIES:]
    rooms = (
        Room.objects.filter(code__in=codes, ended_at__isnull=True).order_by("-created_at") if codes else []
    )
    return [room for room in rooms if seats.holds_room(room, "host", request.COOKIES[f"host_{room.code}"])]
