"""Every sentence that may be said on the wire: the codec over `commands` (to the server) and `replies` (from it).

Commands are imperative (`trace.chunk`), facts and answers are past tense (`trace.acked`), and what may be
lost on the way says so in its docstring ("volatile"). `docs/protocol.md`, the JSON Schema and the
browser's `protocol.d.ts` are generated from these types: their docstrings are that page's text.
"""

import msgspec

from stories.protocol.commands import ClientMessage
from stories.protocol.replies import ServerMessage

_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def decode(frame: bytes | str) -> ClientMessage:
    """One frame from a client, strictly: raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    try:
        return _decoder.decode(frame)
    except RecursionError:
        # Thousands of brackets in a field that comes before `type`.
        raise msgspec.DecodeError("nested too deeply") from None


def encode(message: ServerMessage) -> bytes:
    """One frame to a client."""
    return _encoder.encode(message)


def type_of(message: msgspec.Struct | type[msgspec.Struct]) -> str:
    """The dotted name of a message, as it stands in its `type`."""
    return str(message.__struct_config__.tag)
