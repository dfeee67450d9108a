"""Uvicorn as this game needs it: small frames, no compression, and dead sockets dropped by the kernel."""

import logging
import socket
import warnings

import uvicorn

from stories.protocol.words import MAX_FRAME

# A phone that vanished is noticed by the kernel; without this a full send buffer keeps its socket for ever.
USER_TIMEOUT_MS = 15_000


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections give up on the dead; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    sock.bind((host, port))
    sock.listen(2048)
    return sock


def server(*, forwarded_allow_ips: str = "127.0.0.1") -> uvicorn.Server:
    """The server for this process."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        "mirrorgame.asgi:application",
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME,
        ws_max_queue=32,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        server_header=False,
        forwarded_allow_ips=forwarded_allow_ips,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def run(sock: socket.socket) -> None:
    """Serve until told to stop."""
    # WhiteNoise hands Django a file to stream, which under ASGI is read whole first: they are small files.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    server().run(sockets=[sock])
