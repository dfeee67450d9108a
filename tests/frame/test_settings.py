"""Production starts safely or not at all, and says in one sentence what is missing."""

import json
import os
import subprocess
import sys

import pytest

SAFE = {
    "MIRROR_SHAPE": "production",
    "MIRROR_SECRET_KEY": "k" * 50,
    "MIRROR_HOSTS": "game.example.org",
    "MIRROR_ORIGINS": "https://game.example.org",
    "MIRROR_DATABASE_URL": "postgres://mirror:secret@db:5432/mirror",
    "MIRROR_REDIS_URL": "redis://redis:6379/0",
    "MIRROR_BROKER_URL": "redis://redis:6379/1",
    "MIRROR_WORKERS": "2",
}


def environment(**changes: str) -> dict[str, str]:
    """That of a safe production server, with some changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIRROR_")}
    return {**kept, **SAFE, **changes}


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a fresh process, with an environment of its own."""
    return subprocess.run(
        [sys.executable, "-c", "import mirrorgame.settings"],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_when_everything_is_safe():
    started = start()

    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"MIRROR_DEBUG": "1"}, "MIRROR_DEBUG must not be set"),
        ({"MIRROR_SECRET_KEY": ""}, "MIRROR_SECRET_KEY needs 32 random characters or more"),
        ({"MIRROR_SECRET_KEY": "short"}, "MIRROR_SECRET_KEY needs 32 random characters or more"),
        ({"MIRROR_HOSTS": "*"}, "MIRROR_HOSTS must name hosts, not *"),
        ({"MIRROR_HOSTS": ""}, "MIRROR_HOSTS must name the hosts this game is served under"),
        ({"MIRROR_ORIGINS": "http://game.example.org"}, "MIRROR_ORIGINS must hold https:// origins only"),
        ({"MIRROR_ORIGINS": ""}, "MIRROR_ORIGINS must hold https:// origins only"),
        ({"MIRROR_CLOCK_RATE": "2"}, "MIRROR_CLOCK_RATE must be 1"),
        ({"MIRROR_DATABASE_URL": ""}, "SQLite serves one worker only"),
        ({"MIRROR_REDIS_URL": ""}, "the in-memory layer serves one worker only"),
        ({"MIRROR_METRICS_TOKEN": "t"}, "several workers count together only in MIRROR_METRICS_DIR"),
        ({"MIRROR_DATABASE_URL": "", "MIRROR_WORKERS": "1"}, "SQLite serves one worker only, and no Celery"),
        (
            {"MIRROR_REDIS_URL": "", "MIRROR_WORKERS": "1"},
            "the in-memory layer serves one worker only, and no Celery",
        ),
        ({"MIRROR_BROKER_URL": ""}, "MIRROR_BROKER_URL must name the Redis that hands jobs to the workers"),
        ({"MIRROR_PROXIES": "*"}, "MIRROR_PROXIES must name the proxies in front, not *"),
        ({"MIRROR_WORKERS": "0"}, "MIRROR_WORKERS must be 1 or more"),
        ({"MIRROR_RATE_LIMITS": "0"}, "MIRROR_RATE_LIMITS must stay on"),
        ({"MIRROR_SECURE_COOKIES": "0"}, "MIRROR_SECURE_COOKIES must stay on"),
        (
            {"MIRROR_ORIGINS": "https://game.example.org/"},
            "MIRROR_ORIGINS must hold scheme, host and port only",
        ),
        ({"MIRROR_HOSTS": "https://game.example.org"}, "MIRROR_HOSTS must hold names only"),
        ({"MIRROR_HOSTS": "game.example.org:443"}, "MIRROR_HOSTS must hold names only"),
        ({"MIRROR_WORKERS": "two"}, "MIRROR_WORKERS must be a whole number"),
        ({"MIRROR_LOG_LEVEL": "loud"}, "MIRROR_LOG_LEVEL must be one of"),
        ({"MIRROR_REDIS_URL": "redis//redis:6379/0"}, "MIRROR_REDIS_URL must be redis://"),
        ({"MIRROR_REDIS_URL": "http://redis:6379/0"}, "MIRROR_REDIS_URL must be redis://"),
        ({"MIRROR_REDIS_URL": "redis://:a#b@redis:6379/0"}, "MIRROR_REDIS_URL must be redis://"),
        ({"MIRROR_BROKER_URL": "redis://redis:6379/jobs"}, "MIRROR_BROKER_URL must be redis://"),
        ({"MIRROR_BROKER_URL": "redis://redis:none/1"}, "MIRROR_BROKER_URL must be redis://"),
        (
            {"MIRROR_DATABASE_URL": "postgres//mirror:secret@db/mirror"},
            "MIRROR_DATABASE_URL must be postgres://",
        ),
        (
            {"MIRROR_DATABASE_URL": "mysql://mirror:secret@db/mirror"},
            "MIRROR_DATABASE_URL must be postgres://",
        ),
        ({"MIRROR_DATABASE_URL": "postgres://mirror:se#cret@db/mirror"}, "MIRROR_DATABASE_URL must be"),
        ({"MIRROR_DATABASE_URL": "postgres://mirror:secret@db:port/mirror"}, "MIRROR_DATABASE_URL must be"),
        ({"MIRROR_DATABASE_URL": "postgres://mirror:secret@db"}, "MIRROR_DATABASE_URL must be postgres://"),
        (
            {"MIRROR_DATABASE_URL": "postgres://mirror:secret@db/mirror?sslmod=require"},
            "MIRROR_DATABASE_URL has options that are not known here: sslmod",
        ),
    ],
)
def test_production_refuses_to_start_when_a_value_is_unsafe(changes, sentence, tmp_path):
    started = start(**changes, MIRROR_DATA_DIR=str(tmp_path))

    said = started.stderr.strip().splitlines()[-1]
    assert started.returncode == 1
    assert said.split("production refuses to start: ")[1].startswith(sentence)
    assert "cret@" not in started.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_starts_when_its_shape_is_unknown():
    started = start(MIRROR_SHAPE="prod")

    assert (
        started.stderr.strip()
        .splitlines()[-1]
        .endswith("prod refuses to start: MIRROR_SHAPE must be embedded or production")
    )


