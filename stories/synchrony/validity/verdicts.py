"""What was missed: in one line a kind of case, and then every single one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .figures import said, target, word
from .study import Row

ALIKE: Final = {
    "chance": ("question", "source", "deck", "kind"),
    "textbook": ("who", "method"),
    "power": ("source", "method"),
    "lag": ("who",),
    "coverage": ("who", "interval"),
    "bots": ("hand", "room"),
    "patterns": ("pattern",),
    "recorded": ("people",),
}
"""Which parts of a case are named when misses of one study are told together."""


def verdict(rows: Sequence[Row]) -> str:
    """How many targets each study held, what kind of case missed them, and each miss in words."""
    aimed = [row for row in rows if row.held is not None]
    if not aimed:
        return "No study was run."
    lines = ["| study | targets | held | missed |", "|---|---|---|---|"]
    for study in dict.fromkeys(row.study for row in aimed):
        of = [row.held for row in aimed if row.study == study]
        lines.append(f"| {study} | {len(of)} | {sum(map(bool, of))} | {len(of) - sum(map(bool, of))} |")
    missed = [row for row in aimed if not row.held]
    if not missed:
        return "\n".join([*lines, "", "No target was missed."])
    lines += [
        "",
        "What was missed, out of all targets of the same kind:",
        "",
        *map(_together, _kinds(missed, aimed)),
        "",
    ]
    each = [f"- {row.study}, {_case(row)}: {row.measure} {said(row)}, wanted {target(row)}" for row in missed]
    return "\n".join([*lines, folded(_count(len(missed), "miss"), "\n".join(each))])


def folded(summary: str, text: str) -> str:
    """Markdown behind a line to click on; without the blank lines it would not be read as Markdown."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def _kinds(missed: Sequence[Row], aimed: Sequence[Row]) -> list[tuple[list[Row], int]]:
    """Misses told together, and how many targets of their kind there were."""
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row in missed:
        kinds.setdefault(_kind(row), []).append(row)
    return [(some, sum(_kind(row) == kind for row in aimed)) for kind, some in kinds.items()]


def _kind(row: Row) -> tuple[str, ...]:
    alike = [f"{key} {word(row.case[key])}" for key in ALIKE.get(row.study, ()) if key in row.case]
    return (row.study, *alike, row.measure, target(row))


def _together(kind: tuple[list[Row], int]) -> str:
    some, of = kind
    *case, measure, wanted = _kind(some[0])
    low = [row for row in some if row.at_least is not None and row.value < row.at_least]
    high = [row for row in some if row not in low]
    sides = [
        f"{len(side) if low and high else 'all'} {way} ({_range(side)})"
        for side, way in ((low, "too low"), (high, "too high"))
        if side
    ]
    others = [key for key in some[0].case if f"{key} {word(some[0].case[key])}" not in case]
    common = [key for key in others if len(some) > 1 and len({str(row.case.get(key)) for row in some}) == 1]
    only = "".join(f", all with {key} {word(some[0].case[key])}" for key in common)
    where = ", ".join(case).replace("**", "")
    which = f"{len(some)} of {of}" if of > 1 else "the one there is"
    which_way = ", ".join(sides).removeprefix("all ") if len(some) == 1 else ", ".join(sides)
    return f"- *{where}*: {measure}, wanted {wanted}: missed by {which}, {which_way}{only}"


def _range(rows: Sequence[Row]) -> str:
    ends = [min(rows, key=lambda row: row.value), max(rows, key=lambda row: row.value)]
    return " to ".join(dict.fromkeys(map(said, ends)))


def _case(row: Row) -> str:
    return ", ".join(f"{key} {word(value)}" for key, value in row.case.items())


def _count(n: int, noun: str) -> str:
    return "The one miss" if n == 1 else f"All {n} {noun}es, one by one"
