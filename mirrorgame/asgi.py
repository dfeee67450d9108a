"""The door for servers: pages by Django, `/ws` by the game socket, and the hub for as long as the server lives."""

import os
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrorgame.settings")
pages = get_asgi_application()

from stories.live.consumer import Receive, Scope, Send, game_socket  # noqa: E402  (needs the apps loaded)
from stories.live.hub import hub  # noqa: E402
from stories.live.presence import Presence  # noqa: E402


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection by its kind."""
    match scope["type"]:
        case "lifespan":
            await _lifespan(receive, send)
        case "websocket" if scope["path"] == "/ws":
            await game_socket(scope, receive, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4404})
        case _:
            await pages(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    presence = Presence(hub.id)
    while True:
        message: dict[str, Any] = await receive()
        if message["type"] == "lifespan.startup":
            await hub.start()
            if settings.REDIS_URL:
                presence.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            presence.stop()
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
