"""What people saw, compared with the room's facts: nobody went back in time, and in the end all see the same."""

import asyncio
import time

from stories.people.page import Message, Page
from tests.live.table import Table

SEES = ("welcome", "room.changed", "room.state")


class Witness:
    """Listens to pages from now on: `backwards` is whatever was told of an older room after a newer one."""

    def __init__(self, *pages: Page) -> None:
        self.pages = pages
        self.backwards: list[str] = []
        self._newest: dict[int, tuple[int, int]] = {}
        for page in pages:
            self._listen(page)

    def _listen(self, page: Page) -> None:
        before = page.on_message

        def on_message(message: Message) -> None:
            if message["type"] in SEES:
                self._saw(page, message)
            before(message)

        page.on_message = on_message  # type: ignore[method-assign]

    def _saw(self, page: Page, message: Message) -> None:
        version = message["room"]["version"]
        connection = len(page.closes)
        then, newest = self._newest.get(id(page), (connection, -1))
        # News of a change must be new on its connection; a welcome, or an answer, may say what is known.
        stale = version < newest or (
            message["type"] == "room.changed" and then == connection and version == newest
        )
        if stale:
            self.backwards.append(f"{page!r} heard {message['type']} {version} after {newest}")
        self._newest[id(page)] = (connection, max(version, newest))


async def agree(table: Table, *, within: float = 5.0) -> float:
    """Wait until every page shows the room's newest version, and show that it is the same room; seconds it took."""
    began = time.monotonic()
    while True:
        [(version,)] = table.rows("SELECT version FROM stories_room WHERE code = ?", table.evening.desk.code)
        if all(page.room.get("version") == version for page in table.pages if page.over is None):
            break
        assert time.monotonic() - began < within, [repr(page) for page in table.pages]
        await asyncio.sleep(0.02)
    rooms = [page.room for page in table.pages if page.over is None]
    assert all(room == rooms[0] for room in rooms), rooms
    return time.monotonic() - began
