"""What every answer says to the browser besides itself, and what is said to who asks too often."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from stories import ratelimit
from stories.views import errors
from stories.views.access import SlowDown

ASKED_FOR = ("screen-wake-lock", "fullscreen")
# Nothing here sees, hears or locates anybody, and the browser is told to hold us to that.
REFUSED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi",
    "payment", "picture-in-picture", "publickey-credentials-get", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
POLICY = ", ".join([*(f"{name}=(self)" for name in ASKED_FOR), *(f"{name}=()" for name in REFUSED)])


class Manners:
    """Middleware: the permissions policy, no caching of pages, 429 for who is too quick."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", POLICY)
        # Pages carry nonces and the secrets of one visit: no cache keeps them.
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Django asks here before a view: passwords are not tried at the speed of a script."""
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name != "admin:login":
            return None
        address = ratelimit.address_of(request)
        if ratelimit.LOGINS.take(address):
            return None
        return errors.too_many(request, ratelimit.LOGINS.wait_s(address))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django asks here about exceptions of views."""
        return errors.too_many(request, exception.wait_s) if isinstance(exception, SlowDown) else None
