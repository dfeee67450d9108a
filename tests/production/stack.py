"""docker-compose.yml without containers: every service's own command and health check, run on this machine.

Only what a container would give is put in its place: host names become 127.0.0.1, ports become free ones,
paths of a container become folders of the test.
"""

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit
from signal import SIGKILL, Signals
from typing import Any

from stories.people.server import free_port
from tests.production.compose import ROOT, example, filled, parsed

# Of Debian's packages nginx, redis-server, postgresql and openssl.
NEEDED = ("nginx", "redis-server", "redis-cli", "initdb", "postgres", "pg_isready", "openssl", "wget")
WELL_S = 60.0
PORTS = {"postgres": 5432, "redis": 6379, "web": 8000, "nginx": 8080, "tls": 8443}


def missing() -> list[str]:
    """What of the packages is not here."""
    return [name for name in NEEDED if found(name) is None]


def found(name: str) -> str | None:
    """A program, also where Debian hides PostgreSQL's own and the superuser's."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=":".join(folders))


@dataclass
class Stack:
    """The services of the compose files with TLS, as processes of this test, in `folder`."""

    folder: Path
    env: dict[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})
    services: dict[str, Any] = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.address = f"https://127.0.0.1:{self.ports['tls']}"
        certificates = self._certificates()
        own = {
            "MIRROR_HOSTS": "127.0.0.1",
            "MIRROR_ORIGINS": self.address,
            "TLS_CERTIFICATES": str(certificates),
        }
        self.services = filled(parsed(), own | self.env)["services"]
        self._tls = filled(parsed("docker-compose.tls.yml"), own | self.env)["services"]["nginx"]

    # -- up and down -------------------------------------------------------------------------------------

    def up(self) -> None:
        """Start what nothing is missing for, until all are well."""
        self._prepare()
        waiting = dict(self.services)
        while waiting:
            ready = [n for n, s in waiting.items() if not set(s.get("depends_on", {})) & waiting.keys()]
            for name in ready:
                self.start(name)
            for name in ready:
                self.wait(name)
                del waiting[name]

    def start(self, name: str) -> None:
        """Run a service's own command."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._here(name, self.services[name]["command"]),
                cwd=ROOT,
                env=self._env(name),
                stdout=log,
                stderr=log,
                user=self._user(name),
                # As in its own container: what it starts ends with it.
                start_new_session=True,
            )

    def wait(self, name: str) -> None:
        """Until its own health check says yes, or until it has ended well if it is to end."""
        service, process = self.services[name], self.processes[name]
        if "healthcheck" not in service:
            assert process.wait(WELL_S) == 0, self.log(name).read_text()
            return
        deadline = time.monotonic() + WELL_S
        while not self.well(name):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not well: {self.log(name).read_text()[-3000:]}")
            time.sleep(0.1)

    def well(self, name: str) -> bool:
        """What its own health check says now."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        asked = subprocess.run(
            self._here(name, test), cwd=ROOT, env=self._env(name), capture_output=True, timeout=30
        )
        return asked.returncode == 0

    def stop(self, name: str) -> int:
        """As compose does: politely, and after the grace period not any more. Its exit code."""
        process = self.processes.pop(name)
        process.send_signal(Signals[self.services[name].get("stop_signal", "SIGTERM")])
        try:
            return process.wait(float(self.services[name]["stop_grace_period"].removesuffix("s")))
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def down(self) -> dict[str, int]:
        """Stop everything, whoever needs others first."""
        return {
            name: self.stop(name)
            for name in ("nginx", "beat", "worker", "web", "redis", "postgres")
            if name in self.processes
        }

    def kill(self) -> None:
        """Whatever is left."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)
            process.wait()

    def log(self, name: str) -> Path:
        """What a service said."""
        return self.folder / f"{name}.log"

    @property
    def database_url(self) -> str:
        """The database, as anybody on this machine reaches it."""
        return self._local(self.services["web"]["environment"]["MIRROR_DATABASE_URL"])

    # -- in place of containers ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        for name in self.services:
            (self.folder / name).mkdir()
        rows = self.folder / "rows"
        rows.mkdir(mode=0o700)
        user = self._user("postgres")
        if user is not None:
            for path in (rows, self.folder / "postgres"):
                shutil.chown(path, user)
        settings = self.services["postgres"]["environment"]
        secret = self.folder / "postgres" / "password"
        secret.write_text(settings["POSTGRES_PASSWORD"])
        secret.chmod(0o644)
        # As the image does when its volume is empty; the database is made by the first connection's own server.
        self._run("initdb", "-D", str(rows), "-U", settings["POSTGRES_USER"], "-A", "scram-sha-256",
                  "--pwfile", str(secret), "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", user=user)  # fmt: skip
        single = [found("postgres"), "--single", "-j", "-D", str(rows), "postgres"]
        make = f"CREATE DATABASE {settings['POSTGRES_DB']};\n\n".encode()
        subprocess.run(single, input=make, user=user, check=True, capture_output=True)
        # As the Dockerfile does while it builds.
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput"]
        subprocess.run(collect, cwd=ROOT, env=self._env("web"), check=True, capture_output=True)
        self._nginx()

    def _nginx(self) -> None:
        """Its three files, with the container's paths and addresses replaced."""
        own = {
            "/etc/nginx/game.conf": f"{self.folder}/nginx/game.conf",
            "/etc/nginx/tls/*.conf": f"{self.folder}/nginx/tls.conf",
            "/etc/nginx/certificates": f"{self.folder}/certificates",
            "/srv/static/": f"{self.folder}/var/static/",
            "/tmp/": f"{self.folder}/nginx/",
            "worker_rlimit_nofile 65536": f"worker_rlimit_nofile {getrlimit(RLIMIT_NOFILE)[1]}",
            "web:8000": f"127.0.0.1:{self.ports['web']}",
            "listen 8080": f"listen 127.0.0.1:{self.ports['nginx']}",
            "listen 8443": f"listen 127.0.0.1:{self.ports['tls']}",
        }
        # In one pass: a folder of the test may itself lie below /tmp.
        inside = re.compile("|".join(map(re.escape, own)))
        for name in ("nginx", "game", "tls"):
            text = inside.sub(lambda found: own[found[0]], (ROOT / "deploy" / f"{name}.conf").read_text())
            if name == "nginx":
                # Started by root it would give its workers away; here they are nobody else.
                text = ("user root;\n" if os.getuid() == 0 else "") + text
            (self.folder / "nginx" / f"{name}.conf").write_text(text)

    def _certificates(self) -> Path:
        folder = self.folder / "certificates"
        folder.mkdir()
        self._run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                  "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                  "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"))  # fmt: skip
        return folder

    def _run(self, name: str, *args: str, user: str | None = None) -> None:
        done = subprocess.run(
            [found(name), *args], user=user, capture_output=True, text=True, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr

    def _env(self, name: str) -> dict[str, str]:
        inherited = {
            k: v for k, v in os.environ.items() if not k.startswith(("MIRROR_", "DJANGO_", "PROMETHEUS_"))
        }
        own = {k: self._inside(name, str(v)) for k, v in self.services[name].get("environment", {}).items()}
        venv = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return (
            inherited
            | own
            | {"MIRROR_DATA_DIR": str(self.folder / "var"), "PATH": venv, "PYTHONUNBUFFERED": "1"}
        )

    def _here(self, name: str, command: list[str]) -> list[str]:
        program, *args = [self._inside(name, word) for word in command]
        port = str(self.ports.get(name))
        match program:
            case "python":
                return [sys.executable, *args]
            case "celery":
                return [str(Path(sys.executable).with_name("celery")), *args]
            case "postgres":
                place = ["-D", str(self.folder / "rows"), "-k", str(self.folder / "postgres"), "-p", port]
                return [str(found("postgres")), *place, "-c", "listen_addresses=127.0.0.1", *args]
            case "pg_isready":
                return [str(found(program)), "--host", "127.0.0.1", "--port", port, *args]
            case "redis-server":
                return [str(found(program)), "--bind", "127.0.0.1", "--port", port, *args]
            case "redis-cli":
                return [str(found(program)), "-p", port, *args]
            case "nginx":
                return [str(found(program)), *args]
        return [str(found(program)), *args]

    def _inside(self, name: str, text: str) -> str:
        """A word of a service, with its paths where its own folder is."""
        if text == "/etc/nginx/nginx.conf":
            return str(self.folder / "nginx" / "nginx.conf")
        return self._local(re.sub(r"^/tmp(?=/|$)", str(self.folder / name), text))

    def _local(self, text: str) -> str:
        """Addresses between services become addresses of this machine."""
        for name in ("postgres", "redis"):
            text = text.replace(f"{name}:{PORTS[name]}", f"127.0.0.1:{self.ports[name]}")
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.ports['web']}")
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.ports['nginx']}")
        swaps = {example()["SUBNET"]: "127.0.0.1/32", "0.0.0.0": "127.0.0.1", "8000": str(self.ports["web"])}
        return swaps.get(text, text)

    @staticmethod
    def _user(name: str) -> str | None:
        """PostgreSQL refuses the superuser; the others do not mind."""
        if name != "postgres" or os.getuid() != 0:
            return None
        return pwd.getpwnam("postgres").pw_name
