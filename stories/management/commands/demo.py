"""A story from lobby to reveal with simulated people, to be watched by somebody alone."""

import asyncio
import signal
import socket
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stories import content
from stories.people.browser import Turned
from stories.people.evening import Evening, open_evening, seat_guests
from stories.people.guest import Company, Guest
from stories.people.server import Server, free_port
from stories.people.telling_in_words import described

PEOPLE = 8
REVEAL = ("the teller's line", "the room's line", "where it moved together and apart", "the score")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="8000, or any free one if that is taken")
        parser.add_argument("--people", type=int, default=PEOPLE, help="how many listen")
        parser.add_argument("--script", default="", help="the script to read; else the first")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--lobby", type=float, default=20, help="seconds before the story is prepared")
        parser.add_argument("--step", type=float, default=7, help="seconds for each part of the reveal")
        parser.add_argument("--open", action="store_true", help="open the stage in a browser")
        parser.add_argument("--leave", action="store_true", help="end after the reveal instead of at Ctrl+C")

    def handle(self, *args: Any, **options: Any) -> None:
        known = [script.id for script in content.scripts()]
        if options["script"] and options["script"] not in known:
            raise CommandError(f"no script {options['script']!r}; there are {', '.join(known)}")
        # Ended politely, this command takes its server with it.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        port = options["port"] or (8000 if _is_free(8000) else free_port())
        with tempfile.TemporaryDirectory(prefix="mirror-demo-", ignore_cleanup_errors=True) as folder:
            server = Server(Path(settings.BASE_DIR) / "manage.py", Path(folder), port=port)
            try:
                with server:
                    asyncio.run(self._play(server.address, options))
            except KeyboardInterrupt:
                self._say("\n  The demo is over; nothing of it is kept.")
            except (RuntimeError, TimeoutError, Turned) as error:
                raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    async def _play(self, address: str, options: dict[str, Any]) -> None:
        # A faster clock is for tests: the waits of this command shrink with it.
        rate = settings.CLOCK_RATE
        script = content.script(options["script"]) if options["script"] else content.scripts()[0]
        company = Company(seed=options["seed"], coupling=0.7, seconds=float(script.seconds))
        evening = await open_evening(address)
        guests: list[Guest] = []
        try:
            await self._announce(evening, options)
            for place in range(options["people"] + 1):
                guests += await seat_guests(address, evening.desk.code, company, 1, first=place)
                await asyncio.sleep(0.6 / rate)
            self._say(f"  Lobby: {len(guests)} people are here and play with their lights.")
            await asyncio.sleep(options["lobby"] / rate)
            await self._tell(evening, guests, script, options["step"] / rate)
            if not options["leave"]:
                self._say("  They stay and talk until Ctrl+C.")
                await asyncio.Event().wait()
        finally:
            await evening.close()
            for guest in guests:
                await guest.close()

    async def _announce(self, evening: Evening, options: dict[str, Any]) -> None:
        code = evening.desk.code
        stage = await evening.browser.pairing(code, "stage")
        console = await evening.browser.pairing(code, "host")
        self._say(
            f"\n  Room {code[:3]} {code[3:]}. Open these within five minutes, each once, in any browser:"
        )
        self._say(f"    the stage    {stage}")
        self._say(f"    the console  {console}")
        self._say(f"    a phone      {evening.desk.address}/j/{code}   (take a seat and move along)\n")
        if options["open"]:
            await asyncio.to_thread(webbrowser.open, stage)

    async def _tell(
        self, evening: Evening, guests: list[Guest], script: content.Script, step_s: float
    ) -> None:
        teller, *listeners = guests
        self._say(f"  Story: “{script.title}”, read aloud in {script.seconds} seconds. The lines are sealed.")
        await evening.tell(teller, script=script.id)
        self._say("  The Call: everybody says which arc it was.")
        picture = await evening.reveal(
            listeners[0], each_s=step_s, said=lambda step: self._say(f"  Reveal: {REVEAL[step - 1]}.")
        )
        for line in described(picture):
            self._say(f"    {line}")
        self._say(f"    {evening.desk.address}/r/{picture['replay']}")
        if evening.console.room["phase"] == "reveal":
            await evening.act("advance")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
