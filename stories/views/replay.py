"""A told story, looked at again by whoever was given its address."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from stories import history, replay
from stories.models import Telling
from stories.protocol.phases import REVEAL_STEPS, Debrief
from stories.views import addresses


@require_safe
@cache_control(no_store=True)
@vary_on_headers("Accept")
def show(request: HttpRequest, replay_id: str) -> HttpResponse:
    """The picture, its words and its explanation; nothing before the story has ended, nothing once withdrawn."""
    telling = Telling.objects.select_related("room", "teller").filter(replay_id=replay_id).first()
    if telling is None or telling.ended_at is None:
        raise Http404("replay")
    # Asked after the telling: without a yes the picture goes when the room goes.
    gone = telling.room.ended_at is not None and not telling.kept
    if gone or telling.withdrawn_at is not None:
        return render(request, "rooms/withdrawn.html", status=410)
    page = None if _still_sealed(telling) else replay.page(telling)
    if page is None:
        raise Http404("replay")
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        # The page itself, which looks again while the comparison runs.
        return JsonResponse(page["picture_json"])
    return render(request, "replay/replay.html", page)


@require_safe
def qr(request: HttpRequest, replay_id: str) -> HttpResponse:
    """The replay's address as a QR, whether there is such a replay or not."""
    return addresses.qr_answer(addresses.origin(request) + reverse("replay", args=[replay_id]))


def _still_sealed(telling: Telling) -> bool:
    """Whether the room is not yet through with its reveal of this very story."""
    room = history.read(telling.room_id)
    if room.about is None or room.about.id != telling.public_id or isinstance(room.playing, Debrief):
        return False
    return getattr(room.playing, "step", 0) < len(REVEAL_STEPS)
