"""Samples on their way: kept until acked, through reloads and lost networks.

Each page load samples a telling under a `run` of its own. Chunks of a run are numbered from 0 and never change
once cut, so sending one twice is harmless. The tab's storage outlives a page load and hands over what was left.
"""

import random
import secrets
from dataclasses import dataclass, field
from typing import Any

LONGEST_CHUNK = 240
ANSWER_S = 10.0
JITTER_S = 3.0
# After these a chunk is welcome later; after every other refusal sending it again cannot help.
LATER = frozenset({"trace.future", "trace.busy", "rate.slow_down"})

Message = dict[str, Any]
Stretch = tuple[int, list[int]]


@dataclass
class Run:
    """What one page load felt of one telling. `acked` and `refused` are ticks, `loose` is not a chunk yet."""

    id: str
    telling: str
    cut: int = 0
    loose: list[Stretch] = field(default_factory=list)
    chunks: dict[int, Stretch] = field(default_factory=dict)
    again_at: dict[int, float] = field(default_factory=dict)
    over: bool = False
    close_at: float = 0.0

    def ticks(self) -> set[int]:
        """The ticks that are not known to be stored."""
        parts = [*self.loose, *self.chunks.values()]
        return {first + i for first, values in parts for i in range(len(values))}


class Outbox:
    """One tab's samples. `patience` shortens the waits of tests that have none."""

    def __init__(self, rng: random.Random, *, patience: float = 1.0) -> None:
        self.rng = rng
        self.patience = patience
        self.runs: dict[str, Run] = {}
        self.refused_ticks: dict[str, set[int]] = {}
        self._current: dict[str, str] = {}

    def add(self, telling: str, tick: int, level: int) -> None:
        """A sample."""
        loose = self._run(telling).loose
        if loose and tick == loose[-1][0] + len(loose[-1][1]) and len(loose[-1][1]) < LONGEST_CHUNK:
            loose[-1][1].append(level)
        else:
            loose.append((tick, [level]))

    def trim(self, telling: str, ticks: int) -> None:
        """The telling turned out to have only so many ticks: what is not cut yet stops there."""
        run = self.runs.get(self._current.get(telling, ""))
        if run is not None:
            kept = [(first, values[: max(0, ticks - first)]) for first, values in run.loose]
            run.loose = [(first, values) for first, values in kept if values]

    def finish(self, telling: str) -> None:
        """Nothing more will be sampled of this telling by this page."""
        run = self.runs.get(self._current.get(telling, ""))
        if run is not None:
            run.over = True
            self.cut()
            if run.cut == 0:
                del self.runs[run.id]

    def cut(self) -> None:
        """Make chunks of what is loose."""
        for run in self.runs.values():
            for stretch in run.loose:
                run.chunks[run.cut] = stretch
                run.cut += 1
            run.loose = []

    def reloaded(self) -> None:
        """A new page load of the same tab, or of its duplicate: what earlier ones left is over, and goes out again.

        What they had not cut becomes a run of its own, for the page this tab was duplicated from may still live,
        and cut it otherwise.
        """
        self._current.clear()
        for run in list(self.runs.values()):
            loose, run.loose, run.over = run.loose, [], True
            if loose:
                self._begin(run.telling, loose=loose, over=True)
            if run.cut == 0:
                del self.runs[run.id]
        self.cut()
        self.reconnected()

    def reconnected(self) -> None:
        """A new connection: whatever is unanswered goes out again."""
        for run in self.runs.values():
            run.close_at = 0.0
            run.again_at.clear()

    def pending(self, now_s: float, most: int = 20) -> list[Message]:
        """What to send now, oldest first; it counts as sent."""
        due: list[Message] = []
        for run in self.runs.values():
            for seq, (first, values) in sorted(run.chunks.items()):
                if len(due) >= most:
                    return due
                if now_s >= run.again_at.get(seq, 0.0):
                    run.again_at[seq] = self._again(now_s)
                    due.append(
                        {
                            "type": "trace.chunk",
                            "telling": run.telling,
                            "run": run.id,
                            "seq": seq,
                            "first_tick": first,
                            "values": values,
                        }
                    )
            if run.over and not run.chunks and now_s >= run.close_at and len(due) < most:
                run.close_at = self._again(now_s)
                due.append({"type": "trace.closed", "telling": run.telling, "run": run.id, "chunks": run.cut})
        return due

    def acked(self, run_id: str, seqs: list[int]) -> None:
        """Stored: no longer ours to keep."""
        run = self.runs.get(run_id)
        if run is not None:
            for seq in seqs:
                run.chunks.pop(seq, None)

    def sealed(self, run_id: str) -> None:
        """The server knows that the run is over."""
        run = self.runs.get(run_id)
        if run is not None and run.over and not run.chunks:
            del self.runs[run_id]

    def refused(self, refusal: Message) -> None:
        """A chunk or a closing was not taken."""
        run = self.runs.get(refusal.get("run") or "")
        if run is None or refusal["code"] in LATER:
            return
        if refusal["of"] == "trace.closed":
            del self.runs[run.id]
            return
        stretch = run.chunks.pop(refusal.get("seq", -1), None)
        if stretch is not None:
            first, values = stretch
            self.refused_ticks.setdefault(run.telling, set()).update(range(first, first + len(values)))

    def unstored(self, telling: str) -> set[int]:
        """The ticks of a telling that are not known to be stored."""
        return set().union(*(run.ticks() for run in self.runs.values() if run.telling == telling))

    @property
    def empty(self) -> bool:
        """Whether everything was handed over, and every run that is over is sealed."""
        return not any(run.over or run.chunks or run.loose for run in self.runs.values())

    def _again(self, now_s: float) -> float:
        # The crowd of an outage must not come back as one.
        return now_s + (ANSWER_S + self.rng.random() * JITTER_S) * self.patience

    def _run(self, telling: str) -> Run:
        run = self.runs.get(self._current.get(telling, ""))
        if run is None or run.over:
            run = self._begin(telling)
            self._current[telling] = run.id
        return run

    def _begin(self, telling: str, **left: Any) -> Run:
        run = Run(secrets.token_hex(8), telling, **left)
        self.runs[run.id] = run
        return run
