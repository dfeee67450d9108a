"""A study is cells, a cell is rows: each seeded by its own name, so that nothing depends on who ran it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from stories.synchrony.reading import stream

Z = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured value, what it was to be, and how sure it is."""

    study: str
    case: dict[str, Any]
    """The cell: source, kind of driver, seconds, listeners, …"""
    measure: str
    value: float
    runs: int
    low: float = math.nan
    high: float = math.nan
    """95 % interval of the value."""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def held(self) -> bool | None:
        """Whether the target was held; None where there is none."""
        if self.at_least is None and self.at_most is None:
            return None
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)


def rate(
    study: str, case: Mapping[str, Any], measure: str, hits: int, runs: int, **bounds: float | None
) -> Row:
    """A share of runs with its Wilson interval."""
    low, high = wilson(hits, runs)
    return Row(
        study=study,
        case=dict(case),
        measure=measure,
        value=hits / runs,
        runs=runs,
        low=low,
        high=high,
        **bounds,
    )


def measured(
    study: str, case: Mapping[str, Any], measure: str, value: float, runs: int, **bounds: float | None
) -> Row:
    """A value that is no share; its interval comes along as ``low`` and ``high``, if it has one."""
    return Row(study=study, case=dict(case), measure=measure, value=float(value), runs=runs, **bounds)  # type: ignore[arg-type]


def wilson(hits: int, runs: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22:209. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(end, 4) for end in wilson(100, 2000)]
    [0.0413, 0.0604]
    """
    share = hits / runs
    below = 1 + Z * Z / runs
    middle = (share + Z * Z / (2 * runs)) / below
    half = Z * math.sqrt(share * (1 - share) / runs + Z * Z / (4 * runs * runs)) / below
    return middle - half, middle + half


def chance_stream(study: str, case: Mapping[str, Any]) -> np.random.Generator:
    """The random stream that belongs to a cell, whoever runs it and whenever."""
    name = json.dumps([study, case], sort_keys=True)
    return stream(int.from_bytes(sha256(name.encode()).digest()[:16], "big"), 6)


def as_json(rows: Sequence[Row], made: Mapping[str, str] | None = None) -> str:
    """Rows as JSON, one a line, undefined numbers as null, and how they were made."""
    lines = []
    for row in rows:
        plain = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(row).items()
        }
        lines.append(json.dumps(plain, allow_nan=False))
    head = json.dumps(dict(made or {}), ensure_ascii=False)
    return f'{{"made": {head},\n"rows": [\n' + ",\n".join(lines) + "\n]}\n"


def from_json(text: str) -> list[Row]:
    """Rows as they were written."""
    found = []
    for plain in json.loads(text)["rows"]:
        known = {n: math.nan if plain[n] is None else plain[n] for n in ("value", "low", "high")}
        found.append(Row(**{**plain, **known}))
    return found


def made_of(text: str) -> dict[str, str]:
    """How rows were made, as it was written with them."""
    made: dict[str, str] = json.loads(text)["made"]
    return made
