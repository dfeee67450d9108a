"""The room does follow: how often is it found, and would another way of reading it find it oftener?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import Null, arc_deck, room_line, room_score, surrogate_test
from stories.synchrony.correlation import shifted_r
from stories.synchrony.reading import ALPHA
from stories.synchrony.signals import Array, changes
from stories.synchrony.tellers import redealt_arcs, step_tellers

from .chance import TAPS, placed
from .people import FS, KINDS, course, driver, on_scale, rooms, stepwise, taps
from .study import Row, rate
from .textbook import TOGETHER, other_tellers
from .usual import DRAWS

STUDY: Final = "power"
OURS: Final = "ours"
LAGS: Final = np.arange(5 * FS + 1)
APART_S: Final = 150.0
Telling = tuple[Array, Array, Null]


def cases() -> list[dict[str, Any]]:
    """The sizes with a target for every kind of teller, arcs and beats, curves, and single persons."""
    targets: list[dict[str, Any]] = [
        {"source": "C", "kind": kind, "listeners": listeners, "r": r, "seconds": seconds}
        for kind in KINDS
        for listeners, r, seconds in ((12, 0.3, 120), (5, 0.5, 90))
    ]
    taps_: list[dict[str, Any]] = [
        {"source": source, "listeners": listeners, "r": r, "seconds": seconds}
        for source in "AB"
        for listeners, r in ((5, 0.5), (12, 0.3), (12, 0.5), (30, 0.3))
        for seconds, _ in TAPS
    ]
    curves: list[dict[str, Any]] = [
        {"source": "C", "kind": "ou30", "listeners": listeners, "r": r, "seconds": seconds}
        for listeners in (5, 12)
        for r in (0.1, 0.2, 0.3, 0.5, 0.8)
        for seconds in (60, 120, 180, 300)
        if (listeners, r, seconds) != (12, 0.3, 120)
    ]
    persons: list[dict[str, Any]] = [
        {"source": "C", "kind": kind, "listeners": 1, "r": r, "seconds": 300}
        for kind, r in (("ou5", 0.4), ("ou30", 0.6))
    ]
    return targets + taps_ + curves + persons


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """How often one cell of followers is told from chance, by our reading and by others."""
    if case["listeners"] == 1:
        found = sum(p <= ALPHA for p in _persons(case, runs, rng))
        return [rate(STUDY, {**case, "method": OURS}, "power", found, runs, at_least=_target(case))]
    hits: dict[str, int] = {}
    tellings = _dials if case["source"] == "C" else _taps
    for teller, crowd, null in tellings(case, runs, rng):
        for method, p in readings(teller, crowd, null, source=case["source"]).items():
            hits[method] = hits.get(method, 0) + (p <= ALPHA)
    return [
        rate(
            STUDY, {**case, "method": method}, "power", count, runs,
            at_least=_target(case) if method == OURS else None,
        )
        for method, count in hits.items()
    ]  # fmt: skip


def readings(teller: Array, crowd: Array, null: Null, *, source: Any) -> dict[str, float]:
    """p of our reading, and of the median line's changes and levels against the same tellers."""
    chance = room_score(teller, crowd, fs=FS, source=source, null=null).chance
    median = room_line(crowd)
    lines = np.where(np.isfinite(teller), np.vstack([teller, null.tellers]), np.nan)
    return {
        OURS: 1.0 if chance is None else chance.p,
        "changes of the median": _rank(changes(lines, fs=FS), changes(median, fs=FS)),
        "levels of the median": _rank(lines, median),
    }


def _rank(lines: Array, room: Array) -> float:
    """p of the first of many tellers, each at its best lag."""
    r = shifted_r(lines, room, -LAGS)
    best = np.max(np.where(np.isfinite(r), r, -np.inf), axis=1)
    return float(np.mean(best >= best[0] - 1e-12))


def _target(case: Mapping[str, Any]) -> float | None:
    size = case["listeners"], case["r"], case["seconds"]
    if case["source"] != "C":
        return None
    return {(12, 0.3, 120): 0.9, (5, 0.5, 90): 0.8, (1, 0.4, 300): 0.8, (1, 0.6, 300): 0.7}.get(size)


def _dials(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[Telling]:
    for first in range(0, runs, TOGETHER):
        tellers = driver(case["kind"], case["seconds"], min(TOGETHER, runs - first), rng)
        crowds = rooms(tellers, listeners=case["listeners"], r=case["r"], rng=rng)
        for teller, crowd, pool in zip(tellers, crowds, other_tellers(tellers, rng=rng), strict=True):
            yield teller, crowd, Null("pool", pool, DRAWS, 0)


def _taps(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[Telling]:
    seconds = case["seconds"]
    count = dict(TAPS)[seconds]
    deck = [arc.levels for arc in arc_deck(count)]
    for _ in range(runs):
        at = taps(count, seconds, "uneven", rng)
        dealt = deck[rng.integers(len(deck))]
        levels = np.array(dealt, float) if case["source"] == "A" else placed(count, "up and down", rng)
        line = stepwise(at, levels, seconds)
        told = np.where(np.isnan(line), levels[0], line)
        crowd = rooms(told[None], listeners=case["listeners"], r=case["r"], rng=rng)[0]
        if case["source"] == "A":
            null = redealt_arcs(at.tolist(), dealt, deck, fs=FS, n=len(line))
        else:
            seed = int(rng.integers(2**62))
            null = step_tellers(at.tolist(), levels.tolist(), fs=FS, n=len(line), seed=seed, draws=DRAWS)
        yield line, crowd, null


def persons(
    kind: str, r: float, seconds: float, count: int, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Tellers, one follower each whose true correlation is ``r``, and the followers' lags in seconds.

    The follower is the teller ``lag`` (0.5..3.5 s) later with weight r and a stranger with weight √(1 - r²).
    The stranger is the same process minutes later: as wide and as fast, so that of stationary kinds both
    levels and changes correlate at exactly r.
    """
    lags = np.rint(rng.uniform(0.5, 3.5, count) * FS).astype(np.intp)
    samples, spare = round(seconds * FS), int(3.5 * FS)
    whole = course(kind, 2 * seconds + 3.5 + APART_S, count, rng)
    stranger = whole[:, -samples:]
    at = spare - lags[:, None] + np.arange(samples)
    felt = r * np.take_along_axis(whole, at, axis=1) + np.sqrt(1 - r * r) * stranger
    return on_scale(whole[:, spare : spare + samples]), on_scale(felt), lags / FS


def _persons(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[float]:
    for first in range(0, runs, TOGETHER):
        many = min(TOGETHER, runs - first)
        tellers, felt, _ = persons(case["kind"], case["r"], case["seconds"], many, rng)
        for teller, own, pool in zip(tellers, felt, other_tellers(tellers, rng=rng), strict=True):
            yield float(surrogate_test(teller, own, Null("pool", pool, DRAWS, 0), fs=FS, seed=0).p[0])
