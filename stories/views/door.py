"""The door: land, start a room, type a code, take a seat, pair another device."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from stories import history, ratelimit, seats
from stories.forms import CodeForm, SeatForm
from stories.models import Participant, Room
from stories.protocol.room import Refusal
from stories.views import access, addresses


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Two ways in: a code, or a room of one's own."""
    return render(request, "rooms/landing.html", {"rooms": access.rooms_here(request)})


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """A new room, and its console in this browser."""
    address = ratelimit.address_of(request)
    if not ratelimit.ROOMS.take(address):
        raise access.SlowDown(ratelimit.ROOMS.wait_s(address))
    room, token = seats.open_room(translation.get_language() or "en")
    return access.keep(redirect("console", room.code), f"host_{room.code}", token)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Type a code; the room itself says hello on its own page."""
    typed = request.POST if request.method == "POST" else request.GET
    if "code" not in typed:
        return render(request, "rooms/join.html", {"form": CodeForm()})
    form = CodeForm(typed)
    if form.is_valid():
        return redirect("enter", form.cleaned_data["code"])
    return render(request, "rooms/join.html", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, code: str) -> HttpResponse:
    """Take a seat: one tap, with a name already made."""
    room = access.known_room(request, code)
    if room is None:
        form = CodeForm({"code": code})
        return render(request, "rooms/join.html", {"form": form, "unknown": code}, status=404)
    if room.ended_at is not None:
        return render(request, "rooms/ended.html", {"room": room}, status=410)
    if request.method == "POST":
        return _sit(request, room)
    return _offer(request, room)


def _offer(request: HttpRequest, room: Room, form: SeatForm | None = None, status: int = 200) -> HttpResponse:
    seed = _seed(request)
    return render(
        request,
        "rooms/enter.html",
        {
            "room": room,
            "form": form,
            "seed": seed,
            "next_seed": secrets.randbelow(2**31),
            "name": seats.suggest_name(room, seed),
            "likely": _likely_light(room),
            "open_table": history.read(room.pk).open_table,
            "mine": access.seats_here(request, room),
        },
        status=status,
    )


def _likely_light(room: Room) -> Participant:
    """The light the next seat will have, unless somebody is quicker."""
    number = seats.next_number(room)
    colour, shape = seats.light(number)
    return Participant(number=number, colour=colour, shape=shape)


def _sit(request: HttpRequest, room: Room) -> HttpResponse:
    if not ratelimit.JOINS.take(room.code):
        raise access.SlowDown(ratelimit.JOINS.wait_s(room.code))
    form = SeatForm(request.POST, free_names=room.free_names)
    if not form.is_valid():
        return _offer(request, room, form, status=422)
    seed = form.cleaned_data["seed"]
    name = form.cleaned_data["name"] or seats.suggest_name(room, seed)
    try:
        seat, token = seats.take_seat(room, name=name, pair=form.cleaned_data["pair"])
    except Refusal as refusal:
        return render(request, "rooms/closed.html", {"room": room, "code": refusal.code}, status=409)
    return access.keep(redirect("play", seat.public_id), f"seat_{seat.public_id}", token)


def _seed(request: HttpRequest) -> int:
    typed = request.POST.get("seed") or request.GET.get("seed", "")
    return int(typed) % 2**31 if typed.isdecimal() and len(typed) < 12 else secrets.randbelow(2**31)


@require_GET
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """The join address as a QR: says nothing about whether the room exists."""
    return addresses.qr_answer(addresses.join_url(request, code))


@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, token: str) -> HttpResponse:
    """Another device becomes console or stage: looked at by GET, done by POST, once."""
    if request.method == "POST":
        accepted = seats.accept(token)
        if accepted is None:
            return render(request, "rooms/pair.html", {"used": True}, status=410)
        room, role, key = accepted
        return access.keep(
            redirect("console" if role == "host" else "stage", room.code), f"{role}_{room.code}", key
        )
    invitation = seats.invitation(token)
    context = {"used": invitation is None, "role": invitation and invitation.role, "token": token}
    return render(request, "rooms/pair.html", context, status=410 if invitation is None else 200)
