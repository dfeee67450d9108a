"""From rows to a page: what was asked, what came out, and what was missed, in the same table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from .figures import figure, interval, said, target, word
from .pictures import PICTURES, draw
from .study import Row
from .verdicts import folded, verdict

PROSE: Final = Path(__file__).with_name("page.md.in")
IMAGES: Final = Path("images", "validity")

ACROSS: Final = {
    "chance": "seconds",
    "textbook": "method",
    "power": "seconds",
    "coverage": "seconds",
    "lag": "seconds",
    "bots": "seconds",
}
"""Which part of the case runs across the table; a study that is not named here has a line per row."""
ALARM: Final = 0.065
SCREEN: Final = 20
"""Lines of a table that are shown without being asked for."""
QUICK: Final = "quick"
"""Among how a page was made: the studies that were run in the short form."""


def write(rows: Sequence[Row], folder: Path, *, made: Mapping[str, str]) -> Path:
    """Write ``validity.md`` and its pictures into ``folder``, and say where.

    Parameters
    ----------
    rows : of all studies that were run; a study without rows leaves "not run" in its place
    made : how it was made, in the order it is to be read: date, machine, engine, how long
    """
    pictures = folder / IMAGES
    pictures.mkdir(parents=True, exist_ok=True)
    page = folder / "validity.md"
    for name in PICTURES:
        svg = draw(name, rows)
        if svg is not None:
            (pictures / f"{name}.svg").write_text(svg)
    page.write_text(text(rows, PROSE.read_text(), made=made))
    return page


def text(rows: Sequence[Row], prose: str, *, made: Mapping[str, str]) -> str:
    """The prose with every ``{{word …}}`` in it replaced by what the rows say.

    ``made``: how and when. ``verdict``: targets held and missed by study. ``picture NAME``.
    ``table STUDY key=value key!=value …``: the rows for which that holds. ``span …``: their lowest
    and highest value.
    """
    answer: dict[str, Callable[..., str]] = {
        "made": lambda: how(made),
        "rerun": lambda: "Runs: " + runs_of(rows),
        "verdict": lambda: verdict(rows),
        "table": lambda study, *wanted: shelved(chosen(rows, study, wanted), across=ACROSS.get(study)),
        "picture": lambda name: picture(name, rows),
        "span": lambda study, *wanted: span(chosen(rows, study, wanted)),
    }

    def filled(match: re.Match[str]) -> str:
        word, *arguments = match[1].split()
        return answer[word](*arguments)

    return re.sub(r"\{\{(.+?)\}\}", filled, prose)


def how(made: Mapping[str, str]) -> str:
    """When and how the numbers were made; a short run says first that it decides nothing."""
    line = " · ".join(f"{name} {value}" for name, value in made.items() if name != QUICK)
    if not made.get(QUICK):
        return line
    warning = (
        f"> **A quick run of {made[QUICK]}: few cells, few runs.** It shows that the study works. Its numbers"
        " decide nothing, and misses below are mostly luck. `make validity` runs all of it."
    )
    return f"{warning}\n\n{line}"


def shelved(rows: Sequence[Row], *, across: str | None = None) -> str:
    """A table; one longer than a screen waits behind a line that says what is in it."""
    made = table(rows, across=across)
    long = made.count("\n") - 1
    if long <= SCREEN:
        return made
    missed = sum(row.held is False for row in rows)
    aimed = sum(row.held is not None for row in rows)
    targets = f", {missed} of {aimed} targets missed" if aimed else ", no targets"
    return folded(f"Table of {long} lines{targets}", made)


def table(rows: Sequence[Row], *, across: str | None = None) -> str:
    """The rows of one study; ``across`` names the part of the case that becomes columns."""
    if not rows:
        return "*Not run.*"
    wide = [row for row in rows if across is not None and across in row.case]
    long = [row for row in rows if row not in wide]
    parts = [_wide(wide, str(across))] if wide else []
    return "\n\n".join([*parts, _long(long)] if long else parts)


def _long(rows: Sequence[Row]) -> str:
    keys = list(dict.fromkeys(key for row in rows for key in row.case))
    lines = [_line([*keys, "measure", "value", "95 %", "runs", "target", ""])]
    lines.append(_line(["---"] * (len(keys) + 6)))
    for row in rows:
        case = [word(row.case.get(key, "")) for key in keys]
        result = "" if row.held is None else "held" if row.held else "**missed**"
        end = [said(row), interval(row), str(row.runs), target(row), result]
        lines.append(_line([*case, row.measure, *end]))
    return "\n".join(lines)


def _wide(rows: Sequence[Row], across: str) -> str:
    columns = list(dict.fromkeys(row.case[across] for row in rows))
    if across == "seconds":
        columns.sort()
    keys = list(dict.fromkeys(key for row in rows for key in row.case if key != across))
    lines_of: dict[tuple[Any, ...], dict[Any, Row]] = {}
    for row in rows:
        place = (*(row.case.get(key, "") for key in keys), row.measure)
        lines_of.setdefault(place, {})[row.case[across]] = row
    measures = len({row.measure for row in rows}) > 1
    aimed = any(row.held is not None for row in rows)
    unit = " s" if across == "seconds" else ""
    head = [*keys, *(["measure"] if measures else []), *(f"{word(c)}{unit}" for c in columns)]
    lines = [_line([*head, *(["target"] if aimed else [])]), _line(["---"] * (len(head) + aimed))]
    for place, line in lines_of.items():
        targets = dict.fromkeys(target(row) for row in line.values() if row.held is not None)
        # One target for the line, or each beside its value.
        common = " / ".join(targets) if len(targets) < 2 else ""
        cells = [cell(line[c], aimed=not common) if c in line else "" for c in columns]
        case = [*map(word, place[:-1]), *([place[-1]] if measures else [])]
        lines.append(_line([*case, *cells, *([common] if aimed else [])]))
    return "\n".join(lines)


def cell(row: Row, *, aimed: bool = False) -> str:
    """One value; bold where a target was missed, or where a usual method's false alarms exceed .065."""
    beside = f" ({target(row)})" if aimed and row.held is not None else ""
    if row.held is False:
        return f"**{said(row)} missed**{beside}"
    alarming = row.study == "textbook" and row.held is None and row.value > ALARM
    return (f"**{said(row)}**" if alarming else said(row)) + beside


