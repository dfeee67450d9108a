"""What was felt: samples into rows, once each, and out of rows as grids.

A chunk is stored under (telling, participant, run, seq). The same key with the same content is stored
already; with other content it is a conflict. Where runs overlap, the newest run wins, tick by tick.
"""

import struct
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Count, F, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Length

from stories.models import Chunk, Closure, Participant, Telling
from stories.protocol.phases import About
from stories.synchrony import TraceGrid

SILENT = -1
SILENT_FOR = "15s"
MOST_RUNS = 500
# Seconds of one trace that are stored, and what a row weighs in samples: generous for a hand, narrow for a script.
MOST_SECONDS, ROW_WEIGHT = 25_000, 16
Verdict = Literal["stored", "conflict", "poisonous", "not_sampled"]
Key = tuple[int, int, str, int]


class Entry(NamedTuple):
    """A chunk on its way to its row, in the order of its columns. `samples` are int16, little-endian, -1 for null."""

    telling: int
    participant: int
    run: str
    seq: int
    first_tick: int
    samples: bytes
    received_at: int

    @property
    def key(self) -> Key:
        return self[:4]

    @property
    def content(self) -> tuple[int, bytes]:
        return self[4:6]


def pack(values: Sequence[int | None]) -> bytes:
    """Levels (null where silent) as they are stored."""
    # Four values: an array would cost five times as much.
    return struct.pack(f"<{len(values)}h", *[SILENT if v is None else v for v in values])


def unpack(samples: bytes) -> np.ndarray:
    """Stored samples as int16, -1 where silent."""
    return np.frombuffer(samples, dtype="<i2")


def store(entries: Sequence[Entry]) -> dict[Key, Verdict]:
    """Store chunks in one transaction and say of each what became of it.

    A row the database cannot take is found by halving and refused alone. What was on its way when its story
    was taken back, or its room deleted, is not stored, nor what somebody felt before they took their traces
    back. Raises `OperationalError` when the database is away: nothing is stored then, and the caller tries the
    same batch again.
    """
    verdicts: dict[Key, Verdict] = {}
    first: dict[Key, Entry] = {}
    for entry in entries:
        known = first.setdefault(entry.key, entry)
        if known.content != entry.content:
            verdicts[entry.key] = "conflict"
    # In one order everywhere: two processes that store the same chunks must not wait for each other in a ring.
    _store_or_halve([first[key] for key in sorted(first)], verdicts)
    return verdicts


def _store_or_halve(entries: list[Entry], verdicts: dict[Key, Verdict]) -> None:
    if not entries:
        return
    try:
        with transaction.atomic():
            _hold(entries)
            _mark_late(entries)
            fresh = _insert(entries)
            found = None if fresh == len(entries) else _contents(entries)
    except (IntegrityError, DataError, OverflowError, ValueError):
        if len(entries) == 1:
            verdicts[entries[0].key] = "poisonous"
            return
        half = len(entries) // 2
        _store_or_halve(entries[:half], verdicts)
        _store_or_halve(entries[half:], verdicts)
        return
    for entry in entries:
        known = found.get(entry.key) if found is not None else entry.content
        if known is None:
            verdicts.setdefault(entry.key, "not_sampled")
        else:
            verdicts.setdefault(entry.key, "stored" if known == entry.content else "conflict")


_COLUMNS = "telling_id, participant_id, run, seq, first_tick, samples, received_at"
# Asked of each row in turn, for a join may bring the rows into an order of its own.
_WELCOME = """(
  SELECT t.withdrawn_at IS NULL AND (
    p.took_back_at IS NULL OR t.started_at + CAST({tick} AS bigint) * 1000 / t.rate_hz >= p.took_back_at
  )
  FROM stories_telling t, stories_participant p WHERE t.id = {telling} AND p.id = {participant}
)"""
_MANY = f"""
INSERT INTO stories_chunk ({_COLUMNS})
SELECT * FROM unnest(
  %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::int[], %s::bytea[], %s::bigint[]
) AS fresh (telling, participant, run, seq, first_tick)
WHERE {_WELCOME.format(tick="fresh.first_tick", telling="fresh.telling", participant="fresh.participant")}
ON CONFLICT DO NOTHING
"""  # noqa: S608  (constants only)
_ONE = f"""
INSERT INTO stories_chunk ({_COLUMNS})
SELECT %s, %s, %s, %s, %s, %s, %s WHERE {_WELCOME.format(tick="%s", telling="%s", participant="%s")}
ON CONFLICT DO NOTHING
"""


