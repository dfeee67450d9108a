"""One browser as far as joining and hosting need one: cookies, forms, redirects."""

import asyncio
import http.client
import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

MOST_REDIRECTS = 5
MOST_WAITS = 5
TIMEOUT_S = 20


class Turned(Exception):
    """The server said no to a form; `status` says which no."""

    def __init__(self, path: str, status: int) -> None:
        super().__init__(f"{path} answered {status}")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """A page as it came: where redirects ended, and what it said."""

    status: int
    path: str
    text: str
    retry_after: int = 0


@dataclass(frozen=True)
class Seat:
    """A seat in a room and the secret that owns it."""

    address: str
    id: str
    token: str


@dataclass(frozen=True)
class Desk:
    """A room's console and the secret that opens it."""

    address: str
    code: str
    token: str


class Browser:
    """Cookies against one server, as `http://127.0.0.1:8000`."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> Answer:
        """A page."""
        return await asyncio.to_thread(self._follow, "GET", path, None)

    async def post(self, path: str, fields: dict[str, str] | None = None, *, page: str = "/") -> Answer:
        """Send a form that stands on `page`; who is told to wait, waits."""
        if "csrftoken" not in self.cookies:
            await self.get(page)
        for _ in range(MOST_WAITS):
            form = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **(fields or {})}
            answer = await asyncio.to_thread(self._follow, "POST", path, urlencode(form))
            if answer.status != 429:
                break
            await asyncio.sleep(answer.retry_after)
        return answer

    async def take_seat(self, code: str) -> Seat:
        """Come in by the room's door; raises `Turned`."""
        door = f"/j/{code}"
        answer = await self.post(door, page=door)
        if answer.status != 200 or not answer.path.startswith("/play/"):
            raise Turned(door, answer.status)
        seat = answer.path.rsplit("/", 1)[-1]
        return Seat(self.address, seat, self.cookies[f"seat_{seat}"])

    async def open_room(self) -> Desk:
        """Start a room of one's own; raises `Turned`."""
        answer = await self.post("/rooms/start")
        if answer.status != 200 or not answer.path.startswith("/host/"):
            raise Turned("/rooms/start", answer.status)
        code = answer.path.split("/")[2][:6]
        return Desk(self.address, code, self.cookies[f"host_{code}"])

    async def act(self, code: str, action: str, **fields: str) -> None:
        """One of the console's forms; raises `Turned`, or `Refusal` words as the console shows them."""
        answer = await self.post(f"/host/{code}/{action}", fields, page=f"/host/{code}")
        refused = re.search(r"[?&]refused=([a-z._]+)", answer.path)
        if answer.status != 200 or refused:
            raise Turned(f"{action} {refused[1] if refused else ''}".strip(), answer.status)

    async def pairing(self, code: str, role: str) -> str:
        """A one-time address that makes another browser this room's `stage` or `host`."""
        answer = await self.post(f"/host/{code}/pair", {"role": role}, page=f"/host/{code}")
        found = re.search(r"/pair/[A-Za-z0-9_-]+", answer.text)
        if found is None:
            raise Turned(f"/host/{code}/pair", answer.status)
        return self.address + found[0]

    def _follow(self, method: str, path: str, body: str | None) -> Answer:
        for _ in range(MOST_REDIRECTS):
            answer, location = self._once(method, path, body)
            if not location:
                return answer
            target = urlsplit(location)
            path = f"{target.path}?{target.query}" if target.query else target.path
            method, body = "GET", None
        raise Turned(path, 310)

    def _once(self, method: str, path: str, body: str | None) -> tuple[Answer, str]:
        where = urlsplit(self.address)
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        connection = kind(where.hostname or "", where.port, timeout=TIMEOUT_S)
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Referer": self.address + path,
        }
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self._bake(line)
        location = response.headers.get("Location", "") if 300 <= response.status < 400 else ""
        wait = int(response.headers.get("Retry-After", "0") or 0)
        return Answer(response.status, path, text, wait), location

    def _bake(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
