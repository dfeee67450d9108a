"""Database work for the event loop: whole units of work, on threads of our own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections

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
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool, unit)
