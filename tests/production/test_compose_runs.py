"""One telling through every service of docker-compose.yml, each started by its own command on this machine."""

import asyncio
import gzip
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psycopg
import pytest

from stories.people.player import ticks_between
from tests.production.compose import ROOT
from tests.production.stack import Stack, missing
from tests.production.told import SECONDS, Told, contents, evening, fetch, ready, rows, run_script, until

TOKEN = "numbers-for-cleo"
WEB_WORKERS = 2
HEADER_TIMEOUT_S = 10
KILLED = -9


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Everything that docker-compose.yml starts, with TLS, and all of it well."""
    if lacking := missing():
        said = f"not installed: {', '.join(lacking)} (Debian: nginx redis-server postgresql openssl wget)"
        if os.environ.get("CI"):
            pytest.fail(f"the production shape cannot be tried, and CI may not skip it: {said}")
        pytest.skip(f"THE PRODUCTION SHAPE IS NOT TRIED HERE: {said}")
    # PostgreSQL runs as somebody else, before whom pytest shuts its own folders.
    with TemporaryDirectory(prefix="mirror-compose-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        running = Stack(
            folder,
            {
                "MIRROR_SECRET_KEY": "k" * 50,
                "POSTGRES_PASSWORD": "letters0and0digits",
                "MIRROR_WORKERS": str(WEB_WORKERS),
                "MIRROR_METRICS_TOKEN": TOKEN,
            },
        )
        try:
            running.up()
            yield running
        finally:
            running.kill()


@pytest.fixture(scope="module")
def told(stack: Stack) -> Iterator[Told]:
    """An evening of simulated people, who come in by nginx and trust its certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(stack.folder / "certificates" / "fullchain.pem"))
        yield asyncio.run(evening(stack.address))


def test_every_sample_is_stored_when_a_story_is_told_through_nginx(stack, told):
    stored: dict[tuple[str, int], int] = {}
    [(started_at, ended_at, rate)] = rows(stack, "SELECT started_at, ended_at, rate_hz FROM stories_telling")
    last = ticks_between(started_at, ended_at, rate) - 1
    chunks = """SELECT p.public_id, c.first_tick, c.samples
                FROM stories_chunk c JOIN stories_participant p ON p.id = c.participant_id"""
    for seat, first, samples in rows(stack, chunks):
        for tick, level in enumerate(np.frombuffer(samples, "<i2").tolist(), first):
            if level >= 0 and tick <= last:
                stored[seat, tick] = level

    assert len(told.felt) > 6 * SECONDS * 4 * 0.8
    assert stored == told.felt


def test_report_is_completed_by_the_celery_worker(stack, told):
    jobs = "SELECT DISTINCT state FROM stories_job WHERE task LIKE '%complete%'"

    # The picture is told a moment before its job is over.
    until(lambda: rows(stack, jobs), lambda states: states == [("done",)])
    assert rows(stack, "SELECT complete FROM stories_analysis") == [(True,)]
    assert not told.picture["score"].get("pending")
    assert "run_job" in stack.log("worker").read_text()


def test_numbers_of_all_web_workers_are_one_sum(stack, told):
    direct = f"http://127.0.0.1:{stack.ports['web']}/metrics"
    answer = fetch(direct, stack, Host="web", Authorization=f"Bearer {TOKEN}")
    series = dict(line.rsplit(" ", 1) for line in answer[2].decode().splitlines() if not line.startswith("#"))

    assert answer[0] == 200
    assert float(series["mirror_samples_stored_total"]) >= len(told.felt)
    assert float(series["mirror_layer_subscriptions_total"]) == WEB_WORKERS
    assert float(series["mirror_chunks_waiting"]) == 0
    assert float(series['mirror_rooms{phase="reveal"}']) == 1
    assert "mirror_store_retries_total" not in series or float(series["mirror_store_retries_total"]) == 0


def test_numbers_are_for_inside_when_asked_by_way_of_nginx(stack, told):
    for path in ("/metrics", "/metrics/", "/static/../metrics"):
        assert fetch(stack.address + path, stack, Authorization=f"Bearer {TOKEN}")[0] == 404


def test_nginx_serves_files_of_this_release_small_and_asks_again_for_what_has_no_version(stack):
    status, headers, body = fetch(f"{stack.address}/static/css/app.css", stack, **{"Accept-Encoding": "gzip"})
    vendored = next((ROOT / "static" / "vendor").glob("htmx-*/htmx.min.js")).relative_to(ROOT)
    kept = fetch(f"{stack.address}/{vendored}", stack)[1]["cache-control"]
    again = fetch(
        f"{stack.address}/static/css/app.css", stack, **{"If-Modified-Since": headers["last-modified"]}
    )

    assert status == 200
    assert gzip.decompress(body) == (ROOT / "static" / "css" / "app.css").read_bytes()
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["server"] == "nginx"
    assert again[0] == 304
    assert kept == "public, max-age=31536000, immutable"


def test_page_is_as_strict_behind_nginx_as_it_is_alone(stack):
    status, headers, _ = fetch(f"{stack.address}/", stack)

    assert status == 200
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "Secure" in headers["set-cookie"]


def test_body_is_refused_by_nginx_when_no_form_is_that_long(stack):
    trusting = ssl.create_default_context(cafile=stack.folder / "certificates" / "fullchain.pem")
    with (
        socket.create_connection(("127.0.0.1", stack.ports["tls"])) as raw,
        trusting.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
    ):
        tls.sendall(b"POST /join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16777216\r\n\r\n")

        assert tls.recv(100).startswith(b"HTTP/1.1 413 ")


