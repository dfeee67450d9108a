"""What the log may hold: routes and numbers, never paths, names or words, since our paths name seats and secrets.

People who play at home read one line for each thing that happened; in production it is one JSON object.
"""

import json
import logging
import re
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

BASE_DIR = Path(__file__).resolve().parent.parent
# What a line may be about, by row numbers, never by codes or names. Said in so many words ("room %s could not
# be read") or beside them: `logger.info("…", extra={"room": room.id})`.
ABOUT = ("room", "participant", "telling", "job")
PLACES = re.compile(rf"(?:\b({'|'.join(ABOUT)}) )?%[a-z]")
# Their messages say which machine was not reached. Others may quote a row, and rows hold words.
OUTSPOKEN = (OSError, OperationalError, ImproperlyConfigured)
MOST_FRAMES = 12
MINUTE_S = 60.0
MOST_A_MINUTE = 5
MOST_KNOWN = 1000
# Speaks for each of its connections and each attempt.
GARRULOUS = {"psycopg.pool"}


def logging_settings(*, production: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING. `level` may be empty: warnings from others, information from the game."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "mirrorgame.logs.Line",
                "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            },
            "json": {"()": "mirrorgame.logs.Json"},
        },
        "filters": {
            "routes": {"()": "mirrorgame.logs.RoutesOnly"},
            "kinds": {"()": "mirrorgame.logs.KindsOnly"},
            "counted": {"()": "mirrorgame.logs.Counted"},
            "seldom": {"()": "mirrorgame.logs.Seldom"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if production else "line",
                "filters": ["routes", "kinds", "counted", "seldom"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level or "WARNING"},
        "loggers": {
            "stories": {"level": level or "INFO"},
            "mirrorgame": {"level": level or "INFO"},
            # A wrong address is no event of ours.
            "django.request": {"level": "ERROR"},
        },
    }


class RoutesOnly(logging.Filter):
    """Where Django quotes a request's path, say which address it was instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without the path."""
        request = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if path and isinstance(record.args, tuple):
            match = getattr(request, "resolver_match", None)
            # Django escapes what it quotes.
            quoted = {path, path.encode("unicode_escape").decode()}
            route = match.route if match else "(no address of ours)"
            record.args = tuple(route if arg in quoted else arg for arg in record.args)
        return True


class KindsOnly(logging.Filter):
    """Where Celery quotes what a task raised, say of which kind it was: a database's errors quote rows."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without the quotation."""
        if isinstance(record.args, dict) and "exc" in record.args:
            raised = record.exc_info[1] if record.exc_info else None
            kind = type(raised).__name__ if raised is not None else str(record.args["exc"]).partition("(")[0]
            record.args = {**record.args, "exc": kind, "traceback": ""}
        return True


class Counted(logging.Filter):
    """Errors are counted where they are said, so that an alarm needs to know no place by name."""

    def __init__(self) -> None:
        super().__init__()
        # Not above: the settings read this module before they have said where numbers are kept.
        from stories.meters import ERRORS

        self._errors = ERRORS

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        if record.levelno >= logging.ERROR:
            self._errors.labels(record.name).inc()
        return True


class Seldom(logging.Filter):
    """What is said again and again is said a few times a minute, and then how often it was not said.

    A database that is away for a minute is news once, and not for every batch, sweep and connection.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[tuple[str, str], _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is said."""
        if record.levelno < logging.WARNING:
            return True
        with self._lock:
            if len(self._said) >= MOST_KNOWN:
                # Somebody writes numbers into their sentences: not for ever into our memory.
                self._said.clear()
            said = self._said.setdefault((record.name, str(record.msg)), _Said())
            now = self._clock()
            if now - said.since >= MINUTE_S:
                unsaid = said.times - said.spoken
                said.since, said.times, said.spoken = now, 0, 0
                if unsaid:
                    record.unsaid = unsaid
            said.times += 1
            if said.spoken >= (1 if record.name in GARRULOUS else MOST_A_MINUTE):
                return False
            said.spoken += 1
        return True


@dataclass
class _Said:
    since: float = float("-inf")
    times: int = 0
    spoken: int = 0


class Line(logging.Formatter):
    """For people who play at home."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and how often it was not said."""
        unsaid = getattr(record, "unsaid", 0)
        return super().format(record) + (f" (and {unsaid} more before)" if unsaid else "")


class Json(logging.Formatter):
    """One JSON object per line. Of an exception it says its type and where, not what it quotes."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        said |= _about(record)
        if unsaid := getattr(record, "unsaid", 0):
            said["unsaid"] = unsaid
        if record.exc_info and record.exc_info[1] is not None:
            said |= _told(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False, default=str)


def _about(record: logging.LogRecord) -> dict[str, int]:
    args = record.args if isinstance(record.args, tuple) else ()
    said = [(place[1], value) for place, value in zip(PLACES.finditer(str(record.msg)), args, strict=False)]
    said += [(name, getattr(record, name, None)) for name in ABOUT]
    return {name: value for name, value in said if name and isinstance(value, int)}


def _told(error: BaseException) -> dict[str, Any]:
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    told: dict[str, Any] = {
        "error": " < ".join(type(link).__name__ for link in chain),
        "where": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, OUTSPOKEN):
        told["why"] = " ".join(str(error).split())[:300]
    return told


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(BASE_DIR):
        return path.relative_to(BASE_DIR).as_posix().rpartition("site-packages/")[2]
    return "/".join(path.parts[-2:])
