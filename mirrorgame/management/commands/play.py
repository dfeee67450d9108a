"""Serve the game on this machine: one process, nothing else needed."""

import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mirrorgame.environment import env_list
from stories.models import Participant


def lan_addresses() -> list[str]:
    """This machine's addresses in its own network."""
    found = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only picks the outgoing address.
            probe.connect(("192.0.2.1", 9))
            found.add(probe.getsockname()[0])
        except OSError:
            # No route at all: the machine has no network beyond itself.
            found.discard("")
    return sorted(str(address) for address in found if not str(address).startswith("127."))


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--lan", action="store_true", help="serve this machine's network, not only itself"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        addresses = lan_addresses() if options["lan"] else []
        if options["lan"]:
            host = "0.0.0.0"  # noqa: S104  (asked for: everybody in this network may join)
        names = [*dict.fromkeys([*settings.ALLOWED_HOSTS, host, *addresses])]
        settings.ALLOWED_HOSTS = [name for name in names if name != "0.0.0.0"]  # noqa: S104
        origins = [f"http://{name}:{port}" for name in settings.ALLOWED_HOSTS]
        # What the environment names stays; the usual port is another site when this game has its own.
        named = env_list("ORIGINS")
        settings.ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [*dict.fromkeys([*named, *origins])]
        # Imported late: the server needs the settings as they are now.
        from mirrorgame import serve, start

        try:
            sock = serve.listen(host, port)
        except (OSError, OverflowError) as error:
            free = port + 1 if 0 < port < 65535 else 8000
            raise CommandError(
                f"cannot listen on {host}:{port}: {serve.why(error)}. Try PORT={free}."
            ) from error
        call_command("migrate", verbosity=0, interactive=False)
        start.look("play")
        # This process is the only one: whoever was connected to an earlier one is not connected now.
        Participant.objects.exclude(socket="").update(socket="")
        self._announce(host, port, addresses)
        serve.run(sock)

    def _announce(self, host: str, port: int, addresses: list[str]) -> None:
        shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        self.stdout.write(f"\n  Mirror Game is on  http://{shown}:{port}\n")
        if addresses:
            import segno

            url = f"http://{addresses[0]}:{port}"
            self.stdout.write(f"  in this network    {url}\n\n")
            # Past the wrapper, which would end every row of the code with a blank one.
            self.stdout.flush()
            segno.make(url).terminal(out=sys.stdout, compact=True)
            self.stdout.write("\n  Without HTTPS, phones may let their screens sleep during a story.\n")
        self.stdout.write("  Stop with Ctrl+C.\n\n")
        self.stdout.flush()
