"""Numbers for whoever keeps the game running: behind a token, and about nobody."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from prometheus_client import REGISTRY

from stories import ground, jobs, meters, seats
from stories.models import Job

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-the-one-who-scrapes"
Series = tuple[str, dict[str, str]]
COUNTED: list[Series] = [
    ("mirror_chunks_total", {"verdict": "stored"}),
    ("mirror_chunks_total", {"verdict": "conflict"}),
    ("mirror_samples_stored_total", {}),
    ("mirror_commit_seconds_count", {}),
    ("mirror_ack_seconds_count", {}),
]


def scrape() -> dict[str, float]:
    """Everything that is told with the token, by series."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize(
    "said", [None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ä"]
)
def test_metrics_do_not_exist_without_the_token(settings, said):
    settings.METRICS_TOKEN = TOKEN

    answer = Client().get("/metrics", headers={} if said is None else {"Authorization": said})

    assert answer.status_code == 404


def test_metrics_do_not_exist_when_no_token_is_set(settings):
    settings.METRICS_TOKEN = ""

    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_metrics_tell_rooms_and_jobs_from_the_rows(settings):
    settings.METRICS_TOKEN = TOKEN
    room, _ = seats.open_room("en")
    jobs.enqueue("stories.analysis.complete", 1, key="one")
    Job.objects.filter(key="one").update(state="queued", attempts=2)

    told = scrape()

    assert told['mirror_rooms{phase="lobby"}'] == 1
    assert told['mirror_jobs{state="queued"}'] == 1
    assert told["mirror_jobs_retried"] == 1
    assert told["mirror_database_up"] == told["mirror_layer_up"] == 1
    assert 0 <= told["mirror_job_oldest_queued_seconds"] < 60
    assert room.code not in str(told)


def test_ready_says_how_many_migrations_are_missing(caplog):
    MigrationRecorder(connection).record_unapplied("stories", "0001_initial")

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (
        503,
        {
            "ready": False,
            "database": True,
            "layer": True,
            "pending": 1,
            "why": ["The database lacks 1 migration of this release: run `python manage.py migrate`."],
        },
    )
    # Asked every few seconds, a no is not an error each time.
    assert [(r.name, r.levelname) for r in caplog.records] == [("stories.views.health", "WARNING")]


def test_ready_says_that_nothing_is_stored_when_the_disk_is_full():
    full = OperationalError('could not extend file "base/1/2": No space left on device')

    ground.storing.failed(full)
    without = Client().get("/readyz")
    ground.storing.worked()

    assert (without.status_code, without.json()) == (
        503,
        {
            "ready": False,
            "database": True,
            "layer": True,
            "pending": 0,
            "why": ["The database stores no samples: its disk is full (MIRROR_DATA_DIR)."],
        },
    )
    assert Client().get("/readyz").status_code == 200


def test_ready_stays_and_says_so_when_the_tables_are_the_next_releases():
    MigrationRecorder(connection).record_applied("stories", "9999_of_the_next_release")

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()["ready"], answer.json()["pending"]) == (200, True, 0)
    [why] = answer.json()["why"]
    assert why.startswith("The database has 1 migration that this release does not know")


def test_ready_asks_little_of_the_database(django_assert_max_num_queries):
    Client().get("/readyz")

    with django_assert_max_num_queries(2):
        Client().get("/readyz")


def test_ready_says_that_the_layer_is_away_and_that_the_game_goes_on(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ready": True,
            "database": True,
            "layer": False,
            "pending": 0,
            "why": [
                "The layer between web processes is away: nobody listens at that address (MIRROR_REDIS_URL)."
            ],
        },
    )


COUNT = """
import os, sys
from stories import meters
meters.SAMPLES.inc(int(sys.argv[1]))
meters.SOCKETS.inc(int(sys.argv[2]))
if sys.argv[3] == "read":
    from prometheus_client import generate_latest
    print(generate_latest(meters.registry(os.environ["PROMETHEUS_MULTIPROC_DIR"])).decode())
"""


def test_processes_count_together_and_the_dead_hold_no_sockets(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def process(*args: str) -> str:
        run = [sys.executable, "-c", COUNT, *args]
        return subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout

    process("100", "30", "write")
    told = process("11", "2", "read")

    assert "mirror_samples_stored_total 111.0" in told
    assert "mirror_sockets 2.0" in told


def test_a_batch_is_counted_by_what_became_of_its_chunks():
    def counted() -> list[float]:
        return [REGISTRY.get_sample_value(*series) or 0 for series in COUNTED]

    before = counted()

    meters.committed(0.02, [("stored", 0.03, 4), ("stored", 0.03, 4), ("conflict", 0.03, 4)])

    assert [now - then for now, then in zip(counted(), before, strict=True)] == [2, 1, 8, 1, 3]
