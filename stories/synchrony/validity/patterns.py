"""What is known to be there is found: followers follow, some lead, and a dull teller is dull to all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from stories.synchrony import coupling, lag_profile
from stories.synchrony.herding import herding
from stories.synchrony.leading import anticipation
from stories.synchrony.signals import Array

from .people import FS, driver, rooms
from .study import Row, measured

STUDY: Final = "patterns"


def cases() -> list[dict[str, Any]]:
    return [{"pattern": pattern} for pattern in SIMULATED]


def rows(case: Mapping[str, Any], *, runs: int, rng: np.random.Generator) -> list[Row]:
    """What one pattern came out as."""
    return SIMULATED[case["pattern"]](dict(case), runs, rng)


def following(case: dict[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """Listeners who follow a teller are late to the teller and in time with each other."""
    late, among, lead = np.empty(runs), np.empty(runs), np.empty(runs)
    for run in range(runs):
        teller = driver("ou5", 300, 1, rng)
        crowd = rooms(teller, listeners=8, r=0.7, rng=rng)[0]
        lags, r = lag_profile(teller[0], crowd, fs=FS)
        late[run] = lags[np.argmax(r.mean(axis=0))]
        lead[run] = np.nanmean(anticipation(teller[0], crowd, fs=FS).index > 0)
        total = crowd.sum(axis=0)
        mine = [lag_profile(total - own, own, fs=FS)[1][0] for own in crowd]
        among[run] = lags[np.argmax(np.mean(mine, axis=0))]
    return [
        spread(case, "lag to the teller (s), median", late, at_least=0.5, at_most=3.0),
        spread(case, "lag among listeners (s), median", among, at_least=-0.25, at_most=0.25),
        mean(case, "share of listeners that lead", lead, at_most=0.1),
    ]


def herds(case: dict[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """Agreement that rises and falls with the teller's coupling, and agreement that has other causes."""
    own, other = np.empty(runs), np.empty(runs)
    for run in range(runs):
        tellers = driver("ou5", 300, 2, rng)
        crowd = rooms(tellers[:1], listeners=8, r=0.7, rng=rng)[0]
        own[run], other[run] = (herding(teller, crowd, fs=FS).r for teller in tellers)
    return [
        spread(case, "herding with the teller they follow, median", own, at_least=0.3),
        spread(case, "herding with another teller, median", other, at_least=-0.15, at_most=0.15),
    ]


def anticipating(case: dict[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """Listeners who know the story are four seconds ahead of it, less what their hands are late."""
    ahead = 4 * FS
    late, lead = np.empty(runs), np.empty(runs)
    for run in range(runs):
        whole = driver("ou5", 304, 1, rng)
        crowd = rooms(whole[:, ahead:], listeners=8, r=0.7, rng=rng)[0]
        lags, r = lag_profile(whole[0, :-ahead], crowd, fs=FS)
        late[run] = lags[np.argmax(r.mean(axis=0))]
        lead[run] = np.nanmean(anticipation(whole[0, :-ahead], crowd, fs=FS).index > 0)
    return [
        spread(case, "lag to the teller (s), median", late, at_least=-4.0, at_most=-0.5),
        mean(case, "share of listeners that lead", lead, at_least=0.9),
    ]


def readable_tellers(case: dict[str, Any], runs: int, rng: np.random.Generator) -> list[Row]:
    """Twenty listeners, some better than others, and nine tellers, of whom some mislead everybody alike."""
    tellers = 9
    between_tellers, between_listeners = np.empty(runs), np.empty(runs)
    for run in range(runs):
        felt = driver("ou30", 150, tellers, rng)
        beside = driver("ou30", 150, tellers, rng)
        shows = rng.uniform(-0.6, 1, (tellers, 1))
        shown = shows * felt + np.sqrt(1 - shows**2) * beside
        crowds = np.hstack([rooms(shown, listeners=5, r=able, rng=rng) for able in (0.5, 0.65, 0.8, 0.95)])
        r = np.array([coupling(x, y, fs=FS).levels.r0 for x, y in zip(felt, crowds, strict=True)])
        between_tellers[run] = np.nanmean(r, axis=1).std(ddof=1)
        between_listeners[run] = np.nanmean(r, axis=0).std(ddof=1)
    return [
        spread(case, "SD of r between tellers", between_tellers, at_least=0.3, at_most=0.5),
        spread(case, "SD of r between listeners", between_listeners, at_least=0.05, at_most=0.15),
    ]


def spread(case: dict[str, Any], measure: str, values: Array, **bounds: float) -> Row:
    """The median of many runs, with the middle 95 % of them."""
    low, middle, high = np.nanquantile(values, [0.025, 0.5, 0.975])
    return measured(
        STUDY, case, measure, float(middle), len(values), low=float(low), high=float(high), **bounds
    )


def mean(case: dict[str, Any], measure: str, values: Array, **bounds: float) -> Row:
    """The mean of many runs, with its 95 % interval."""
    middle, half = np.nanmean(values), 1.96 * np.nanstd(values) / np.sqrt(len(values))
    low, high = float(middle - half), float(middle + half)
    return measured(STUDY, case, measure, float(middle), len(values), low=low, high=high, **bounds)


SIMULATED: Final = {
    "listeners who follow": following,
    "listeners who anticipate": anticipating,
    "listeners who share a story": herds,
    "readable tellers": readable_tellers,
}
