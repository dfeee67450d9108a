"""Before the first page and the first job: look at what we stand on, and say what is not well in one sentence each.

What cannot come right by itself ends the start: settings without a meaning, tables of an older release. What
can, such as a database or a Redis that is away, is waited for while `/readyz` says so.
"""

import logging
import sys

from django.conf import settings
from django.db import connection

from stories import ground

logger = logging.getLogger(__name__)


def look(who: str) -> None:
    """Say what is away, or end here when the tables are not this release's."""
    found = ground.tables()
    _let_go()
    away = found if isinstance(found, ground.Trouble) else None
    for trouble in (away, ground.layer(), ground.broker()):
        if trouble is not None:
            logger.warning("%s starts, and waits: %s", who, trouble)
    if isinstance(found, ground.Tables):
        if found.trouble is not None:
            sys.exit(f"{who} refuses to start: {found.trouble}")
        if found.surplus is not None:
            logger.warning("%s starts, but: %s", who, found.surplus)


def look_for_files() -> None:
    """Production serves collected files, and nothing is collected by itself."""
    if settings.STATIC_ROOT is not None and not settings.STATIC_ROOT.is_dir():
        logger.warning("web starts, but: There are no files to serve: run `python manage.py collectstatic`.")


def _let_go() -> None:
    """Processes that come from this one open connections of their own."""
    connection.close()
    if connection.vendor == "postgresql":
        # Only this vendor's has one.
        connection.close_pool()  # type: ignore[attr-defined]
