"""A researcher who never starts the game: one CSV in, one honest page out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .portrait import portrait
from .report import Report, report
from .signals import teller_line
from .tidy import BadTable, Tidy, read_tidy
from .wording import table, words_of

HELP: Final = """\
How closely a room moved with a teller, from a CSV of continuous ratings.

Wide: a column of time in seconds, one of the teller, one for each listener. Long: the columns time,
person, value. Each value holds until the next, for 2 s at most; an empty cell is silence. Any scale
will do: nothing here depends on its zero or its unit, and listeners may each use their own."""


def main(argv: Sequence[str] | None = None) -> int:
    asked = _arguments().parse_args(argv)
    try:
        told, made = _analyse(asked)
    except OSError as problem:
        return _refuse(f"{asked.file}: {problem.strerror}")
    except UnicodeDecodeError as problem:
        return _refuse(f"{asked.file}: not UTF-8 text (byte {problem.start})")
    except ValueError as problem:
        return _refuse(f"{asked.file}: {problem}" if isinstance(problem, BadTable) else str(problem))
    if asked.plot is not None:
        try:
            asked.plot.write_text(portrait(told, made), encoding="utf-8")
        except OSError as problem:
            return _refuse(f"{asked.plot}: {problem.strerror}")
    if asked.json:
        whole = {"teller": told.teller_name, "said": words_of(made, told.teller_name), **made.as_json()}
        sys.stdout.write(json.dumps(whole, allow_nan=False, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(table(told, made))
    return 0


def _analyse(asked: argparse.Namespace) -> tuple[Tidy, Report]:
    text = sys.stdin.read() if str(asked.file) == "-" else asked.file.read_text(encoding="utf-8-sig")
    told = read_tidy(
        text,
        time=asked.time,
        teller=asked.teller,
        listeners=asked.listeners,
        fs=asked.fs,
        tapped=bool(asked.taps),
    )
    line = told.teller
    if asked.taps:
        if asked.source not in ("A", "B"):
            raise ValueError(f"--taps belong to the sources A and B, not to {asked.source}")
        if len(asked.taps) != len(asked.levels):
            raise ValueError(f"--taps has {len(asked.taps)} numbers, --levels has {len(asked.levels)}")
        line = teller_line(asked.taps, asked.levels, fs=told.fs, n=len(line))
        told = Tidy(**{**vars(told), "teller": line})
    elif asked.source in ("A", "B"):
        raise ValueError(f"source {asked.source} needs --taps and --levels: its chance level rests on them")
    made = report(
        line,
        told.listeners,
        fs=told.fs,
        source=asked.source,
        seed=asked.seed,
        names=told.names,
        taps_s=asked.taps,
        levels=asked.levels,
        deck=_deck(asked.deck),
        persons=asked.persons,
    )
    return told, made


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stories.synchrony",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="the table; - for standard input")
    parser.add_argument("--time", metavar="COLUMN", help="default: time, t, seconds, ms …")
    parser.add_argument("--teller", metavar="NAME", help="default: teller, speaker, narrator, target …")
    parser.add_argument("--listeners", metavar="A,B", type=_names, default=(), help="default: everybody else")
    parser.add_argument(
        "--fs", type=_rate, metavar="HZ", help="samples per second; default: as the rows come, 1..10"
    )
    parser.add_argument(
        "--source", choices=("A", "B", "C", "D"), default="C",
        help="the teller's line: A arc dealt and tapped, B beats tapped and placed afterwards, "
        "C live dial (default), D rated while listening again",
    )  # fmt: skip
    parser.add_argument(
        "--taps", type=_numbers, default=(), metavar="S,S", help="A, B: seconds since the first row"
    )
    parser.add_argument(
        "--levels", type=_numbers, default=(), metavar="N,N", help="A, B: level after each tap"
    )
    parser.add_argument(
        "--deck", type=Path, metavar="FILE", help="A: arcs, one a row; default: the game's own"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of every draw; default 0")
    parser.add_argument("--persons", action="store_true", help="also test each listener (for research)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of the table")
    parser.add_argument("--plot", type=Path, metavar="OUT.svg", help="draw the telling")
    return parser


def _deck(path: Path | None) -> list[tuple[float, ...]]:
    if path is None:
        return []
    rows = path.read_text(encoding="utf-8-sig").splitlines()
    try:
        return [_numbers(row) for row in rows if row.strip()]
    except argparse.ArgumentTypeError as problem:
        raise ValueError(f"{path}: {problem}") from problem


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


def _seed(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, not {text!r}")
    return int(text)


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
