"""A measured number, what it had to be, and on which machine that was."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path


class NotHere(Exception):
    """What a measurement needs is not on this machine."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement. `limit` must hold, `target` is aimed at, None where there is none.

    Smaller is better, unless `more` is. `bare` is what the same took without the game, side by side with it.
    """

    id: str
    value: float
    unit: str
    limit: float | None = None
    target: float | None = None
    bare: float | None = None
    more: bool = False
    note: str = ""

    @property
    def held(self) -> str:
        """How it stands against what was asked, in a word."""
        if self.limit is not None and not self._reaches(self.limit):
            return "MISS"
        if self.target is not None:
            return "aim reached" if self._reaches(self.target) else "ok"
        return "ok" if self.limit is not None else "-"

    def _reaches(self, bound: float) -> bool:
        return self.value >= bound if self.more else self.value <= bound

    def as_json(self) -> dict[str, object]:
        """The row as one JSON line says it."""
        return {**asdict(self), "machine": machine()}


@cache
def machine() -> dict[str, object]:
    """Where this was measured; `load` is how busy it was when the measuring began."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _cpu() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def table(rows: Sequence[Row]) -> Iterable[str]:
    """The rows for people, one line each."""
    wide = max((len(row.id) for row in rows), default=2)
    yield f"{'id':<{wide}}  {'value':>9} {'unit':<5} {'limit':>7} {'aim':>7}  {'':<11} note"
    for row in rows:
        limit, target = (_number(bound) for bound in (row.limit, row.target))
        value = _number(row.value)
        yield f"{row.id:<{wide}}  {value:>9} {row.unit:<5} {limit:>7} {target:>7}  {row.held:<11} {row.note}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: an observed value, never one in between."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1))]
