"""The files that deploy the game, held to what they promise: nothing open, nothing writable, nothing unexplained."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.production.compose import ROOT, example, filled, parsed, variables

BIN = Path(sys.executable).parent
FILES = ("docker-compose.yml", "docker-compose.tls.yml")
SERVICES = parsed()["services"]
OURS = sorted(
    name for name, service in SERVICES.items() if service.get("environment", {}).get("MIRROR_SHAPE")
)
LIVING = sorted(SERVICES.keys() - {"migrate"})


def checked(*command: str) -> None:
    """Run a tool of the development environment and expect it to have nothing to say."""
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES)
def test_compose_file_fits_the_specification(file):
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)


def test_dockerfile_has_nothing_to_be_said_against():
    checked("hadolint", "Dockerfile")


def test_compose_starts_the_whole_shape():
    assert sorted(SERVICES) == ["beat", "migrate", "nginx", "postgres", "redis", "web", "worker"]
    assert OURS == ["beat", "migrate", "web", "worker"]


def test_every_variable_stands_in_the_example_and_the_other_way_round():
    read = {name for file in FILES for name in variables(parsed(file))}

    assert read == set(example())


def test_every_setting_is_read_by_the_settings_and_explained():
    named = {name for service in OURS for name in SERVICES[service]["environment"]} | {
        name for name in example() if name.startswith("MIRROR_")
    }
    settings = (ROOT / "mirrorgame" / "settings.py").read_text()
    explained = (ROOT / "docs" / "configuration.md").read_text()

    assert {
        n for n in named if not re.search(rf'env(_\w+)?\(\s*"{n.removeprefix("MIRROR_")}"', settings)
    } == set()
    assert {n for n in named if f"`{n}`" not in explained} == set()


@pytest.mark.parametrize("name", ["MIRROR_SECRET_KEY", "MIRROR_HOSTS", "MIRROR_ORIGINS", "POSTGRES_PASSWORD"])
def test_compose_refuses_when_a_secret_or_a_name_is_missing(name):
    env = dict.fromkeys(example(), "set") | {name: ""}

    with pytest.raises(KeyError, match=name):
        filled(parsed(), env)


def test_no_file_holds_a_secret():
    secrets = {"MIRROR_SECRET_KEY", "POSTGRES_PASSWORD", "MIRROR_METRICS_TOKEN"}

    assert {name: example()[name] for name in secrets} == dict.fromkeys(secrets, "")
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_only_nginx_publishes_a_port():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert filled(SERVICES["nginx"]["ports"], {}) == ["127.0.0.1:8080:8080"]
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["nginx"]
    assert parsed()["networks"]["inside"]["internal"] is True


@pytest.mark.parametrize("name", SERVICES)
def test_service_has_no_rights_it_does_not_need(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc"} & service.keys()


@pytest.mark.parametrize("name", LIVING)
def test_service_is_watched_bounded_and_comes_back(name):
    service = SERVICES[name]

    assert {"test", "interval", "timeout", "retries", "start_period"} <= service["healthcheck"].keys()
    assert service["restart"] == "unless-stopped"
    assert "mem_limit" in service
    assert service["logging"] == {"driver": "local"}
    assert "stop_grace_period" in service


@pytest.mark.parametrize("name", SERVICES)
def test_service_waits_until_what_it_needs_is_well(name):
    waits = SERVICES[name].get("depends_on", {})

    assert {other: wait["condition"] for other, wait in waits.items()} == {
        other: "service_completed_successfully" if other == "migrate" else "service_healthy"
        for other in waits
    }
    if name in ("web", "worker", "beat"):
        assert "migrate" in waits


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(name):
    service = SERVICES[name]

    if "build" in service:
        assert service["build"]["target"] in stages()
    else:
        assert pinned(service["image"])


def test_images_of_the_dockerfile_are_pinned_and_its_users_have_numbers():
    text = (ROOT / "Dockerfile").read_text()
    built_from = re.findall(r"^FROM (\S+) AS", text, re.MULTILINE)

    assert all(pinned(image) for image in built_from)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001", "101:101"]
    assert "--require-hashes" in text
    assert not re.search(r"apt-get|apk add|gcc|build-essential", text)


def test_dockerfile_collects_under_settings_that_start(tmp_path):
    named = dict(re.findall(r"\b(MIRROR_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    env = {k: v for k, v in os.environ.items() if not k.startswith("MIRROR_")} | named
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput"]

    done = subprocess.run(
        collect, cwd=ROOT, env=env | {"MIRROR_DATA_DIR": str(tmp_path)}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "static" / "css" / "app.css").exists()
    assert not (tmp_path / "secret-key").exists()


def test_service_runs_as_the_user_its_image_was_made_for():
    assert {SERVICES[name]["user"] for name in OURS} == {"10001:10001"}
    assert SERVICES["nginx"]["user"] == "101:101"


def test_everything_that_is_copied_into_an_image_exists_and_is_let_through():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    through = {line[1:] for line in ignore if line.startswith("!")}

    assert all(list(ROOT.glob(pattern)) for pattern in through)
    for source in re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert (ROOT / source).exists()
        assert source == "." or any(Path(source).match(pattern) for pattern in through)


def test_worker_may_finish_the_longest_job_when_it_is_told_to_stop():
    from django.conf import settings

    grace = int(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))

    assert grace > getattr(settings, "CELERY_TASK_TIME_LIMIT", 90)


@pytest.mark.parametrize("question", [["written", "{file}", "600"], ["answers", "{url}"]])
def test_health_check_says_no_when_nobody_is_there(question, tmp_path):
    words = [w.format(file=tmp_path / "none", url="http://127.0.0.1:9/healthz") for w in question]
    ask = [str(BIN / "python"), "deploy/healthy.py", *words]

    assert subprocess.run(ask, cwd=ROOT, env=dict(os.environ)).returncode == 1


def test_health_check_says_yes_when_the_server_answers_under_its_own_name(server):
    ask = [str(BIN / "python"), "deploy/healthy.py", "answers", f"{server.address}/healthz"]

    assert subprocess.run(ask, cwd=ROOT, env={**os.environ, "MIRROR_HOSTS": "localhost"}).returncode == 0
    assert subprocess.run(ask, cwd=ROOT, env={**os.environ, "MIRROR_HOSTS": "elsewhere"}).returncode == 1


def stages() -> set[str]:
    """The names of the Dockerfile's stages."""
    return set(re.findall(r" AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))


def pinned(image: str) -> bool:
    """A full version, down to the patch, and the system below it."""
    return re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+", image) is not None
