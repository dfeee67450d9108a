"""Real people: ten hands that track a known signal, and nine observers of one film, held against the wrong scenes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from stories.synchrony import TellerPool, coupling, room_score
from stories.synchrony.reading import ALPHA
from stories.synchrony.signals import Array

from .people import FS
from .study import Row, measured, rate

STUDY: Final = "recorded"
HERE: Final = Path(__file__).parents[3] / "tests" / "synchrony" / "data"
"""The recordings come with the tests (see ORIGIN.md there), not with an installed package."""
TRACKING: Final = "people following a known signal"
SAME, OTHER = "observers of the same scene", "observers of another scene"


def cases() -> list[dict[str, Any]]:
    """The cells whose recordings are here."""
    found: list[dict[str, Any]] = []
    if (HERE / "booth_taskA.npz").exists():
        found.append({"people": TRACKING})
    if (HERE / "forrest_narrator.npz").exists():
        found += [
            {"people": people, "feeling": feeling, "seconds": seconds}
            for people in (OTHER, SAME)
            for feeling in ("valence", "arousal")
            for seconds in (120, 180, 300)
        ]
    return found


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """What real hands came to."""
    return booth(dict(case)) if case["people"] == TRACKING else observers(dict(case), runs, rng)


def booth(case: dict[str, Any]) -> list[Row]:
    """Ten annotators of Booth, Mundnich & Narayanan (2018): how late are they?"""
    recorded = np.load(HERE / "booth_taskA.npz")
    at = np.arange(len(recorded["teller"])) / 10
    grid = np.arange(int(at[-1] * FS) + 1) / FS
    teller, *people = (np.interp(grid, at, x) for x in (recorded["teller"], *recorded["listeners"]))
    lags = coupling(teller, np.array(people), fs=FS).levels.lag_free_s
    middle = {"at_least": 1.3, "at_most": 1.7}
    return [
        measured(STUDY, case, "earliest hand (s)", float(lags.min()), len(lags), at_least=1.0),
        measured(STUDY, case, "latest hand (s)", float(lags.max()), len(lags), at_most=2.5),
        measured(STUDY, case, "median hand (s)", float(np.median(lags)), len(lags), **middle),
    ]


def observers(case: dict[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """One observer stands in for the teller, the eight others are the room: of this scene, or of another.

    A pair without a reading (nobody moved in that scene) is drawn again and counted apart.
    """
    scenes = film(case["feeling"], case["seconds"])
    beyond = read = tried = 0
    while read < runs and tried < 3 * runs:
        here, there = rng.choice(scenes.shape[1], 2, replace=False)
        teller = int(rng.integers(len(scenes)))
        room = np.delete(scenes[:, here if case["people"] == SAME else there], teller, axis=0)
        pool = TellerPool(int(rng.integers(2**62)), size=99)
        chance = room_score(scenes[teller, here], room, fs=1, source="D", null=pool).chance
        tried += 1
        if chance is not None:
            read += 1
            beyond += chance.p <= ALPHA
    bounds = {} if case["people"] == SAME else {"at_most": 0.065}
    return [
        rate(STUDY, case, "beyond chance", beyond, read, **bounds),
        rate(STUDY, case, "could not be read", tried - read, tried),
    ]


def film(feeling: str, seconds: int) -> Array:
    """What nine observers saw a narrator feel, cut into scenes: shape (observers, scenes, samples), 1 Hz."""
    recorded = np.load(HERE / "forrest_narrator.npz")
    traces = np.array([recorded[f"av1o{i:02d}_{feeling}"] for i in range(1, 10)], dtype=np.float64)
    scenes = traces.shape[1] // seconds
    return traces[:, : scenes * seconds].reshape(len(traces), scenes, seconds)
