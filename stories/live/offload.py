"""Database work for the event loop: whole units of work, on threads of our own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connections

_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="reads")
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")


async def offload[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one unit of work on a thread with its own database connection."""
    return await _on(_readers, work, *args, **kwargs)


async def offload_write[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same on the single thread that stores samples."""
    return await _on(_writer, work, *args, **kwargs)


async def _on[**P, T](pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    def unit() -> T:
        _keep()
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            _keep()
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, unit)


def _keep() -> None:
    """A thread of ours keeps its SQLite connection: opening one costs more than most queries.

    One that broke is still closed. PostgreSQL's go back to their pool.
    """
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite":
            connection.close_at = None
