"""Everything that can be said about one telling, said once, with what it takes to say it again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .agreement import listeners_agree
from .arcs import arc_deck
from .coupling import USUAL_LAG_S, Coupling, coupling, readable
from .herding import Herding, herding
from .isc import isc, isc_summary, pairwise_isc
from .leading import Anticipation, anticipation
from .reading import ENGINE, MIN_LISTENERS, Reading, Reason
from .score import RoomScore, Source, room_score
from .signals import Array, as_line, as_traces
from .surrogates import SurrogateTest, surrogate_test
from .tellers import Null, TellerPool, redealt_arcs, step_tellers
from .together import Togetherness, togetherness


@dataclass(frozen=True)
class Agreement(Reading):
    """How much the listeners moved alike, whatever the teller meant."""

    mean: float
    median: float
    """Of each listener's r with the mean of the others (leave one out), by Fisher's z and as it is."""
    pairwise_mean: float
    pairwise_median: float
    """Of all pairs. Lower than leave-one-out by nature: never compare the two."""
    p: float
    """p that their changes coincide this much by chance, as in the room's score."""


@dataclass(frozen=True, eq=False)
class Persons(Reading):
    """Single listeners, in the order of the names, arrays of shape (listeners,): for the research export only."""

    coupling: Coupling
    leave_one_out: Array
    """r of each listener with the mean of the others, shape (listeners,)."""
    anticipation: Anticipation
    """Who leads and who follows."""
    test: SurrogateTest


@dataclass(frozen=True, eq=False)
class Report(Reading):
    """One telling; arrays of shape (listeners,) unless they say otherwise.

    ``as_json()`` is the same for the same traces, seed and engine, on every run.
    """

    engine: str
    seed: int
    digest: str
    """sha256 of traces and rate: what was analysed."""
    fs: float
    seconds: float
    source: Source
    names: tuple[str, ...]
    """Of the listeners, in the order of every array."""
    coverage: Array
    """Share of the story each listener was there, shape (listeners,)."""
    reason: tuple[Reason | None, ...]
    """Why a listener could not be read by themselves."""
    room: RoomScore
    isc: Agreement
    togetherness: Togetherness
    herding: Herding
    """Whether the room moves together because of the teller. Read it with its own warning."""
    persons: Persons | None
    """Only where they were asked for: a stored report says nothing of how close one person was."""


def report(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    source: Source = "C",
    null: Null | TellerPool | None = None,
    seed: int = 0,
    names: Sequence[str] = (),
    taps_s: Sequence[float] = (),
    levels: Sequence[float] = (),
    deck: Sequence[Sequence[float]] = (),
    persons: bool = False,
) -> Report:
    """Room score, coupling, agreement and marks of one telling.

    Parameters
    ----------
    teller : array, shape (samples,), NaN where silent
    listeners : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    source : how the teller's line came about; decides the null, unless one is given:
        A ``redealt_arcs``, B ``step_tellers`` (both need ``taps_s`` and ``levels``), C and D
        ``TellerPool(seed)``
    null : other tellers, instead of those the source asks for
    seed : for every draw
    taps_s, levels : shape (taps,), when the teller tapped, in seconds, and to which level
    deck : what a dealt arc was dealt from; by default the game's own, if the arc is in it
    names : of the listeners, in their order
    persons : also read and test every listener; not for anybody's eyes but a researcher's

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If lengths differ, names are too few, or the taps, levels or deck of source A or B are missing.

    Examples
    --------
    >>> told = report([500.0] * 200, [[500.0] * 200] * 3, fs=4)
    >>> told.room.reason, told.names
    ('no_teller_movement', ('listener 1', 'listener 2', 'listener 3'))
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    if names and len(names) != len(rows):
        raise ValueError(f"{len(rows)} listeners need as many names, got {len(names)}")
    if null is None:
        null = _null(line, fs=fs, source=source, seed=seed, taps_s=taps_s, levels=levels, deck=deck)
    elif isinstance(null, TellerPool):
        null = _drawn(null, line, fs=fs)
    room = room_score(line, rows, fs=fs, source=source, null=null, seed=seed)
    alone = isc(rows) if len(rows) > 1 else np.full(len(rows), np.nan)
    coverage, reason = readable(line, rows, fs=fs)
    lag_s = USUAL_LAG_S if room.reason else room.fit.lag_s
    return Report(
        engine=ENGINE,
        seed=seed,
        digest=digest(line, rows, fs=fs),
        fs=fs,
        seconds=len(line) / fs,
        source=source,
        names=tuple(names) or tuple(f"listener {i + 1}" for i in range(len(rows))),
        coverage=coverage,
        reason=reason,
        room=room,
        isc=_agreement(rows, alone, room, fs=fs, seed=seed),
        togetherness=togetherness(line, rows, fs=fs, seed=seed, lag_s=lag_s),
        herding=_herding(line, rows, fs=fs, null=null, seed=seed),
        persons=None
        if not persons
        else Persons(
            coupling=coupling(line, rows, fs=fs),
            leave_one_out=alone,
            anticipation=anticipation(line, rows, fs=fs, pool=null),
            test=surrogate_test(line, rows, null, fs=fs, seed=seed),
        ),
    )


def digest(teller: npt.ArrayLike, listeners: npt.ArrayLike, *, fs: float) -> str:
    """sha256 of what is analysed, whatever type or memory layout it comes in.

    Over the number of listeners, samples and ``fs``, then the teller and the listeners row by row, all
    as little-endian float64 with one NaN and one zero.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples)
    fs : samples per second

    Returns
    -------
    str of 64 hexadecimal digits

    Examples
    --------
    >>> digest([1, 2], [[3, 4]], fs=4) == digest([1.0, 2.0], np.array([[3], [4]]).T, fs=4.0)
    True
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    hashed = hashlib.sha256()
    for part in (np.array([*rows.shape, fs]), line, *rows):
        # Adding zero turns -0.0 into 0.0; NaN have many bit patterns, of which one is kept.
        canonical = np.where(np.isnan(part), np.nan, part + 0.0)
        hashed.update(canonical.astype("<f8").tobytes())
    return hashed.hexdigest()


