"""The console: one page, and a door for every wish a host may have."""

import secrets
from collections.abc import Callable

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from stories import history, retention, seats, tellings
from stories.forms import AdvanceForm, DisplayForm, PairForm, PrepareForm, ScreenForm
from stories.models import Participant, Room
from stories.protocol import moves
from stories.protocol.room import Refusal
from stories.views import access, addresses, console

Answer = HttpResponse | None
PARTS = ("console", "people")

MOVES: dict[str, moves.Command] = {
    "warmup": moves.WarmUp(),
    "pause": moves.Pause(),
    "resume": moves.Resume(),
    "extend": moves.Extend(),
    "finish": moves.Finish(),
    "placed": moves.EndPlacing(),
    "drop": moves.Drop(),
    "lobby": moves.ToLobby(),
    "peek": moves.Peek(),
    "lock": moves.Lock(locked=True),
    "unlock": moves.Lock(locked=False),
}


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The console, or one part of it."""
    room = access.held_room(request, code)
    if room.ended_at is not None:
        return _ended(request, room)
    part = request.GET.get("part", "")
    page = f"host/console.html#{part}" if part in PARTS else "host/console.html"
    return render(request, page, console.context(request, room, request.GET.get("refused", "")))


def _ended(request: HttpRequest, room: Room) -> HttpResponse:
    told = room.tellings.filter(ended_at__isnull=False, kept=True).select_related("teller").order_by("number")
    return render(request, "host/ended.html", {"room": room, "to_look_at": told})


@require_POST
def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
    """One wish, obeyed or refused in words; the console comes back either way."""
    room = access.held_room(request, code)
    do = ACTIONS.get(action)
    if do is None:
        raise Http404(action)
    try:
        answer = do(request, room)
    except Refusal as refusal:
        return _back(request, room, refusal.code)
    return answer or _back(request, room)


def _back(request: HttpRequest, room: Room, refused: str = "") -> HttpResponse:
    room.refresh_from_db()
    if _by_htmx(request) and room.ended_at is None:
        return render(request, "host/console.html#console", console.context(request, room, refused))
    query = {"refused": refused} if refused else None
    return redirect(reverse("console", args=[room.code], query=query))


def _by_htmx(request: HttpRequest) -> bool:
    """Whether the console asks for itself alone (the middleware's answer, which HttpRequest's type lacks)."""
    return bool(getattr(request, "htmx", False))


def _move(command: moves.Command) -> Callable[[HttpRequest, Room], Answer]:
    def do(_request: HttpRequest, room: Room) -> Answer:
        history.obey(room.pk, command)
        return None

    return do


def advance(request: HttpRequest, room: Room) -> Answer:
    """The next part: one for each press, even where the console is slower than the finger."""
    form = AdvanceForm(request.POST)
    history.obey(room.pk, moves.Advance(seen=form.cleaned_data["seen"] if form.is_valid() else None))
    return None


def prepare(request: HttpRequest, room: Room) -> Answer:
    """The next teller, with a script or a card. Who reads first needs no seat yet: it is taken on the way."""
    form = PrepareForm(request.POST)
    if not form.is_valid():
        raise Refusal("content.unknown")
    wish = form.cleaned_data
    cards = [] if wish["script"] else form.cards()
    token = ""
    with transaction.atomic():
        if wish["teller"] == console.ME:
            mine = access.seats_here(request, room)
            teller, token = (mine[0], "") if mine else seats.take_seat(room)
        else:
            teller = _seat(room, wish["teller"])
            if teller.willing_at is None and teller not in access.seats_here(request, room):
                raise Refusal("teller.unknown")
        tellings.prepare(
            room,
            teller=teller,
            script=wish["script"],
            deck=wish["deck"] if cards else "",
            card=secrets.choice(cards) if cards else "",
            source=wish["source"],
            mode=wish["mode"],
            duration_s=wish["duration"],
        )
    if not token:
        return None
    request.COOKIES[f"seat_{teller.public_id}"] = token
    return access.keep(_back(request, room), f"seat_{teller.public_id}", token)


def sit(request: HttpRequest, room: Room) -> Answer:
    """The host takes a seat too."""
    if access.seats_here(request, room):
        return None
    seat, token = seats.take_seat(room)
    request.COOKIES[f"seat_{seat.public_id}"] = token
    return access.keep(_back(request, room), f"seat_{seat.public_id}", token)


def remove(request: HttpRequest, room: Room) -> Answer:
    """Somebody is taken out of the room."""
    seats.remove(_seat(room, request.POST.get("seat", "")))
    return None


def _seat(room: Room, public_id: str) -> Participant:
    return get_object_or_404(Participant, room=room, public_id=public_id, removed_at__isnull=True)


def display(request: HttpRequest, room: Room) -> Answer:
    """What may be seen while a story runs."""
    form = DisplayForm(request.POST)
    if form.is_valid():
        wish = form.cleaned_data
        history.obey(room.pk, moves.ChooseDisplay(display=wish["display"], open_table=wish["open_table"]))
    return None


def names(request: HttpRequest, room: Room) -> Answer:
    """Whether people may type a name of their own."""
    Room.objects.filter(pk=room.pk).update(free_names=request.POST.get("free") == "yes")
    return None


def screen(request: HttpRequest, room: Room) -> Answer:
    """What this window is for; a projector needs another device as its console."""
    form = ScreenForm(request.POST)
    if not form.is_valid():
        return None
    Room.objects.filter(pk=room.pk).update(screen=form.cleaned_data["screen"])
    return _invite(request, room, "host") if form.cleaned_data["screen"] == "projector" else None


def pair(request: HttpRequest, room: Room) -> Answer:
    """A one-time QR for another device."""
    form = PairForm(request.POST)
    return _invite(request, room, form.cleaned_data["role"]) if form.is_valid() else None


def _invite(request: HttpRequest, room: Room, role: str) -> HttpResponse:
    url = addresses.origin(request) + reverse("pair", args=[seats.invite(room, role)])
    context = {"room": room, "role": role, "url": url, "qr": addresses.qr_path(url)}
    return render(request, "host/pairing.html", context)


def end(request: HttpRequest, room: Room) -> Answer:
    """The evening is over; asked twice."""
    if request.POST.get("sure") != "yes":
        return render(request, "host/sure.html", {"room": room, "action": "end"})
    history.obey(room.pk, moves.End())
    return None


def delete(request: HttpRequest, room: Room) -> Answer:
    """The room and everything in it, gone at once; asked twice."""
    if request.POST.get("sure") != "yes":
        return render(request, "host/sure.html", {"room": room, "action": "delete"})
    code = room.code
    retention.delete_room(room)
    answer = render(request, "host/deleted.html")
    answer.delete_cookie(f"host_{code}", samesite="Lax")
    return answer


ACTIONS: dict[str, Callable[[HttpRequest, Room], Answer]] = {
    **{name: _move(command) for name, command in MOVES.items()},
    "advance": advance,
    "prepare": prepare,
    "sit": sit,
    "remove": remove,
    "display": display,
    "names": names,
    "screen": screen,
    "pair": pair,
    "end": end,
    "delete": delete,
}
