"""How feelings and thumbs move: a teller's course, listeners who follow it late and in their own way.

A thumb is not a line: it rests, notices that the feeling has moved on, and goes there at its own speed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

LOW, HIGH = 60.0, 940.0
NOTICED = 70.0
REACHED = 12.0
SLEW_PER_S = 420.0

Line = np.ndarray


def course(seconds: float, *, fs: float, rng: np.random.Generator) -> Line:
    """A teller's emotional course, shape (ticks,): feelings of 5 to 14 s, reached within about 3 s."""
    ticks = round(seconds * fs)
    target = np.empty(ticks)
    tick, level = 0, rng.uniform(350, 650)
    while tick < ticks:
        for _ in range(8):
            next_level = rng.uniform(LOW, HIGH)
            if abs(next_level - level) > 180:
                break
        held = round(rng.uniform(5, 14) * fs)
        target[tick : tick + held] = next_level
        tick, level = tick + held, next_level
    return smooth(target, seconds=1.2, fs=fs)


def smooth(line: Line, *, seconds: float, fs: float) -> Line:
    """Exponentially smoothed: what comes later never shows earlier."""
    keep = np.exp(-1 / (seconds * fs))
    out = np.empty(len(line))
    level = line[0] if len(line) else 0.0
    for i, value in enumerate(line):
        level = keep * level + (1 - keep) * value
        out[i] = level
    return out


def thumb(feeling: Line, *, fs: float) -> Line:
    """Where a thumb is while it follows a feeling: resting until it is far off, then moving with its own speed."""
    out = np.empty(len(feeling))
    level, moving = float(feeling[0]) if len(feeling) else 0.0, False
    most = SLEW_PER_S / fs
    for i, wanted in enumerate(feeling):
        gap = float(wanted) - level
        moving = abs(gap) > (REACHED if moving else NOTICED)
        if moving:
            level += max(-most, min(most, gap))
        out[i] = level
    return np.clip(np.round(out), 0, 1000)


def listener(told: Line, *, fs: float, coupling: float, lag_s: float, rng: np.random.Generator) -> Line:
    """A thumb that follows a teller's course by about `lag_s`, and a mind of its own for the rest.

    `coupling` is the correlation aimed at, 0 (hears another story) to 1.
    """
    if len(told) == 0:
        return told
    own = course(len(told) / fs, fs=fs, rng=rng)
    late = max(0, round(lag_s * fs))
    heard = np.concatenate([np.full(late, told[0]), told])[: len(told)]
    mixed = coupling * standard(heard) + np.sqrt(max(0.0, 1 - coupling**2)) * standard(own)
    spread = max(120.0, float(np.std(told)))
    return thumb(np.clip(500 + spread * mixed, 0, 1000), fs=fs)


def standard(line: Line) -> Line:
    """Mean 0, deviation 1; a flat line stays flat."""
    spread = float(np.std(line))
    return (line - np.mean(line)) / spread if spread > 0 else np.zeros(len(line))


@dataclass(frozen=True)
class Recording:
    """A telling that really happened: `teller` of shape (ticks,), `listeners` (people, ticks), NaN where silent."""

    teller: Line
    listeners: Line

    @classmethod
    def read(cls, file: Path, *, fs: float) -> "Recording":
        """An .npz with `teller`, `listeners` and `fs`; levels in 0..1 or 0..1000, held until the next sample."""
        with np.load(file) as found:
            teller, listeners = np.asarray(found["teller"], float), np.asarray(found["listeners"], float)
            from_fs = float(found["fs"])
        most = np.nanmax([np.nanmax(teller), np.nanmax(listeners)])
        scale = 1000.0 if most <= 1 else 1.0
        ticks = int(len(teller) * fs / from_fs)
        held = np.floor(np.arange(ticks) * from_fs / fs + 1e-9).astype(int)
        return cls(np.round(teller[held] * scale), np.round(listeners[:, held] * scale))
