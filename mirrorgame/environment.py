"""What the environment says, read once: a value that can mean nothing ends the start with one sentence.

No sentence quotes a value, since half of them hold passwords.
"""

import logging
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# What an address may say behind its question mark, in libpq's words.
POSTGRES_OPTIONS = {
    "application_name", "connect_timeout", "host", "options", "sslcert", "sslkey", "sslmode", "sslrootcert",
    "target_session_attrs",
}  # fmt: skip
POSTGRES = (
    "MIRROR_DATABASE_URL must be postgres://user:password@host:port/name, with %-codes for signs like # / @"
)
SQLITE = (".sqlite3", ".sqlite", ".db")


def env(name: str, default: str = "") -> str:
    """A setting from the environment."""
    return os.environ.get(f"MIRROR_{name}", default)


def env_list(name: str, default: str = "") -> list[str]:
    """A comma-separated setting."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_int(name: str, default: str) -> int:
    """A whole number."""
    try:
        return int(env(name, default))
    except ValueError:
        raise refusal(f"MIRROR_{name} must be a whole number") from None


def env_float(name: str, default: str) -> float:
    """A number."""
    try:
        return float(env(name, default))
    except ValueError:
        raise refusal(f"MIRROR_{name} must be a number") from None


def env_redis(name: str) -> str:
    """Where a Redis is; empty without one."""
    url = env(name)
    parts = _split(url)
    known = (
        parts is not None and parts.scheme in ("redis", "rediss") and parts.hostname and not parts.fragment
    )
    if url and not (
        known and (parts is None or parts.path.strip("/").isdigit() or not parts.path.strip("/"))
    ):
        raise refusal(
            f"MIRROR_{name} must be redis://:password@host:port/number, with %-codes for signs like # / @"
        )
    return url


def env_level(name: str) -> str:
    """How much the log says; empty for the usual."""
    level = env(name).upper()
    if level and level not in logging.getLevelNamesMapping():
        raise refusal(f"MIRROR_{name} must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return level


def database(url: str, home: Path) -> dict[str, Any]:
    """Django's entry for a database: PostgreSQL by its address, or SQLite in a file."""
    if url.startswith(("postgres://", "postgresql://")):
        return _postgres(url)
    path = Path(url) if url else home / "mirror.sqlite3"
    if "://" in url or path.suffix not in SQLITE:
        # Otherwise a slip of the pen would begin a new, empty game in a file of that name.
        raise refusal(f"{POSTGRES}, or the path of a file that ends in {SQLITE[0]}")
    folder(path.parent)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 15,
            # FULL: an ack means the samples survive a power cut, not only a crash.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=15000;",
        },
        "TEST": {"NAME": str(home / f"test-{os.getpid()}.sqlite3")},
    }


def _postgres(url: str) -> dict[str, Any]:
    parts = _split(url)
    options = dict(parse_qsl(parts.query)) if parts else {}
    if parts is None or parts.fragment or not parts.path.strip("/") or "/" in parts.path.strip("/"):
        raise refusal(POSTGRES)
    if strange := options.keys() - POSTGRES_OPTIONS:
        raise refusal(
            f"MIRROR_DATABASE_URL has options that are not known here: {', '.join(sorted(strange))}"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # A host that says nothing at all would hold a connection up for minutes.
            "connect_timeout": "5",
            **options,
            # Each wait for a server that is away is twice the one before. Given up soon, the next who asks tries
            # at once; else a server that was away for a minute would be met half a minute after it is back.
            "pool": {"min_size": 2, "max_size": 8, "timeout": 5, "reconnect_timeout": 3},
        },
    }


def _split(url: str) -> SplitResult | None:
    """An address in its parts; None if its port is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def folder(path: Path) -> Path:
    """A folder for nobody else on this machine: what people felt lies here."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(f"the folder {path} cannot be made: {error.strerror}") from error
    return path


def own_key(home: Path) -> str:
    """A signing key of this machine's own, made when it first plays, whole or not at all."""
    path = folder(home) / "secret-key"
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(50))
        key = path.read_text().strip()
    except OSError as error:
        raise refusal(f"the folder {home} must be writable (MIRROR_DATA_DIR): {error.strerror}") from error
    if not key:
        raise refusal(f"{path} is empty: remove it, and a new key is made")
    return key


def _write_once(path: Path, words: str) -> None:
    """Whole or not at all, also on a full disk; who comes second leaves what the first one wrote."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(number, "w") as file:
            file.write(words)
        try:
            os.link(name, path)
        except FileExistsError:
            return
        except OSError:
            # A file system without links.
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def refusal(sentence: str) -> ImproperlyConfigured:
    """Start safely or not at all, and say in one sentence what is missing."""
    return ImproperlyConfigured(f"{env('SHAPE', 'embedded')} refuses to start: {sentence}")


def refuse(problems: list[tuple[bool, str]]) -> None:
    """Raise the first that is a problem."""
    for wrong, sentence in problems:
        if wrong:
            raise refusal(sentence)
