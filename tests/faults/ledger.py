"""What each fault did to how many people: the rows of docs/reliability.md, written down as the tests pass."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from stories.people.player import Player
from tests.faults.faults import known
from tests.live.table import Table

# A folder for `make reliability`; without it nothing is written down.
FOLDER = os.environ.get("MIRROR_RELIABILITY", "")


@dataclass(frozen=True)
class Entry:
    """One run of one of FAULTS. `sent` and `stored` are samples, `back_s` how long until all was well again."""

    fault: str
    clients: int
    sent: int
    stored: int
    lost: int
    doubled: int
    back_s: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        known(self.fault)


def account(table: Table, telling: str, *people: Player) -> tuple[int, int, int, int]:
    """Samples felt, stored, missing, and stored twice or never felt, over everybody; doubt is not a loss."""
    felt_n = stored_n = lost = doubled = 0
    for player in people or table.people:
        stored = table.stored(telling, player)
        felt, doubt = player.sampled[telling], player.lost[telling]
        times = Counter(tick for tick, _ in stored)
        felt_n += len(felt)
        stored_n += len(stored)
        lost += len(set(felt.items()) - set(stored) - {(tick, felt.get(tick)) for tick in doubt})
        doubled += sum(n - 1 for n in times.values()) + len(set(stored) - set(felt.items()))
    return felt_n, stored_n, lost, doubled


def enter(fault: str, table: Table, telling: str, *, back_s: float | None = None, note: str = "") -> None:
    """Nothing may be lost or doubled; write down how it went."""
    table.assert_stored_is_sampled(telling)
    sent, stored, lost, doubled = account(table, telling)
    assert (lost, doubled) == (0, 0)
    assert sent > 0
    keep(Entry(fault, len(table.people), sent, stored, lost, doubled, back_s, note))


def keep(entry: Entry) -> None:
    """Write an entry down, where that was asked for."""
    if FOLDER:
        with (Path(FOLDER) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(asdict(entry)) + "\n")
