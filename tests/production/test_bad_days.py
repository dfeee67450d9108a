"""Bad days: whatever is away, wrong or full is one sentence for whoever keeps the game, and never a heap of traces."""

import asyncio
import json
import os
import resource
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from stories import ground
from stories.people.server import Server, end, opener
from tests.faults.disk import SmallDisk
from tests.live.table import Table
from tests.production.crew import CELERY, MANAGE, Crew
from tests.production.instances import Postgres, Redis

SERVE = [sys.executable, str(MANAGE), "serve"]
MIGRATE = [sys.executable, str(MANAGE), "migrate", "--noinput"]
PLAY = [sys.executable, str(MANAGE), "play"]
WORKER = [*CELERY, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]


def environment(**settings: str) -> dict[str, str]:
    """This one's, with settings of the game's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIRROR_")}
    return {**kept, **{f"MIRROR_{name}": value for name, value in settings.items()}}


def said_by(command: list[str], **settings: str) -> tuple[int, str]:
    """How a command that does not start ends, and the last thing it says; it must say little."""
    done = subprocess.run(
        command, env=environment(**settings), cwd=MANAGE.parent, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


class Web(Server):
    """`manage.py serve` on whatever the settings say, without looking after anything else."""

    def command(self) -> list[str]:
        return ["serve", "--port", str(self.port)]

    def ready(self) -> tuple[int, dict[str, object]]:
        """What it says of itself."""
        try:
            with opener.open(f"{self.address}/readyz", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def waits(self) -> list[str]:
        """What it said it waits for when it started."""
        said = self.log.read_text()
        assert "Traceback" not in said
        return [line.partition("starts, and waits: ")[2] for line in said.splitlines() if "and waits" in line]


@pytest.fixture(scope="module")
def bare(postgres: Postgres) -> str:
    """The address of a database without any table of ours."""
    postgres.query("CREATE DATABASE bare")
    return postgres.url.removesuffix("/mirror") + "/bare"


@pytest.fixture(scope="module")
def filled(postgres: Postgres) -> str:
    """The address of a database with all our tables."""
    postgres.query("CREATE DATABASE filled")
    url = postgres.url.removesuffix("/mirror") + "/filled"
    subprocess.run(
        MIGRATE, env=environment(DATABASE_URL=url), cwd=MANAGE.parent, check=True, capture_output=True
    )
    return url


@pytest.mark.parametrize(("who", "command"), [("web", SERVE), ("worker", WORKER)])
def test_nothing_starts_on_tables_that_are_missing(who, command, bare: str, redis: Redis) -> None:
    ended = said_by(command, DATABASE_URL=bare, REDIS_URL=redis.url(0), BROKER_URL=redis.url(1))

    lacking = f"The database lacks {len(ground._expected())} migrations of this release"
    assert ended == (1, f"{who} refuses to start: {lacking}: run `python manage.py migrate`.")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgres://mirror@127.0.0.1:1/mirror", "nobody listens at that address"),
        ("postgres://mirror@127.0.0.1:{port}/nowhere", "there is no database of that name"),
        ("postgres://nobody@127.0.0.1:{port}/mirror", "it does not know the user"),
        ("postgres://mirror@nowhere.invalid:5432/mirror", "that host has no address"),
    ],
)
def test_it_is_said_in_a_few_words_why_the_database_is_away(address, why, postgres: Postgres) -> None:
    ask = "from stories import ground; print(ground.database().sentence)"
    told = subprocess.run(
        [sys.executable, str(MANAGE), "shell", "--verbosity", "0", "-c", ask],
        env=environment(DATABASE_URL=address.format(port=postgres.port)),
        cwd=MANAGE.parent,
        capture_output=True,
        text=True,
    )

    assert told.stdout == f"The database is away: {why} (MIRROR_DATABASE_URL).\n"


def test_migrate_ends_with_one_sentence_when_the_database_is_away() -> None:
    code, said = said_by(MIGRATE, DATABASE_URL="postgres://mirror:a-password@127.0.0.1:1/mirror")

    sentence = "The database is away: nobody listens at that address (MIRROR_DATABASE_URL)."
    assert (code, said.partition(" (connection")[0]) == (1, sentence)
    assert "a-password" not in said


def test_migrate_ends_with_one_sentence_when_its_user_may_make_no_tables(
    postgres: Postgres, bare: str
) -> None:
    postgres.query("CREATE ROLE humble LOGIN")

    code, said = said_by(MIGRATE, DATABASE_URL=bare.replace("mirror@", "humble@"))

    sentence = (
        "The database is away: it does not let this user make or read its tables (MIRROR_DATABASE_URL)."
    )
    assert (code, said.partition(" (Unable")[0]) == (1, sentence)


@pytest.fixture
def wary(postgres: Postgres, filled: str) -> Iterator[str]:
    """The address of a user whom PostgreSQL asks for a password; it is not the right one."""
    rules = postgres.rows / "pg_hba.conf"
    before = rules.read_text()
    postgres.query("CREATE ROLE wary LOGIN SUPERUSER PASSWORD 'the right one'")
    rules.write_text(f"host all wary 127.0.0.1/32 scram-sha-256\n{before}")
    postgres.query("SELECT pg_reload_conf()")
    yield filled.replace("mirror@", "wary:a-wrong-one@")
    rules.write_text(before)
    postgres.query("SELECT pg_reload_conf()")


def test_web_waits_and_says_why_when_the_password_is_wrong_and_is_ready_once_it_is_right(
    wary: str, postgres: Postgres, tmp_path: Path
) -> None:
    sentence = "The database is away: it refuses the user or the password (MIRROR_DATABASE_URL)."
    with Web(MANAGE, tmp_path, DATABASE_URL=wary) as web:
        waiting = web.ready()
        time.sleep(3)
        lines = web.log.read_text().count("\n")
        postgres.query("ALTER ROLE wary PASSWORD 'a-wrong-one'")
        deadline = time.monotonic() + 30
        while web.ready()[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        ready = web.ready()

    assert waiting == (503, {"ready": False, "database": False, "layer": True, "why": [sentence]})
    assert ready == (200, {"ready": True, "database": True, "layer": True, "pending": 0})
    assert [said.partition(" (connection")[0] for said in web.waits()] == [sentence]
    assert lines < 20
    assert "a-wrong-one" not in web.log.read_text()


class OldRedis(socketserver.ThreadingTCPServer):
    """A Redis of seven years ago, as far as a client can tell: no HELLO, and nothing else of ours."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Old)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.server_address[1]}/{number}"


