"""Run the study and write its page: `python -m stories.synchrony.validity [--quick] [--only chance,power]`."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from stories.synchrony.reading import ENGINE

from . import pages
from .plan import STUDIES, Cell, plan, run
from .study import Row, as_json, from_json, made_of


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    asked = _asked(arguments)
    only = [name for name in asked.only.split(",") if name]
    if unknown := set(only) - set(STUDIES):
        print(
            f"no such study: {', '.join(sorted(unknown))}. There are: {', '.join(STUDIES)}", file=sys.stderr
        )
        return 2
    numbers = asked.out / "validity.json"
    cells = plan(quick=asked.quick, only=only)
    began = time.monotonic()
    rows = [] if asked.draw else list(_in_order(cells, _computed(cells, asked.jobs)))
    before = numbers.read_text() if (only or asked.draw) and numbers.exists() else as_json([])
    done = list(dict.fromkeys(row.study for row in rows))
    kept = [row for row in from_json(before) if row.study not in done]
    rows = sorted(kept + rows, key=lambda row: STUDIES.index(row.study))
    made = made_of(before)
    if not asked.draw:
        made = _made(time.monotonic() - began, asked.jobs, before=made, done=done, quick=asked.quick)
    asked.out.mkdir(parents=True, exist_ok=True)
    numbers.write_text(as_json(rows, made))
    page = pages.write(rows, asked.out, made=made)
    missed = [row for row in rows if row.held is False]
    print(f"{len(rows)} rows, {len(missed)} targets missed: {page}", file=sys.stderr)
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stories.synchrony.validity", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few cells and runs: about a minute")
    parser.add_argument("--only", default="", help=f"studies, comma-separated, of {', '.join(STUDIES)}")
    parser.add_argument(
        "--draw", action="store_true", help="no runs: page and pictures from the numbers there are"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), help="folder of validity.md and validity.json"
    )
    return parser.parse_args(arguments)


def _computed(cells: Sequence[Cell], jobs: int) -> Iterator[tuple[Cell, list[Row]]]:
    # Matrices here are small: threads of a linear algebra library would only wait for each other.
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        # The costly cells first, so that no core waits at the end.
        waiting = {pool.submit(run, cell): cell for cell in sorted(cells, key=lambda cell: -cell.weight)}
        for i, future in enumerate(as_completed(waiting), 1):
            cell = waiting[future]
            print(f"{i}/{len(waiting)} {cell.study} {cell.case}", file=sys.stderr)
            yield cell, future.result()


def _in_order(cells: Sequence[Cell], found: Iterator[tuple[Cell, list[Row]]]) -> Iterator[Row]:
    by_cell = {cell.name: rows for cell, rows in found}
    for cell in cells:
        yield from by_cell[cell.name]


def _made(
    seconds: float, jobs: int, *, before: Mapping[str, str], done: Sequence[str], quick: bool
) -> dict[str, str]:
    """How these numbers were made; where only some were, that is added to how the others were."""
    today = f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}"
    made = {
        "Made": today,
        "engine": ENGINE,
        "on": f"{platform.machine()}, Python {platform.python_version()}, {jobs} processes",
        "in": f"{seconds / 60:.0f} min",
    }
    if before:
        made = {**before, "then": f"{', '.join(done)} again on {today} with engine {ENGINE}"}
    short = [name for name in before.get(pages.QUICK, "").split(", ") if name and name not in done]
    made[pages.QUICK] = ", ".join([*short, *done]) if quick else ", ".join(short)
    return {name: value for name, value in made.items() if value}


if __name__ == "__main__":
    sys.exit(main())
