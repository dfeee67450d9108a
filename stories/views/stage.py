"""The projector's page: read-only, and nobody's by accident."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from stories.views import access, addresses


@require_safe
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The stage for who holds it; for everyone else the same few words, whether there is such a room or not."""
    try:
        room = access.held_room(request, code, "stage")
    except Http404:
        return render(request, "rooms/unpaired.html", status=404)
    if room.ended_at is not None:
        return render(request, "rooms/ended.html", {"room": room}, status=410)
    context = {
        "room": room,
        "join_url": addresses.join_url(request, room.code),
        "spoken": addresses.spoken(request),
    }
    return render(request, "stage/stage.html", context)