def picture(name: str, rows: Sequence[Row]) -> str:
    title, _ = PICTURES[name]
    return (
        f"![{title}]({(IMAGES / f'{name}.svg').as_posix()})" if draw(name, rows) else "*No picture: not run.*"
    )


def chosen(rows: Iterable[Row], study: str, wanted: Sequence[str]) -> list[Row]:
    """The rows of a study whose case is as wanted; what is wanted of all need not be said again.

    ``wanted`` are words like ``kind=walk``, of which the case loses ``kind``, and ``kind!=white``.
    """
    found = [row for row in rows if row.study == study]
    for one in wanted:
        key, value = one.split("=", 1)
        if key.endswith("!"):
            found = [row for row in found if str(row.case.get(key[:-1])) != value]
        else:
            found = [row for row in found if str(row.case.get(key)) == value]
            found = [
                replace(row, case={name: its for name, its in row.case.items() if name != key})
                for row in found
            ]
    return found


def span(rows: Sequence[Row]) -> str:
    """The lowest and the highest value."""
    if not rows:
        return "(not run)"
    low, high = (figure(end(row.value for row in rows), 2) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def runs_of(rows: Sequence[Row]) -> str:
    most: dict[str, set[int]] = {}
    for row in rows:
        most.setdefault(row.study, set()).add(row.runs)
    each = (f"{study} {min(n)}" + (f" to {max(n)}" if len(n) > 1 else "") for study, n in most.items())
    return ", ".join(each) + " per cell." if most else "none."


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
