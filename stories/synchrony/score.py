"""The room's score: how the room moved against how the teller's line did, at one lag, against chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from .agreement import listeners_agree
from .correlation import shifted_r
from .coupling import measure, readable
from .reading import ALPHA, ENGINE, MIN_LISTENERS, MIN_MOVES, Reading, Reason
from .signals import (
    Array,
    as_line,
    as_traces,
    changes,
    own_moves,
    reach,
    room_changes,
    room_line,
    ticks,
)
from .tellers import Null, TellerPool, masked, tail

Source = Literal["A", "B", "C", "D"]
Verdict = Literal["in_step", "often", "too_close_to_call", "own_story"]

CLEARLY: Final = 0.35
"""What the lower end of the interval must reach for "in step"."""


@dataclass(frozen=True)
class Fit(Reading):
    """How the room's line goes with the teller's on one measure."""

    r: float = np.nan
    """The highest r at lags 0..5 s."""
    lag_s: float = np.nan
    """Its lag, drawn towards 1.5 s while evidence is scarce."""
    low: float = np.nan
    high: float = np.nan
    n: int = 0
    n_eff: float = np.nan


@dataclass(frozen=True)
class Chance(Reading):
    """What other tellers would have scored with this very room."""

    kind: str
    band: float
    """What this room does not pass with 95 of 100 other tellers; reading higher, it is beyond chance.
    NaN if there are too few draws for any room to be."""
    p: float
    draws: int
    simulated: int
    real: int


@dataclass(frozen=True)
class RoomScore(Reading):
    """The result describes this room and this story, not any person."""

    source: Source
    reason: Reason | None
    """Why there is no reading; then everything below is undefined."""
    verdict: Verdict | None
    """None without a reading, without a null, and with fewer than 19 other tellers: p could never be .05."""
    fit: Fit
    """On changes over 2 s: what is judged."""
    levels: Fit
    """The median line against the teller's, on levels: description, never judged."""
    chance: Chance | None
    agreement_p: float
    """p that the listeners move together by chance (only with a null)."""
    listeners: int
    """Who entered the room's line: everyone who moved at all."""
    coverage: float
    exploratory: bool
    seed: int
    engine: str = ENGINE