def _null(
    line: Array,
    *,
    fs: float,
    source: Source,
    seed: int,
    taps_s: Sequence[float],
    levels: Sequence[float],
    deck: Sequence[Sequence[float]],
) -> Null | None:
    """The null that belongs to the source; None for a line that cannot be read anyway."""
    if not np.isfinite(line).any():
        return None
    if source not in ("A", "B"):
        return _drawn(TellerPool(seed), line, fs=fs)
    if not len(taps_s) or len(taps_s) != len(levels):
        raise ValueError(
            f"source {source} needs taps_s and as many levels, got {len(taps_s)} and {len(levels)}"
        )
    if source == "B":
        return step_tellers(taps_s, levels, fs=fs, n=len(line), seed=seed)
    if not len(deck):
        dealt = tuple(levels)
        deck = [arc.levels for arc in arc_deck(len(dealt))] if 4 <= len(dealt) <= 8 else []
        if dealt not in deck:
            raise ValueError(f"source A needs the deck that {list(levels)} was dealt from: it is not ours")
    return redealt_arcs(taps_s, levels, deck, fs=fs, n=len(line))


def _drawn(pool: TellerPool, line: Array, *, fs: float) -> Null | None:
    """The pool's tellers, drawn once for all who ask; None for a line too short to be read."""
    return pool.null(line, fs=fs) if len(line) >= 10 * fs else None


def _herding(line: Array, rows: Array, *, fs: float, null: Null | None, seed: int) -> Herding:
    """At the slowest whole part of ``fs`` that is 4 Hz or more: hands are no faster, and 999 tellers add up."""
    every = max((k for k in range(1, int(fs) + 1) if fs % k == 0 and fs / k >= 4), default=1)
    if null is not None:
        null = replace(null, tellers=null.tellers[:, ::every])
    return herding(line[::every], rows[:, ::every], fs=fs / every, null=null, seed=seed)


def _agreement(rows: Array, alone: Array, room: RoomScore, *, fs: float, seed: int) -> Agreement:
    pairs = pairwise_isc(rows) if len(rows) > 1 else np.empty(0)
    p = room.agreement_p
    if not np.isfinite(p) and len(rows) >= MIN_LISTENERS:
        p = listeners_agree(rows, fs=fs, seed=seed)
    return Agreement(
        mean=isc_summary(alone),
        median=isc_summary(alone, "median"),
        pairwise_mean=isc_summary(pairs),
        pairwise_median=isc_summary(pairs, "median"),
        p=p,
    )
