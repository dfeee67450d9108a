"""Is the reported delay the true one?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import coupling, room_score

from .people import FS, driver, rooms
from .power import persons
from .study import Row, measured
from .textbook import TOGETHER

STUDY: Final = "lag"


def cases() -> list[dict[str, Any]]:
    """One listener, and a room, by kind of teller, correlation and length."""
    return [
        {"who": who, "kind": kind, "r": r, "seconds": seconds}
        for who in ("listener", "room")
        for kind in ("ou5", "ou30", "slider")
        for r in (0.3, 0.6)
        for seconds in (60, 120, 300)
    ]


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """Median absolute error of the lag in one cell, with a 95 % interval of the median."""
    found = []
    for first in range(0, runs, TOGETHER):
        many = min(TOGETHER, runs - first)
        found += _room(case, many, rng) if case["who"] == "room" else _listener(case, many, rng)
    errors = np.abs(np.array(found))
    errors = np.sort(errors[np.isfinite(errors)])
    half = 0.98 * np.sqrt(len(errors))
    low, high = (errors[int(np.clip(len(errors) / 2 + side * half, 0, len(errors) - 1))] for side in (-1, 1))
    limit = 0.5 if (case["r"], case["seconds"]) == (0.6, 300) else None
    return [
        measured(
            STUDY, case, "median error (s)", float(np.median(errors)), len(errors),
            low=float(low), high=float(high), at_most=limit,
        )
    ]  # fmt: skip


def _listener(case: Mapping[str, Any], many: int, rng: np.random.Generator) -> list[float]:
    tellers, felt, lags = persons(case["kind"], case["r"], case["seconds"], many, rng)
    return [
        float(coupling(teller, own, fs=FS).changes.lag_s[0] - lag)
        for teller, own, lag in zip(tellers, felt, lags, strict=True)
    ]


def _room(case: Mapping[str, Any], many: int, rng: np.random.Generator) -> list[float]:
    """Against the lag of the same thumbs in a story of ten minutes, followed closely."""
    tellers = driver(case["kind"], case["seconds"], many, rng)
    crowds = rooms(tellers, listeners=12, r=case["r"], rng=rng)
    long = driver(case["kind"], 600, 4, rng)
    true = np.median(
        [
            room_score(x, y, fs=FS, source="C").fit.lag_s
            for x, y in zip(long, rooms(long, listeners=40, r=0.95, rng=rng), strict=True)
        ]
    )
    return [
        room_score(teller, crowd, fs=FS, source="C").fit.lag_s - float(true)
        for teller, crowd in zip(tellers, crowds, strict=True)
    ]
