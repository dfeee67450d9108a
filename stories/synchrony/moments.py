"""The one moment a listener is shown: where the own line moved most, and what the teller's did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .coupling import readable
from .reading import ENGINE, Reading, Reason
from .signals import Array, as_line, as_traces, reach, ticks

REACT_S = 8.0
"""How long after a beat a hand may still be answering it."""
EARLY_S = 2.0
"""How long before a beat's mark the teller's line may already turn."""
TURN = 0.2
"""Share of the teller's own range that counts as a turn."""


@dataclass(frozen=True)
class Moment(Reading):
    """What one listener is shown of themselves, or why there is nothing to show."""

    beat: int | None
    """Index into ``beats``; None without beats or without a reading."""
    at_s: float
    """When: the beat's time, or the middle of the move where there are no beats."""
    moved: float
    """How far the listener's line came, signed, in units of the scale."""
    teller_moved: float
    """How far the teller's line came around then; NaN where the teller has no line."""
    teller_turned: bool | None
    """Whether the teller's line turned there too; None where the teller has no line."""
    reason: Reason | None
    engine: str = ENGINE


def moment(teller: npt.ArrayLike, listener: npt.ArrayLike, beats: Sequence[float], *, fs: float) -> Moment:
    """The beat around which the listener moved most.

    A listener's answer to a beat is looked for from the beat until 8 s later, or until a second
    and a half into the next beat. Without beats the 8 seconds with the largest move are taken.

    Parameters
    ----------
    teller : array, shape (samples,), NaN where silent
    listener : array, shape (samples,), in the teller's unit
    beats : seconds, in any order
    fs : samples per second

    Returns
    -------
    Moment; with a reason instead of a beat if the listener was hardly there or hardly moved.

    Raises
    ------
    ValueError
        If the listener has another number of samples than the teller.

    Examples
    --------
    >>> t = np.arange(0, 60, 0.25)
    >>> story = np.select([t < 20, t < 40], [500, 800], 300)
    >>> own = np.select([t < 10, t < 22, t < 50], [480, 500, 560], 540)
    >>> shown = moment(story, own, [10, 20, 50], fs=4)
    >>> shown.beat, shown.moved, shown.teller_turned
    (1, 60.0, True)
    """
    line, own = as_line(teller), as_line(listener, "listener")
    _, (reason,) = readable(line, as_traces(own, len(line)), fs=fs)
    if reason in ("no_teller_line", "no_teller_movement"):
        # What the listener did is worth showing even if there is nothing to hold it against.
        _, (reason,) = readable(np.arange(len(own), dtype=np.float64), own[None], fs=fs)
    if reason is not None:
        return Moment(None, np.nan, np.nan, np.nan, None, reason)
    marks = sorted((at, i) for i, at in enumerate(beats) if 0 <= at < len(own) / fs)
    best = _around_beats(own, marks, fs=fs) or _anywhere(own, fs=fs)
    beat, at_s, moved = best
    came, turned = _teller_around(line, at_s, fs=fs)
    return Moment(beat, at_s, moved, came, turned, None)


def _teller_around(line: Array, at_s: float, *, fs: float) -> tuple[float, bool | None]:
    """How far the teller's line came around a moment, and whether that was a turn."""
    spoken = np.flatnonzero(np.isfinite(line)) / fs
    if not len(spoken):
        return float("nan"), None
    early, late = at_s - EARLY_S, at_s + REACT_S / 2
    came = _move(line, early, late, fs=fs)
    # A line that begins here turned from nothing into something.
    begins = spoken[0] > 0 and early <= spoken[0] <= late
    whole = float(reach(line[None])[0])
    return came, bool(begins or (np.isfinite(came) and whole > 0 and abs(came) >= TURN * whole))


def _around_beats(
    own: Array, marks: list[tuple[float, int]], *, fs: float
) -> tuple[int | None, float, float] | None:
    best: tuple[int | None, float, float] | None = None
    for here, (at, i) in enumerate(marks):
        end = at + REACT_S
        if here + 1 < len(marks):
            end = min(end, max(marks[here + 1][0] + 1.5, at + 3.0))
        moved = _move(own, at, end, fs=fs)
        if np.isfinite(moved) and moved and (best is None or abs(moved) > abs(best[2])):
            best = (i, float(at), moved)
    return best


def _anywhere(own: Array, *, fs: float) -> tuple[int | None, float, float]:
    starts = np.arange(0.0, max(len(own) / fs - REACT_S, 0.0) + 1.0)
    first = np.rint(starts * fs).astype(np.intp)
    at = first[:, None] + np.arange(ticks(REACT_S, fs) + 1)
    parts = np.where(at < len(own), own[np.minimum(at, len(own) - 1)], np.nan)
    here = np.isfinite(parts)
    row = np.arange(len(parts))
    away = np.where(here, parts - parts[row, np.argmax(here, axis=1)][:, None], 0.0)
    far = away[row, np.argmax(np.abs(away), axis=1)]
    top = int(np.argmax(np.where(here.sum(axis=1) >= 2, np.abs(far), -1.0)))
    return None, float(starts[top] + REACT_S / 2), float(far[top])


def _move(line: Array, start_s: float, end_s: float, *, fs: float) -> float:
    """The largest excursion from the value at the start, signed; NaN if nobody was there."""
    part = line[max(ticks(start_s, fs), 0) : max(ticks(end_s, fs), 0) + 1]
    part = part[np.isfinite(part)]
    if len(part) < 2:
        return float("nan")
    away = part - part[0]
    return float(away[np.argmax(np.abs(away))])
