"""A telling as the engine sees it: rows in, arrays out."""

import hashlib
from dataclasses import dataclass

import msgspec
import numpy as np

from stories import history, synchrony, traces
from stories.models import Beat, Call, Participant, Telling
from stories.protocol.phases import About

MOST_OTHERS = 20


@dataclass(frozen=True)
class Material:
    """A telling as the engine sees it: the teller's line and the listeners' traces on one grid.

    `line` has shape (ticks,), `listeners` (participants, ticks), both NaN where silent or paused; `kept`
    says which ticks displays show. `taps` and `levels` are the line's steps for sources A and B. `calls` are
    the listeners', `others` the live dials of the room's earlier tellers.
    """

    telling: Telling
    about: About
    fs: float
    line: np.ndarray
    listeners: np.ndarray
    participants: list[int]
    kept: np.ndarray
    beats: list[Beat]
    taps: list[float]
    levels: list[float]
    calls: list[str]
    others: tuple[np.ndarray, ...] = ()

    @property
    def seed(self) -> int:
        """The telling's id, as much of it as a number in JSON holds exactly in every language: 52 bits."""
        return int(self.telling.public_id[:13], 16)

    @property
    def digest(self) -> str:
        """sha256 of all that the picture is made from: the same rows, the same digest."""
        telling = self.telling
        words = [telling.source, telling.arc, telling.title, telling.teller.name, telling.low, telling.high]
        beats = [(b.beat, b.tick, b.words, b.level) for b in self.beats]
        shape = [self.fs, self.participants, self.taps, self.levels, len(self.others)]
        how = [telling.number, telling.display, telling.open_table, telling.replay_id]
        whole = hashlib.sha256(msgspec.json.encode([words, beats, sorted(self.calls), shape, how]))
        whole.update(self.kept.tobytes())
        for lines in (self.line, self.listeners, *self.others):
            whole.update(np.nan_to_num(lines, nan=-1).astype("<f8").tobytes())
        return whole.hexdigest()

    def shown_s(self, at_s: float) -> float:
        """A time on the grid as seconds of the story, with pauses cut out."""
        tick = min(int(at_s * self.fs), len(self.kept))
        return round(float(at_s * self.fs - np.count_nonzero(~self.kept[:tick])) / self.fs, 2)


def material(telling: Telling, about: About, *, others: bool = False) -> Material:
    """Read a telling's rows into arrays; `others`: the room's earlier tellers, too."""
    grid = traces.grid(telling, about)
    ticks = grid.traces.shape[1]
    beats = list(Beat.objects.filter(telling=telling).order_by("tick", "beat"))
    taps, levels = _steps(telling, beats, about.rate_hz)
    if telling.source == "C":
        own = grid.of(telling.teller_id)
        line = np.full(ticks, np.nan) if own is None else own.copy()
    elif taps:
        line = synchrony.teller_line(taps, levels, fs=about.rate_hz, n=ticks)
    else:
        line = np.full(ticks, np.nan)
    line[grid.paused] = np.nan
    heard = Participant.objects.filter(pk__in=grid.rows, witness=False, removed_at__isnull=True)
    known = set(heard.exclude(pk=telling.teller_id).values_list("pk", flat=True))
    # The teller's own call is not counted: who tells, knows.
    calls = Call.objects.filter(telling=telling).exclude(participant_id=telling.teller_id)
    rows = [i for i, participant in enumerate(grid.rows) if participant in known]
    return Material(
        telling=telling,
        about=about,
        fs=float(about.rate_hz),
        line=line,
        listeners=grid.traces[rows],
        participants=[grid.rows[i] for i in rows],
        kept=~grid.paused,
        beats=beats,
        taps=taps,
        levels=levels,
        calls=list(calls.values_list("choice", flat=True)),
        others=tuple(_earlier_tellers(telling)) if others and telling.source == "C" else (),
    )


def _earlier_tellers(telling: Telling) -> list[np.ndarray]:
    """The live dials of who told here before: mismatched tellings. Later ones do not change what was said."""
    lines = []
    before = Telling.objects.filter(
        room=telling.room_id, source="C", ended_at__isnull=False, number__lt=telling.number
    )
    for other in before.filter(withdrawn_at__isnull=True).order_by("-number")[:MOST_OTHERS]:
        about = history.about(other.room_id, other.public_id)
        line = about and traces.grid(other, about).of(other.teller_id)
        if line is not None:
            lines.append(line)
    return lines


def _steps(telling: Telling, beats: list[Beat], rate_hz: int) -> tuple[list[float], list[float]]:
    """When the teller's line turns and what it then holds, for sources A and B."""
    if telling.source == "A":
        turns = [b for b in beats if b.turn]
        pairs = list(zip(turns, telling.arc_levels, strict=False))
    elif telling.source == "B":
        pairs = [(b, b.level) for b in beats if b.level is not None]
    else:
        pairs = []
    return [b.tick / rate_hz for b, _ in pairs], [float(level) for _, level in pairs]
