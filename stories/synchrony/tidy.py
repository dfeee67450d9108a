"""A table from anywhere becomes a telling: one grid, one teller, listeners, and silence where nothing was said."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .signals import Array

TIME: Final = {"time": 1.0, "t": 1.0, "seconds": 1.0, "second": 1.0, "sec": 1.0, "s": 1.0, "time_s": 1.0,
               "t_s": 1.0, "onset": 1.0, "ms": 1e-3, "time_ms": 1e-3, "t_ms": 1e-3}  # fmt: skip
"""Names a column of time goes by, and what one of it is in seconds."""
TELLER: Final = ("teller", "speaker", "storyteller", "narrator", "target")
PERSON: Final = ("person", "participant", "subject", "name", "who", "id")
VALUE: Final = ("value", "rating", "score", "valence", "level")
SILENT: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "."})
HELD_S: Final = 2.0
"""How long a value stands when no other follows."""
SLOWEST_S, FASTEST_HZ = 2.0, 10


class BadTable(ValueError):
    """What is wrong with a table, and where."""


@dataclass(frozen=True, eq=False)
class Tidy:
    teller: Array
    """Shape (samples,)."""
    listeners: Array
    """Shape (listeners, samples), NaN where silent."""
    fs: float
    starts_s: float
    """Time of the first sample, as the table has it."""
    teller_name: str
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    """Columns that hold no numbers."""


def read_tidy(
    text: str,
    *,
    time: str | None = None,
    teller: str | None = None,
    listeners: Sequence[str] = (),
    fs: int | None = None,
    tapped: bool = False,
) -> Tidy:
    """A telling from the text of a CSV file with a header row.

    Wide: a column of time, one of the teller, one for each listener. Long: time, person, value.
    Separated by commas, semicolons or tabs; after semicolons and tabs a comma may be the decimal
    point. Each value holds until that person's next row, but for 2 s at most; an empty cell (or NA, NaN)
    is silence from there on. Values may be on any scale.

    Parameters
    ----------
    time, teller : names of columns (in a long table: of the person who tells); usual names are found
    listeners : names; by default everybody else
    fs : samples per second of the grid, by default that of the table's own rows, within 1..10
    tapped : the teller's line comes from taps, so the table may do without a teller

    Raises
    ------
    BadTable: with the row and column that cannot be read

    Examples
    --------
    >>> told = read_tidy("t,teller,Ben\\n0,1,5\\n1,2,\\n2,3,7\\n")
    >>> told.fs, told.teller, told.listeners
    (1.0, array([1., 2., 3.]), array([[ 5., nan,  7.]]))
    """
    header, rows, comma = _table(text)
    when = _column(header, time, tuple(TIME), "time")
    scale = TIME.get(header[when].lower(), 1.0)
    person, value = _one_of(header, PERSON), _one_of(header, VALUE)
    left_out: tuple[str, ...] = ()
    if person is not None and value is not None and when not in (person, value):
        courses = _long(header, rows, comma, when, person, value)
    else:
        courses, left_out = _wide(header, rows, comma, when, (teller, *listeners))
    for course in courses.values():
        course.times *= scale
    if tapped and teller is None and _one_of(tuple(courses), TELLER) is None:
        silent = next(iter(courses.values()), Course(np.empty(0), np.empty(0)))
        courses = {TELLER[0]: Course(silent.times, np.full(len(silent.times), np.nan)), **courses}
    told = _name(tuple(courses), teller, TELLER, "teller")
    heard = tuple(_name(tuple(courses), who, (), "listener") for who in listeners)
    heard = heard or tuple(who for who in courses if who != told)
    if told in heard:
        raise BadTable(f'"{told}" cannot be both the teller and a listener')
    if not heard:
        raise BadTable(f'there is no listener beside "{told}"')
    return _on_grid(courses, told, heard, fs=fs, left_out=left_out)


@dataclass
class Course:
    """What one person's rows say, in order of time."""

    times: Array
    values: Array


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]], bool]:
    """Header, rows with their line numbers, and whether a comma is the decimal point."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    lines = csv.reader(text.lstrip("\ufeff").splitlines(), delimiter=mark)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
        elif len(cells) != len(header):
            raise BadTable(f"row {lines.line_num} has {len(cells)} cells, the header has {len(header)}")
        else:
            rows.append((lines.line_num, cells))
    if not header:
        raise BadTable("the file is empty")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadTable(f'column "{twice[0]}" appears twice')
    if len(rows) < 2:
        raise BadTable(f"there are {len(rows)} rows under the header, at least 2 are needed")
    return header, rows, mark != ","


def _wide(
    header: list[str],
    rows: list[tuple[int, list[str]]],
    comma: bool,
    when: int,
    asked: Sequence[str | None],
) -> tuple[dict[str, Course], tuple[str, ...]]:
    times = np.array([_time(cells[when], line, header[when], comma) for line, cells in rows])
    back = np.flatnonzero(np.diff(times) <= 0)
    if len(back):
        line, cells = rows[back[0] + 1]
        raise BadTable(
            f'row {line}, column "{header[when]}": {cells[when].strip()} does not come after'
            f" {rows[back[0]][1][when].strip()}"
        )
    courses: dict[str, Course] = {}
    left_out = []
    for at, name in enumerate(header):
        if at == when:
            continue
        cells_of = [(line, cells[at]) for line, cells in rows]
        if name not in asked and not _mostly_numbers([cell for _, cell in cells_of], comma):
            left_out.append(name)
            continue
        courses[name] = Course(
            times.copy(), np.array([_value(cell, line, name, comma) for line, cell in cells_of])
        )
    return courses, tuple(left_out)


def _long(
    header: list[str],
    rows: list[tuple[int, list[str]]],
    comma: bool,
    when: int,
    person: int,
    value: int,
) -> dict[str, Course]:
    said: dict[str, dict[float, float]] = {}
    for line, cells in rows:
        who = cells[person].strip()
        if not who:
            raise BadTable(f'row {line}, column "{header[person]}": nobody is named')
        at = _time(cells[when], line, header[when], comma)
        said.setdefault(who, {})[at] = _value(cells[value], line, header[value], comma)
    courses = {}
    for who, values in said.items():
        times = sorted(values)
        courses[who] = Course(np.array(times), np.array([values[t] for t in times]))
    return courses


def _on_grid(
    courses: dict[str, Course],
    told: str,
    heard: tuple[str, ...],
    *,
    fs: int | None,
    left_out: tuple[str, ...],
) -> Tidy:
    steps = [np.diff(courses[who].times) for who in (told, *heard) if len(courses[who].times) > 1]
    if not steps:
        raise BadTable("nobody has two rows")
    step = float(np.median(np.concatenate(steps)))
    if step > SLOWEST_S * 1.01:
        raise BadTable(f"rows are {step:g} s apart; one every {SLOWEST_S:g} s is the least")
    rate = fs if fs is not None else min(max(round(1 / step), 1), FASTEST_HZ)
    first = min(float(courses[who].times[0]) for who in (told, *heard))
    last = max(float(courses[who].times[-1]) for who in (told, *heard))
    if last - first > 6 * 3600:
        raise BadTable(f'time runs from {first:g} to {last:g} s: more than six hours. Is it in "ms"?')
    # A stamp a hundredth of a step late still belongs to its own tick.
    grid = first + np.arange(int((last - first) * rate + 0.01) + 1) / rate
    slack = 0.01 / rate

    def held(course: Course) -> Array:
        at = np.searchsorted(course.times, grid + slack, side="right") - 1
        age = grid - course.times[np.maximum(at, 0)]
        return np.where(
            (at >= 0) & (age < max(HELD_S, step) - slack), course.values[np.maximum(at, 0)], np.nan
        )

    return Tidy(
        teller=held(courses[told]),
        listeners=np.array([held(courses[who]) for who in heard]),
        fs=float(rate),
        starts_s=first,
        teller_name=told,
        names=heard,
        left_out=left_out,
    )


def _one_of(header: Sequence[str], usual: Sequence[str]) -> int | None:
    lower = [name.lower() for name in header]
    return next((lower.index(word) for word in usual if word in lower), None)


def _column(header: list[str], asked: str | None, usual: tuple[str, ...], what: str) -> int:
    return header.index(_name(tuple(header), asked, usual, what))


def _name(names: tuple[str, ...], asked: str | None, usual: tuple[str, ...], what: str) -> str:
    """The name asked for, or a usual one."""
    if asked is not None:
        if asked not in names:
            raise BadTable(f'there is no {what} "{asked}"; there are: {", ".join(names)}')
        return asked
    found = _one_of(names, usual)
    if found is None:
        raise BadTable(f"no {what} found; say --{what} with one of: {', '.join(names)}")
    return names[found]


def _number(cell: str, comma: bool) -> float | None:
    """The number in a cell, NaN for silence, None if it is neither."""
    word = cell.strip()
    if word.lower() in SILENT:
        return math.nan
    if comma and "." not in word:
        word = word.replace(",", ".")
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _mostly_numbers(cells: Sequence[str], comma: bool) -> bool:
    """Half of what is there or more: then the rest are mistakes, and worth naming."""
    read = [_number(cell, comma) for cell in cells]
    words = sum(number is None for number in read)
    numbers = sum(number is not None and math.isfinite(number) for number in read)
    return numbers > 0 and numbers >= words


def _time(cell: str, line: int, name: str, comma: bool) -> float:
    number = _number(cell, comma)
    if number is None or math.isnan(number):
        raise BadTable(f'row {line}, column "{name}": "{cell.strip()}" is not a time')
    return number


def _value(cell: str, line: int, name: str, comma: bool) -> float:
    number = _number(cell, comma)
    if number is None:
        raise BadTable(f'row {line}, column "{name}": "{cell.strip()}" is not a number')
    return number
