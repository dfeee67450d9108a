"""Coupling over time, window by window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .correlation import centred, distinct, finish
from .signals import Array, as_line, as_traces, chunks, ticks


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
    past its end, though not past the telling's. Window w begins at ``w * step_s``. A window must
    exceed the longest common period, or its r wanders by itself: never read a lag off one window.

    Parameters
    ----------
    teller : array, shape (samples,)
    listeners : array, shape (listeners, samples), NaN where silent
    fs : samples per second
    window_s, step_s : length of a window and distance to the next, in seconds
    max_lag_s : largest lag either way, in seconds

    Returns
    -------
    array, shape (listeners, windows, lags), lags from -max_lag_s to +max_lag_s; NaN where less
    than half of the window is there or one side does not move.

    References
    ----------
    Boker et al. (2002), Psychol. Methods 7:338. doi:10.1037/1082-989X.7.3.338; on short windows:
    Leonardi & Van De Ville (2015), NeuroImage 104:430. doi:10.1016/j.neuroimage.2014.09.007

    Raises
    ------
    ValueError
        If a window has fewer than 3 samples or a step none.

    Examples
    --------
    >>> story = np.sin(np.arange(100) ** 1.2 / 4)
    >>> room = [np.roll(story, 2), np.roll(story, 2) * np.where(np.arange(100) < 60, 1, -1)]
    >>> r = windowed_coupling(story, room, fs=1, window_s=30, step_s=30, max_lag_s=2)
    >>> r.shape, r[:, :, -1].round(1)
    ((2, 3, 5), array([[ 1. ,  1. ,  1. ],
           [ 1. ,  0.8, -1. ]]))
    """
    line = as_line(teller)
    rows = as_traces(listeners, len(line))
    starts, size = window_starts(len(line), fs=fs, window_s=window_s, step_s=step_s)
    first = starts.astype(np.intp)
    most = ticks(max_lag_s, fs)
    (x,), (there,) = centred(line[None])
    leading = [_late(part, first, size, most) for part in (there.astype(np.float64), x, x * x)]
    out = np.empty((len(rows), len(first), 2 * most + 1))
    for some in chunks(rows):
        y, here = centred(rows[some])
        holes, which = distinct(here)
        padded = [np.pad(part, ((0, 0), (most, most))) for part in (holes.astype(np.float64), y, y * y)]
        for w, start in enumerate(first):
            mask, sx, sxx = (np.ascontiguousarray(part[w]) for part in leading)
            at, y, yy = (part[:, start : start + size + 2 * most] for part in padded)
            n = (at @ mask)[which]
            r = finish(n, (at @ sx)[which], y @ mask, (at @ sxx)[which], yy @ mask, y @ sx)
            out[some, w] = np.where(n >= size / 2, r, np.nan)
    return out


def _late(x: Array, first: npt.NDArray[np.intp], size: int, most: int) -> Array:
    """Each window as a matrix whose column k holds it k samples late: times a row, the sums at all lags.

    A view, shape (windows, size + 2 * most, 2 * most + 1).
    """
    framed = np.zeros((len(first), size + 4 * most))
    framed[:, 2 * most : 2 * most + size] = x[first[:, None] + np.arange(size)]
    return np.lib.stride_tricks.sliding_window_view(framed, 2 * most + 1, axis=1)[:, :, ::-1]
