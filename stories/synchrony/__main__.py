"""A researcher who never starts the game: one CSV in, one honest page out."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from .arcs import arc_deck
from .portrait import portrait
from .report import Report, report
from .signals import teller_line
from .tidy import BadTable, Tidy, read_tidy
from .wording import table, words_of

HELP: Final = """\
How closely a room moved with a teller, from a CSV of continuous ratings.

Wide: a column of time, one of the teller, one for each listener, rows in order of time. Long: the
columns time, person, value, rows in any order. Time is seconds as a number; a column named ms or
minutes is read as such. Each value holds until the next, for 2 s at most (--hold); an empty cell is
silence. Any scale will do: nothing here depends on its zero or its unit, and listeners may each use
their own."""
EXAMPLES: Final = """\
examples:
  a wide table (t,teller,Ben,Eli,...) or a long one (time,person,value) with usual names
    %(prog)s telling.csv --plot telling.svg
  a long table in which Ana tells
    %(prog)s long.csv --teller Ana
  source A: an arc dealt from a deck and tapped, listeners in the table
    %(prog)s room.csv --source A --taps 4,30,58 --levels 200,800,300 --deck deck.csv

exit codes: 0 the telling was read, whatever the verdict; 2 refused, with the reason on stderr"""


def main(argv: Sequence[str] | None = None) -> int:
    asked = _arguments().parse_args(_joined(sys.argv[1:] if argv is None else argv))
    try:
        told, made, notes = _analyse(asked)
    except OSError as problem:
        return _refuse(f"{problem.filename or asked.file}: {problem.strerror}")
    except ValueError as problem:
        return _refuse(f"{asked.file}: {problem}" if isinstance(problem, BadTable) else str(problem))
    if asked.plot is not None:
        try:
            asked.plot.write_text(portrait(told, made), encoding="utf-8")
        except OSError as problem:
            return _refuse(f"{asked.plot}: {problem.strerror}")
    for note in notes:
        sys.stderr.write(f"{note}\n")
    if asked.json:
        whole = {"teller": told.teller_name, "said": words_of(made, told.teller_name), **made.as_json()}
        sys.stdout.write(json.dumps(whole, allow_nan=False, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(table(told, made))
    return 0


def _analyse(asked: argparse.Namespace) -> tuple[Tidy, Report, list[str]]:
    """The telling, what is said of it, and what was left out on the way."""
    _check_source(asked)
    told = read_tidy(
        _text(asked.file),
        time=asked.time,
        teller=asked.teller,
        listeners=asked.listeners,
        fs=asked.fs,
        hold_s=asked.hold,
        tapped=bool(asked.taps),
    )
    notes: list[str] = []
    deck: list[tuple[float, ...]] = []
    if asked.taps:
        _check_taps(asked.taps, (len(told.teller) - 1) / told.fs)
        if np.isfinite(told.teller).any():
            notes.append(f'the column "{told.teller_name}" is replaced by the taps')
        line = teller_line(asked.taps, asked.levels, fs=told.fs, n=len(told.teller))
        told = replace(told, teller=line)
    if asked.source == "A":
        deck = _deck(asked.deck, asked.levels, notes)
    made = report(
        told.teller,
        told.listeners,
        fs=told.fs,
        source=asked.source,
        seed=asked.seed,
        names=told.names,
        taps_s=asked.taps,
        levels=asked.levels,
        deck=deck,
        persons=asked.persons,
    )
    return told, made, notes


def _check_source(asked: argparse.Namespace) -> None:
    if asked.source not in ("A", "B"):
        for given, name in ((asked.taps, "--taps"), (asked.levels, "--levels")):
            if given:
                raise ValueError(f"{name} belong to the sources A and B, not to {asked.source}")
    elif not (asked.taps and asked.levels):
        raise ValueError(f"source {asked.source} needs --taps and --levels: its chance level rests on them")
    if asked.deck is not None and asked.source != "A":
        raise ValueError(f"--deck belongs to source A, not to {asked.source}")
    if len(asked.taps) != len(asked.levels):
        raise ValueError(f"--taps has {len(asked.taps)} numbers, --levels has {len(asked.levels)}")


def _check_taps(taps: Sequence[float], last_s: float) -> None:
    for tap in taps:
        if not 0 <= tap <= last_s:
            raise ValueError(f"--taps: {tap:g} is outside the table (0 to {last_s:g} s)")
    for before, tap in pairwise(taps):
        if tap <= before:
            raise ValueError(f"--taps: {tap:g} does not come after {before:g} (0 to {last_s:g} s, in order)")


def _text(path: Path) -> str:
    # Read as bytes: standard input would be decoded the machine's own way, and names come out mangled.
    raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(
            f'{path}: not UTF-8 text (byte {problem.start}); save it as "CSV UTF-8"'
        ) from problem


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stories.synchrony",
        description=HELP,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE.csv", help="the table, UTF-8; - for standard input")
    add("--time", metavar="COLUMN", help="default: time, t, seconds, ms, minutes …")
    add("--teller", metavar="NAME", help="default: teller, speaker, narrator, target …")
    add("--listeners", metavar="A,B", type=_names, default=(), help="default: everybody else")
    add(
        "--fs", type=_rate, metavar="HZ",
        help="samples per second, 1 to 20; default: the rows' own rate within 1 to 10 Hz; "
        "faster rows are sampled",
    )  # fmt: skip
    add(
        "--hold", type=_seconds, metavar="S",
        help="how long a value stands when no other follows; default 2; more for tables that "
        "have a row only where a value changes",
    )  # fmt: skip
    add(
        "--source", choices=("A", "B", "C", "D"), default="C",
        help="the teller's line: A arc dealt and tapped, B beats tapped and placed afterwards, "
        "C live dial (default), D rated while listening again",
    )  # fmt: skip
    add(
        "--taps", type=_numbers, default=(), metavar="S,S",
        help="A, B: seconds since the first row, in order; the line they make replaces a column of "
        "the teller, and the table may do without one",
    )  # fmt: skip
    add(
        "--levels", type=_numbers, default=(), metavar="N,N",
        help="A, B: where the teller's line goes after each tap, one for each tap, on any scale; "
        "arcs of the game have 4 to 8 levels from 100 (low) to 900 (high)",
    )  # fmt: skip
    add(
        "--deck", type=Path, metavar="FILE",
        help="A: what the arc was dealt from, itself included, one arc a line (200,800,300); "
        "default: the game's own",
    )  # fmt: skip
    add("--seed", type=_seed, default=0, help="of every draw; default 0")
    add("--persons", action="store_true", help="also test each listener (for research)")
    add("--json", action="store_true", help="print everything as JSON instead of the table")
    add("--plot", type=Path, metavar="OUT.svg", help="draw the telling")
    return parser


def _deck(path: Path | None, levels: tuple[float, ...], notes: list[str]) -> list[tuple[float, ...]]:
    """The arcs as long as the one told, which must be among them."""
    arc = ", ".join(f"{level:g}" for level in levels)
    if path is None:
        own = (
            [tuple(map(float, each.levels)) for each in arc_deck(len(levels))]
            if 4 <= len(levels) <= 8
            else []
        )
        if levels not in own:
            raise ValueError(
                f"the game's own deck does not hold the arc {arc}: "
                "give the one it was dealt from with --deck FILE (one arc a line)"
            )
        return own
    arcs = []
    for at, row in enumerate(_text(path).splitlines(), start=1):
        if row.strip():
            try:
                arcs.append(_numbers(row))
            except argparse.ArgumentTypeError as problem:
                raise ValueError(f"{path}: row {at}: {problem}") from problem
    if levels not in arcs:
        raise ValueError(f"{path}: the deck does not hold the arc {arc}")
    alike = [each for each in arcs if len(each) == len(levels)]
    if len(alike) < len(arcs):
        notes.append(
            f"{path}: {len(arcs) - len(alike)} of {len(arcs)} arcs left out, not {len(levels)} levels long"
        )
    return alike


def _joined(argv: Sequence[str]) -> list[str]:
    """``--levels -1,1`` as one word: alone, argparse takes numbers that begin with a minus for an option."""
    words: list[str] = []
    for word in argv:
        if words and words[-1] in ("--taps", "--levels") and re.match(r"-[\d.]", word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"numbers separated by commas, not {text!r}") from None
    if not np.isfinite(numbers).all():
        raise argparse.ArgumentTypeError(f"finite numbers, not {text!r}")
    return numbers


def _rate(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 20):
        raise argparse.ArgumentTypeError(f"a whole number of samples per second, 1..20, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = np.nan
    if not (np.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"seconds, more than 0, not {text!r}")
    return seconds


def _seed(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, not {text!r}")
    return int(text)


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
