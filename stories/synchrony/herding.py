"""Does the crowd move together because of the teller, or because of each other?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .agreement import sample_rows
from .correlation import best_lag, pearson
from .coupling import readable
from .reading import ENGINE, MIN_LISTENERS, Reading, Reason, stream
from .signals import Array, as_line, as_traces, changes, ticks, unit_rows
from .tellers import Null, TellerPool, masked, tail
from .windows import window_starts

MIN_WINDOWS = 3
"""Windows that do not overlap: below that a correlation over time has nothing to go by."""
TELLERS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Herding(Reading):
    """Agreement and coupling over time; arrays of shape (windows,), profiles of shape (lags,)."""

    r: float
    """Correlation over windows of ``together`` and ``coupling``."""
    p: float
    """Other tellers, each at its own best lag, that come out as high; NaN without a null."""
    times_s: Array
    """Middle of each window on the teller's time, shape (windows,)."""
    together: Array
    """LL(t): mean correlation of all pairs of listeners within the window."""
    coupling: Array
    """SL(t): mean correlation of the teller with all listeners, ``coupling_lag_s`` later."""
    together_lag_s: float
    """Where the pairs agree best; 0 unless the room has an early and a late camp."""
    coupling_lag_s: float
    """Where the room follows the teller best; positive: the room follows."""
    lags_s: Array
    together_profile: Array
    coupling_profile: Array
    """Means over windows, shape (lags,)."""
    listeners: int
    draws: int
    simulated: int
    real: int
    reason: Reason | None
    window_s: float
    seed: int
    engine: str = ENGINE


