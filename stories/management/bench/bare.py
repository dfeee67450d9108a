"""What this stack costs without a game: the same frames, told and echoed by a bare ASGI application.

Started as `python -m stories.management.bench.bare PORT`. A chunk is echoed, a beat is told to everybody.
"""

import json
import sys
import time
from typing import Any

import uvicorn

SUBPROTOCOL = "mirror.v1"
WELCOME = {
    "type": "welcome",
    "protocol": 1,
    "role": "player",
    "clock_rate": 1.0,
    "room": {"version": 1, "phase": "telling", "telling": {"id": "bare", "started_at": 0}},
    "you": {"light": {"seat": "0" * 20, "number": 1, "name": "Quiet Heron", "colour": 1, "shape": 1}},
}
_everybody: set[Any] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Lifespan, and one socket after the other."""
    if scope["type"] == "lifespan":
        while True:
            phase = (await receive())["type"].rpartition(".")[2]
            await send({"type": f"lifespan.{phase}.complete"})
            if phase == "shutdown":
                return
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"bare"})
        return
    await receive()
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
    await receive()
    await send({"type": "websocket.send", "text": _dumped({**WELCOME, "at": int(time.time() * 1000)})})
    _everybody.add(send)
    try:
        while (event := await receive())["type"] == "websocket.receive":
            text = event.get("text") or ""
            if text.startswith('{"type":"trace.chunk"'):
                await send({"type": "websocket.send", "text": text})
            else:
                await _tell(text)
    finally:
        _everybody.discard(send)


async def _tell(text: str) -> None:
    mark = json.loads(text)
    shown = {"type": "caption.shown", **{name: mark[name] for name in ("telling", "beat", "tick", "words")}}
    event = {"type": "websocket.send", "text": _dumped(shown)}
    for send in list(_everybody):
        await send(event)


def _dumped(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


def main(port: int) -> None:
    """Serve with the same switches as the game."""
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        backlog=2048,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
