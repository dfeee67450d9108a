"""The Call: how many found it, and how many would by guessing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

from .reading import ENGINE, Reading


@dataclass(frozen=True)
class CallResult(Reading):
    """How many found it, and what guessing would have made of that."""

    hits: int
    n: int
    choices: int
    expected: float
    """How many of ``n`` guessing finds on average."""
    p: float
    """Chance that guessing finds at least as many (exact binomial tail)."""
    engine: str = ENGINE


def call_result(hits: int, n: int, choices: int) -> CallResult:
    """Exact binomial headline of a Call with ``choices`` equally likely answers.

    p = Σ_{k=hits..n} C(n, k) (1 / choices)^k (1 - 1 / choices)^(n - k), in whole numbers until the last
    division.

    Parameters
    ----------
    hits, n, choices : int, no shape
        Who found it, of how many, among how many answers.

    Returns
    -------
    CallResult

    Raises
    ------
    ValueError
        If there are more hits than calls, or no choices.

    Examples
    --------
    >>> result = call_result(9, 12, 4)
    >>> result.expected, round(result.p, 6)
    (3.0, 0.000392)
    """
    if choices < 1 or not 0 <= hits <= n:
        raise ValueError(f"need 0 <= hits <= n and choices >= 1, got {hits}, {n}, {choices}")
    ways = sum(comb(n, k) * (choices - 1) ** (n - k) for k in range(hits, n + 1))
    return CallResult(hits, n, choices, n / choices, float(Fraction(ways, choices**n)))
