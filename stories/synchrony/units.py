"""In which unit somebody measured must not matter, not even where its square does not exist."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]

LARGEST: Final = 1e300
"""Beyond it differences and sums of values would leave float64."""
COMFORT: Final = 200
"""Octaves from 1 within which squares, and sums of them, can be neither lost nor too large."""
MODEST: Final = (1e-120, 1e120)
"""A row whose squares come to something in between needs no closer look."""


def largest(rows: Rows) -> Rows:
    """The largest distance from zero in each row, 0 for a silent one; shape (rows,)."""
    high, low = (extreme.reduce(rows, axis=1, initial=0.0) for extreme in (np.fmax, np.fmin))
    size: Rows = np.fmax(high, -low)
    return size


def octaves(rows: Rows) -> npt.NDArray[np.intp]:
    """The power of two to take out of each row so that it can be squared, 0 for all usual rows."""
    _, exponent = np.frexp(largest(rows))
    return np.where(np.abs(exponent) > COMFORT, exponent, 0).astype(np.intp)


def squarable(rows: Rows) -> Rows:
    """Rows whose squares neither overflow nor vanish: the same, up to a power of two each.

    Only rows beyond 1e60 or all below 1e-60 are touched; a power of two rounds nothing, so that
    a trace in units of 1e150 reads as it does in units of one.

    Examples
    --------
    >>> squarable(np.array([[3.0, 4.0], [3.0 * 2.0**700, 4.0 * 2.0**700]]))
    array([[3.   , 4.   ],
           [0.375, 0.5  ]])
    """
    squares = np.einsum("ij,ij->i", rows, rows)
    if np.all((squares > MODEST[0]) & (squares < MODEST[1])):
        return rows
    out = octaves(rows)
    return np.ldexp(rows, -out[:, None]) if out.any() else rows
