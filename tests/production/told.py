"""An evening of simulated people on a stack of services, and what its database, its door and its scripts say."""

import asyncio
import json
import os
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from stories.people.evening import open_evening, seat_guests
from stories.people.guest import Company, Guest
from stories.people.page import Message
from tests.production.compose import ROOT
from tests.production.stack import Stack

SECONDS = 15.0
# A `docker compose exec -T postgres TOOL …` that runs the tool on this machine, against $PGHOST.
DOCKER = """#!/usr/bin/env bash
case "$*" in
  "compose ps --quiet --status running web worker beat") exit 0 ;;
  "compose exec -T postgres "*) exec "${@:5}" ;;
esac
echo "not expected: docker $*" >&2
exit 64
"""


@dataclass
class Told:
    """What one evening left with its people."""

    code: str
    people: list[Guest]
    picture: Message
    felt: dict[tuple[str, int], int]

    @property
    def secrets(self) -> set[str]:
        """What no log may hold."""
        seats = {word for guest in self.people for word in (guest.seat.id, guest.seat.token)}
        return seats | {self.code, str(self.picture["telling"])}


async def evening(address: str) -> Told:
    """From the lobby to the whole picture."""
    company = Company(seed=4, coupling=0.9, seconds=SECONDS)
    held = await open_evening(address)
    people = await seat_guests(address, held.desk.code, company, 7)
    try:
        await held.tell(people[0], source="C", duration=60)
        picture = await held.reveal(people[1])
        await asyncio.gather(*(guest.until(lambda guest=guest: guest.all_stored) for guest in people))
    finally:
        await held.close()
        for guest in people:
            await guest.close()
    felt = {
        (guest.key, tick): level
        for guest in people
        for tick, level in guest.sampled[picture["telling"]].items()
        if level is not None
    }
    return Told(held.desk.code, people, picture, felt)


def rows(stack: Stack, query: str) -> list[tuple]:
    """What the database says."""
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(query).fetchall()


def fetch(url: str, stack: Stack, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One GET, whatever it answers."""
    trusting = ssl.create_default_context(cafile=stack.folder / "certificates" / "fullchain.pem")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
    )
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def ready(stack: Stack) -> tuple[int, dict[str, object]]:
    """What a load balancer of one's own is told."""
    status, _, body = fetch(f"{stack.address}/readyz", stack)
    return status, json.loads(body)


def until[T](ask: Callable[[], T], good: Callable[[T], object], *, within: float = 20.0) -> T:
    """The first good answer."""
    deadline = time.monotonic() + within
    while not good(said := ask()):
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    return said


def contents(stack: Stack) -> dict[str, list[str]]:
    """Every row of every table, as PostgreSQL writes it, in order."""
    tables = [name for (name,) in rows(stack, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {
        name: sorted(row for (row,) in rows(stack, f'SELECT "{name}"::text FROM "{name}"')) for name in tables
    }


def run_script(
    stack: Stack, name: str, file: Path, *, how: str = "address"
) -> subprocess.CompletedProcess[str]:
    """`deploy/backup` or `deploy/restore`, by the database's address or by way of docker compose."""
    env = {**os.environ, "MIRROR_DATABASE_URL": stack.database_url}
    if how == "compose":
        del env["MIRROR_DATABASE_URL"]
        settings = stack.services["postgres"]["environment"]
        docker = file.parent / "bin" / "docker"
        docker.parent.mkdir(parents=True, exist_ok=True)
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        env |= {
            "PATH": f"{docker.parent}:{env['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(stack.ports["postgres"]),
            "PGPASSWORD": settings["POSTGRES_PASSWORD"],
        }
    return subprocess.run([f"deploy/{name}", str(file)], cwd=ROOT, env=env, capture_output=True, text=True)