def test_an_address_of_the_database_may_hold_every_sign_and_say_how_to_be_safe():
    url = "postgres://mir%40ror:a%23b%2Fc%40d@db.example.org:6432/mirror?sslmode=verify-full"
    code = "import mirrorgame.settings as s, json; print(json.dumps(s.DATABASES['default']))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(MIRROR_DATABASE_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
    )

    told = json.loads(said.stdout)
    assert [told[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "mir@ror",
        "a#b/c@d",
        "db.example.org",
        "6432",
        "mirror",
    ]
    assert told["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"MIRROR_DATABASE_URL": ""},
            "SQLite serves one worker only, and no Celery: set MIRROR_DATABASE_URL",
        ),
        (
            {"MIRROR_REDIS_URL": ""},
            "the in-memory layer serves one worker only, and no Celery: set MIRROR_REDIS_URL",
        ),
    ],
)
def test_the_embedded_shape_refuses_a_second_worker_when_they_would_share_nothing(
    changes, sentence, tmp_path
):
    started = start(
        **{"MIRROR_SHAPE": "embedded", "MIRROR_BROKER_URL": "", **changes}, MIRROR_DATA_DIR=str(tmp_path)
    )

    assert started.returncode == 1
    assert started.stderr.strip().splitlines()[-1].endswith(f"embedded refuses to start: {sentence}")


def test_the_embedded_shape_takes_a_second_worker_when_rows_and_wake_ups_are_shared(tmp_path):
    started = start(MIRROR_SHAPE="embedded", MIRROR_CLOCK_RATE="20", MIRROR_DATA_DIR=str(tmp_path))

    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "serve"],
        ["manage.py", "play"],
        ["manage.py", "migrate"],
        ["-m", "celery", "-A", "mirrorgame", "worker"],
        ["-m", "celery", "-A", "mirrorgame", "beat"],
    ],
    ids=" ".join,
)
def test_a_command_says_one_sentence_when_a_value_is_unsafe(command):
    said = subprocess.run(
        [sys.executable, *command],
        env=environment(MIRROR_HOSTS="*"),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "production refuses to start: MIRROR_HOSTS must name hosts, not *\n"


def test_a_job_is_dead_before_the_broker_hands_it_out_again():
    limits = "s.CELERY_TASK_SOFT_TIME_LIMIT < s.CELERY_TASK_TIME_LIMIT < s.CELERY_BROKER_TRANSPORT_OPTIONS"
    said = subprocess.run(
        [sys.executable, "-c", f"import mirrorgame.settings as s; print({limits}['visibility_timeout'])"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert said.stdout == "True\n"
