"""Uvicorn as this game needs it: small frames, no compression, and dead sockets dropped by the kernel."""

import ctypes
import gc
import logging
import socket
import sys
import warnings

import uvicorn
from django.conf import settings

from mirrorgame.frames import Frames
from stories.protocol.words import MAX_FRAME

# A phone that vanished is noticed by the kernel; without this a full send buffer keeps its socket for ever.
USER_TIMEOUT_MS = 15_000
# The kernel takes so much more than it can send; else megabytes would wait there for a page that does not
# read, and we would learn of it minutes later.
UNSENT_BYTES = 16_384
# Each thread that asks the C library for memory gets a heap of its own, up to eight per core: what one of them
# frees is of no use to the others, and an evening after the other it adds up. Two are enough.
M_ARENA_MAX, HEAPS = -8, 2
# Counting references frees nearly all. To look for cycles after every 700 new objects, through millions that
# stay, took a sixth of the time; never to look keeps closed pages. New objects, then so many of each smaller look.
CYCLES = 20_000, 4, 4
# Sockets are told 1012 at once; who does not answer is not waited for longer than this.
GRACE_S = 3


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections give up on the dead; raises OSError or OverflowError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    sock.bind((host, port))
    sock.listen(2048)
    return sock


def why(error: OSError | OverflowError) -> str:
    """Why nobody can listen there, without the address, which was said already."""
    return (error.strerror if isinstance(error, OSError) else None) or "no port has that number"


def server() -> uvicorn.Server:
    """The server for this process."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        "mirrorgame.asgi:application",
        log_level="warning",
        # Its lines go where ours go, in our form: by itself it would print whole tracebacks, and they quote.
        log_config=None,
        access_log=False,
        lifespan="on",
        ws=Frames,
        ws_max_size=MAX_FRAME,
        ws_max_queue=32,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        server_header=False,
        forwarded_allow_ips=settings.PROXIES,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


def keep_small(running: uvicorn.Server) -> None:
    """Let the process hold what is alive, and not much more, for as long as it runs."""
    if (tune := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        tune(M_ARENA_MAX, HEAPS)
    running.config.load()
    # What is loaded now stays: nobody needs to look through it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*CYCLES)


def run(sock: socket.socket) -> None:
    """Serve until told to stop."""
    # WhiteNoise hands Django a file to stream, which under ASGI is read whole first: they are small files.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    # Said once, before the first of us.
    warnings.filterwarnings("ignore", message="No directory at")
    running = server()
    keep_small(running)
    running.run(sockets=[sock])
    if not running.started:
        sys.exit("the server did not start")
