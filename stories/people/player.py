"""A player's page: samples the hand on the telling's grid, and hands over every sample once."""

import asyncio
import math
import random
import secrets
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from stories.people.browser import Seat
from stories.people.clock import real_ms
from stories.people.outbox import Outbox
from stories.people.page import Message, Page

CHUNK_S = 1.0
ANSWER_S = 10.0
DIAL_S = 0.2

Hand = Callable[[int], int | None]


class Player(Page):
    """`sampled[telling][tick]` is what was really felt; `lost[telling]` the ticks whose storing is in doubt.

    The hand is either a function of the tick (`hand`), or where `move` last put it.
    """

    def __init__(
        self, seat: Seat, *, hand: Hand | None = None, rng: random.Random | None = None, patience: float = 1.0
    ) -> None:
        super().__init__(seat.address, "player", seat.id, seat.token, rng=rng, patience=patience)
        self.seat = seat
        self.hand: Hand = hand or (lambda _tick: self.level)
        self.level: int | None = None
        self.outbox = Outbox(self.rng, patience=patience)
        self.sampled: dict[str, dict[int, int]] = defaultdict(dict)
        self.lost: dict[str, set[int]] = defaultdict(set)
        self.ack_ms: list[float] = []
        # Tests spoil what is said here: one message in, those that really leave out.
        self.spoil: Callable[[Message], list[Message]] = lambda message: [message]
        self._kept: dict[tuple[str, str], tuple[Message, float]] = {}
        self._next_tick: dict[str, int] = {}
        self._finished: set[str] = set()
        self._awaited = ""
        self._loaded_ms = -math.inf
        self._chunk_at = 0.0
        self._sent_at: dict[tuple[str, int], float] = {}
        self._dial_at = 0.0
        self._dial: int | None = None

    # -- what a thumb does --------------------------------------------------------------------------------

    def move(self, level: int | None) -> None:
        """The hand is at a level from now on; until now it was where it was."""
        self._sample()
        self.level = level

    def dial(self, level: int) -> None:
        """Move one's light, outside a telling; where the hand comes to rest is always told."""
        self.level = level
        self._dial = level

    async def mark(self, *, turn: bool = True, words: str = "", line: int | None = None) -> str:
        """A beat at this moment; its id."""
        beat = secrets.token_hex(6)
        told = self.telling
        await self.keep_saying(
            beat,
            {
                "type": "beat.mark",
                "telling": told["id"],
                "beat": beat,
                "tick": max(0, self.tick_now(told)),
                "turn": turn,
                "words": words,
                **({} if line is None else {"line": line}),
            },
        )
        return beat

    async def place(self, beat: str, level: int) -> None:
        """How that moment felt."""
        await self.keep_saying(
            beat, {"type": "beat.place", "telling": self.telling["id"], "beat": beat, "level": level}
        )

    async def call(self, choice: str) -> None:
        """The Call."""
        await self.keep_saying("", {"type": "call.make", "telling": self.telling["id"], "choice": choice})

    async def rate_heard(self, level: int, *, share: bool = False) -> None:
        """How heard the teller felt."""
        await self.keep_saying(
            "", {"type": "heard.rate", "telling": self.telling["id"], "level": level, "share": share}
        )

    async def wish(self, type: str, **fields: Any) -> None:
        """Something about the telling at hand: `telling.begin`, `telling.finish`, `placing.finish` …"""
        await self.say({"type": type, "telling": self.telling["id"], **fields})

    async def keep_saying(self, key: str, message: Message) -> None:
        """Say something until it is answered."""
        self._kept[message["type"], key] = (message, self._again())
        await self.say(message)

    # -- where the story is -------------------------------------------------------------------------------

    @property
    def telling(self) -> Message:
        """The telling at hand, or nothing."""
        return self.room.get("telling") or {}

    @property
    def tells(self) -> bool:
        """Whether this seat is its teller."""
        return bool(self.telling) and self.telling["teller"] == self.key

    def tick_now(self, told: Message) -> int:
        """The last tick that is due; -1 before the first."""
        return tick_at(told, self.clock.now())

    @property
    def all_stored(self) -> bool:
        """Whether nothing is still to be felt, and nothing waits for an answer."""
        return self.outbox.empty and not self._kept and not self._samples(self.telling)

    # -- page life ----------------------------------------------------------------------------------------

    async def reload(self, *, cleared: bool = False) -> None:
        """Load the page anew; what the tab's storage holds survives unless it is cleared."""
        self._sample()
        await self.close()
        self._next_tick.clear()
        self._awaited, self._loaded_ms = "", self.clock.now() if self.clock.synced else -math.inf
        self._kept.clear()
        if cleared:
            for telling in self.sampled:
                self.lost[telling] |= self.outbox.unstored(telling)
            self.outbox = Outbox(self.rng, patience=self.patience)
        self.outbox.reloaded()
        self.run = secrets.token_hex(8)
        self.open()

    def on_connected(self) -> None:
        self.outbox.reconnected()
        self._kept = {key: (message, 0.0) for key, (message, _) in self._kept.items()}

    def on_message(self, message: Message) -> None:
        match message["type"]:
            case "trace.acked":
                self.outbox.acked(message["run"], message["seqs"])
                for seq in message["seqs"]:
                    sent = self._sent_at.pop((message["run"], seq), None)
                    if sent is not None:
                        self.ack_ms.append(real_ms() - sent)
            case "trace.sealed":
                self.outbox.sealed(message["run"])
            case "beat.marked":
                what = "beat.mark" if message.get("level") is None else "beat.place"
                self._kept.pop((what, message["beat"]), None)
            case "call.made":
                self._kept.pop(("call.make", ""), None)
            case "heard.rated":
                self._kept.pop(("heard.rate", ""), None)
            case "refused" if message["of"].startswith("trace."):
                self.outbox.refused(message)
            case "refused" if message["code"] != "rate.slow_down":
                self._kept.pop((message["of"], message.get("beat") or ""), None)
        if self.room.get("phase") == "preparing" and self.telling:
            # The page was open and the hand was on before the first tick: nothing of it is missed.
            self._awaited = self.telling["id"]

    async def on_tick(self) -> None:
        self._sample()
        now = real_ms()
        if now >= self._chunk_at:
            self._chunk_at = now + CHUNK_S * 1000
            self.outbox.cut()
        await self._flush(now)
        if self._dial is not None and now - self._dial_at >= DIAL_S * 1000:
            self._dial_at, level, self._dial = now, self._dial, None
            await self.say({"type": "dial.moved", "level": level})

    async def _flush(self, now: float) -> None:
        due = self.outbox.pending(now / 1000)
        for key, (message, again_at) in list(self._kept.items()):
            if now >= again_at:
                self._kept[key] = (message, self._again())
                due.append(message)
        for message in due:
            for really in self.spoil(message):
                if really["type"] == "trace.chunk":
                    self._sent_at.setdefault((really["run"], really["seq"]), real_ms())
                await self.say(really)

    def _again(self) -> float:
        return real_ms() + ANSWER_S * 1000 * self.patience

    # -- sampling -----------------------------------------------------------------------------------------

    def _sample(self) -> None:
        """Feel every tick that has come due."""
        told = self.telling
        for telling in set(self._next_tick) - self._finished - {told.get("id", "")}:
            self._end(telling)
        if not self._samples(told) or not self.clock.synced:
            return
        telling, rate, due = told["id"], told.get("rate_hz", 4), self.tick_now(told)
        if telling not in self._next_tick:
            # Where a page comes back to may know less of the room than it did: it was not here before it was loaded.
            loaded = tick_at(told, max(self._loaded_ms, told["started_at"] - 1))
            self._next_tick[telling] = 1 + (loaded if self._awaited == telling else due)
        ended_at = told.get("ended_at")
        if ended_at is not None:
            due = ticks_between(told["started_at"], ended_at, rate) - 1
        paused_at = self.room.get("paused_at") if self.room.get("paused") else None
        felt = due if paused_at is None else ticks_between(told["started_at"], paused_at, rate) - 1
        for tick in range(self._next_tick[telling], min(due, felt) + 1):
            level = self.hand(tick)
            if level is not None:
                self.sampled[telling][tick] = level
                self.outbox.add(telling, tick, level)
        self._next_tick[telling] = max(self._next_tick[telling], due + 1)
        if ended_at is not None:
            self._end(telling, due)

    def _samples(self, told: Message) -> bool:
        """Whether this hand is asked for anything now."""
        return (
            told.get("started_at") is not None
            and told["id"] not in self._finished
            and (told["source"] == "C" or not self.tells)
            and self.you.get("part", "listener") != "witness"
        )

    def _end(self, telling: str, last: int | None = None) -> None:
        """The story is over: what was felt after its end, before the news of it, is no part of it."""
        self._finished.add(telling)
        if last is not None:
            self.outbox.trim(telling, last + 1)
            for tick in [tick for tick in self.sampled[telling] if tick > last]:
                del self.sampled[telling][tick]
        self.outbox.finish(telling)


def tick_at(told: Message, at: float) -> int:
    """The last tick of a telling that is due at a time; negative before the first."""
    return int((at - told["started_at"]) * told.get("rate_hz", 4) // 1000)


def ticks_between(started_at: int, until: int, rate_hz: int) -> int:
    """How many ticks lie in [started_at, until)."""
    return -(-(until - started_at) * rate_hz // 1000)


async def all_until(players: list[Player], ready: Callable[[Player], Any], *, within: float = 15.0) -> None:
    """Wait until something is so for each of them."""
    await asyncio.gather(*(p.until(lambda p=p: ready(p), within=within) for p in players))
