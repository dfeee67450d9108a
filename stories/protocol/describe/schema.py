"""The messages as JSON Schema."""

import json
from typing import Any

import msgspec

from stories.protocol import words
from stories.protocol.commands import ClientMessage
from stories.protocol.describe.shapes import CLIENT, SERVER
from stories.protocol.replies import ServerMessage


def schema() -> str:
    """One JSON Schema: `$defs/ClientMessage` and `$defs/ServerMessage` are what either side may send."""
    (client, server), parts = msgspec.json.schema_components(
        [ClientMessage, ServerMessage], ref_template="#/$defs/{name}"
    )
    whole: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": words.SUBPROTOCOL,
        "description": "Written by `manage.py protocol` from the server's own types.",
        "anyOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": {
            "ClientMessage": _ordered(client, CLIENT),
            "ServerMessage": _ordered(server, SERVER),
            **dict(sorted(parts.items())),
        },
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _ordered(union: dict[str, Any], structs: tuple[type[msgspec.Struct], ...]) -> dict[str, Any]:
    """A union in the order of its source, whatever order the library met its members in."""
    return {**union, "anyOf": [{"$ref": f"#/$defs/{struct.__name__}"} for struct in structs]}
