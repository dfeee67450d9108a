"""The page about faults adds up what was tried, and leaves no fault out."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.faults import FAULTS
from tests.faults.ledger import Entry
from tests.faults.report import Row, add_up

FIRST, SECOND = list(FAULTS)[:2]


def entry(fault: str = FIRST, **what: object) -> Entry:
    usual = {"clients": 3, "sent": 100, "stored": 100, "lost": 0, "doubled": 0}
    return Entry(fault, **{**usual, **what})  # type: ignore[arg-type]


def test_runs_of_one_fault_are_added_up_and_others_are_kept_apart() -> None:
    runs = [
        entry(clients=40, sent=1000, stored=990, back_s=3.0, note="long"),
        entry(SECOND, lost=1),
        entry(clients=12, sent=500, stored=500, doubled=2, back_s=1.0),
        entry(clients=12, back_s=0.5),
        entry(clients=12),
    ]

    assert add_up(runs) == {
        FIRST: Row(FIRST, 4, (12, 40), 1700, 1690, 0, 2, (1.0, 3.0), "long"),
        SECOND: Row(SECOND, 1, (3, 3), 100, 100, 1, 0, None),
    }


def test_entries_are_read_from_every_file_of_every_folder(tmp_path: Path) -> None:
    left = [entry(note="a"), entry(note="b"), entry(SECOND)]
    for number, (folder, one) in enumerate(zip(["x", "x", "y"], left, strict=True)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{number}.jsonl").write_text(json.dumps(asdict(one)) + "\n")

    assert list(report.read([tmp_path / "x", tmp_path / "y"])) == left


def test_a_fault_that_was_not_run_says_so() -> None:
    page = report.page(add_up([entry(sent=12_345, back_s=1.26)]), date="2026-01-02")

    assert f"| {FIRST} | 1 | 3 | 12 345 | 100 | 0 | 0 | 1.3 s | 1.3 s |" in page
    assert f"| {SECOND} | not run |" in page


def test_an_entry_is_refused_when_its_fault_has_no_row() -> None:
    with pytest.raises(ValueError, match=f"add it there; did you mean '{re.escape(FIRST)}'"):
        entry(FIRST + "!")


def rows_of(page: str) -> dict[str, list[str]]:
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    return {
        fault: cells for fault, *cells in ([c.strip() for c in line.strip("|").split("|")] for line in lines)
    }


def test_the_committed_page_has_every_fault_and_nothing_lost() -> None:
    rows = rows_of(report.PAGE.read_text())
    rows.pop("fault")

    # Whoever adds a fault runs it: `make reliability`.
    assert list(rows) == list(FAULTS)
    assert [fault for fault, cells in rows.items() if cells[0] == report.NOT_RUN] == []
    assert {fault: cells[4:6] for fault, cells in rows.items()} == {fault: ["0", "0"] for fault in FAULTS}


def test_the_committed_page_names_no_machine() -> None:
    page = report.PAGE.read_text()

    assert re.findall(r"/(?:home|root|work|tmp)\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|https?://", page) == []
