"""A player's page and what a player may take back."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from stories import content, retention, seats
from stories.models import Participant, Telling
from stories.views import access


@require_safe
def show(request: HttpRequest, seat: str) -> HttpResponse:
    """All panels of a player's page at once; the socket's state shows one of them."""
    try:
        participant = access.held_seat(request, seat)
    except Http404:
        return render(request, "rooms/elsewhere.html", {"code": _code_of(seat)}, status=404)
    room = participant.room
    if room.ended_at is not None:
        return _ended(request, participant)
    context = {"participant": participant, "room": room, "arcs": content.arcs(), "feelings": _feelings()}
    return render(request, "play/play.html", context)


def _code_of(seat: str) -> str:
    """The code of the room whose living seat this is: who knows a seat's address has been in the room."""
    found = Participant.objects.select_related("room").filter(public_id=seat, removed_at__isnull=True).first()
    return found.room.code if found is not None and found.room.ended_at is None else ""


def _feelings() -> list[str]:
    """Five words from light to heavy, for the strip's zones."""
    return [content.feeling_word(level) for level in (900, 700, 500, 300, 100)]


def _ended(request: HttpRequest, participant: Participant) -> HttpResponse:
    context = {"room": participant.room, "participant": participant, "told": _told(participant)}
    return render(request, "rooms/ended.html", context)


def _told(participant: Participant) -> QuerySet[Telling]:
    """The stories of one's own that were not taken back."""
    return participant.tellings.filter(started_at__isnull=False, withdrawn_at__isnull=True).order_by("number")


@require_POST
def forget(request: HttpRequest, seat: str) -> HttpResponse:
    """Everything this seat felt and called is deleted; the seat stays."""
    participant = access.held_seat(request, seat, removed=True)
    retention.forget_traces(participant)
    return render(request, "rooms/forgotten.html", {"participant": participant})


@require_POST
def withdraw(request: HttpRequest, seat: str) -> HttpResponse:
    """The teller takes a story back."""
    participant = access.held_seat(request, seat, removed=True)
    retention.withdraw(_own_telling(request, participant))
    return render(request, "rooms/taken_back.html", {"participant": participant})


@require_POST
def keep(request: HttpRequest, seat: str) -> HttpResponse:
    """The teller lets the story stay past this evening, or not: asked after telling, never before."""
    participant = access.held_seat(request, seat)
    telling = _own_telling(request, participant)
    if request.POST.get("keep", "yes") == "yes":
        retention.keep(telling)
    else:
        Telling.objects.filter(pk=telling.pk).update(kept=False)
    return redirect("play", participant.public_id)


def _own_telling(request: HttpRequest, participant: Participant) -> Telling:
    return get_object_or_404(participant.tellings, public_id=request.POST.get("telling", ""))


@require_POST
def leave(request: HttpRequest, seat: str) -> HttpResponse:
    """Getting up: the seat is gone from the room. What it gave may still be taken back from this browser."""
    participant = access.held_seat(request, seat)
    seats.remove(participant)
    context = {"room": participant.room, "participant": participant, "told": _told(participant)}
    return render(request, "rooms/left.html", context)