class _Old(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        version = b"# Server\r\nredis_version:4.0.0\r\n"
        known = {
            b"PING": b"+PONG\r\n",
            b"SELECT": b"+OK\r\n",
            b"CLIENT": b"+OK\r\n",
            b"INFO": b"$%d\r\n%s\r\n" % (len(version), version),
        }
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                words.append(self.rfile.read(int(self.rfile.readline()[1:])))
                self.rfile.readline()
            name = words[0].upper()
            self.wfile.write(known.get(name, b"-ERR unknown command `%s`\r\n" % name))


def test_the_game_is_ready_and_says_what_is_missing_when_redis_is_too_old(
    filled: str, tmp_path: Path
) -> None:
    with (
        OldRedis() as old,
        Web(MANAGE, tmp_path, DATABASE_URL=filled, REDIS_URL=old.url(0), BROKER_URL=old.url(1)) as web,
    ):
        beat = web.spawn(*CELERY, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile=")
        told = web.ready()
        deadline = time.monotonic() + 20
        while len(web.waits()) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        end(beat)
        waits = web.waits()

    old_layer = "The layer between web processes is away: it is too old, Redis 6.0 or newer is needed (MIRROR_REDIS_URL)."
    old_broker = (
        "The broker of jobs is away: it is too old, Redis 6.0 or newer is needed (MIRROR_BROKER_URL)."
    )
    ready = {"ready": True, "database": True, "layer": False, "pending": 0, "why": [old_layer, old_broker]}
    assert told == (200, ready)
    hello = " (unknown command `HELLO`)"
    # The web's parent says both, and beat the one it needs.
    assert sorted(waits) == sorted([old_layer + hello, old_broker + hello, old_broker + hello])


def test_beat_does_not_start_when_its_schedule_cannot_be_written(tmp_path: Path) -> None:
    code, said = said_by([*CELERY, "beat", "--schedule", str(tmp_path / "nowhere" / "beat"), "--pidfile="])

    assert code == 1
    assert said == "Beat cannot write its schedule: --schedule names a file in a folder that is its own."


def test_a_redis_that_is_not_what_the_settings_say_is_one_sentence(settings, redis: Redis) -> None:
    with redis.client() as client:
        client.config_set("requirepass", "the-right-one")
    try:
        settings.REDIS_URL = redis.url().replace("redis://", "redis://:a-wrong-one@")
        wrong = ground.layer()
        settings.REDIS_URL = redis.url(2)
        lacking = ground.layer()
        settings.REDIS_URL = redis.url(3).replace("redis://", "redis://:the-right-one@")
        right = ground.layer()
    finally:
        opened = redis.url().replace("redis://", "redis://:the-right-one@")
        with redis.client().from_url(opened) as client:
            client.config_set("requirepass", "")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    away = ground.layer()

    what = "The layer between web processes is away"
    assert [trouble and trouble.sentence for trouble in (wrong, lacking, right, away)] == [
        f"{what}: it refuses the password (MIRROR_REDIS_URL).",
        f"{what}: it refuses the password (MIRROR_REDIS_URL).",
        None,
        f"{what}: nobody listens at that address (MIRROR_REDIS_URL).",
    ]
    assert "a-wrong-one" not in str(wrong)


def test_play_says_one_sentence_when_its_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = said_by(PLAY, DATA_DIR=str(tmp_path / "file"))

    assert ended == (1, f"embedded refuses to start: the folder {tmp_path}/file cannot be made: File exists")


def test_play_says_one_sentence_when_the_disk_is_full_and_starts_when_there_is_room(tmp_path: Path) -> None:
    # No process of a test may fill a disk: this one may write files of no length only.
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, {resource.RLIM_INFINITY}))"
    run = f"{limit}; import runpy, sys; sys.argv = ['manage.py', 'play']; runpy.run_path('manage.py', run_name='__main__')"

    ended = said_by([sys.executable, "-c", run], DATA_DIR=str(tmp_path))

    assert ended == (
        1,
        f"embedded refuses to start: the folder {tmp_path} must be writable (MIRROR_DATA_DIR): File too large",
    )
    assert list(tmp_path.iterdir()) == []
    with Server(MANAGE, tmp_path) as server:
        assert server.rows("SELECT count(*) FROM stories_room") == [(0,)]


