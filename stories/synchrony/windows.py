"""Coupling over time, window by window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .correlation import centred, finish
from .signals import Array, as_line, as_traces, ticks


def window_starts(samples: int, *, fs: float, window_s: float, step_s: float) -> tuple[Array, int]:
    """First sample of every window that fits, and the window's length in samples."""
    size, step = ticks(window_s, fs), ticks(step_s, fs)
    if size < 3 or step < 1:
        raise ValueError(f"need window_s of 3 samples and step_s of 1, got {window_s} and {step_s}")
    return np.arange(0, samples - size + 1, step, dtype=np.float64), size


def windowed_coupling(
    teller: npt.ArrayLike,
    listeners: npt.ArrayLike,
    *,
    fs: float,
    window_s: float = 30.0,
    step_s: float = 5.0,
    max_lag_s: float = 5.0,
) -> Array:
    """r of the teller's window with each listener's samples ``lag`` later.

    The window lies on the teller; the listener's samples come from ``lag`` later and may reach
    past its end, though not past the telling's. Window w begins at ``w * step_s``.

    Returns
    -------
    array, shape (listeners, windows, lags), lags from -max_lag_s to +max_lag_s; NaN where less
    than half of the window is there or one side does not move.

    References
    ----------
    Boker et al. (2002), Psychol. Methods 7:338. doi:10.1037/1082-989X.7.3.338
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    starts, size = window_starts(len(line), fs=fs, window_s=window_s, step_s=step_s)
    first = starts.astype(np.intp)
    most = ticks(max_lag_s, fs)
    x0, rows = centred(line[None])[0], centred(rows)
    out = np.full((len(rows), len(first), 2 * most + 1), np.nan)
    for i, lag in enumerate(range(-most, most + 1)):
        y = np.full_like(rows, np.nan)
        kept = max(len(line) - abs(lag), 0)
        if lag >= 0:
            y[:, :kept] = rows[:, lag:]
        else:
            y[:, len(line) - kept :] = rows[:, :kept]
        both = np.isfinite(y) & np.isfinite(x0)
        x, y = np.where(both, x0, 0.0), np.where(both, y, 0.0)
        sums = [_sums(part, first, size) for part in (both, x, y, x * x, y * y, x * y)]
        r = finish(*sums)
        out[:, :, i] = np.where(sums[0] >= size / 2, r, np.nan)
    return out


def _sums(rows: npt.ArrayLike, first: npt.NDArray[np.intp], size: int) -> Array:
    total = np.cumsum(np.asarray(rows, dtype=np.float64), axis=1)
    total = np.concatenate([np.zeros((len(total), 1)), total], axis=1)
    part: Array = total[:, first + size] - total[:, first]
    return part
