"""Can the number be had without listening? Hands that hold still, wiggle, swing, or copy the crowd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import Null, live_score, room_score
from stories.synchrony.reading import ALPHA
from stories.synchrony.signals import Array, room_line
from stories.synchrony.simulate import gliding

from .people import FS, driver, rooms
from .study import Row, measured, rate
from .textbook import TOGETHER, other_tellers
from .usual import DRAWS

STUDY: Final = "bots"
BOTS: Final = ("constant", "wiggle", "periodic", "copying")
TIMES: Final = (60, 90, 120, 180, 240, 300)
LIMITS: Final = {120: 35.0, 300: 20.0}
"""What 95 of 100 bots may score at most after so many seconds."""
PERCENTILES: Final = {"5th percentile": 0.05, "median": 0.5, "95th percentile": 0.95}
HANDS: Final = 4
"""Hands of a kind beside each teller."""
DRIVERS: Final = ("ou5", "ou30", "slider")
ROOMS: Final = {"12 people": (12, 0), "8 people": (8, 0), "8 people, 4 bots": (8, 4)}
"""Who sits in a room: people, and bots that wiggle or swing."""


def bots(kind: str, crowd: Array, *, fs: float, count: int, rng: np.random.Generator) -> Array:
    """Hands that do not listen, integers 0..1000, shape (count, samples).

    constant: somewhere, for good. wiggle: to a new place every 1..10 s. periodic: a wave of 4..60 s,
    round or pointed. copying: the crowd's median line, seen 0.5..1.5 s late.

    Parameters
    ----------
    crowd : array, shape (listeners, samples)
        Whom the copying ones look at.

    Examples
    --------
    >>> still = bots("constant", np.zeros((3, 40)), fs=4, count=2, rng=np.random.default_rng(1))
    >>> still.shape, float(np.ptp(still, axis=1).max())
    ((2, 40), 0.0)
    """
    samples = crowd.shape[1]
    if kind == "constant":
        hands = np.repeat(rng.uniform(0, 1000, (count, 1)), samples, axis=1)
    elif kind == "wiggle":
        hands = 500 + 200 * gliding(rng.uniform(1, 10, count) * fs, samples, fs=fs, rng=rng)
    elif kind == "periodic":
        period = np.exp(rng.uniform(np.log(4), np.log(60), (count, 1)))
        wave = np.sin(2 * np.pi * (np.arange(samples) / fs / period + rng.random((count, 1))))
        pointed = rng.random((count, 1)) < 0.5
        hands = 500 + 350 * np.where(pointed, 2 / np.pi * np.arcsin(wave), wave)
    elif kind == "copying":
        late = np.rint(rng.uniform(0.5, 1.5, (count, 1)) * fs).astype(np.intp)
        hands = room_line(crowd)[np.maximum(np.arange(samples) - late, 0)]
    else:
        raise ValueError(f"kind must be one of {', '.join(BOTS)}, got {kind!r}")
    inside: Array = np.clip(np.rint(hands), 0, 1000)
    return inside


def cases() -> list[dict[str, Any]]:
    return [{"hand": hand} for hand in (*BOTS, "stranger", "follows .5", "follows .8")] + [
        {"room": room, "follows": follows, "length": "60 s"}
        for room in ROOMS
        for follows in ("teller", "another")
    ]


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """What hands score over time against tellers they never met, and what bots do to a room."""
    if "room" in case:
        return [_found(case, runs, rng)]
    scores = np.concatenate([_scores(case["hand"], i, rng) for i in range(-(-runs // HANDS))], axis=1)
    return [row for i, seconds in enumerate(TIMES) for row in _course(case["hand"], seconds, scores[i])]


def hands(kind: str, teller: Array, driver_kind: str, rng: np.random.Generator) -> Array:
    """Hands of one kind beside a teller, shape (HANDS, samples)."""
    if kind.startswith("follows"):
        following: Array = rooms(teller[None], listeners=HANDS, r=float(kind.split()[1]), rng=rng)[0]
        return following
    other = driver(driver_kind, len(teller) // FS, 1, rng)
    crowd: Array = rooms(other, listeners=8, r=0.7, rng=rng)[0]
    return crowd[:HANDS] if kind == "stranger" else bots(kind, crowd, fs=FS, count=HANDS, rng=rng)


def _scores(kind: str, run: int, rng: np.random.Generator) -> Array:
    driver_kind = DRIVERS[run % len(DRIVERS)]
    teller = driver(driver_kind, TIMES[-1], 1, rng)[0]
    at_play = hands(kind, teller, driver_kind, rng)
    return np.array([live_score(teller[: s * FS], at_play[:, : s * FS], fs=FS).score for s in TIMES])


def _course(hand: str, seconds: int, scores: Array) -> list[Row]:
    case = {"hand": hand, "seconds": seconds}
    known = scores[np.isfinite(scores)]
    if hand == "constant":
        return [
            rate(STUDY, case, "share without a score", len(scores) - len(known), len(scores), at_least=1.0)
        ]
    limit = LIMITS.get(seconds) if hand in BOTS else None
    spread = 1.96 / np.sqrt(max(len(known), 1))
    return [
        measured(
            STUDY,
            case,
            f"live score, {name}",
            float(np.quantile(known, q)),
            len(known),
            low=float(np.quantile(known, max(q - spread * np.sqrt(q * (1 - q)), 0))),
            high=float(np.quantile(known, min(q + spread * np.sqrt(q * (1 - q)), 1))),
            at_most=limit if q == 0.95 else None,
        )
        for name, q in PERCENTILES.items()
        if q > 0.05 or hand.startswith("follows")
    ]


def _found(case: Mapping[str, Any], runs: int, rng: np.random.Generator) -> Row:
    """How often a room that follows at r = .3 is called beyond chance, with and without bots in it."""
    people, others = ROOMS[case["room"]]
    found = 0
    for first in range(0, runs, TOGETHER):
        tellers = driver("ou5", 60, min(TOGETHER, runs - first), rng)
        followed = tellers if case["follows"] == "teller" else driver("ou5", 60, len(tellers), rng)
        crowds = rooms(followed, listeners=people, r=0.3, rng=rng)
        for teller, crowd, pool in zip(tellers, crowds, other_tellers(tellers, rng=rng), strict=True):
            dull = [bots(kind, crowd, fs=FS, count=others // 2, rng=rng) for kind in ("wiggle", "periodic")]
            room = np.concatenate([crowd, *dull])
            chance = room_score(teller, room, fs=FS, source="C", null=Null("pool", pool, DRAWS, 0)).chance
            found += chance is not None and chance.p <= ALPHA
    most = None if case["follows"] == "teller" else 0.065
    return rate(STUDY, dict(case), "room beyond chance", found, runs, at_most=most)
