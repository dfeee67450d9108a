"""A websocket's frames as a thin client needs them (RFC 6455, section 5.2). A mask of zeros leaves a frame as it is."""

from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def framed(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's websocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big") + b"\0\0\0\0" + payload


def parsed(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Opcode and payload of every whole frame of a server; what is left stays in the buffer."""
    at, end = 0, len(buffer)
    while end - at >= 2:
        size, start = buffer[at + 1], at + 2
        if size == 126:
            size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
        if end < start + size:
            break
        yield buffer[at] & 15, bytes(buffer[start : start + size])
        at = start + size
    del buffer[:at]
