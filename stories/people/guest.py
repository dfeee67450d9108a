"""A simulated person: a player who lives through an evening unprompted, as teller or as listener."""

import math
import random
from dataclasses import dataclass, field

import numpy as np

from stories import synchrony
from stories.people import thumbs
from stories.people.browser import Seat
from stories.people.clock import real_ms
from stories.people.page import Message
from stories.people.player import Player
from stories.people.thumbs import Line, Recording

LONGEST_S = 600
FIRST_TAP_S = 1.5
READY_S = 3.0
CALL_S = (2.0, 6.0)
HEARD_S = 3.0
PLACED_EACH_S = 1.5
BACK_S = 2.0
OFFER_S = 1.0
TYPED = (
    "It began on a quiet morning.",
    "Nobody had told me what was coming.",
    "Then the door opened.",
    "For a moment nothing moved.",
    "I had to laugh.",
    "It did not stay that way.",
    "I walked home slowly.",
    "I still think of it.",
)


@dataclass
class Company:
    """What the simulated people of one room share: how a story goes, so that listeners can follow it."""

    seed: int = 0
    coupling: float = 0.6
    lag_s: float = 1.5
    seconds: float = 60.0
    recording: Recording | None = None
    courses: dict[str, Line] = field(default_factory=dict)

    def course(self, telling: str, fs: float) -> Line:
        """The course of a telling; of a telling by somebody else, one that nobody knows."""
        if telling not in self.courses:
            if self.recording is not None:
                self.courses[telling] = self.recording.teller
            else:
                rng = np.random.default_rng([self.seed, 1000 + len(self.courses)])
                self.courses[telling] = thumbs.course(LONGEST_S, fs=fs, rng=rng)
        return self.courses[telling]

    def follow(self, telling: str, place: int, fs: float) -> Line:
        """How the listener at a place in the company feels along."""
        if self.recording is not None:
            return self.recording.listeners[place % len(self.recording.listeners)]
        rng = np.random.default_rng([self.seed, place])
        told = self.course(telling, fs)
        return thumbs.listener(told, fs=fs, coupling=self.coupling, lag_s=self.lag_s, rng=rng)


@dataclass
class Tap:
    """Something the teller will do at a second of the story."""

    at_s: float
    line: int | None = None
    words: str = ""
    turn: bool = True


