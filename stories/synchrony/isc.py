"""How much listeners agree with each other, whatever the teller meant."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from .correlation import centred, finish
from .signals import Array, as_traces


def isc(traces: npt.ArrayLike) -> Array:
    """Leave-one-out intersubject correlation.

    How much each participant's trace agrees with the mean of everybody else's.

    Parameters
    ----------
    traces : array, shape (participants, samples)
        Reactions on a common time grid. NaN where a participant was silent: the mean is then
        over those who were there.

    Returns
    -------
    array, shape (participants,)
        Pearson r in [-1, 1]; NaN for a flat or silent trace.

    References
    ----------
    Hasson et al. (2004), Science 303:1634. doi:10.1126/science.1089506

    Examples
    --------
    >>> isc([[1, 2, 3, 4], [2, 4, 6, 8], [0, 1, 2, 3]])
    array([1., 1., 1.])
    """
    rows = as_traces(traces)
    if len(rows) < 2:
        raise ValueError(f"need at least 2 traces, got {len(rows)}")
    here = np.isfinite(rows)
    kept = np.where(here, rows, 0.0)
    others = here.sum(axis=0) - here
    paired = here & (others > 0)
    mean = (kept.sum(axis=0) - kept) / np.maximum(others, 1)
    x, y = np.where(paired, mean, np.nan), np.where(paired, rows, np.nan)
    x, y = np.nan_to_num(centred(x)), np.nan_to_num(centred(y))

    def dot(a: Array, b: Array) -> Array:
        total: Array = np.einsum("ij,ij->i", a, b)
        return total

    n = paired.sum(axis=1).astype(np.float64)
    return finish(n, x.sum(axis=1), y.sum(axis=1), dot(x, x), dot(y, y), dot(x, y))


def pairwise_isc(traces: npt.ArrayLike) -> Array:
    """r of every pair of participants, over the samples both have.

    Returns
    -------
    array, shape (participants * (participants - 1) / 2,), in the order of ``np.triu_indices(n, 1)``:
    (0, 1), (0, 2), … (1, 2), …

    Examples
    --------
    >>> pairwise_isc([[1, 2, 3], [1, 2, 3], [3, 2, 1]])
    array([ 1., -1., -1.])
    """
    rows = centred(as_traces(traces))
    if len(rows) < 2:
        raise ValueError(f"need at least 2 traces, got {len(rows)}")
    here = np.isfinite(rows)
    x, mask = np.where(here, rows, 0.0), here.astype(np.float64)
    total, squares = x @ mask.T, (x * x) @ mask.T
    r = finish(mask @ mask.T, total, total.T, squares, squares.T, x @ x.T)
    return r[np.triu_indices(len(rows), 1)]


def isc_summary(r: npt.ArrayLike, statistic: Literal["mean", "median"] = "mean") -> float:
    """One number for many correlations: tanh of the mean Fisher z, or the plain median.

    NaN are left out; NaN if nothing is left.

    Examples
    --------
    >>> round(isc_summary([0.2, 0.5, 0.9]), 4)
    0.63
    """
    values = np.asarray(r, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if statistic not in ("mean", "median"):
        raise ValueError(f"statistic must be 'mean' or 'median', got {statistic!r}")
    if not len(values):
        return float("nan")
    if statistic == "median":
        return float(np.median(values))
    return float(np.tanh(np.mean(np.arctanh(np.clip(values, -1 + 1e-15, 1 - 1e-15)))))
