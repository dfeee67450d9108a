"""What the game stands on: the database, its tables, the layer, the broker; of each that is not well, one sentence.

The sentences are for everybody, and hold no address, no name and no password. `said` is what a driver told
us, for the log alone.
"""

import re
import threading
import time
from dataclasses import dataclass
from functools import cache

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, NotSupportedError, OperationalError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

PATIENCE_S = 2
REMEMBERED_S = 1.0
OLDEST_REDIS = (6, 0)
TOO_OLD = "it is too old, Redis 6.0 or newer is needed"
OUTSPOKEN = (
    OperationalError,
    NotSupportedError,
    MigrationSchemaMissing,
    psycopg.OperationalError,
    redis.RedisError,
)

# What PostgreSQL, SQLite, Redis and their drivers say, and what it means here. Nothing else tells these apart.
DATABASE = {
    "password authentication failed|no password supplied": "it refuses the user or the password",
    'role ".*" does not exist': "it does not know the user",
    'database ".*" does not exist': "there is no database of that name",
    "pg_hba.conf": "it lets nobody in from this machine",
    "ssl|certificate": "its TLS and the settings do not fit together",
    "too many clients|connection slots": "it takes no more connections",
    "starting up|shutting down|recovery|not yet accepting": "it is starting or stopping",
    "refused": "nobody listens at that address",
    "resolve|translate host name": "that host has no address",
    "timeout|timed out|couldn't get a connection": "it does not answer in time",
    "no space left|disk is full": "its disk is full",
    "permission denied": "it does not let this user make or read its tables",
    "later is required": "it is too old, PostgreSQL 15 or newer is needed",
    "unable to open|read-?only": "its file cannot be opened or written",
    "malformed|not a database": "its file is damaged, or is no database",
}
REDIS = {
    "wrongpass|username-password|auth": "it refuses the password",
    "noperm": "it does not let this user do what is needed",
    "hello|unknown command": TOO_OLD,
    "refused": "nobody listens at that address",
    "name or service|nodename|resolution": "that host has no address",
    "timeout|timed out": "it does not answer in time",
    "loading": "it is starting",
    "misconf|oom|readonly": "it takes nothing more",
}


@dataclass(frozen=True)
class Trouble:
    """Something that is not as the settings say."""

    sentence: str
    said: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} ({self.said})" if self.said else self.sentence


@dataclass(frozen=True)
class Tables:
    """The database's tables beside those this code expects, as numbers of migrations."""

    missing: int
    newer: int

    @property
    def trouble(self) -> Trouble | None:
        """What is missing."""
        if not self.missing:
            return None
        return Trouble(
            f"The database lacks {_migrations(self.missing)} of this release: run `python manage.py migrate`."
        )

    @property
    def surplus(self) -> Trouble | None:
        """What a release says that finds the next one's tables: no trouble while one replaces the other."""
        if not self.newer:
            return None
        return Trouble(
            f"The database has {_migrations(self.newer)} that this release does not know: a newer one was here. "
            "To stay with this release, restore the backup made before the upgrade."
        )


def _migrations(count: int) -> str:
    return f"{count} migration{'' if count == 1 else 's'}"


def tables() -> Tables | Trouble:
    """Which of its tables the database has, or why it is away: within seconds, also when it says nothing."""
    return _door.look()


def database() -> Trouble | None:
    """Why the database is away, if it is."""
    found = tables()
    return found if isinstance(found, Trouble) else None


class _Door:
    """Anybody may ask `/readyz` how we are; that costs PostgreSQL one connection a second at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._found: Tables | Trouble = Tables(0, 0)

    def look(self) -> Tables | Trouble:
        """Look, or say what was found by whoever looked a moment ago."""
        if connection.vendor != "postgresql":
            return _found()
        with self._lock:
            if time.monotonic() - self._looked_at > REMEMBERED_S:
                self._found, self._looked_at = _found(), time.monotonic()
            return self._found


_door = _Door()


def _found() -> Tables | Trouble:
    try:
        if connection.vendor == "postgresql":
            # Past the pool, which knows no reasons and waits longer.
            how = {**connection.get_connection_params(), "connect_timeout": PATIENCE_S}
            psycopg.connect(**how).close()
        applied = MigrationRecorder(connection).applied_migrations().keys()
    except (psycopg.Error, DatabaseError) as error:
        return database_trouble(error)
    ours = {app for app, _ in _expected()}
    newer = [name for name in applied - _expected() if name[0] in ours]
    return Tables(len(_expected() - applied), len(newer))


def database_trouble(error: Exception) -> Trouble:
    """What an error of the database means."""
    return _trouble("The database is away", DATABASE, error, _place())


def _place() -> str:
    return "MIRROR_DATABASE_URL" if connection.vendor == "postgresql" else "MIRROR_DATA_DIR"


@cache
def _expected() -> frozenset[tuple[str, str]]:
    """Every migration this code knows. Reading them from disk takes long, and they do not change."""
    return frozenset(MigrationLoader(None).disk_migrations)


def layer() -> Trouble | None:
    """Whether processes hear each other; one process hears itself."""
    return _redis(settings.REDIS_URL, "The layer between web processes", "MIRROR_REDIS_URL")


def broker() -> Trouble | None:
    """Whether jobs can be handed over."""
    return _redis(settings.BROKER_URL, "The broker of jobs", "MIRROR_BROKER_URL")


def _redis(url: str, what: str, setting: str) -> Trouble | None:
    if not url:
        return None
    try:
        client = _client(url)
        # Older ones lack commands that the drivers use.
        version = _version(client)
    except redis.RedisError as error:
        return _trouble(f"{what} is away", REDIS, error, setting)
    if version and version < OLDEST_REDIS:
        return Trouble(f"{what} is away: {TOO_OLD} ({setting}).")
    return None


def _version(client: redis.Redis) -> tuple[int, ...]:
    try:
        told = str(client.info("server").get("redis_version", ""))
    except redis.exceptions.NoPermissionError:
        # A Redis of somebody else's may keep that to itself.
        client.ping()
        return ()
    return tuple(int(part) for part in told.split(".")[:2] if part.isdigit())


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=PATIENCE_S / 2, socket_connect_timeout=PATIENCE_S / 2)


def _trouble(
    what: str, meanings: dict[str, str], error: Exception, setting: str, otherwise: str = "it does not answer"
) -> Trouble:
    told = " ".join(str(error).split())
    meant = (meaning for words, meaning in meanings.items() if re.search(words, told, re.IGNORECASE))
    # Other errors may quote a row, and rows hold words.
    said = told[:300] if isinstance(error, OUTSPOKEN) else type(error).__name__
    return Trouble(f"{what}: {next(meant, otherwise)} ({setting}).", said)


class Storing:
    """Whether this process could write when it last tried: a database whose disk is full still answers."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None

    def failed(self, error: Exception) -> None:
        """Something could not be stored."""
        self.trouble = _trouble(
            "The database stores no samples", DATABASE, error, _place(), otherwise="the log says why"
        )

    def worked(self) -> None:
        """Something was stored."""
        self.trouble = None


storing = Storing()
