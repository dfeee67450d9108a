"""When something behind the socket breaks: it is said so, and tried again."""

import asyncio
import json
from typing import Any

from stories import ground
from stories.live.consumer import game_socket
from stories.live.recorder import Recorder
from stories.traces import Entry, Verdict, pack

ORIGIN = "http://127.0.0.1:8000"


async def test_a_socket_is_told_to_come_back_when_hello_cannot_be_answered(settings) -> None:
    # No database here: it is away, as far as this conversation knows.
    settings.ORIGINS = [ORIGIN]
    told: list[dict[str, Any]] = []
    said = [
        {"type": "websocket.connect"},
        {
            "type": "websocket.receive",
            "text": json.dumps(
                {"type": "hello", "protocol": 1, "role": "player", "key": "ben", "token": "secret"}
            ),
        },
    ]

    async def receive() -> dict[str, Any]:
        return said.pop(0)

    async def send(event: dict[str, Any]) -> None:
        told.append(event)

    scope = {"headers": [(b"origin", ORIGIN.encode())], "subprotocols": ["mirror.v1"]}
    await game_socket(scope, receive, send)

    assert [(event["type"], event.get("code")) for event in told] == [
        ("websocket.accept", None),
        ("websocket.close", 1013),
    ]


async def test_the_recorder_tries_again_when_storing_breaks_in_a_way_nobody_thought_of() -> None:
    recorder = Recorder()
    recorder.start()

    told: list[Verdict] = []
    recorder.submit(Entry(1, 1, "run", 0, 0, pack([500]), 0), lambda _, verdict: told.append(verdict))
    async with asyncio.timeout(5):
        while recorder.retries < 2:
            await asyncio.sleep(0.01)

    await recorder.stop()
    # What this process could store last is asked by whoever looks after its health.
    ground.storing.worked()

    assert not told
