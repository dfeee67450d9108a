"""A table from anywhere becomes a telling: one grid, one teller, listeners, and silence where nothing was said."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .signals import Array
from .units import LARGEST

TIME: Final = ("time", "t", "seconds", "second", "sec", "s", "time_s", "t_s", "onset", "ms", "time_ms", "t_ms",
               "milliseconds", "minutes", "time_min", "t_min")  # fmt: skip
"""Names a column of time goes by."""
UNITS: Final = {"ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
                "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0}  # fmt: skip
"""Words in such a name that say it is not in seconds, and what one of them is in seconds."""
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
    hold_s: float | None = None,
    tapped: bool = False,
) -> Tidy:
    """A telling from the text of a CSV file with a header row.

    Wide: a column of time, one of the teller, one for each listener. Long: time, person, value.
    Separated by commas, semicolons or tabs; after semicolons and tabs a comma may be the decimal
    point. Each value holds until that person's next row, but for 2 s at most; an empty cell (or NA, NaN)
    is silence from there on. Values may be on any scale. Rows of a wide table come in order of time,
    those of a long one in any order; nobody has two values at one time.

    Parameters
    ----------
    time, teller : names of columns (in a long table: of the person who tells); usual names are found
    listeners : names; by default everybody else
    fs : samples per second of the grid, by default that of the table's own rows, within 1..10
    hold_s : how long a value stands when no other follows; by default 2
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
    when = _column(header, time, TIME, "time")
    scale = _seconds_in(header[when])
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
    ask = f'. Is "{header[when]}" in milliseconds? Then name the column ms' if scale == 1.0 else ""
    return _on_grid(courses, told, heard, fs=fs, hold_s=hold_s, left_out=left_out, ask=ask)


@dataclass
class Course:
    """What one person's rows say, in order of time."""

    times: Array
    values: Array


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]], bool]:
    """Header, rows with their line numbers, and whether a comma is the decimal point."""
    written = text.lstrip("\ufeff").splitlines()
    first = next((line for line in written if line.strip()), "")
    mark = max(",;\t", key=first.count)
    lines = csv.reader(written, delimiter=mark)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for cells in _cells(lines):
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
        elif len(cells) != len(header):
            raise BadTable(
                f"row {lines.line_num} has {count(len(cells), 'cell')}, the header has {len(header)}"
            )
        else:
            rows.append((lines.line_num, cells))
    if not header:
        raise BadTable("the file is empty")
    if all(_number(name, mark != ",") is not None for name in header):
        raise BadTable("the first row must name the columns")
    for at, name in enumerate(header):
        if not name:
            if any(cells[at].strip() for _, cells in rows):
                raise BadTable(f"column {at + 1} has no name")
            header[at] = f"column {at + 1} (no name)"
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadTable(f'column "{twice[0]}" appears twice')
    if len(rows) < 2:
        raise BadTable(f"{count(len(rows), 'row')} under the header, at least 2 are needed")
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
    rows_of: dict[tuple[str, float], int] = {}
    for line, cells in rows:
        who = cells[person].strip()
        if not who:
            raise BadTable(f'row {line}, column "{header[person]}": nobody is named')
        at = _time(cells[when], line, header[when], comma)
        before = rows_of.setdefault((who, at), line)
        if before != line:
            raise BadTable(f"rows {before} and {line}: {who} has two values at {cells[when].strip()}")
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
    hold_s: float | None,
    left_out: tuple[str, ...],
    ask: str,
) -> Tidy:
    steps = [np.diff(courses[who].times) for who in (told, *heard) if len(courses[who].times) > 1]
    if not steps:
        raise BadTable("nobody has two rows")
    step = float(np.median(np.concatenate(steps)))
    # Whoever says that values stand longer may write them down less often.
    slowest = max(SLOWEST_S, hold_s or 0.0)
    if step > slowest * 1.01:
        raise BadTable(f"rows are {step:g} s apart; one every {slowest:g} s is the least{ask}")
    rate = fs if fs is not None else min(max(round(1 / step), 1), FASTEST_HZ)
    first = min(float(courses[who].times[0]) for who in (told, *heard))
    last = max(float(courses[who].times[-1]) for who in (told, *heard))
    if last - first > 6 * 3600:
        raise BadTable(f"time runs from {first:g} to {last:g} s: more than six hours{ask}")
    hold = max(HELD_S, step) if hold_s is None else hold_s
    if hold * rate < 1 - 1e-9:
        raise BadTable(f"a value that holds for {hold:g} s is lost between samples {1 / rate:g} s apart")
    # A stamp a hundredth of a step late still belongs to its own tick.
    grid = first + np.arange(int((last - first) * rate + 0.01) + 1) / rate
    slack = 0.01 / rate

    def held(course: Course) -> Array:
        at = np.searchsorted(course.times, grid + slack, side="right") - 1
        age = grid - course.times[np.maximum(at, 0)]
        return np.where((at >= 0) & (age < hold - slack), course.values[np.maximum(at, 0)], np.nan)

    return Tidy(
        teller=held(courses[told]),
        listeners=np.array([held(courses[who]) for who in heard]),
        fs=float(rate),
        starts_s=first,
        teller_name=told,
        names=heard,
        left_out=left_out,
    )


def _cells(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from lines
    except csv.Error as problem:
        raise BadTable(f"not a table: {problem}") from problem


def _seconds_in(name: str) -> float:
    """What one of a column is in seconds, by the words in its name.

    Examples
    --------
    >>> _seconds_in("Time (ms)"), _seconds_in("minutes"), _seconds_in("time")
    (0.001, 60.0, 1.0)
    """
    return next((UNITS[word] for word in re.split("[^a-z]+", name.lower()) if word in UNITS), 1.0)


def count(many: int, what: str) -> str:
    return f"{many} {what}" + ("" if many == 1 else "s")


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
    """The number in a cell, NaN for silence, None if it is neither, or beyond what can be reckoned with."""
    word = cell.strip()
    if word.lower() in SILENT:
        return math.nan
    if comma and "." not in word:
        word = word.replace(",", ".")
    try:
        number = float(word)
    except ValueError:
        return None
    return number if abs(number) <= LARGEST else None


def _mostly_numbers(cells: Sequence[str], comma: bool) -> bool:
    """Half of what is there or more: then the rest are mistakes, and worth naming."""
    read = [_number(cell, comma) for cell in cells]
    words = sum(number is None for number in read)
    numbers = sum(number is not None and math.isfinite(number) for number in read)
    return numbers > 0 and numbers >= words


def _time(cell: str, line: int, name: str, comma: bool) -> float:
    number = _number(cell, comma)
    if number is None or math.isnan(number):
        raise BadTable(
            f'row {line}, column "{name}": "{cell.strip()}" is not a time; write seconds as a number'
        )
    return number


def _value(cell: str, line: int, name: str, comma: bool) -> float:
    number = _number(cell, comma)
    if number is None:
        raise BadTable(f'row {line}, column "{name}": "{cell.strip()}" is not a number')
    return number
