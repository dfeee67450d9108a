"""The people of an evening as their browsers show them: every page remembers what it heard, said and felt."""

import json
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, WebSocket

from stories.people.server import Server
from tests.browser.wire import Wire

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1024, "height": 640}}
WITHIN_S = 20.0
FELT = "test:felt"

# What a page feels is noted where the outbox takes it in, in the tab's own storage: it survives a reload as the
# outbox does, and the page itself is served as it is.
REMEMBER = """
{
  const { add, finish } = Outbox.prototype;
  const felt = () => JSON.parse(sessionStorage.getItem("test:felt") ?? "[]");
  const note = (all) => sessionStorage.setItem("test:felt", JSON.stringify(all));
  Outbox.prototype.add = function (telling, tick, level) {
    note([...felt(), [telling, tick, level]]);
    return add.call(this, telling, tick, level);
  };
  Outbox.prototype.finish = function (telling, last = Infinity) {
    // What was felt after the end, before the news of it, is taken out of what was not cut yet.
    const run = this.runs.get(this.current.get(telling) ?? "");
    const late = (run?.loose ?? []).flatMap(({ first, values }) => values.map((_, i) => first + i)).filter((tick) => tick > last);
    note(felt().filter(([id, tick]) => id !== telling || !late.includes(tick)));
    return finish.call(this, telling, last);
  };
}
"""


def _remembering(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text() + REMEMBER)


@dataclass
class Someone:
    """One browser with its open page. `heard` are the messages of the page's sockets, oldest first."""

    who: str
    page: Page
    heard: list[dict[str, Any]] = field(default_factory=list)
    may_lose_network: bool = False
    may_be_refused: bool = False

    def hear(self, frame: str | bytes) -> None:
        self.heard.append(json.loads(frame))

    def last(self, type: str) -> dict[str, Any]:
        """The newest message of a type, or nothing."""
        return next((message for message in reversed(self.heard) if message["type"] == type), {})

    @property
    def room(self) -> dict[str, Any]:
        """The room as this page was told of it last."""
        return next((m["room"] for m in reversed(self.heard) if m.get("room")), {})

    @property
    def phase(self) -> str:
        return str(self.room.get("phase", ""))

    @property
    def reveal(self) -> dict[str, Any]:
        return self.last("reveal.shown")

    @property
    def seat(self) -> str:
        return urlsplit(self.page.url).path.rsplit("/", 1)[-1]

    @property
    def name(self) -> str:
        return self.page.locator("[data-own-name]").inner_text()

    @property
    def felt(self) -> list[tuple[int, int]]:
        """Every sample this page took, as (tick, level), in order."""
        noted = json.loads(self.page.evaluate(f"sessionStorage.getItem('{FELT}')") or "[]")
        return sorted((tick, level) for _, tick, level in noted)

    def until(self, ready: Callable[[], Any], what: str, *, within: float = WITHIN_S) -> None:
        """Wait until something is so, looking whenever the browser has had a moment to speak."""
        deadline = time.monotonic() + within
        while not ready():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.who} waited {within} s until {what}; the room: {self.room}")
            self.page.wait_for_timeout(40)

    def in_phase(self, phase: str, *, within: float = WITHIN_S) -> None:
        self.until(lambda: self.phase == phase, f"the room was {phase}", within=within)

    def all_stored(self) -> None:
        """Wait until nothing lies in the tab any more that the server does not have."""
        self.page.wait_for_function(
            "() => Object.keys(sessionStorage).every((key) => !key.startsWith('outbox:'))",
            timeout=WITHIN_S * 1000,
        )

    def drag(self, share: float) -> None:
        """The thumb lands somewhere and moves up by a share of the strip's height (down if negative)."""
        box = self.page.locator("[data-strip]:visible").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = self.page.context.new_cdp_session(self.page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        steps = 3
        for step in range(1, steps + 1):
            point = {"x": x, "y": y - share * box["height"] * step / steps}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        touch.detach()

    def tab_to(self, words: str, *, most: int = 40) -> None:
        """Move the keyboard's focus to the control that is called so."""
        focused = (
            "document.activeElement?.getAttribute('aria-label') || document.activeElement?.innerText || ''"
        )
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if re.search(words, self.page.evaluate(focused)):
                return
        raise AssertionError(f"no way to {words!r} by keyboard")


class Evening:
    """Opens pages and keeps an eye on all of them."""

    def __init__(self, browser: Browser, server: Server, wire: Wire) -> None:
        self.browser, self.server, self.wire = browser, server, wire
        self.people: list[Someone] = []
        self._contexts: list[BrowserContext] = []
        self._complaints: list[str] = []
        self._asked: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for context in self._contexts:
            with suppress(Exception):
                context.close()

    def context(self, **options: Any) -> BrowserContext:
        """Somebody's browser."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(WITHIN_S * 1000)
        context.route("**/static/js/outbox.js", _remembering)
        self._contexts.append(context)
        return context

    def someone(self, who: str, context: BrowserContext, *, wired: bool = False) -> Someone:
        """A page of somebody's browser; `wired` if its network will fail."""
        someone = Someone(who, context.new_page(), may_lose_network=wired)
        page = someone.page
        page.on("console", lambda message: self._console(someone, message))
        page.on("pageerror", lambda error: self._complaints.append(f"{who}: {error}"))
        page.on("request", lambda request: self._asked.append((who, request.url)))
        page.on("websocket", lambda socket: self._listen(someone, socket))
        self.people.append(someone)
        return someone

    def guest(self, who: str, code: str, *, wired: bool = False, **options: Any) -> Someone:
        """Somebody who scans the QR and is in with one tap."""
        guest = self.someone(who, self.context(**{**PHONE, **options}), wired=wired)
        address = self.wire.address if wired else self.server.address
        guest.page.goto(f"{address}/j/{code}")
        guest.page.get_by_role("button", name="I'm in").click()
        guest.until(lambda: guest.last("welcome"), "it was welcome")
        return guest

    def complaints(self) -> list[str]:
        """What went wrong in any page: errors, warnings of the policy, scripts that fell over."""
        return self._complaints

    def strangers(self) -> list[tuple[str, str]]:
        """Requests that went anywhere but to the game."""
        ours = {urlsplit(self.server.address).netloc, urlsplit(self.wire.address).netloc}
        return [
            (who, url)
            for who, url in self._asked
            if urlsplit(url).netloc not in ours and not url.startswith("data:")
        ]

    def _console(self, someone: Someone, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} and "Content Security Policy" not in message.text:
            return
        if someone.may_lose_network and "WebSocket" in message.text:
            return
        if someone.may_be_refused and message.text.startswith(
            "Failed to load resource: the server responded"
        ):
            return
        self._complaints.append(f"{someone.who}: {message.type}: {message.text}")

    def _listen(self, someone: Someone, socket: WebSocket) -> None:
        self._asked.append((someone.who, socket.url))
        socket.on("framereceived", someone.hear)


def together(
    people: Iterable[Someone], ready: Callable[[Someone], Any], what: str, *, within: float = WITHIN_S
) -> None:
    """Wait until something is so on every page."""
    for someone in people:
        someone.until(lambda someone=someone: ready(someone), what, within=within)
