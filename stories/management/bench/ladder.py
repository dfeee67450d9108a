"""How many listeners one room holds on one core before somebody waits: more and more of them, until it is too late."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from stories.management.bench.report import Row, percentile
from stories.management.bench.sides import Side, Spent, run, seats, show, sides, spent
from stories.people.server import Server
from stories.people.show import Show
from stories.tellings import MOST_BEATS

STEPS = (1000, 2000, 3000, 4000, 6000, 8000)
STEP_S = 5.0
LINES_HZ = 2
LIMIT_MS = 250.0
# The reading of a list with everybody who just came is over by then.
ARRIVED_S = 3.0
# A story lasts three minutes here: who is slower stops early.
ENOUGH_S = 150.0
# Past this the crowd waits for itself: whatever it measured says nothing of the server.
CLIENT_BUSY, CLIENT_LATE_MS = 0.9, 20.0


@dataclass(frozen=True)
class Step:
    """What so many listeners waited for."""

    n: int
    ack: float
    told: float
    core: float
    client: float
    late: float
    lost: int

    @property
    def held(self) -> bool:
        """Whether nobody waited too long, and nobody was lost."""
        return self.ack <= LIMIT_MS and self.told <= LIMIT_MS and not self.lost

    @property
    def by_client(self) -> bool:
        """Whether the crowd itself was too slow to tell."""
        return self.client > CLIENT_BUSY or self.late > CLIENT_LATE_MS

    def __str__(self) -> str:
        lost = f", {self.lost} lost" if self.lost else ""
        return (
            f"{self.n}: ack {self.ack:.0f}, line {self.told:.0f} ms, {self.core:.0%} of a core "
            f"(client {self.client:.0%}, {self.late:.0f} ms late){lost}"
        )


async def climb(server: Server, game: Side, steps: tuple[int, ...]) -> list[Step]:
    """Each step once, and once more if it fails: one slow write of the disk is not the room's size."""
    climbed: list[Step] = []
    began = time.monotonic()
    async with show(server, steps[0]) as played:
        for n in steps:
            if n > len(played.crowd.people):
                code = played.evening.desk.code
                [more] = await asyncio.to_thread(seats, server, **{f"c{code}": n - len(played.crowd.people)})
                await played.crowd.come(more)
                await asyncio.sleep(ARRIVED_S)
            climbed.append(await _step(game, played))
            if not climbed[-1].held and _left(played, began):
                climbed.append(await _step(game, played))
            if not climbed[-1].held or not _left(played, began):
                break
    return climbed


def _left(played: Show, began: float) -> bool:
    """Whether the story has lines and time for another step."""
    return len(played.crowd.marked) + STEP_S * LINES_HZ <= MOST_BEATS and time.monotonic() - began < ENOUGH_S


async def _live(played: Show) -> None:
    await played.run(STEP_S, lines_hz=LINES_HZ)
    await played.crowd.settled(within=5)


async def _step(game: Side, played: Show) -> Step:
    crowd = played.crowd
    crowd.told.anew()
    lost = crowd.told.closes.total() + crowd.told.refused.total()
    own = time.process_time()
    cost: Spent = await spent(game, crowd, lambda: _live(played))
    told = crowd.told
    return Step(
        n=len(crowd.people),
        ack=percentile(told.acks, 0.99),
        told=percentile(told.broadcasts, 0.99),
        core=cost.cpu_s / cost.wall_s,
        client=(time.process_time() - own) / cost.wall_s,
        late=percentile(told.late, 0.99),
        lost=told.closes.total() + told.refused.total() - lost + crowd.unanswered,
    )


def ladder(manage: Path, *, workers: int = 0, steps: tuple[int, ...] = STEPS) -> list[Row]:
    """T4: the largest room on one core."""
    with sides(manage, workers=workers) as (server, game, _):
        climbed = run(climb(server, game, steps))
    largest = max((step.n for step in climbed if step.held), default=0)
    last = climbed[-1]
    stopped = ""
    if not last.held and last.by_client:
        stopped = "; at the last step the crowd itself was late: the client or the machine was the limit"
    elif last.held:
        stopped = "; no step failed"
    shape = (
        "PostgreSQL, Redis and client on the other core" if workers else "SQLite, client on the other core"
    )
    note = f"{shape}; p99s: {'; '.join(map(str, climbed))}{stopped}; {game.noise}"
    return [
        Row(
            id="T4" if workers else "T4_sqlite",
            value=largest,
            unit="",
            limit=3000,
            target=8000,
            more=True,
            note=note,
        )
    ]
