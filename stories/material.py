"""A telling as the engine sees it: rows in, arrays out."""

import hashlib
from dataclasses import dataclass

import numpy as np

from stories import synchrony, traces
from stories.models import Beat, Participant, Telling
from stories.protocol.phases import About


@dataclass(frozen=True)
class Material:
    """A telling as the engine sees it: the teller's line and the listeners' traces on one grid.

    `line` has shape (ticks,), `listeners` (participants, ticks), both NaN where silent or paused; `kept`
    says which ticks displays show. `taps` and `levels` are the line's steps for sources A and B.
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

    @property
    def seed(self) -> int:
        return int(self.telling.public_id[:8], 16) % (2**31)

    @property
    def digest(self) -> str:
        whole = hashlib.sha256(np.nan_to_num(self.line, nan=-1).tobytes())
        whole.update(np.nan_to_num(self.listeners, nan=-1).astype("<i2").tobytes())
        return whole.hexdigest()

    def shown_s(self, at_s: float) -> float:
        """A time on the grid as seconds of the story, with pauses cut out."""
        tick = min(int(at_s * self.fs), len(self.kept))
        return round(float(at_s * self.fs - np.count_nonzero(~self.kept[:tick])) / self.fs, 2)


def material(telling: Telling, about: About) -> Material:
    """Read a telling's rows into arrays."""
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
    )


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
