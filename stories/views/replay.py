"""A told story, looked at again by whoever was given its address."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from stories import replay
from stories.models import Telling


@require_safe
def show(request: HttpRequest, replay_id: str) -> HttpResponse:
    """The picture, its words and its explanation; nothing before the story has ended, nothing once withdrawn."""
    telling = Telling.objects.select_related("room", "teller").filter(replay_id=replay_id).first()
    if telling is None or telling.ended_at is None:
        raise Http404("replay")
    if telling.withdrawn_at is not None:
        return render(request, "rooms/withdrawn.html", status=410)
    return render(request, "replay/replay.html", replay.page(telling))
