"""A network between people and their server that can be cut, slowed and frozen: bytes, not messages, go through it."""

import asyncio
import random
from types import TracebackType
from typing import Self

from stories.people.server import free_port

PIECE = 65_536


class Link:
    """One connection, both ways."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.thawed = asyncio.Event()
        self.thawed.set()

    def cut(self) -> None:
        """Both ends are told at once, in the middle of a word."""
        self.near.transport.abort()
        self.far.transport.abort()


class Network:
    """Passes on what comes to `address` to a server on this machine.

    `delay_s` holds up every piece in both directions, `jitter_s` adds up to so much more by chance.
    """

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.delay_s = self.jitter_s = 0.0
        self.cuts = 0
        self.links: set[Link] = set()
        self.closed = False
        self._to = 0
        self._server: asyncio.Server | None = None

    def to(self, port: int) -> Self:
        """Which server is at the other end."""
        self._to = port
        return self

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self.links):
            link.cut()
        await self._server.wait_closed()

    # -- what can be done to it ---------------------------------------------------------------------------

    def cut(self, rng: random.Random) -> None:
        """One connection by chance, if there is any."""
        if self.links:
            rng.choice(sorted(self.links, key=id)).cut()
            self.cuts += 1

    async def storm(self, rng: random.Random, *, cuts_per_s: float, seconds: float) -> None:
        """Cut again and again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            self.cut(rng)
            await asyncio.sleep(rng.expovariate(cuts_per_s))

    def freeze(self, rng: random.Random, share: float) -> list[Link]:
        """Connections that stay open at both ends while nothing passes any more."""
        frozen = [link for link in self.links if rng.random() < share]
        for link in frozen:
            link.thawed.clear()
        return frozen

    # -- how it works -------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            near.transport.abort()
            return
        link = Link(near, far)
        self.links.add(link)
        try:
            await asyncio.gather(self._pass(link, reader, far), self._pass(link, far_reader, near))
        finally:
            link.cut()
            self.links.discard(link)

    async def _pass(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                if wait := self.delay_s + self.jitter_s * random.random():
                    await asyncio.sleep(wait)
                await link.thawed.wait()
                writer.write(piece)
                await writer.drain()
            writer.close()
        except OSError:
            link.cut()
