"""Do two people's moments fall together, and whose come first? Always beside shuffled moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .reading import ALPHA, ENGINE, Reading, Reason, stream
from .signals import Array, as_line

MIN_EVENTS = 3


@dataclass(frozen=True)
class EventSynchrony(Reading):
    """How two sets of moments fall together, beside what shuffled moments do."""

    sync: float
    """Share of all events that coincide with one of the other's, 0..1."""
    chance: float
    """Mean of the same share for shuffled moments. With adaptive windows it is near .5, not 0."""
    chance_high: float
    """What shuffled moments pass in one of twenty cases."""
    p: float
    delay_s: float
    """Mean of b - a over coinciding events; positive: b follows. NaN if none coincide."""
    coincidences: int
    events_a: int
    events_b: int
    reason: Reason | None
    draws: int
    seed: int
    engine: str = ENGINE


def event_synchrony(
    a_s: npt.ArrayLike,
    b_s: npt.ArrayLike,
    *,
    seed: int = 0,
    draws: int = 199,
    max_s: float | None = None,
) -> EventSynchrony:
    """SPIKE-synchronisation of two sets of moments, with its chance level.

    Two events coincide if they are closer than half of the smallest of the four intervals around
    them (and than ``max_s``): the window adapts to the pace, so there is nothing to tune.

    Chance: b's intervals in another order, begun at a random moment of the same stretch of time.

    Parameters
    ----------
    a_s, b_s : array, shape (events,), seconds, in any order
    seed : for the shuffles
    draws : shuffled sets of moments
    max_s : largest distance that may count as together

    Returns
    -------
    EventSynchrony; undefined, with the reason ``few_moves``, with fewer than 3 events on a side.

    Raises
    ------
    ValueError
        If a moment is no number, or ``draws`` or ``max_s`` is not positive.

    References
    ----------
    Kreuz, Mulansky & Bozanic (2015), J. Neurophysiol. 113:3432. doi:10.1152/jn.00848.2014; Quian
    Quiroga, Kreuz & Grassberger (2002), Phys. Rev. E 66:041904. doi:10.1103/PhysRevE.66.041904

    Examples
    --------
    >>> turns = [3, 10, 24, 31, 50, 58, 80]
    >>> reading = event_synchrony(turns, [4, 11, 25, 33, 51, 59, 82])
    >>> reading.sync, round(reading.delay_s, 2), reading.p <= 0.05
    (1.0, 1.29, True)
    """
    a, b = _moments(a_s, "a_s"), _moments(b_s, "b_s")
    if draws < 1:
        raise ValueError(f"need at least 1 draw, got {draws}")
    if max_s is not None and not max_s > 0:
        raise ValueError(f"max_s must be positive, got {max_s}")
    most = np.inf if max_s is None else float(max_s)
    if min(len(a), len(b)) < MIN_EVENTS:
        nan = np.nan
        return EventSynchrony(nan, nan, nan, nan, nan, 0, len(a), len(b), "few_moves", 0, seed)
    sync, delays = _coincide(a, b, most)
    drawn = np.sort([_coincide(a, other, most)[0] for other in _shuffled(a, b, draws, seed)])
    rank = int(np.floor(ALPHA * (draws + 1) + 1e-9))
    return EventSynchrony(
        sync=sync,
        chance=float(drawn.mean()),
        chance_high=float(drawn[-rank]) if rank >= 1 else np.nan,
        p=(int(np.sum(drawn >= sync - 1e-12)) + 1) / (draws + 1),
        delay_s=float(delays.mean()) if len(delays) else np.nan,
        coincidences=len(delays),
        events_a=len(a),
        events_b=len(b),
        reason=None,
        draws=draws,
        seed=seed,
    )


def _moments(x: npt.ArrayLike, name: str) -> Array:
    moments = as_line(x, name)
    if not np.isfinite(moments).all():
        raise ValueError(f"{name} must be finite, got {moments[~np.isfinite(moments)][0]}")
    return np.unique(moments)


def _coincide(a: Array, b: Array, most: float) -> tuple[float, Array]:
    """The share of events that coincide, and b - a of each pair that does."""
    tau = np.minimum(0.5 * np.minimum(_room(a)[:, None], _room(b)), most)
    apart = b - a[:, None]
    pairs = np.abs(apart) < tau
    both = int(pairs.any(axis=1).sum()) + int(pairs.any(axis=0).sum())
    return both / (len(a) + len(b)), apart[pairs]


def _room(x: Array) -> Array:
    """Each event's distance to its nearest neighbour."""
    gaps = np.concatenate([[np.inf], np.diff(x), [np.inf]])
    nearest: Array = np.minimum(gaps[:-1], gaps[1:])
    return nearest


def _shuffled(a: Array, b: Array, draws: int, seed: int) -> Array:
    """b's intervals in another order from a random moment on, round the end: shape (draws, events)."""
    rng = stream(seed, 6)
    first = min(a[0], b[0])
    span = max(a[-1], b[-1]) - first + float(np.diff(b).mean())
    gaps = np.append(np.diff(b), span - (b[-1] - b[0]))
    order = rng.permuted(np.broadcast_to(gaps, (draws, len(gaps))), axis=1)
    begun = rng.uniform(0, span, (draws, 1))
    return np.sort(first + (begun + np.cumsum(order, axis=1)) % span, axis=1)
