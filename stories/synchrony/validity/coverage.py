"""Does the 95 % interval hold the true correlation 95 times in 100?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import coupling, fisher_interval, room_score

from .people import FS, driver, rooms
from .power import persons
from .study import Row, rate
from .textbook import TOGETHER

STUDY: Final = "coverage"
ROOMS: Final = 20
"""Rooms that hear the same teller: what they read on average is what one of them is to estimate."""
ENOUGH: Final = 0.9
Held = tuple[str, bool]


def cases() -> list[dict[str, Any]]:
    """One listener, whose true r is known, and a room, given its teller."""
    listeners: list[dict[str, Any]] = [
        {"who": "listener", "kind": kind, "r": r, "seconds": seconds}
        for kind in ("ou5", "ou30", "slider")
        for r in (0.0, 0.3, 0.6)
        for seconds in (120, 300)
    ]
    return listeners + [
        {"who": "room", "kind": kind, "r": r, "seconds": seconds}
        for kind in ("ou5", "ou30", "slider", "trend", "walk")
        for r in (0.3, 0.6)
        for seconds in (120, 300)
    ]


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """How often each kind of interval holds the truth in one cell."""
    held: dict[str, list[bool]] = {}
    for method, yes in (_room if case["who"] == "room" else _listener)(case, runs, rng):
        held.setdefault(method, []).append(yes)
    return [
        rate(
            STUDY, {**case, "interval": method}, "coverage", sum(yes), len(yes),
            at_least=None if "every sample" in method else ENOUGH,
        )
        for method, yes in held.items()
    ]  # fmt: skip


def _listener(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[Held]:
    for first in range(0, runs, TOGETHER):
        many = min(TOGETHER, runs - first)
        tellers, felt, _ = persons(case["kind"], case["r"], case["seconds"], many, rng)
        for teller, own in zip(tellers, felt, strict=True):
            found = coupling(teller, own, fs=FS)
            for on, m in (("levels", found.levels), ("changes", found.changes)):
                yield f"{on}, effective N", bool(m.low[0] <= case["r"] <= m.high[0])
                low, high = fisher_interval(m.r, m.n)
                yield f"{on}, every sample counts", bool(low[0] <= case["r"] <= high[0])


def _room(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[Held]:
    for teller in driver(case["kind"], case["seconds"], -(-runs // ROOMS), rng):
        crowds = rooms(np.repeat(teller[None], ROOMS, axis=0), listeners=12, r=case["r"], rng=rng)
        fits = [room_score(teller, crowd, fs=FS, source="C").fit for crowd in crowds]
        z = np.arctanh([fit.r for fit in fits])
        others = np.tanh((z.sum() - z) / (ROOMS - 1))
        for fit, truth in zip(fits, others, strict=True):
            yield "effective N", bool(fit.low <= truth <= fit.high)
            low, high = fisher_interval(np.array([fit.r]), np.array([float(fit.n)]))
            yield "every sample counts", bool(low[0] <= truth <= high[0])
