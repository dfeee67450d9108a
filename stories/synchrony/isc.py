"""How much listeners agree with each other, whatever the teller meant."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from .correlation import centred, distinct, filled, finish
from .signals import Array, as_traces, chunks
from .units import largest, squarable

CACHE = 1 << 16
"""Numbers looked at together: half a megabyte."""
GIANT = 1e6
"""Who is as much larger than all others together would leave mostly rounding where it is taken out of their sum."""


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

    Raises
    ------
    ValueError
        With fewer than 2 traces, for there is nobody else.

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
    total, there = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for some in chunks(rows, size=CACHE):
        kept, here = filled(rows[some])
        total += kept.sum(axis=0)
        there += here.sum(axis=0)
    whole = bool((there == len(rows)).all()) and squarable(rows) is rows
    against = _with_all if whole else _with_others
    r = np.concatenate([against(rows[some], total, there) for some in chunks(rows, size=CACHE)])
    size = largest(rows)
    giant = int(np.argmax(size))
    if size[giant] > GIANT * (size.sum() - size[giant]):
        kept, here = filled(np.delete(rows, giant, axis=0))
        r[giant] = _with_mean(rows[[giant]], kept.sum(axis=0), here.sum(axis=0, dtype=np.float64))[0]
    return r


def _with_others(rows: Array, total: Array, there: Array) -> Array:
    """r of each row with the mean of those others who were there."""
    kept, here = filled(rows)
    return _with_mean(rows, total - kept, there - here)


def _with_mean(rows: Array, sums: Array, others: Array) -> Array:
    """r of each row with sums over as many others, where there are any."""
    here = np.isfinite(rows)
    mean = sums / np.maximum(others, 1.0)
    paired = here & (others > 0)
    (x, _), (y, _) = centred(np.where(paired, mean, np.nan)), centred(np.where(paired, rows, np.nan))
    n = paired.sum(axis=1).astype(np.float64)
    return finish(n, x.sum(axis=1), y.sum(axis=1), _dot(x, x), _dot(y, y), _dot(x, y))


def _with_all(rows: Array, total: Array, there: Array) -> Array:
    """The same where nobody is ever silent: the others are the total less oneself, in sums too."""
    y, _ = centred(rows)
    (everybody,), _ = centred(total[None])
    one = np.ones(len(everybody))
    n, y_y, y_all, all_all = float(len(one)), _dot(y, y), y @ everybody, float(everybody @ everybody)
    xx = all_all - 2 * y_all + y_y
    r = finish(np.full(len(y), n), everybody.sum() - y @ one, y @ one, xx, y_y, y_all - y_y)
    # Where the others hardly move beside this one, the difference would be rounding.
    lost = xx < 1e-4 * (all_all + y_y)
    if lost.any():
        r[lost] = _with_others(rows[lost], total, there)
    return r


def _dot(a: Array, b: Array) -> Array:
    products: Array = np.einsum("ij,ij->i", a, b)
    return products


def pairwise_isc(traces: npt.ArrayLike) -> Array:
    """r of every pair of participants, over the samples both have.

    Parameters
    ----------
    traces : array, shape (participants, samples), any units, NaN where silent

    Returns
    -------
    array, shape (participants * (participants - 1) / 2,), in the order of ``np.triu_indices(n, 1)``:
    (0, 1), (0, 2), … (1, 2), …

    Raises
    ------
    ValueError
        With fewer than 2 traces.

    References
    ----------
    Nastase, Gazzola, Hasson & Keysers (2019), Soc. Cogn. Affect. Neurosci. 14:667.
    doi:10.1093/scan/nsz037

    Examples
    --------
    >>> pairwise_isc([[1, 2, 3], [1, 2, 3], [3, 2, 1]])
    array([ 1., -1., -1.])
    """
    rows = as_traces(traces)
    count = len(rows)
    if count < 2:
        raise ValueError(f"need at least 2 traces, got {count}")
    x, here = centred(rows)
    holes, which = distinct(here)
    mask = holes.astype(np.float64)
    n, total, squares, products = mask @ mask.T, mask @ x.T, mask @ (x * x).T, x @ x.T
    place = np.arange(count)
    r = []
    for some in chunks(products, size=CACHE):
        ours, later = which[some], slice(some.start, None)
        block = finish(
            n[np.ix_(ours, which[later])],
            total[:, some].T[:, which[later]],
            total[ours, later],
            squares[:, some].T[:, which[later]],
            squares[ours, later],
            products[some, later],
        )
        r.append(block[place[later] > place[some, None]])
    return np.concatenate(r)


def isc_summary(r: npt.ArrayLike, statistic: Literal["mean", "median"] = "mean") -> float:
    """One number for many correlations: tanh of the mean Fisher z, or the plain median.

    NaN are left out; NaN if nothing is left.

    Parameters
    ----------
    r : array, any shape
        Correlations in [-1, 1].
    statistic : "mean" or "median"

    Returns
    -------
    float in [-1, 1]

    References
    ----------
    Chen et al. (2016), NeuroImage 142:248. doi:10.1016/j.neuroimage.2016.05.023

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
