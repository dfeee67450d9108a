"""How often two lines with nothing in common are called coupled: by the usual methods, and by ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import Null, room_line, room_score, surrogate_test
from stories.synchrony.reading import ALPHA
from stories.synchrony.signals import Array
from stories.synchrony.simulate import LIKE, atlas, character, courses

from .people import FS, KINDS, driver, rooms
from .study import Row, rate
from .usual import DRAWS, METHODS, usual_p

STUDY: Final = "textbook"
LISTENERS, FOLLOWS = 8, 0.7
TOGETHER: Final = 20
"""Runs simulated at once: ticks are walked one by one, so company is cheap."""


def cases() -> list[dict[str, Any]]:
    return [{"kind": kind, "seconds": seconds} for kind in KINDS for seconds in (120, 300, 600)]


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """The false-positive rates of every method in one cell, for one listener and for a room."""
    wrong = {(who, method): 0 for who in ("listener", "room") for method in (*METHODS, "ours")}
    for first in range(0, runs, TOGETHER):
        for found in judged(case["kind"], case["seconds"], min(TOGETHER, runs - first), rng):
            for name, p in found.items():
                wrong[name] += p <= ALPHA
    return [
        rate(
            STUDY,
            {"who": who, **case, "method": method},
            "false positives",
            count,
            runs,
            **({"at_least": 0.035, "at_most": 0.065} if (who, method) == ("listener", "ours") else {}),
        )
        for (who, method), count in wrong.items()
    ]


def judged(
    kind: str, seconds: int, count: int, rng: np.random.Generator
) -> list[dict[tuple[str, str], float]]:
    """The p of every method for ``count`` tellers, each with a stranger and with a room of strangers."""
    tellers = driver(kind, seconds, count, rng)
    strangers = driver(kind, seconds, count, rng)
    crowds = rooms(driver(kind, seconds, count, rng), listeners=LISTENERS, r=FOLLOWS, rng=rng)
    pools = other_tellers(tellers, rng=rng)
    found = []
    for teller, stranger, crowd, pool in zip(tellers, strangers, crowds, pools, strict=True):
        lines = np.stack([stranger, room_line(crowd)])
        null = Null("pool", pool, DRAWS, 0)
        p = {
            (who, method): float(values[i])
            for method, values in usual_p(teller, lines, fs=FS, rng=rng).items()
            for i, who in enumerate(("listener", "room"))
        }
        p["listener", "ours"] = float(surrogate_test(teller, stranger, null, fs=FS, seed=0).p[0])
        chance = room_score(teller, crowd, fs=FS, source="C", null=null).chance
        p["room", "ours"] = np.nan if chance is None else chance.p
        found.append(p)
    return found


def other_tellers(lines: Array, *, rng: np.random.Generator) -> Array:
    """What ``TellerPool`` makes for one teller, made for many at once: shape (tellers, draws, samples)."""
    samples = lines.shape[1]
    trials, seen = atlas(samples // FS, 1.0)
    own = character(lines[:, ::FS], fs=1.0)
    alike = [np.argsort(np.sum((seen - one) ** 2, axis=1), kind="stable")[: len(seen) // LIKE] for one in own]
    chosen = np.concatenate([rng.choice(some, DRAWS) for some in alike])
    made = courses(trials.of(chosen), samples, fs=FS, rng=rng)
    spread = rng.uniform(120, 280, (len(made), 1))
    pools: Array = np.clip(np.rint(500 + spread * made), 0, 1000)
    return pools.reshape(len(lines), DRAWS, samples)
