"""Where phones find a room: the address on the wall, and its QR drawn here, by nobody else."""

from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse

LOOPBACK = ("127.", "localhost", "[::1]", "0.0.0.0")  # noqa: S104  (compared with, never bound)


def origin(request: HttpRequest) -> str:
    """Scheme and host for others to open: not this machine's own name for itself if it has a better one."""
    here = f"{request.scheme}://{request.get_host()}"
    if request.get_host().startswith(LOOPBACK):
        for other in settings.ORIGINS:
            if not urlsplit(other).netloc.startswith(LOOPBACK):
                return str(other).rstrip("/")
    return here


def join_url(request: HttpRequest, code: str) -> str:
    """What the QR says."""
    return f"{origin(request)}/j/{code}"


def spoken(request: HttpRequest) -> str:
    """The host as one says it aloud."""
    return urlsplit(origin(request)).netloc


@lru_cache(maxsize=512)
def qr_svg(url: str) -> bytes:
    """A QR as an SVG file."""
    out = BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", scale=8, border=2, xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return out.getvalue()


def qr_answer(url: str) -> HttpResponse:
    """A QR as this browser may keep it for an hour; others have no business with it."""
    answer = HttpResponse(qr_svg(url), content_type="image/svg+xml")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@lru_cache(maxsize=64)
def qr_path(url: str) -> dict[str, object]:
    """A QR as the `d` of one path, to be drawn inside a page: `size` is the side of its view box."""
    matrix = segno.make(url, error="m", micro=False).matrix
    runs = (f"M{x + 2} {y + 2}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return {"size": len(matrix) + 4, "d": "".join(runs)}
