"""Which cells are run, and how often: the full study, and the short form that runs with the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from . import bots, chance, coverage, lags, patterns, power, recorded, textbook
from .study import Row, chance_stream

MODULES: Final[dict[str, ModuleType]] = {
    module.STUDY: module for module in (chance, textbook, power, lags, coverage, bots, patterns, recorded)
}
STUDIES: Final = tuple(MODULES)
RUNS: Final = {
    "chance": 500, "textbook": 500, "power": 400, "lag": 400, "coverage": 400, "bots": 400, "patterns": 100,
    "recorded": 600,
}  # fmt: skip
PRIMARY: Final = 2000
"""Runs of the cells that the score stands or falls with: dials whose room follows another driver, dealt arcs."""
QUICK: Final = {
    "chance": 150,
    "textbook": 40,
    "power": 30,
    "lag": 40,
    "coverage": 60,
    "bots": 60,
    "patterns": 10,
    "recorded": 60,
}
SHORT: Final = {
    "chance": (60, 120),
    "textbook": (120,),
    "power": (60, 90, 120),
    "lag": (300,),
    "coverage": (120,),
    "recorded": (180,),
}


@dataclass(frozen=True)
class Cell:
    """One cell of one study."""

    study: str
    case: dict[str, Any]
    runs: int

    @property
    def name(self) -> str:
        return json.dumps([self.study, self.case], sort_keys=True)

    @property
    def weight(self) -> float:
        """About how long it takes, against others."""
        return self.runs * float(self.case.get("seconds", 300))


def plan(*, quick: bool = False, only: Sequence[str] = ()) -> list[Cell]:
    """All cells, in the order of the page."""
    cells = []
    for study, module in MODULES.items():
        if only and study not in only:
            continue
        for case in module.cases():
            if not quick:
                cells.append(Cell(study, case, PRIMARY if _primary(case) else RUNS[study]))
            elif _short(study, case):
                cells.append(Cell(study, case, QUICK[study]))
    return cells


def _primary(case: Mapping[str, Any]) -> bool:
    dial = case.get("pool") == "matched" and case.get("room") == "one driver"
    return dial or case.get("deck") == "balanced"


def _short(study: str, case: Mapping[str, Any]) -> bool:
    if case.get("seconds", 0) not in SHORT.get(study, (case.get("seconds", 0),)):
        return False
    match study:
        case "chance":
            if case.get("source") == "C":
                return case["pool"] == "matched" and _primary(case)
            return case.get("deck") == "balanced" or case.get("question") == "do they agree"
        case "power":
            return (case["listeners"], case["r"], case["seconds"]) in (
                (12, 0.3, 120),
                (5, 0.5, 90),
                (12, 0.5, 60),
            )
        case "lag" | "coverage":
            return bool(case["r"] == 0.6)
        case "textbook":
            return case["kind"] in ("ou30", "trend")
    return True


def run(cell: Cell) -> list[Row]:
    """All rows of one cell."""
    rows: list[Row] = MODULES[cell.study].rows(
        cell.case, runs=cell.runs, rng=chance_stream(cell.study, cell.case)
    )
    return rows
