"""Teller and room have nothing to do with each other: how often are they called more than chance?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import Null, TellerPool, arc_deck, listeners_agree, room_score, togetherness
from stories.synchrony.reading import ALPHA
from stories.synchrony.signals import Array
from stories.synchrony.tellers import redealt_arcs, step_tellers

from .people import FS, KINDS, driver, rooms, stepwise, taps
from .study import Row, rate
from .textbook import TOGETHER, other_tellers
from .usual import DRAWS

STUDY: Final = "chance"
FAIR: Final = {"at_least": 0.035, "at_most": 0.065}
FORGIVEN: Final = 0.08
LISTENERS: Final = 12
FOLLOWS: Final = 0.7
"""How closely strangers follow what they follow: closely, for that is the hard case."""
MISMATCHES: Final = (("ou30", "ou5"), ("ou5", "ou30"), ("trend", "ou5"), ("ou5", "trend"), ("walk", "slider"))
TAPS: Final = ((45, 4), (60, 5), (120, 6), (180, 8))
OTHERS: Final = ("wander", "drift", "steps", "each their own")
"""What a room follows instead of an arc: a wandering or a drifting course, other taps, or nothing common."""
MANNERS: Final = (("even", "any"), ("uneven", "one way"), ("uneven", "up and down"), ("bunched", "any"))


def cases() -> list[dict[str, Any]]:
    """Dials against a pool, dealt arcs against their deck, placed beats against step tellers, and the rest."""
    dials: list[dict[str, Any]] = [
        {"source": "C", "kind": kind, "room": room, "pool": "matched", "seconds": seconds}
        for kind in KINDS
        for room in ("one driver", "each their own")
        for seconds in (120, 300, 600)
    ]
    dials += [{"source": "C", "kind": "trend", "room": "one driver", "pool": "of 999", "seconds": 120}]
    dials += [
        {"source": "C", "kind": kind, "room": "one driver", "pool": f"for {pool}", "seconds": seconds}
        for kind, pool in MISMATCHES
        for seconds in (120, 300)
    ]
    arcs = [
        {"source": "A", "deck": deck, "room": room, "seconds": seconds}
        for deck in ("balanced", "mostly falls and rises", "chosen, falls preferred")
        for room in OTHERS
        for seconds, _ in TAPS
    ]
    beats = [
        {"source": "B", "taps": how, "levels": levels, "room": room, "seconds": seconds}
        for how, levels in MANNERS
        for room in OTHERS
        for seconds, _ in TAPS
    ]
    groups = [
        {"question": question, "kind": kind, "seconds": seconds}
        for question in ("do they agree", "does a moment stand out")
        for kind in ("ou5", "slider", "trend")
        for seconds in (120, 300)
    ]
    return dials + arcs + beats + groups


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """How often one cell of strangers is called beyond chance at a nominal .05."""
    if "question" in case:
        return _groups(case, runs, rng)
    judge = {"C": _dials, "A": _arcs, "B": _beats}[case["source"]]
    found = sum(p <= ALPHA for p in judge(case, runs, rng))
    return [rate(STUDY, case, "false positives", found, runs, **_target(case))]


def _target(case: Mapping[str, Any]) -> dict[str, float]:
    if "chosen" in case.get("deck", ""):
        return {}
    return {"at_most": FORGIVEN} if case.get("pool", "").startswith("for ") else FAIR


def _dials(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[float]:
    kind, seconds = case["kind"], case["seconds"]
    for first in range(0, runs, TOGETHER):
        count = min(TOGETHER, runs - first)
        tellers = driver(kind, seconds, count, rng)
        crowds = strangers(kind, seconds, count, case["room"], rng)
        if case["pool"] == "of 999":
            nulls = [TellerPool(int(rng.integers(2**62))).null(line, fs=FS) for line in tellers]
        else:
            like = tellers if case["pool"] == "matched" else driver(case["pool"][4:], seconds, count, rng)
            nulls = [Null("pool", pool, DRAWS, 0) for pool in other_tellers(like, rng=rng)]
        for teller, crowd, null in zip(tellers, crowds, nulls, strict=True):
            yield judged(teller, crowd, null, source="C")


def strangers(kind: str, seconds: float, count: int, room: str, rng: np.random.Generator) -> Array:
    """Rooms that follow something else of the same kind: one driver for all, or one for each."""
    if room == "one driver":
        return rooms(driver(kind, seconds, count, rng), listeners=LISTENERS, r=FOLLOWS, rng=rng)
    alone = rooms(driver(kind, seconds, count * LISTENERS, rng), listeners=1, r=FOLLOWS, rng=rng)
    return alone.reshape(count, LISTENERS, -1)


def _arcs(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[float]:
    seconds = case["seconds"]
    count = dict(TAPS)[seconds]
    whole = arc_deck(count)
    deck = whole if "falls and rises" not in case["deck"] else whole[:24]
    liked = np.array([3.0 if arc.shape == "fall" and "chosen" in case["deck"] else 1.0 for arc in deck])
    for crowd in _elsewhere(case["room"], count, seconds, runs, rng):
        at = taps(count, seconds, "uneven", rng)
        arc = deck[rng.choice(len(deck), p=liked / liked.sum())].levels
        line = stepwise(at, np.array(arc, dtype=np.float64), seconds)
        null = redealt_arcs(at.tolist(), arc, [other.levels for other in deck], fs=FS, n=len(line))
        yield judged(line, crowd, null, source="A")


def _beats(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Iterator[float]:
    seconds = case["seconds"]
    count = dict(TAPS)[seconds]
    for crowd in _elsewhere(case["room"], count, seconds, runs, rng):
        at, levels = taps(count, seconds, case["taps"], rng), placed(count, case["levels"], rng)
        line = stepwise(at, levels, seconds)
        seed = int(rng.integers(2**62))
        null = step_tellers(at.tolist(), levels.tolist(), fs=FS, n=len(line), seed=seed, draws=DRAWS)
        yield judged(line, crowd, null, source="B")


def placed(count: int, manner: str, rng: np.random.Generator) -> Array:
    """Where people place their beats, 0..1000: anywhere, all one way, or up and down from the last."""
    if manner == "any":
        return np.rint(rng.uniform(0, 1000, count))
    if manner == "one way":
        levels = np.sort(rng.uniform(0, 1000, count))
        return np.rint(levels if rng.random() < 0.5 else levels[::-1])
    return np.clip(np.rint(500 + np.cumsum(rng.normal(0, 200, count))), 0, 1000)


def _elsewhere(room: str, count: int, seconds: float, runs: int, rng: np.random.Generator) -> Iterator[Array]:
    """Rooms of thumbs that follow anything but the arc that will be told."""
    for first in range(0, runs, TOGETHER):
        many = min(TOGETHER, runs - first)
        if room == "each their own":
            yield from strangers("ou5", seconds, many, room, rng)
        elif room == "steps":
            told = [
                stepwise(taps(count, seconds, "uneven", rng), placed(count, "any", rng), seconds)
                for _ in range(many)
            ]
            full = np.array([np.where(np.isnan(line), line[~np.isnan(line)][0], line) for line in told])
            yield from rooms(full, listeners=LISTENERS, r=FOLLOWS, rng=rng)
        else:
            kind = "trend" if room == "drift" else "ou30"
            yield from rooms(driver(kind, seconds, many, rng), listeners=LISTENERS, r=FOLLOWS, rng=rng)


def judged(teller: Array, crowd: Array, null: Null, *, source: Any) -> float:
    """p of the room score; 1 where there is no reading, for then nothing is claimed."""
    chance = room_score(teller, crowd, fs=FS, source=source, null=null).chance
    return 1.0 if chance is None else chance.p


def _groups(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """Listeners who have nothing in common: do they 'agree', does any moment 'stand out'?"""
    kind, seconds = case["kind"], case["seconds"]
    found: dict[str, int] = {}
    for first in range(0, runs, TOGETHER):
        count = min(TOGETHER, runs - first)
        crowds = strangers(kind, seconds, count, "each their own", rng)
        for i, crowd in enumerate(crowds):
            seed = int(rng.integers(2**62))
            if case["question"] == "do they agree":
                said = {"listeners agree": listeners_agree(crowd, fs=FS, seed=seed, draws=99) <= ALPHA}
            else:
                marks = togetherness(crowds[i - 1][0], crowd, fs=FS, seed=seed, draws=99)
                said = {
                    "most together is marked": marks.together is not None,
                    "most apart is marked": marks.apart is not None,
                }
            for name, yes in said.items():
                found[name] = found.get(name, 0) + yes
    return [rate(STUDY, case, name, count, runs, at_most=0.065) for name, count in found.items()]