def _insert(entries: list[Entry]) -> int:
    """How many of the entries were new."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_MANY, [list(column) for column in zip(*entries, strict=True)])
        else:
            cursor.executemany(_ONE, [(*e, e.first_tick, e.telling, e.participant) for e in entries])
        return int(cursor.rowcount)


def _hold(entries: list[Entry]) -> None:
    """Let whoever ends a story, or takes of it back, wait for this transaction and see what it stores.

    SQLite has one writer at a time anyway. Several processes may hold a story at once; one that falls silent
    while it does, because its machine is gone, is given up by PostgreSQL.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true) "
                "FROM stories_telling WHERE id = ANY(%s) AND ended_at IS NULL ORDER BY id FOR SHARE",
                [SILENT_FOR, sorted({e.telling for e in entries})],
            )


def _mark_late(entries: list[Entry]) -> None:
    """Note in the row of an ended story that samples come which its picture may not have.

    Before they are stored, and even where it stands already: it holds an ended story as `_hold` does a running
    one, also from whoever clears the mark. In the order of all who hold stories, which an UPDATE does not keep.
    """
    ended = Telling.objects.filter(pk__in={e.telling for e in entries}, ended_at__isnull=False)
    held = list(ended.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    if held:
        late = Telling.objects.filter(pk__in=held)
        late.update(late_since=Coalesce(F("late_since"), max(e.received_at for e in entries)))


def _contents(entries: list[Entry]) -> dict[Key, tuple[int, bytes]]:
    """What is stored under the entries' keys."""
    by_run: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for e in entries:
        by_run[e.telling, e.participant, e.run].append(e.seq)
    found: dict[Key, tuple[int, bytes]] = {}
    for (telling, participant, run), seqs in by_run.items():
        rows = Chunk.objects.filter(telling_id=telling, participant_id=participant, run=run, seq__in=seqs)
        for seq, first_tick, samples in rows.values_list("seq", "first_tick", "samples"):
            found[telling, participant, run, seq] = (first_tick, bytes(samples))
    return found


def close(telling: int, participant: int, run: str, chunks: int) -> int:
    """Keep what a client says a run had; the number of its chunks that are stored."""
    stored = _chunks_of(telling, participant, run)
    taken_back = Participant.objects.filter(pk=participant, took_back_at__isnull=False)
    if not stored and taken_back.exists():
        return 0
    # More page loads than this are nobody's: their closings are answered and not kept.
    if Closure.objects.filter(telling_id=telling, participant_id=participant).count() < MOST_RUNS:
        # A duplicated tab closes what it knows of its first tab's run, which may go on and close more.
        Closure.objects.update_or_create(
            telling_id=telling,
            participant_id=participant,
            run=run,
            defaults={"chunks": Greatest("chunks", Value(chunks))},
            create_defaults={"chunks": chunks},
        )
    return stored


def weight(telling: int, participant: int) -> int:
    """How much is stored of one trace, in samples, with something for each row."""
    stored = Chunk.objects.filter(telling_id=telling, participant_id=participant)
    samples = stored.aggregate(rows=Count("pk"), bytes=Sum(Length("samples")))
    return (samples["bytes"] or 0) // 2 + ROW_WEIGHT * samples["rows"]


def incomplete(telling: int) -> int:
    """How many closed runs of a telling lack chunks."""
    closed = Closure.objects.filter(telling_id=telling)
    return sum(_chunks_of(telling, c.participant_id, c.run) < c.chunks for c in closed)


def _chunks_of(telling: int, participant: int, run: str) -> int:
    """How many of a client's chunks are stored, in however few rows."""
    rows = Chunk.objects.filter(telling_id=telling, participant_id=participant, run=run)
    return rows.aggregate(chunks=Coalesce(Sum("holds"), 0))["chunks"]


@dataclass(frozen=True)
class Grid:
    """A telling's traces on its grid: levels 0..1000 as float, NaN where silent.

    `traces` has shape (participants, ticks); `rows` names each row's participant id. `paused`, shape
    (ticks,), says which ticks displays cut out.
    """

    rate_hz: int
    rows: list[int]
    traces: np.ndarray
    paused: np.ndarray

    def of(self, participant: int) -> np.ndarray | None:
        """One participant's trace, shape (ticks,), or None if there is none."""
        return self.traces[self.rows.index(participant)] if participant in self.rows else None


def ticks_of(about: About, *, at: int | None = None) -> int:
    """How many ticks a telling has had, pauses included: those that lie before its end."""
    if about.started_at is None:
        return 0
    until = about.ended_at if about.ended_at is not None else (at or about.started_at)
    # Every tick before the end, the last one too: rounded up.
    return max(0, -(-(until - about.started_at) * about.rate_hz // 1000))


def paused_ticks(about: About, ticks: int) -> np.ndarray:
    """Which ticks lie in a pause, shape (ticks,), bool."""
    paused = np.zeros(ticks, dtype=bool)
    started = about.started_at or 0
    for since, until in about.pauses:
        first = -(-(since - started) * about.rate_hz // 1000)
        last = -(-(until - started) * about.rate_hz // 1000)
        paused[max(0, first) : max(0, last)] = True
    return paused


class Felt:
    """Who felt what at which tick of a telling, filled chunk by chunk: from rows, live, or both.

    Where a participant's runs overlap the newest wins: that which began later on the grid.
    """

    def __init__(self, rate_hz: int) -> None:
        self.grid = TraceGrid(0, fs=rate_hz)
        self.rows: dict[int, int] = {}
        self._runs: dict[int, list[str]] = {}
        self._begun: dict[tuple[int, str], int] = {}

    def write(self, participant: int, run: str, first_tick: int, values: np.ndarray) -> bool:
        """Take a chunk in; False when its run is older than it seemed, so that all must be read anew."""
        row = self.rows.setdefault(participant, len(self.rows))
        self.grid.widen(row + 1)
        runs = self._runs.setdefault(participant, [])
        known = self._begun.setdefault((participant, run), first_tick)
        if run not in runs:
            in_order = not runs or self._begun[participant, runs[-1]] <= first_tick
            runs.append(run)
        else:
            in_order = known <= first_tick
        self.grid.write(row, first_tick, values, order=runs.index(run))
        return in_order

    def traces(self, ticks: int) -> np.ndarray:
        """All traces on the first ticks, shape (participants, ticks), NaN where silent."""
        felt = self.grid.traces(0, ticks)
        return np.pad(felt, ((0, 0), (0, ticks - felt.shape[1])), constant_values=np.nan)


Sampled = tuple[int, str, int, np.ndarray]
# participant, run, seq, first tick, samples, received at, chunks of the client's that it holds
Row = tuple[int, str, int, int, bytes, int, int]
_ROW = ("participant_id", "run", "seq", "first_tick", "samples", "received_at", "holds")


def chunks(telling: int, *, since: int = 0) -> list[Sampled]:
    """Everything stored as (participant, run, first tick, values), runs in the order in which they began.

    With `since` only what was received from then on, in server milliseconds.

    Chunks of a run that follow each other without a gap come as one: a grid is filled twice as fast.
    """
    stored = Chunk.objects.filter(telling_id=telling, received_at__gte=since)
    return [
        (rows[0][0], rows[0][1], rows[0][3], unpack(b"".join(row[4] for row in rows)))
        for rows in _stretches(list(stored.values_list(*_ROW)))
    ]


def joined(telling: int, participant: int) -> list[Chunk]:
    """One listener's rows as they may be kept from now on: a row for chunks that follow each other."""
    stored = Chunk.objects.filter(telling_id=telling, participant_id=participant)
    return [
        Chunk(
            telling_id=telling,
            participant_id=participant,
            run=rows[0][1],
            seq=rows[0][2],
            first_tick=rows[0][3],
            samples=b"".join(row[4] for row in rows),
            received_at=rows[0][5],
            holds=sum(row[6] for row in rows),
        )
        for rows in _stretches(list(stored.values_list(*_ROW)))
    ]


def _stretches(stored: list[Row]) -> list[list[Row]]:
    """Rows in the order in which a grid takes them in; those that follow each other without a gap together."""
    begun: dict[tuple[int, str], tuple[int, int]] = {}
    for participant, run, _, first_tick, _, received_at, _ in stored:
        mine = (first_tick, received_at)
        begun[participant, run] = min(begun.get((participant, run), mine), mine)
    stored.sort(key=lambda row: (row[0], begun[row[0], row[1]], row[1], row[3], row[2]))
    whole: list[list[Row]] = []
    ends_at = -1
    for row in stored:
        if not whole or whole[-1][0][:2] != row[:2] or row[3] != ends_at:
            whole.append([])
        whole[-1].append(row)
        ends_at = row[3] + len(row[4]) // 2
    return whole


def grid(telling: Telling, about: About, *, at: int | None = None) -> Grid:
    """All traces of a telling; ticks within pauses are null, so that no pair of samples crosses one."""
    ticks = ticks_of(about, at=at)
    filled = Felt(about.rate_hz)
    for chunk in chunks(telling.pk):
        filled.write(*chunk)
    order = sorted(filled.rows)
    paused = paused_ticks(about, ticks)
    traces = filled.traces(ticks)[[filled.rows[participant] for participant in order]]
    traces[:, paused] = np.nan
    return Grid(rate_hz=about.rate_hz, rows=order, traces=traces, paused=paused)


def moments_sealed(telling: int) -> int:
    """How many samples are stored of a telling."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(length(samples)), 0) FROM stories_chunk WHERE telling_id = %s", [telling]
        )
        return int(cursor.fetchone()[0]) // 2