class Guest(Player):
    """Moves the light in the lobby, listens along, tells when asked, calls, and says how heard it felt."""

    def __init__(
        self,
        seat: Seat,
        company: Company,
        place: int,
        *,
        rng: random.Random,
        patience: float = 1.0,
        willing: bool = False,
    ) -> None:
        super().__init__(seat, rng=rng, patience=patience, hand=self._feel)
        self.willing = willing
        self.company = company
        self.place_in_company = place
        self._lines: dict[str, Line] = {}
        self._taps: list[Tap] = []
        self._beats: dict[str, float] = {}
        self._to_place: list[str] = []
        self._phase = ""
        self._since = 0.0
        self._said: set[str] = set()
        self._wave = rng.uniform(4, 9), rng.uniform(0, 7)
        self._call_s = rng.uniform(*CALL_S)

    # -- the hand -----------------------------------------------------------------------------------------

    def _feel(self, tick: int) -> int | None:
        told = self.telling
        telling, fs = told["id"], told.get("rate_hz", 4)
        if telling not in self._lines:
            follow = self.company.follow
            own = (
                self.company.course(telling, fs) if self.tells else follow(telling, self.place_in_company, fs)
            )
            self._lines[telling] = own
        line = self._lines[telling]
        if tick >= len(line) or np.isnan(line[tick]):
            return None
        return int(line[tick])

    # -- the evening --------------------------------------------------------------------------------------

    async def on_tick(self) -> None:
        await super().on_tick()
        phase = self.room.get("phase", "")
        if phase != self._phase:
            self._phase, self._since = phase, real_ms()
            self._said.clear()
        if self.room.get("paused"):
            if self.room["paused"] == "teller_gone" and self.tells and self._once("back", BACK_S):
                await self.say({"type": "telling.resume"})
            return
        match phase:
            case "lobby" | "warmup" | "debrief":
                self._play_with_light()
                if self.willing and self._once("offer", OFFER_S):
                    await self.say({"type": "teller.offer", "willing": True})
            case "preparing" if self.tells:
                await self._prepare()
            case "telling" if self.tells:
                await self._tell()
            case "placing" if self.tells:
                await self._place()
            case "settling":
                await self._settle()

    def _after(self, seconds: float) -> bool:
        """Whether this phase has lasted so many seconds of the server's time."""
        return (real_ms() - self._since) * self.clock.rate >= seconds * 1000

    def _once(self, what: str, seconds: float) -> bool:
        """True once, so many seconds into the phase."""
        if what in self._said or not self._after(seconds):
            return False
        self._said.add(what)
        return True

    def _play_with_light(self) -> None:
        period, offset = self._wave
        swing = math.sin(real_ms() / 1000 / period * 2 * math.pi + offset)
        self.dial(round((500 + 380 * swing) / 20) * 20)

    async def _prepare(self) -> None:
        if self._once("begin", READY_S):
            self._rehearse(self.telling)
            await self.wish("telling.begin")

    def _rehearse(self, told: Message) -> None:
        """Decide when to tap, and so how the story will go."""
        telling, fs, seconds = told["id"], told.get("rate_hz", 4), self.company.seconds
        lines = self.you.get("lines") or []
        arc = self.you.get("arc") or []
        if told["mode"] == "lines" and lines:
            step = seconds / len(lines)
            self._taps = [
                Tap(FIRST_TAP_S + i * step, line=i, turn=line.get("turn", False))
                for i, line in enumerate(lines)
            ]
        else:
            n = len(arc) if told["source"] == "A" else max(4, round(seconds / 12))
            typed = told["mode"] == "typed"
            self._taps = [
                Tap(FIRST_TAP_S + i * seconds / n, words=TYPED[i % len(TYPED)] if typed else "")
                for i in range(n)
            ]
        ticks = round(LONGEST_S * fs)
        turns = [tap.at_s for tap in self._taps if tap.turn]
        if told["source"] == "A":
            levels = [float(step["level"]) for step in arc][: len(turns)]
            line = synchrony.teller_line(turns[: len(levels)], levels, fs=fs, n=ticks)
            self.company.courses[telling] = np.where(np.isnan(line), levels[0] if levels else 500.0, line)
        elif told["source"] == "B":
            levels = [float(level) for level in self._levels_to_place(len(self._taps))]
            line = synchrony.teller_line([tap.at_s for tap in self._taps], levels, fs=fs, n=ticks)
            self.company.courses[telling] = np.where(np.isnan(line), levels[0], line)
        else:
            self._taps = [tap for tap in self._taps if tap.line is not None]

    def _levels_to_place(self, n: int) -> list[int]:
        rng = random.Random(f"{self.company.seed} {self.place_in_company}")
        levels: list[int] = []
        while len(levels) < n:
            level = rng.randrange(80, 921, 20)
            if not levels or abs(level - levels[-1]) >= 200:
                levels.append(level)
        return levels

    async def _tell(self) -> None:
        told = self.telling
        story_s = (self.clock.now() - told["started_at"]) / 1000
        while self._taps and story_s >= self._taps[0].at_s:
            tap = self._taps.pop(0)
            beat = await self.mark(turn=tap.turn, words=tap.words, line=tap.line)
            self._to_place.append(beat)
        remaining = (self.room.get("ends_at", 0) - self.clock.now()) / 1000
        if story_s >= self.company.seconds:
            if self._once("finish", 0):
                await self.wish("telling.finish")
        elif remaining < 10 and self.company.seconds - story_s > remaining:
            if self._once(f"extend {self.room['version']}", 0):
                await self.wish("telling.extend")

    async def _place(self) -> None:
        levels = self._levels_to_place(len(self._to_place))
        for i, (beat, level) in enumerate(zip(self._to_place, levels, strict=True)):
            if self._once(beat, (i + 1) * PLACED_EACH_S):
                await self.place(beat, level)
        done = not any(kind == "beat.place" for kind, _ in self._kept)
        if done and self._once("placed", (len(self._to_place) + 1) * PLACED_EACH_S):
            self._to_place = []
            await self.wish("placing.finish", skipped=False)

    async def _settle(self) -> None:
        if self.tells:
            if self._once("heard", HEARD_S):
                await self.rate_heard(self.rng.choice([3, 4, 4, 5]), share=True)
            return
        choices = self.telling.get("calls") or []
        if choices and self._once("call", self._call_s):
            await self.call(self.rng.choice(choices))
