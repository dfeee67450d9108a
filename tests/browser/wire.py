"""A network cable that can be made to swallow everything: no refusal, no reset, only silence.

What is sent into a black hole comes out when it ends, as a network's own resending would have it.
"""

import contextlib
import select
import socket
import threading
from typing import Self

BUFFER = 65_536


class Wire:
    """Listens on `port` and carries bytes to and from `to`, both on this machine."""

    def __init__(self, port: int, *, to: int) -> None:
        self.port, self.to = port, to
        self.address = f"http://127.0.0.1:{port}"
        self._whole = threading.Event()
        self._whole.set()
        self._over = False
        self._listening = socket.create_server(("127.0.0.1", port))
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._whole.set()
        for each in [self._listening, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def swallow(self) -> None:
        """From now on nothing arrives anywhere, and nobody is told."""
        self._whole.clear()

    def mend(self) -> None:
        """The network is back."""
        self._whole.set()

    def _accept(self) -> None:
        while not self._over:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            near.close()
            return
        self._open += [near, far]
        other = {near: far, far: near}
        with near, far, contextlib.suppress(OSError, ValueError):
            while not self._over:
                ready, _, _ = select.select([near, far], [], [], 1.0)
                self._whole.wait()
                for one in ready:
                    told = one.recv(BUFFER)
                    if not told:
                        return
                    other[one].sendall(told)
