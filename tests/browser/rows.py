"""What the server's database file holds, read past the server."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from stories.traces import unpack

Samples = list[tuple[int, int]]


def stored(database: Path, telling: str) -> dict[str, Samples]:
    """Every stored sample of a telling by seat, as (tick, level), in order, as often as it is stored."""
    found: dict[str, Samples] = defaultdict(list)
    for seat, first, samples in _rows(
        database,
        "SELECT p.public_id, c.first_tick, c.samples FROM stories_chunk c "
        "JOIN stories_participant p ON p.id = c.participant_id JOIN stories_telling t ON t.id = c.telling_id "
        "WHERE t.public_id = ?",
        telling,
    ):
        found[seat] += [(first + i, int(level)) for i, level in enumerate(unpack(samples)) if level >= 0]
    return {seat: sorted(samples) for seat, samples in found.items()}


def runs(database: Path, telling: str) -> dict[str, list[tuple[int, int]]]:
    """Of each seat's page loads: how many chunks it said it had, and how many are stored."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for seat, said, there in _rows(
        database,
        "SELECT p.public_id, o.chunks, (SELECT count(*) FROM stories_chunk c WHERE c.telling_id = o.telling_id "
        "AND c.participant_id = o.participant_id AND c.run = o.run) FROM stories_closure o "
        "JOIN stories_participant p ON p.id = o.participant_id JOIN stories_telling t ON t.id = o.telling_id "
        "WHERE t.public_id = ?",
        telling,
    ):
        found[seat].append((said, there))
    return dict(found)


def calls(database: Path, telling: str) -> dict[str, str]:
    """What each seat called."""
    return dict(
        _rows(
            database,
            "SELECT p.public_id, c.choice FROM stories_call c JOIN stories_participant p ON p.id = c.participant_id "
            "JOIN stories_telling t ON t.id = c.telling_id WHERE t.public_id = ?",
            telling,
        )
    )


def _rows(database: Path, query: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()
