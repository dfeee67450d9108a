"""Axes are promises: round numbers, the same place for the same value, and a key to every mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from .ink import GRID, SIZE, SOFT, Frame, Style, box, breadth, dot, stroke, words

Ticks = Mapping[float, str] | Sequence[float] | None


def axes(
    at: Frame,
    x_ticks: Mapping[float, str],
    y_ticks: Mapping[float, str],
    title: str,
    x_label: str,
    y_label: str,
) -> str:
    """Grid, ticks and words around a panel."""
    right, bottom = at.left + at.width, at.top + at.height
    out = []
    if title:
        out.append(words(title, at.left, at.top - 7, size=12.5, weight=600))
    for value, word in y_ticks.items():
        v = at.down(value)
        if at.top - 0.5 <= v <= bottom + 0.5:
            out.append(stroke(at.left, v, right, v, GRID))
            if word:
                out.append(words(word, at.left - 6, v + 4, anchor="end", colour=SOFT))
    out.append(stroke(at.left, bottom, right, bottom, SOFT))
    for value, word in x_ticks.items():
        h = at.across(value)
        if at.left - 0.5 <= h <= right + 0.5:
            out.append(stroke(h, bottom, h, bottom + 4, SOFT))
            if word:
                out.append(words(word, h, bottom + 16, anchor="middle", colour=SOFT))
    if x_label:
        out.append(words(x_label, at.left + at.width / 2, bottom + 32, anchor="middle"))
    if y_label:
        ticks_wide = max((breadth(word, SIZE) for word in y_ticks.values()), default=0.0)
        x = at.left - 12 - ticks_wide
        out.append(words(y_label, x, at.top + at.height / 2, anchor="middle", turned=True))
    return "\n".join(out)


def key(entries: Sequence[tuple[str, Style, str]], top: float, width: float) -> tuple[str, float]:
    """The key in rows, and where it ends."""
    out, x, y = [], 16.0, top + 10
    for label, look, kind in entries:
        sample = 14 if kind == "dot" else 28
        wide = sample + 6 + breadth(label, SIZE) + 14
        if x > 16 and x + wide > width:
            x, y = 16.0, y + 18
        if kind in ("line", "both"):
            out.append(stroke(x, y, x + 28, y, look.colour, width=2, dash=look.dash))
        if kind in ("dot", "both"):
            out.append(dot(look, x + sample / 2, y, 4.5))
        if kind in ("bar", "area"):
            fade = 0.85 if kind == "bar" else 0.25
            patch = Frame(x, y - 5, 28, 10, (0, 1), (0, 1))
            out.append(box(patch, (0, 1), (0, 1), look.colour, fade))
        out.append(words(label, x + sample + 6, y + 4))
        x += wide
    return "\n".join(out), y + 10


def named_ticks(
    asked: Mapping[float, str] | Sequence[float] | None, span: tuple[float, float], most: int
) -> dict[float, str]:
    """Places on an axis and the words there: as asked, or round numbers."""
    if isinstance(asked, Mapping):
        return dict(asked)
    places = list(asked) if asked is not None else round_ticks(span, most)
    gaps = [abs(b - a) for a, b in pairwise(places)]
    if places and not (min(gaps, default=1.0) >= 1e-5 and max(map(abs, places)) < 1e9):
        # Units nobody counts in: 2e+150 is read, a hundred digits are not.
        return {v: f"{v:.6g}".replace("-", "\u2212") for v in places}
    digits = 0
    while digits < 6 and any(abs(v - round(v, digits)) > 1e-9 * max(gaps, default=1.0) for v in places):
        digits += 1
    return {v: f"{v:.{digits}f}".replace("-", "\u2212") for v in places}


def round_ticks(span: tuple[float, float], most: int) -> list[float]:
    """At most ``most`` + 1 multiples of 1, 2 or 5 times a power of ten."""
    low, high = min(span), max(span)
    rough = (high - low) / max(most, 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough * (1 - 1e-9))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(f"{i * step:.10g}") for i in range(first, last + 1)]
