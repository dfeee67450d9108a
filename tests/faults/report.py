"""The ledger of a run, added up and written down: `python -m tests.faults.report FOLDER...` makes docs/reliability.md."""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from string import Template

from stories.management.bench.report import machine
from tests.faults.faults import FAULTS
from tests.faults.ledger import Entry

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
HEADS = ("fault", "runs", "clients", "sent", "stored", "lost", "doubled", "back after, median", "worst")
NOT_RUN = "not run"


@dataclass(frozen=True)
class Row:
    """All runs of one fault: numbers of samples added up, times to recover in seconds."""

    fault: str
    runs: int
    clients: tuple[int, int]
    sent: int
    stored: int
    lost: int
    doubled: int
    back_s: tuple[float, float] | None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """As the table has it."""
        fewest, most = self.clients
        back = [f"{seconds:.1f} s" for seconds in self.back_s] if self.back_s else ["", ""]
        clients = str(most) if fewest == most else f"{fewest} to {most}"
        numbers = (f"{n:,}".replace(",", " ") for n in (self.sent, self.stored, self.lost, self.doubled))
        return (self.fault, str(self.runs), clients, *numbers, *back)


def read(folders: Iterable[Path]) -> Iterator[Entry]:
    """Every entry that tests have left in these folders."""
    for folder in folders:
        for file in sorted(folder.glob("*.jsonl")):
            for line in file.read_text().splitlines():
                yield Entry(**json.loads(line))


def add_up(entries: Iterable[Entry]) -> dict[str, Row]:
    """The row of each fault that was tried, in the order of FAULTS."""
    tried: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        tried[entry.fault].append(entry)
    return {fault: _row(fault, tried[fault]) for fault in FAULTS if fault in tried}


def _row(fault: str, runs: Sequence[Entry]) -> Row:
    backs = [run.back_s for run in runs if run.back_s is not None]
    clients = [run.clients for run in runs]
    return Row(
        fault=fault,
        runs=len(runs),
        clients=(min(clients), max(clients)),
        sent=sum(run.sent for run in runs),
        stored=sum(run.stored for run in runs),
        lost=sum(run.lost for run in runs),
        doubled=sum(run.doubled for run in runs),
        back_s=(median(backs), max(backs)) if backs else None,
        note=next((run.note for run in reversed(runs) if run.note), ""),
    )


def page(rows: dict[str, Row], *, date: str) -> str:
    """The whole of docs/reliability.md."""
    here = machine()
    words = Template((HERE / "reliability.md").read_text())
    return words.substitute(
        date=date,
        machine=f"{here['cores']} cores of {here['cpu']}, Python {here['python']}, everything on one machine",
        runs=sum(row.runs for row in rows.values()),
        table="\n".join(_table(rows)),
        faults="\n".join(_done(fault, rows.get(fault)) for fault in FAULTS),
    )


def _table(rows: dict[str, Row]) -> Iterator[str]:
    yield _line(HEADS)
    yield "|---|" + "---:|" * (len(HEADS) - 1)
    for fault in FAULTS:
        row = rows.get(fault)
        yield _line(row.cells() if row else (fault, NOT_RUN, *[""] * (len(HEADS) - 2)))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _done(fault: str, row: Row | None) -> str:
    seen = f" Here: {row.note}." if row and row.note else ""
    return f"- **{fault}.** {FAULTS[fault]}{seen}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write docs/reliability.md from the ledgers of test runs.")
    parser.add_argument("folder", nargs="+", type=Path, help="what MIRROR_RELIABILITY was for a run")
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args()
    rows = add_up(read(asked.folder))
    if not rows:
        parser.error("no test has left an entry there")
    asked.out.write_text(page(rows, date=f"{datetime.now(UTC):%Y-%m-%d}"))
    left = [fault for fault in FAULTS if fault not in rows]
    print(f"{asked.out}: {len(rows)} of {len(FAULTS)} faults" + "".join(f"\n  not run: {f}" for f in left))


if __name__ == "__main__":
    main()
