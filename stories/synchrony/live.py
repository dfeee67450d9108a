"""The live score of open practice rooms: the batch coupling, shrunk by how little is known yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .coupling import measure
from .reading import ENGINE, MIN_MOVES, Reading, Reason
from .signals import Array, as_line, as_rate, as_traces, changes, chunks, own_moves
from .units import octaves, squarable

MIN_LIVE_S = 60.0
SETTLED_S = 120.0
MIN_SD = 10.0
KAPPA_EARLY, KAPPA_LATE = 12.0, 4.0
"""Imaginary samples that say "no coupling", before and after two minutes."""


@dataclass(frozen=True, eq=False)
class LiveScore(Reading):
    """Arrays of shape (listeners,)."""

    score: Array
    """0..100, NaN while listening: before 60 s in common, 3 moves of the teller, or a moving hand."""
    low: Array
    high: Array
    """One standard error either side."""
    opposite: npt.NDArray[np.bool_]
    """The line runs against the teller's: the score is 0."""
    z: Array
    """Shrunk Fisher z, what averages over listeners."""
    settled: bool
    """From two minutes on; until then show a band, never a rank."""
    reason: tuple[Reason | None, ...]
    """Why a listener has no score yet: ``no_teller_line``, ``too_short`` (less than 60 s in common),
    ``no_teller_movement`` (fewer than 3 moves) or ``constant`` (a hand that hardly moved)."""
    engine: str = ENGINE


def live_score(teller: npt.ArrayLike, listeners: npt.ArrayLike, *, fs: float) -> LiveScore:
    """Shrunk coupling of each listener so far, 0..100.

    z* = Σ w z / (Σ w + κ) over levels and changes, each at the lag, drawn towards 1.5 s, where
    the two lines go most together or most against each other, with
    w = max(n_eff - 3, 0); κ is 12 before 120 s and 4 from then on. The score is 100 tanh z*.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples); 0..1000, NaN where silent
    fs : samples per second

    Returns
    -------
    LiveScore, arrays of shape (listeners,); NaN and a reason for whom there is no score yet.

    Raises
    ------
    ValueError
        If the listeners have another number of samples than the teller, or a value is infinite.

    References
    ----------
    N_eff: Pyper & Peterman (1998), Can. J. Fish. Aquat. Sci. 55:2127. doi:10.1139/f98-104. The
    shrinkage is the game's own; docs/validity.md shows what strangers and bots score.

    Examples
    --------
    >>> t, rng = np.arange(0, 90, 0.25), np.random.default_rng(1)
    >>> story = 500 + 300 * np.sin(t / 3)
    >>> room = [np.roll(story, 6) + 200 * rng.normal(size=360), 1000 - story, np.full(360, 500)]
    >>> live = live_score(story, room, fs=4)
    >>> live.score, live.opposite, live.reason
    (array([34.,  0., nan]), array([False,  True, False]), (None, None, 'constant'))
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    # Two samples a second say what four do about a hand, to a crowd in a quarter of the time.
    step = max(1, round(as_rate(fs) / 2))
    line, rows, fs = line[::step], rows[:, ::step], fs / step
    told_s = float(np.isfinite(line).sum() / fs)
    kappa = KAPPA_LATE if told_s >= SETTLED_S else KAPPA_EARLY
    weighted, weight = np.zeros(len(rows)), np.zeros(len(rows))
    enough = np.zeros(len(rows), dtype=bool)
    moving = bool(own_moves(line, fs=fs)[0] >= MIN_MOVES)
    reason = _reasons(line, rows, told_s, moving=moving, fs=fs)
    quiet = np.array([why is not None for why in reason], dtype=bool)
    for some in chunks(rows) if moving else ():
        own = np.ascontiguousarray(rows[some])
        weighted[some], weight[some], enough[some] = _evidence(line, own, ~quiet[some], fs=fs)
    z = np.where(enough, weighted / (weight + kappa), np.nan)
    error = 1 / np.sqrt(weight + kappa)

    def shown(value: Array) -> Array:
        return 100 * np.maximum(np.tanh(value), 0.0)

    return LiveScore(
        score=np.rint(shown(z)),
        low=shown(z - error),
        high=shown(z + error),
        opposite=np.nan_to_num(z) < 0,
        z=z,
        settled=told_s >= SETTLED_S,
        # Who is left without a number was there only while the teller's line stood still.
        reason=tuple(
            why or (None if read else "no_teller_movement") for why, read in zip(reason, enough, strict=True)
        ),
    )


def _reasons(
    line: Array, rows: Array, told_s: float, *, moving: bool, fs: float
) -> tuple[Reason | None, ...]:
    """Why there can be no score yet, per listener: what holds for everybody first."""
    everybody: Reason | None = None
    if not told_s:
        everybody = "no_teller_line"
    elif told_s < MIN_LIVE_S:
        everybody = "too_short"
    elif not moving:
        everybody = "no_teller_movement"
    if everybody is not None:
        return (everybody,) * len(rows)
    why: list[Reason | None] = []
    for some in chunks(rows):
        there = np.isfinite(rows[some]) & np.isfinite(line)
        short = there.sum(axis=1) < MIN_LIVE_S * fs
        still = _sd(np.ascontiguousarray(rows[some]), there) < MIN_SD
        why += ["too_short" if s else "constant" if c else None for s, c in zip(short, still, strict=True)]
    return tuple(why)


def _evidence(
    line: Array, rows: Array, enough: npt.NDArray[np.bool_], *, fs: float
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Σ w z and Σ w of each listener, and whether there is enough of them to say anything."""
    weighted, weight = np.zeros(len(rows)), np.zeros(len(rows))
    known = np.zeros(len(rows), dtype=bool)
    for x, y in ((line, rows), (changes(line, fs=fs), changes(rows, fs=fs))):
        m = measure(x, y, ~enough, fs=fs, max_lag_s=5.0, either_way=True)
        w = np.where(np.isfinite(m.r), np.maximum(np.nan_to_num(m.n_eff) - 3.0, 0.0), 0.0)
        weighted += w * np.arctanh(np.clip(np.nan_to_num(m.r_at_lag), -1 + 1e-15, 1 - 1e-15))
        weight += w
        known |= np.isfinite(m.r)
    return weighted, weight, enough & known


def _sd(rows: Array, there: npt.NDArray[np.bool_]) -> Array:
    n = np.maximum(there.sum(axis=1), 1)
    own = np.where(there, rows, 0.0)
    kept = squarable(own)
    mean = kept.sum(axis=1) / n
    sd = np.sqrt(np.maximum(np.einsum("ij,ij->i", kept, kept) / n - mean * mean, 0.0))
    back: Array = sd if kept is own else np.ldexp(sd, octaves(own))
    return back