def herding(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    null: TellerPool | Null | None = None,
    seed: int = 0,
    window_s: float = 30.0,
    step_s: float = 5.0,
    max_lag_s: float = 5.0,
) -> Herding:
    """Correlation over time of listener-listener agreement and lagged teller-listener coupling.

    **What it does not say.** A room that follows its teller with one and the same closeness from
    beginning to end has an r of about .9: whenever the teller moves much, both agreement and
    coupling are high. A room driven by something else is near 0, but of such rooms one in four
    passes .3 by accident (four minutes, ten listeners). So it answers "does the crowd move together
    *because of the teller*", never "did the coupling rise and fall"; and only with its p.

    Everything is computed on changes over 2 s. Within a window each trace is taken on its own
    scale; where a listener is still or less than half there, it adds nothing. Only windows that are
    whole at every lag, and through which the teller is there, are used. In the null each other teller meets the same room, at its own best lag:
    p = (b + 1) / (draws + 1).

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples)
    fs : samples per second
    null : other tellers; without them r is read but not judged
    seed : chooses 200 listeners where there are more
    window_s, step_s : length of a window and distance to the next, in seconds
    max_lag_s : largest lag either way, in seconds

    Returns
    -------
    Herding; undefined, with a reason, below 3 readable listeners or 3 windows side by side.

    Raises
    ------
    ValueError
        If the listeners have another number of samples than the teller, or a window fewer than 3.

    References
    ----------
    After Chang, Nastase, Zadbood & Hasson (2024), Soc. Cogn. Affect. Neurosci. 19:nsae059.
    doi:10.1093/scan/nsae059

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> story = np.convolve(rng.normal(size=250), np.ones(8), "valid")
    >>> room = [np.roll(story, 2) + rng.normal(size=len(story)) for _ in range(5)]
    >>> reading = herding(story, room, fs=1)
    >>> reading.r > 0.5, round(reading.together_lag_s), round(reading.coupling_lag_s)
    (True, 0, 2)
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    most = ticks(max_lag_s, fs)
    starts, size = window_starts(len(line), fs=fs, window_s=window_s, step_s=step_s)
    # One lag more on either side lets the parabola work at the last ones.
    lags = np.arange(-most - 1, most + 2)
    fits = (starts + lags[0] >= 0) & (starts + lags[-1] + size <= len(line))
    first = starts[fits].astype(np.intp)
    _, why = readable(line, rows, fs=fs)
    heard = rows[[one is None for one in why]]
    reason: Reason | None = None
    if any(one in ("no_teller_line", "no_teller_movement") for one in why):
        reason = why[0]
    elif len(first) < 2 or len(line) < MIN_WINDOWS * size:
        reason = "too_short"
    elif len(heard) < MIN_LISTENERS:
        reason = "few_listeners"
    if reason is not None:
        none, nan = np.empty(0), np.nan
        return Herding(
            nan, nan, none, none, none, nan, nan, none, none, none,
            len(heard), 0, 0, 0, reason, window_s, seed,
        )  # fmt: skip
    heard = sample_rows(heard, stream(seed, 5))
    room, together = _room(changes(heard, fs=fs), first, size, lags)
    profile, agreed = _middle(together.T), together[:, most + 1]
    follow = _told(changes(line[None], fs=fs), room, first, size)[0]
    at, lag_s = best_lag(_middle(follow.T)[None], lags / fs)
    drawn = Null("none", np.empty((0, len(line))), 0, 0)
    if null is not None:
        drawn = null.null(line, fs=fs) if isinstance(null, TellerPool) else null
    r = pearson(agreed, follow[:, at[0]])
    return Herding(
        r=r,
        p=_chance(r, line, drawn, agreed, room, first, size, fs=fs),
        times_s=(first + size / 2) / fs,
        together=agreed,
        coupling=follow[:, at[0]],
        together_lag_s=float(best_lag(profile[None], lags / fs)[1][0]),
        coupling_lag_s=float(lag_s[0]),
        lags_s=lags[1:-1] / fs,
        together_profile=profile[1:-1],
        coupling_profile=_middle(follow.T)[1:-1],
        listeners=len(heard),
        draws=len(drawn.tellers),
        simulated=drawn.simulated,
        real=drawn.real,
        reason=None,
        window_s=window_s,
        seed=seed,
    )


def _room(
    rows: Array, first: npt.NDArray[np.intp], size: int, lags: npt.NDArray[np.intp]
) -> tuple[Array, Array]:
    """The room's mean unit window at every lag, shape (windows, size, lags), and the pairs' mean r.

    The mean r of all pairs at a lag is the product of the sums less everyone's with themselves.
    """
    still = _units(rows, first, size)
    total = still.sum(axis=0)
    moving = np.any(still != 0, axis=2)
    room = np.empty((len(first), size, len(lags)))
    together = np.empty((len(first), len(lags)))
    for k, lag in enumerate(lags):
        late = _units(rows, first + lag, size)
        sum_late = late.sum(axis=0)
        there = np.any(late != 0, axis=2)
        room[:, :, k] = sum_late / np.maximum(there.sum(axis=0), 1)[:, None]
        room[there.sum(axis=0) < MIN_LISTENERS, :, k] = np.nan
        pairs = moving.sum(axis=0) * there.sum(axis=0) - (moving & there).sum(axis=0)
        with_self = np.einsum("iwt,iwt->w", still, late)
        both = np.einsum("wt,wt->w", total, sum_late) - with_self
        enough = np.minimum(moving.sum(axis=0), there.sum(axis=0)) >= MIN_LISTENERS
        together[:, k] = np.where(enough, both / np.maximum(pairs, 1), np.nan)
    return room, together


def _told(tellers: Array, room: Array, first: npt.NDArray[np.intp], size: int) -> Array:
    """Mean r of each teller's window with the listeners' at every lag: (tellers, windows, lags)."""
    units = _units(tellers, first, size)
    # A teller's window with a hole would be held against listeners' whole ones, and read too low.
    whole = np.isfinite(np.lib.stride_tricks.sliding_window_view(tellers, size, axis=1)[:, first]).all(axis=2)
    units[~np.any(units != 0, axis=2) | ~whole] = np.nan
    r: Array = np.matmul(units.transpose(1, 0, 2), room).transpose(1, 0, 2)
    return r


def _units(rows: Array, first: npt.NDArray[np.intp], size: int) -> Array:
    """Each window about its mean with length one, 0 where still or half empty: (rows, windows, size)."""
    windows = np.lib.stride_tricks.sliding_window_view(rows, size, axis=1)[:, first]
    flat = windows.reshape(-1, size)
    units = unit_rows(flat)
    units[np.isfinite(flat).sum(axis=1) < size / 2] = 0.0
    return units.reshape(windows.shape)


def _middle(over_windows: Array) -> Array:
    """Mean over the windows that have a value, shape (lags,); NaN where none has."""
    known = np.isfinite(over_windows)
    n = known.sum(axis=-1)
    mean: Array = np.where(known, over_windows, 0.0).sum(axis=-1) / np.maximum(n, 1)
    return np.where(n > 0, mean, np.nan)


def _chance(
    r: float,
    line: Array,
    null: Null,
    agreed: Array,
    room: Array,
    first: npt.NDArray[np.intp],
    size: int,
    *,
    fs: float,
) -> float:
    others = changes(masked(null, line), fs=fs)
    drawn: list[float] = []
    for at in range(0, len(others) if np.isfinite(r) else 0, TELLERS_AT_ONCE):
        told = _told(others[at : at + TELLERS_AT_ONCE], room, first, size)
        best, _ = best_lag(_middle(told.transpose(0, 2, 1)), np.arange(told.shape[2], dtype=np.float64))
        drawn += [pearson(agreed, one[:, lag]) for one, lag in zip(told, best, strict=True)]
    met = np.array(drawn)
    return tail(met[np.isfinite(met)], r)
