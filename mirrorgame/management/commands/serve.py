"""Serve the game with as many web processes as MIRROR_WORKERS says, all on one address."""

import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mirrorgame import serve, start
from mirrorgame.supervisor import Supervisor, leave_with


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, help="a socket that listens already, as systemd hands it over")
        parser.add_argument("--worker-of", type=int, help="used by serve itself")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["worker_of"]:
            leave_with(options["worker_of"])
            serve.run(socket.socket(fileno=options["fd"]))
            return
        host, port = options["host"], options["port"]
        try:
            sock = serve.listen(host, port) if options["fd"] is None else socket.socket(fileno=options["fd"])
        except (OSError, OverflowError) as error:
            raise CommandError(f"cannot listen on {host}:{port}: {serve.why(error)}") from error
        start.look("web")
        start.look_for_files()
        if settings.WORKERS == 1:
            serve.run(sock)
        else:
            Supervisor(sock, settings.WORKERS).run()