def room_score(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    source: Source,
    null: Null | TellerPool | None = None,
    seed: int = 0,
    max_lag_s: float = 5.0,
) -> RoomScore:
    """How closely the room moved with the teller.

    The teller's changes over 2 s are held against the room's (``room_changes``): each hand on its
    own scale, all at one lag, the best in 0..5 s; every draw of the null may choose its best lag
    too. It is one measure for all sources. Levels stand beside it: a story-long drift, which two
    strangers share most easily, makes their chance band so wide that they judge less (docs/validity.md).

    Parameters
    ----------
    teller : array, shape (samples,)
        From ``teller_line`` (A, B) or a dial (C, D).
    listeners : array, shape (listeners, samples)
    fs : samples per second
    source : how the teller's line came about; A dealt arc, B placed beats, C and D dials
    null : other tellers: ``redealt_arcs`` (A), ``step_tellers`` (B), a ``TellerPool`` (C, D)
        Without it the score is read but not yet judged: verdict and chance are None.
    seed : for the shifts of ``agreement_p``
    max_lag_s : how late the room may be, in seconds

    Returns
    -------
    RoomScore; with a reason and undefined where there is nothing to read.

    Raises
    ------
    ValueError
        If the source is none of the four, lengths differ, or a value is infinite.

    References
    ----------
    The idea: Stephens, Silbert & Hasson (2010), PNAS 107:14425. doi:10.1073/pnas.1008662107; other
    tellers as chance: Harris (2020), bioRxiv. doi:10.1101/2020.11.29.402719; the same maximum in every
    draw: Westfall & Young (1993), Resampling-Based Multiple Testing, Wiley.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> story = np.cumsum(rng.normal(size=480))
    >>> room = np.roll(story, 6) + 2 * np.cumsum(rng.normal(size=(8, 480)), axis=1) / 3
    >>> score = room_score(story, room, fs=4, source="C", null=TellerPool(1, size=99))
    >>> score.verdict, round(score.fit.r, 2), round(score.fit.lag_s, 1), score.chance.band < 0.5
    ('in_step', 0.96, 1.5, True)
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    if source not in ("A", "B", "C", "D"):
        raise ValueError(f"source must be A, B, C or D, got {source!r}")
    there = np.isfinite(rows)
    moved = there.any(axis=1) & (reach(rows) > 0)
    heard = rows[moved]
    room = room_line(heard) if len(heard) else np.full(len(line), np.nan)
    coverage, reason = _room_reason(line, room, rows, heard, fs=fs)
    score = RoomScore(
        source=source,
        reason=reason,
        verdict=None,
        fit=Fit(),
        levels=Fit(),
        chance=None,
        agreement_p=np.nan,
        listeners=len(heard),
        coverage=coverage,
        exploratory=source == "B",
        seed=seed,
    )
    if reason is not None:
        return score
    told, moved_on = changes(line, fs=fs), room_changes(heard, fs=fs)
    score = replace(
        score,
        fit=_fit(told, moved_on, fs=fs, max_lag_s=max_lag_s),
        levels=_fit(line, room, fs=fs, max_lag_s=max_lag_s),
    )
    if not np.isfinite(score.fit.r):
        # A line that only drifts, or jumps where it was silent, has no changes to follow.
        return replace(score, reason="no_teller_movement", fit=Fit(), levels=Fit())
    if null is None:
        return score
    if isinstance(null, TellerPool):
        null = null.null(line, fs=fs)
    others = changes(masked(null, line), fs=fs)
    chance = _chance(score.fit.r, others, moved_on, null, lags=np.arange(ticks(max_lag_s, fs) + 1))
    agreement = listeners_agree(heard, fs=fs, seed=seed)
    verdict = _verdict(score.fit, chance, agreement)
    return replace(score, chance=chance, agreement_p=agreement, verdict=verdict)


def _fit(line: Array, room: Array, *, fs: float, max_lag_s: float) -> Fit:
    m = measure(line, room[None], np.array([False]), fs=fs, max_lag_s=max_lag_s)
    return Fit(
        r=float(m.r[0]),
        lag_s=float(m.lag_s[0]),
        low=float(m.low[0]),
        high=float(m.high[0]),
        n=int(m.n[0]),
        n_eff=float(m.n_eff[0]),
    )


def _chance(r: float, others: Array, room: Array, null: Null, *, lags: npt.NDArray[np.intp]) -> Chance:
    # The room's line is shifted against all tellers at once: teller(t) meets room(t + lag).
    profiles = shifted_r(others, room, -lags)
    best = np.max(np.where(np.isfinite(profiles), profiles, -np.inf), axis=1, initial=-np.inf)
    best = np.sort(best[np.isfinite(best)])[::-1]
    draws = len(best)
    rank = int(np.floor(ALPHA * (draws + 1) + 1e-9))
    band = float(best[rank - 1]) if rank >= 1 else np.nan
    return Chance(null.kind, band, tail(best, r), draws, null.simulated, null.real)


def _verdict(fit: Fit, chance: Chance, agreement_p: float) -> Verdict | None:
    if not np.isfinite(chance.band):
        return None
    if chance.p <= ALPHA:
        return "in_step" if fit.low >= CLEARLY else "often"
    return "own_story" if agreement_p <= ALPHA else "too_close_to_call"


def _room_reason(
    line: Array, room: Array, rows: Array, heard: Array, *, fs: float
) -> tuple[float, Reason | None]:
    coverage, (reason,) = readable(line, room[None], fs=fs)
    if reason in ("no_teller_line", "no_teller_movement"):
        return float(coverage[0]), reason
    if int(np.isfinite(rows).any(axis=1).sum()) < MIN_LISTENERS:
        return float(coverage[0]), "few_listeners"
    if len(heard) < MIN_LISTENERS:
        return 0.0, "constant"
    # A median of many hands is never still for long, so it is the hands that must have moved.
    if reason in (None, "few_moves"):
        few = float(np.median(own_moves(heard, fs=fs))) < MIN_MOVES
        reason = "few_moves" if few else None
    return float(coverage[0]), reason
