"""When something is not there, not allowed, too fast or broken: a kind word and a way on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist


def _page(request: HttpRequest, kind: str, status: int) -> HttpResponse:
    # htmx swaps 4xx bodies into the page: it gets the message alone.
    part = "#message" if getattr(request, "htmx", None) else ""
    return render(request, f"errors/error.html{part}", {"kind": kind}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from an old page or from elsewhere."""
    return _page(request, "csrf", 403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not a request we understand."""
    return _page(request, "bad", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not for you."""
    return _page(request, "missing", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing here, or nothing of yours: the same words for both."""
    return _page(request, "missing", 404)


def too_many(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Slower, please."""
    answer = _page(request, "slow", 429)
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault. The page asks nothing of the database, which may be the one that is away."""
    try:
        return _page(request, "broken", 500)
    except (TemplateDoesNotExist, OSError, ValueError):
        return HttpResponse("Something broke here. Please try again in a moment.", "text/plain", status=500)
