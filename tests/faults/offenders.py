"""Clients without manners, over bare sockets: they know how frames are made and keep none of the rules."""

import asyncio
import base64
import contextlib
import json
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit

from stories.people.frames import CLOSE, TEXT, framed, parsed
from stories.people.page import PROTOCOL, SUBPROTOCOL

OPENED, GONE = 101, 1006


class Offender:
    """One connection, from an address as the proxy in front would tell it. `status` answers its handshake."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.status = 0
        self._heard = bytearray()

    @classmethod
    async def open(cls, address: str, *, of: str = "203.0.113.7", small: bool = False) -> Self:
        """Connect and ask for the game's socket; a `small` one has hardly any room for what it does not read."""
        where = urlsplit(address)
        link = socket.socket()
        if small:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        link.setblocking(False)
        await asyncio.get_running_loop().sock_connect(link, (where.hostname, where.port))
        offender = cls(link)
        nonce = base64.b64encode(os.urandom(16)).decode()
        await offender.write(
            f"GET /ws HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {address}\r\nX-Forwarded-For: {of}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in offender._heard and await offender._hear():
            pass
        head, _, rest = bytes(offender._heard).partition(b"\r\n\r\n")
        offender.status = int(head.split(b" ")[1]) if head else 0
        offender._heard = bytearray(rest)
        return offender

    async def hello(self, key: str, token: str, role: str = "player") -> None:
        """Say who it is, as anybody would."""
        await self.say({"type": "hello", "protocol": PROTOCOL, "role": role, "key": key, "token": token})

    async def say(self, message: object) -> None:
        """One JSON message."""
        await self.write(framed(json.dumps(message).encode()))

    async def write(self, piece: bytes) -> bool:
        """Put bytes on the line; False when there is no line any more."""
        try:
            await asyncio.get_running_loop().sock_sendall(self.link, piece)
        except OSError:
            return False
        return True

    async def until_closed(self, *, within: float = 20.0) -> int:
        """Read on until the server closes, and with which code; 1006 when it let the line fall without one."""
        async with asyncio.timeout(within):
            while True:
                for opcode, payload in parsed(self._heard):
                    if opcode == CLOSE:
                        return int.from_bytes(payload[:2], "big")
                if not await self._hear():
                    return GONE

    async def _hear(self) -> bool:
        try:
            piece = await asyncio.get_running_loop().sock_recv(self.link, 65_536)
        except OSError:
            return False
        self._heard += piece
        return bool(piece)


def part(payload: bytes, opcode: int, *, last: bool) -> bytes:
    """A frame that is only a part of a message."""
    frame = bytearray(framed(payload, opcode))
    frame[0] = (0x80 if last else 0) | opcode
    return bytes(frame)


def announced(size: int) -> bytes:
    """The head of a text frame of so many bytes, which may be more than anybody wants."""
    return bytes((0x80 | TEXT, 0xFF)) + size.to_bytes(8, "big") + b"\0\0\0\0"


@asynccontextmanager
async def gang(
    address: str, n: int, *, of: str = "203.0.113.7", small: bool = False
) -> AsyncIterator[list[Offender]]:
    """So many of them, and none left afterwards."""
    crowd = await asyncio.gather(*(Offender.open(address, of=of, small=small) for _ in range(n)))
    try:
        yield list(crowd)
    finally:
        for offender in crowd:
            offender.link.close()


class Bots:
    """They press the button at a room's door again and again, all from one address."""

    def __init__(self, address: str, code: str, *, of: str) -> None:
        self.where, self.door, self.of = urlsplit(address), f"/j/{code}", of
        self._token = ""

    async def press(self) -> int:
        """One of them wants a seat; the status of the answer, 0 when there was none."""
        if not self._token:
            _, head = await self._ask("GET", "", "")
            found = re.search(r"csrftoken=(\w+)", head)
            self._token = found[1] if found else ""
        status, _ = await self._ask("POST", f"csrfmiddlewaretoken={self._token}", f"csrftoken={self._token}")
        return status

    async def _ask(self, method: str, body: str, cookie: str) -> tuple[int, str]:
        origin = f"{self.where.scheme}://{self.where.netloc}"
        with contextlib.suppress(OSError, IndexError, ValueError):
            reader, writer = await asyncio.open_connection(self.where.hostname, self.where.port)
            try:
                writer.write(
                    f"{method} {self.door} HTTP/1.1\r\nHost: {self.where.netloc}\r\nOrigin: {origin}\r\n"
                    f"X-Forwarded-For: {self.of}\r\nCookie: {cookie}\r\nContent-Length: {len(body)}\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
                    f"{body}".encode()
                )
                head = (await reader.read()).decode("utf-8", "replace")
                return int(head.split(" ")[1]), head
            finally:
                writer.close()
        return 0, ""
