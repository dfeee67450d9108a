"""Pages that only say something."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """How it is played and how it scores."""
    return render(request, "rooms/how.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long, and how to take it back."""
    return render(request, "rooms/privacy.html")


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """For who runs the network: does everything the game needs get through?"""
    return render(request, "rooms/check.html")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Where browsers look unasked."""
    return redirect(static("img/favicon.svg"), permanent=True)
