"""Simulated people join a running game as real clients, by the same forms and the same socket as everybody."""

import asyncio
import contextlib
import resource
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stories.people.browser import Turned
from stories.people.evening import open_evening, seat_guests
from stories.people.guest import Company
from stories.people.player import Player
from stories.people.pressure import is_here, press, press_alone
from stories.people.show import LONGEST_S
from stories.people.telling_in_words import described
from stories.people.thumbs import Recording

DURATIONS = (60, 90, 120, 180)
RATE_HZ = 4


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        room = parser.add_mutually_exclusive_group(required=True)
        room.add_argument("--code", help="join the room with this code")
        room.add_argument("--new", action="store_true", help="open a room and host it, up to the reveal")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the running game")
        parser.add_argument("--listeners", type=int, default=8)
        parser.add_argument("--minutes", type=float, default=1.0, help="how long the story is told")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--coupling", type=float, default=0.6, help="how closely listeners follow, 0 to 1"
        )
        parser.add_argument("--lag", type=float, default=1.5, help="how late they follow, in seconds")
        parser.add_argument("--source", choices=["A", "B", "C"], default="C", help="the teller's line")
        parser.add_argument("--script", default="", help="a script's id instead of a free story (source A)")
        parser.add_argument("--recording", type=Path, help="an .npz with teller, listeners and fs, replayed")
        parser.add_argument("--willing", type=int, default=1, help="with --code: how many offer to tell")
        parser.add_argument(
            "--load",
            action="store_true",
            help="lean clients by the hundred, a chunk a second each once a story runs: what they waited for",
        )
        parser.add_argument("--seconds", type=float, default=30.0, help="with --load: for how long")
        parser.add_argument(
            "--elsewhere",
            action="store_true",
            help="with --load: the server may be another machine, and is ours",
        )
        parser.add_argument("--lobby", action="store_true", help="only sit in the lobby and move the lights")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["coupling"] <= 1:
            raise CommandError(f"--coupling lies in 0..1, got {options['coupling']}")
        if not 0 < options["minutes"] <= 10:
            raise CommandError(f"--minutes lies in 0..10, got {options['minutes']}")
        if options["listeners"] < 1:
            raise CommandError(f"--listeners must be at least 1, got {options['listeners']}")
        if options["load"]:
            self._check_load(options)
        try:
            asyncio.run(self._press(options) if options["load"] else self._simulate(options))
        except KeyboardInterrupt:
            self.stdout.write("They leave.")
        except Turned as turned:
            raise CommandError(f"the game turned us away: {turned}") from turned
        except TimeoutError as error:
            raise CommandError(f"the evening got stuck: {error}") from error
        except ConnectionRefusedError as error:
            raise CommandError(f"nothing answers at {options['url']}: start it with `make play`") from error
        except OSError as error:
            raise CommandError(f"no connection to {options['url']}: {error}") from error

    async def _simulate(self, options: dict[str, Any]) -> None:
        recording = options["recording"] and Recording.read(options["recording"], fs=RATE_HZ)
        company = Company(
            seed=options["seed"],
            coupling=options["coupling"],
            lag_s=options["lag"],
            seconds=options["minutes"] * 60 if recording is None else len(recording.teller) / RATE_HZ,
            recording=recording,
        )
        if options["new"]:
            await self._host(options, company)
        else:
            await self._visit(options, company)

    @staticmethod
    def _check_load(options: dict[str, Any]) -> None:
        longest = LONGEST_S - 10
        if not 0 < options["seconds"] <= longest:
            raise CommandError(f"--seconds lies in 0..{longest}, got {options['seconds']}")
        if not options["elsewhere"] and not is_here(options["url"]):
            raise CommandError(
                f"{options['url']} is not this machine: a crowd is put on another server with --elsewhere only"
            )
        # A socket is an open file.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def _press(self, options: dict[str, Any]) -> None:
        """Many thin clients from one process, and what they waited for."""
        url, n, seconds = options["url"], options["listeners"], options["seconds"]
        say = self.stdout.write
        told = await (
            press_alone(url, n, seconds, say)
            if options["new"]
            else press(url, options["code"], n, seconds, say)
        )
        for line in told:
            say(f"  {line}")

    async def _visit(self, options: dict[str, Any], company: Company) -> None:
        guests = await seat_guests(
            options["url"], options["code"], company, options["listeners"], willing=options["willing"]
        )
        self.stdout.write(f"{len(guests)} people sit in room {options['code']}. They leave with Ctrl+C.")
        try:
            await asyncio.gather(*(guest.until(lambda g=guest: g.over, within=86_400) for guest in guests))
        finally:
            await _leave(guests)

    async def _host(self, options: dict[str, Any], company: Company) -> None:
        evening = await open_evening(options["url"])
        code = evening.desk.code
        guests = await seat_guests(options["url"], code, company, options["listeners"] + 1)
        self.stdout.write(f"Room {code}: {len(guests)} people are here.")
        try:
            if options["lobby"]:
                self.stdout.write("They play with their lights until Ctrl+C.")
                await asyncio.Event().wait()
            duration = next((s for s in DURATIONS if s >= company.seconds), DURATIONS[-1])
            teller, *listeners = guests
            await evening.tell(teller, script=options["script"], source=options["source"], duration=duration)
            picture = await evening.reveal(listeners[0])
            await asyncio.gather(*(g.until(lambda g=g: g.all_stored, within=30) for g in guests))
            for line in described(picture):
                self.stdout.write(f"  {line}")
            self._say_what_was_felt(guests)
        finally:
            await evening.close()
            await _leave(guests)

    def _say_what_was_felt(self, guests: list[Any]) -> None:
        waits = sorted(ms for guest in guests for ms in guest.ack_ms)
        felt = sum(len(ticks) for guest in guests for ticks in guest.sampled.values())
        if waits:
            p99 = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
            self.stdout.write(
                f"  {felt} samples stored in {len(waits)} chunks; ack median {waits[len(waits) // 2]:.0f} ms, p99 {p99:.0f} ms"
            )


async def _leave(guests: list[Any]) -> None:
    guest: Player
    for guest in guests:
        with contextlib.suppress(Exception):
            await guest.close()
