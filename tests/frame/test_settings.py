"""Production starts safely or not at all, and says in one sentence what is missing."""

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
    "MIRROR_WORKERS": "2",
}


def start(**changes: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a fresh process, with an environment of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIRROR_")}
    return subprocess.run(
        [sys.executable, "-c", "import mirrorgame.settings"],
        env={**kept, **SAFE, **changes},
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
        ({"MIRROR_RATE_LIMITS": "0"}, "MIRROR_RATE_LIMITS must stay on"),
        ({"MIRROR_SECURE_COOKIES": "0"}, "MIRROR_SECURE_COOKIES must stay on"),
    ],
)
def test_production_refuses_to_start_when_a_value_is_unsafe(changes, sentence, tmp_path):
    started = start(**changes, MIRROR_DATA_DIR=str(tmp_path))

    assert started.returncode == 1
    assert (
        started.stderr.strip().splitlines()[-1].split("production refuses to start: ")[1].startswith(sentence)
    )


def test_the_embedded_shape_refuses_a_second_worker(tmp_path):
    started = start(MIRROR_SHAPE="embedded", MIRROR_WORKERS="2", MIRROR_DATA_DIR=str(tmp_path))

    assert "the embedded shape runs one worker" in started.stderr