def test_play_says_one_sentence_when_its_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "mirror.sqlite3").write_bytes(b"a letter to my grandmother" * 200)

    ended = said_by(PLAY, DATA_DIR=str(tmp_path))

    sentence = (
        "The database is away: its file is damaged, or is no database (MIRROR_DATA_DIR). (DatabaseError)"
    )
    assert ended == (1, sentence)


@pytest.mark.parametrize("command", [SERVE, PLAY], ids=["serve", "play"])
def test_a_port_that_is_no_port_is_one_sentence(command, tmp_path: Path) -> None:
    code, said = said_by([*command, "--port", "99999"], DATA_DIR=str(tmp_path))

    assert (code, said.partition(". Try")[0]) == (
        1,
        "CommandError: cannot listen on 127.0.0.1:99999: no port has that number",
    )


def test_ready_answers_soon_when_the_database_says_nothing(
    filled: str, postgres: Postgres, tmp_path: Path
) -> None:
    with Web(MANAGE, tmp_path, DATABASE_URL=filled, WORKERS="1") as web:
        before = web.ready()[0]
        postgres.pause()
        slowest, began = 0.0, time.monotonic()
        try:
            status, told = web.ready()
            # What was found is remembered for a moment.
            while status == 200 and time.monotonic() - began < 20:
                asked = time.monotonic()
                status, told = web.ready()
                slowest = max(slowest, time.monotonic() - asked)
        finally:
            postgres.resume()

    assert (before, status) == (200, 503)
    assert told["why"] == ["The database is away: it does not answer in time (MIRROR_DATABASE_URL)."]
    # Pages that need a connection wait for five.
    assert slowest < 4.5


async def test_ready_says_so_while_the_disk_is_full_and_no_longer_when_there_is_room(
    production: Crew,
) -> None:
    web = Web(MANAGE, production.folder, port=production.port)

    async def until_ready_is(wanted: int) -> dict[str, object]:
        """Ask again and again: one web process answers, and it may be the one that has had no samples."""
        async with asyncio.timeout(30):
            while (found := await asyncio.to_thread(web.ready))[0] != wanted:
                await asyncio.sleep(0.05)
        return found[1]

    with SmallDisk(production.postgres) as disk:
        async with Table(production, people=4) as table:
            await table.begin(duration=180)
            await until_ready_is(200)
            disk.fill()
            full = await until_ready_is(503)
            disk.empty()
            # Each of them has stored again.
            healed = [await until_ready_is(200) for _ in range(8)]
            await table.finish()

    assert full == {
        "ready": False,
        "database": True,
        "layer": True,
        "pending": 0,
        "why": ["The database stores no samples: its disk is full (MIRROR_DATABASE_URL)."],
    }
    assert healed == [{"ready": True, "database": True, "layer": True, "pending": 0}] * 8