def test_guesser_is_stopped_by_address_when_a_proxy_in_front_says_who_asks(stack):
    guess = f"http://127.0.0.1:{stack.ports['nginx']}/j/000000"

    def ask(client: str) -> int:
        return fetch(guess, stack, **{"X-Forwarded-For": client, "X-Forwarded-Proto": "https"})[0]

    # Each web worker counts ten; what a browser puts in front of its own address changes nothing.
    guessed = [ask(f"198.51.100.{n}, 203.0.113.5") for n in range(60)]

    assert set(guessed) == {404, 429}
    assert guessed.count(404) <= WEB_WORKERS * 10 + 2
    assert ask("203.0.113.6") == 404


@pytest.mark.slow
def test_nginx_lets_go_of_who_never_finishes_a_request(stack):
    with socket.create_connection(
        ("127.0.0.1", stack.ports["nginx"]), timeout=HEADER_TIMEOUT_S + 5
    ) as dribble:
        began = time.monotonic()
        dribble.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

        with pytest.raises(ConnectionResetError):
            dribble.recv(100)
        assert time.monotonic() - began < HEADER_TIMEOUT_S + 3


# -- from here on nothing is told any more ---------------------------------------------------------------------


def test_game_stays_ready_and_says_so_when_redis_is_away(stack, told):
    stack.stop("redis")
    without = ready(stack)
    page = fetch(f"{stack.address}/", stack)[0]
    stack.start("redis")
    stack.wait("redis")

    status, said = without
    why = said.pop("why")
    assert (status, said) == (200, {"ready": True, "database": True, "layer": False, "pending": 0})
    assert [sentence.partition(":")[0] for sentence in why] == [
        "The layer between web processes is away",
        "The broker of jobs is away",
    ]
    assert page == 200
    well = {"ready": True, "database": True, "layer": True, "pending": 0}
    until(lambda: ready(stack), lambda said: said == (200, well))


def test_web_is_alive_but_not_ready_when_the_database_is_away(stack, told):
    # What web found at the database is remembered for a second.
    stack.stop("postgres")
    _, without = until(lambda: ready(stack), lambda said: said[0] == 503)
    alive = stack.well("web")
    stack.start("postgres")
    stack.wait("postgres")
    _, back = until(lambda: ready(stack), lambda said: said[0] == 200)

    [why] = without.pop("why")
    assert without == {"ready": False, "database": False, "layer": True}
    assert why.startswith("The database is away: ")
    assert alive
    assert back == {"ready": True, "database": True, "layer": True, "pending": 0}


@pytest.fixture(scope="module")
def quiet(stack: Stack, told: Told) -> Stack:
    """Web, worker and beat have stopped, as for a restore."""
    codes = [stack.stop(name) for name in ("web", "worker", "beat")]
    assert KILLED not in codes
    return stack


def test_page_comes_back_by_itself_when_web_is_away(quiet):
    status, headers, _ = fetch(f"{quiet.address}/how", quiet)

    assert (status, headers["refresh"], headers["retry-after"]) == (503, "2", "2")


@pytest.mark.slow
def test_worker_is_not_well_when_it_has_stopped(quiet):
    assert not quiet.well("worker")


def test_no_log_names_a_seat_a_code_or_a_token(quiet, told):
    logs = {
        name: quiet.log(name).read_text() for name in ("nginx", "web", "worker", "beat", "redis", "postgres")
    }

    for name, text in logs.items():
        assert {secret for secret in told.secrets if secret in text} == set(), name
        assert "Traceback" not in text, name
    for line in logs["web"].splitlines():
        assert {"at", "level", "logger", "message"} <= json.loads(line).keys()
    kinds = {json.loads(line)["kind"] for line in logs["nginx"].splitlines()}
    assert {"landing", "host", "j", "play", "readyz"} <= kinds


@pytest.mark.parametrize("how", ["address", "compose"])
def test_backup_brings_back_every_row_when_the_database_was_emptied(quiet, tmp_path, how):
    before = contents(quiet)

    saved = run_script(quiet, "backup", tmp_path / "kept" / "one.dump", how=how)
    with psycopg.connect(quiet.database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE stories_room, stories_job CASCADE")
        connection.execute("DROP TABLE django_migrations")
        connection.execute("CREATE TABLE stories_of_a_newer_release (id int)")
    lost = contents(quiet)
    back = run_script(quiet, "restore", tmp_path / "kept" / "one.dump", how=how)

    assert (saved.returncode, back.returncode) == (0, 0), saved.stderr + back.stderr
    assert (tmp_path / "kept" / "one.dump").stat().st_mode & 0o777 == 0o600
    assert len(before["stories_chunk"]) > 100
    assert lost["stories_chunk"] == []
    assert contents(quiet) == before


def test_restore_changes_nothing_when_the_file_is_cut_off(quiet, tmp_path):
    whole, cut = tmp_path / "whole.dump", tmp_path / "cut.dump"
    assert run_script(quiet, "backup", whole).returncode == 0
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    before = contents(quiet)

    assert run_script(quiet, "restore", cut).returncode != 0
    assert run_script(quiet, "restore", ROOT / "manage.py").returncode == 1
    assert contents(quiet) == before
