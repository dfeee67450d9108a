"""One pair of axes and what is drawn between them; what comes later lies on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from stories.synchrony.signals import Array, as_line

from .axes import Ticks, axes, named_ticks
from .ink import (
    INK,
    SIZE,
    SOFT,
    STYLES,
    Frame,
    Style,
    box,
    breadth,
    dot,
    number,
    path,
    runs,
    stroke,
    whisker,
    words,
)


@dataclass(frozen=True)
class Drawn:
    """Something in a panel: what the axes must reach, and how it is drawn once they are known."""

    xs: Array
    ys: Array
    draw: Callable[[Frame], str]
    clipped: bool = True


class Panel:
    """One pair of axes. Made by ``Chart.panel``; what is drawn later lies on top."""

    def __init__(
        self,
        key: list[tuple[str, Style, str]],
        *,
        title: str,
        x: tuple[float, float] | None,
        y: tuple[float, float] | None,
        x_label: str,
        y_label: str,
        x_ticks: Ticks,
        y_ticks: Ticks,
        height: float,
    ) -> None:
        self.title, self.x_label, self.y_label, self.height = title, x_label, y_label, height
        self._key, self._x, self._y = key, x, y
        self._x_ticks, self._y_ticks = x_ticks, y_ticks
        self._drawn: list[Drawn] = []
        self._name_room = 0.0

    def line(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        style: int | Style = 0,
        label: str = "",
        name: str = "",
        width: float = 1.8,
    ) -> Panel:
        """A line with a gap wherever y is NaN. ``label`` enters the key, ``name`` stands at its end."""
        xs, ys = _pair(x, y)
        look = _look(style)

        def draw(at: Frame) -> str:
            course = "".join(path(part) for part in runs(at, xs, ys))
            dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
            return (
                f'<path d="{course}" fill="none" stroke="{look.colour}" stroke-width="{number(width)}"'
                f' stroke-linejoin="round"{dash}/>'
            )

        known = np.flatnonzero(np.isfinite(ys))
        self._add(Drawn(xs, ys, draw), label, look, "line")
        if name and len(known):
            end = known[-1]
            self._name_room = max(self._name_room, breadth(name, 10.5) + 10)
            self.note(xs[end], ys[end], name, style=look, anchor="start", shift=(5, 4))
        return self

    def band(
        self,
        x: npt.ArrayLike,
        low: npt.ArrayLike,
        high: npt.ArrayLike,
        *,
        style: int | Style = 0,
        label: str = "",
        opacity: float = 0.2,
    ) -> Panel:
        """The area between two lines, with gaps where either is NaN."""
        xs, lows = _pair(x, low)
        _, highs = _pair(x, high)
        look = _look(style)

        def draw(at: Frame) -> str:
            lower, upper = (
                np.where(np.isfinite(highs), lows, np.nan),
                np.where(np.isfinite(lows), highs, np.nan),
            )
            parts = zip(runs(at, xs, lower), runs(at, xs, upper), strict=True)
            area = "".join(path(np.concatenate([below, above[::-1]])) + "Z" for below, above in parts)
            return f'<path d="{area}" fill="{look.colour}" fill-opacity="{number(opacity)}"/>'

        both = Drawn(np.concatenate([xs, xs]), np.concatenate([lows, highs]), draw)
        self._add(both, label, look, "area")
        return self

    def points(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        low: npt.ArrayLike | None = None,
        high: npt.ArrayLike | None = None,
        across: bool = False,
        joined: bool = False,
        style: int | Style = 0,
        label: str = "",
        size: float = 4.0,
    ) -> Panel:
        """Dots, with error bars from ``low`` to ``high``: along y, or along x if ``across``."""
        xs, ys = _pair(x, y)
        look = _look(style)
        middle = xs if across else ys
        lows = middle if low is None else _pair(middle, low)[1]
        highs = middle if high is None else _pair(middle, high)[1]

        def draw(at: Frame) -> str:
            out = []
            for a, b, lo, hi in zip(xs, ys, lows, highs, strict=True):
                if not (np.isfinite(a) and np.isfinite(b) and at.holds(a, b)):
                    continue
                if hi > lo:
                    out.append(whisker(at, a, b, lo, hi, across=across, colour=look.colour))
                out.append(dot(look, at.across(a), at.down(b), size))
            return "".join(out)

        if joined:
            self.line(xs, ys, style=look, width=1.4)
        kind = "both" if joined else "dot"
        ends = (np.concatenate([lows, highs]), np.concatenate([ys, ys]))
        reach = ends if across else (np.concatenate([xs, xs]), ends[0])
        self._add(Drawn(*reach, draw, clipped=False), label, look, kind)
        return self

    def bars(
        self,
        y: npt.ArrayLike,
        value: npt.ArrayLike,
        *,
        start: float = 0.0,
        thick: float = 0.6,
        style: int | Style = 0,
        label: str = "",
    ) -> Panel:
        """Horizontal bars from ``start`` to ``value``, ``thick`` high in units of the y axis."""
        ys, values = _pair(y, value)
        look = _look(style)

        def draw(at: Frame) -> str:
            out = []
            for b, v in zip(ys, values, strict=True):
                if np.isfinite(v):
                    out.append(box(at, (start, v), (b - thick / 2, b + thick / 2), look.colour, 0.85))
            return "".join(out)

        xs = np.append(values, start)
        self._add(Drawn(xs, np.concatenate([ys - thick, ys + thick]), draw), label, look, "bar")
        return self

    def reference(
        self,
        *,
        x: float | None = None,
        y: float | None = None,
        label: str = "",
        style: int | Style | None = None,
    ) -> Panel:
        """A thin dashed line across the panel at one x or one y, with a word beside it."""
        colour = SOFT if style is None else _look(style).colour
        if (x is None) == (y is None):
            raise ValueError(f"a reference line needs either x or y, got x={x} and y={y}")

        def draw(at: Frame) -> str:
            right, bottom = at.left + at.width, at.top + at.height
            if x is not None:
                h = at.across(x)
                word = words(label, h + 4, at.top + 11, colour=colour, size=10.5, halo=True)
                rule = stroke(h, at.top, h, bottom, colour, width=1.1, dash="4 3")
            else:
                assert y is not None
                v = at.down(y)
                word = words(label, right - 4, v - 4, anchor="end", colour=colour, size=10.5, halo=True)
                rule = stroke(at.left, v, right, v, colour, width=1.1, dash="4 3")
            return rule + word if label else rule

        xs = np.array([] if x is None else [x], dtype=np.float64)
        ys = np.array([] if y is None else [y], dtype=np.float64)
        self._drawn.append(Drawn(xs, ys, draw))
        return self

    def region(
        self,
        *,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        label: str = "",
        colour: str = "#8a8a8a",
        opacity: float = 0.16,
    ) -> Panel:
        """A shaded strip over a range of x or of y (or both): where a number ought to be. ``label`` enters the key."""

        def draw(at: Frame) -> str:
            return box(at, x or at.x, y or at.y, colour, opacity)

        xs, ys = np.array(x or (), dtype=np.float64), np.array(y or (), dtype=np.float64)
        self._add(Drawn(xs, ys, draw), label, Style(colour, "", "square"), "area")
        return self

    def note(
        self,
        x: float,
        y: float,
        text: str,
        *,
        style: int | Style | None = None,
        anchor: Literal["start", "middle", "end"] = "start",
        shift: tuple[float, float] = (0.0, 0.0),
        size: float = 10.5,
    ) -> Panel:
        """Words at a place in the panel, ``shift``-ed by pixels to the right and down."""
        colour = INK if style is None else _look(style).colour

        def draw(at: Frame) -> str:
            return words(
                text,
                at.across(x) + shift[0],
                at.down(y) + shift[1],
                anchor=anchor,
                colour=colour,
                size=size,
                halo=True,
            )

        self._drawn.append(Drawn(np.array([x]), np.array([y]), draw, clipped=False))
        return self

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What the axes span: as asked, or a little more than everything drawn."""
        x = self._x or _span(np.concatenate([d.xs for d in self._drawn] or [np.zeros(0)]), 0.02)
        return x, self._y or _span(np.concatenate([d.ys for d in self._drawn] or [np.zeros(0)]), 0.06)

    def ticks(self, width: float) -> tuple[dict[float, str], dict[float, str]]:
        x, y = self.ranges()
        few, some = max(2, int(width // 52)), max(2, int(self.height // 38))
        return named_ticks(self._x_ticks, x, few), named_ticks(self._y_ticks, y, some)

    def margins(self, wide: float) -> tuple[float, float]:
        """Room for the words left of the axes; and right: names of lines, half the last tick's word."""
        x_ticks, y_ticks = self.ticks(wide)
        widest = max((breadth(word, SIZE) for word in y_ticks.values()), default=0.0)
        last = breadth(x_ticks[max(x_ticks)], SIZE) / 2 if x_ticks else 0.0
        left = widest + 12 + (18 if self.y_label else 0)
        return left, max(14.0, last + 6, self._name_room)

    def draw(self, frame: Frame) -> str:
        x_ticks, y_ticks = self.ticks(frame.width)
        out = [axes(frame, x_ticks, y_ticks, self.title, self.x_label, self.y_label)]
        # A nested <svg> clips without an id, and ids would clash where two charts share a page.
        clip = (
            f'<svg x="{number(frame.left)}" y="{number(frame.top)}" width="{number(frame.width)}"'
            f' height="{number(frame.height)}" viewBox="{number(frame.left)} {number(frame.top)}'
            f' {number(frame.width)} {number(frame.height)}">'
        )
        out += [clip + d.draw(frame) + "</svg>" if d.clipped else d.draw(frame) for d in self._drawn]
        return "\n".join(out)

    def _add(self, drawn: Drawn, label: str, look: Style, kind: str) -> None:
        self._drawn.append(drawn)
        if label and all(label != said for said, _, _ in self._key):
            self._key.append((label, look, kind))


def _pair(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    xs, ys = as_line(x, "x"), as_line(y, "y")
    if len(xs) != len(ys):
        raise ValueError(f"x has {len(xs)} numbers, y has {len(ys)}")
    return xs, ys


def _look(style: int | Style) -> Style:
    return style if isinstance(style, Style) else STYLES[style % len(STYLES)]


def _span(values: Array, more: float) -> tuple[float, float]:
    """From lowest to highest and a little more; something sensible where there is nothing."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    spare = more * (high - low) or 0.5
    return low - spare, high + spare
