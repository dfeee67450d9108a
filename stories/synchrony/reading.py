"""What every result has in common: it is frozen, it names its engine, it becomes JSON without NaN."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Final, Literal

import numpy as np

ENGINE: Final = "2"
"""Bumped whenever a number could come out differently; stored with every result."""

Reason = Literal[
    "too_short",
    "low_coverage",
    "few_moves",
    "constant",
    "no_teller_line",
    "no_teller_movement",
    "few_listeners",
    "few_stories",
    "chance",
]

ALPHA: Final = 0.05
"""What counts as beyond chance, here and in the study."""

MIN_JOINT_S: Final = 30.0
MIN_COVERAGE: Final = 0.70
MIN_MOVES: Final = 3
MIN_LISTENERS: Final = 3
MIN_RIBBON: Final = 5


class Reading:
    """A frozen result that can be written down."""

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists, numbers and None: an undefined number is None, never NaN and never 0."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def stream(seed: int, *purpose: int) -> np.random.Generator:
    """A private stream of chance for one purpose, the same on every machine.

    Parameters
    ----------
    seed : int
        Any non-negative integer, for instance the telling's id (a UUID's 128 bits are welcome).
    purpose : int
        Keeps the streams of different measures apart.

    Returns
    -------
    np.random.Generator on Philox, whose streams do not depend on how many are drawn from.

    References
    ----------
    Salmon, Moraes, Dror & Shaw (2011), SC '11. doi:10.1145/2063384.2063405

    Examples
    --------
    >>> bool(stream(7, 1).random() == stream(7, 1).random()), bool(stream(7, 1).random() == stream(7, 2).random())
    (True, False)
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *purpose])))
