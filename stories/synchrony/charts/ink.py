"""Ink on paper: the strokes, dots and words that a chart is made of, as SVG text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import numpy as np

from stories.synchrony.signals import Array

PAPER: Final = "#ffffff"
INK: Final = "#1f1f1f"
SOFT: Final = "#595959"
GRID: Final = "#e4e4e4"
FONT: Final = "system-ui, sans-serif"
SIZE: Final = 11.5
"""Of most words, in pixels."""

Shape = Literal["disc", "square", "up", "diamond", "cross", "down", "ring"]


@dataclass(frozen=True)
class Style:
    """One thing in all its appearances: told apart by colour, and without colour by dash and shape."""

    colour: str
    dash: str
    shape: Shape


STYLES: Final = (
    Style("#0072b2", "", "disc"),
    Style("#d55e00", "7 3", "square"),
    Style("#009e73", "2 2.5", "up"),
    Style("#cc79a7", "9 3 2 3", "diamond"),
    Style("#000000", "", "ring"),
    Style("#e69f00", "12 4", "down"),
    Style("#56b4e9", "4 2", "cross"),
)
"""The palette of Okabe and Ito (2008), which colour-blind people can tell apart."""


@dataclass(frozen=True)
class Frame:
    """Where a panel's numbers come to lie on paper."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        return self.left + (value - self.x[0]) / (self.x[1] - self.x[0]) * self.width

    def down(self, value: float) -> float:
        return self.top + (self.y[1] - value) / (self.y[1] - self.y[0]) * self.height

    def holds(self, x: float, y: float) -> bool:
        slack = 0.5
        return (
            self.left - slack <= self.across(x) <= self.left + self.width + slack
            and self.top - slack <= self.down(y) <= self.top + self.height + slack
        )


def number(value: float) -> str:
    """A number of pixels to a hundredth: enough for the eye, and the same on every machine."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def said(text: str) -> str:
    """Text as XML holds it; what XML may not hold is left out."""
    return escape("".join(c for c in text if c >= " " or c in "\t\n"), quote=True)


def breadth(text: str, size: float) -> float:
    """About how wide words come out, without asking a font: that of a wide one."""
    thin, thick = sum(c in "iljtfrI.,:;|'()[] " for c in text), sum(c in "mwMW@%" for c in text)
    return size * (0.62 * len(text) - 0.26 * thin + 0.3 * thick)


def wrap(text: str, room: float, size: float) -> list[str]:
    """Words in rows no wider than ``room``, if a word alone is not."""
    rows: list[str] = []
    for word in text.split():
        if rows and breadth(f"{rows[-1]} {word}", size) <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def words(
    text: str,
    x: float,
    y: float,
    *,
    anchor: Literal["start", "middle", "end"] = "start",
    colour: str = INK,
    size: float = SIZE,
    weight: int = 400,
    turned: bool = False,
    halo: bool = False,
) -> str:
    """One row of text with its baseline at y; ``turned`` reads upwards, a ``halo`` lifts it off lines."""
    at = f'x="{number(x)}" y="{number(y)}"'
    turn = f' transform="rotate(-90 {number(x)} {number(y)})"' if turned else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    bold = "" if weight == 400 else f' font-weight="{weight}"'
    big = "" if size == SIZE else f' font-size="{number(size)}"'
    edge = f' stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"' if halo else ""
    return f'<text {at} fill="{colour}"{side}{bold}{big}{edge}{turn}>{said(text)}</text>'


def runs(at: Frame, xs: Array, ys: Array) -> list[Array]:
    """Pixels of each unbroken stretch, shape (points, 2)."""
    known = np.isfinite(xs) & np.isfinite(ys)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    px = at.left + (xs - at.x[0]) / (at.x[1] - at.x[0]) * at.width
    py = at.top + (at.y[1] - ys) / (at.y[1] - at.y[0]) * at.height
    both = np.stack([px, py], axis=1)
    return [both[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def path(points: Array, *, thin: bool = True) -> str:
    """Move and line commands; a held level needs only its two ends."""
    kept = np.round(points, 2)
    if thin and len(kept) > 2:
        level = (kept[1:-1, 1] == kept[:-2, 1]) & (kept[1:-1, 1] == kept[2:, 1])
        kept = kept[np.concatenate([[True], ~level, [True]])]
    if len(kept) == 1:
        # A stroke of no length shows nothing: one lone sample becomes a tick a pixel long.
        kept = np.array([kept[0] - (0.5, 0), kept[0] + (0.5, 0)])
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in kept)


def box(at: Frame, x: tuple[float, float], y: tuple[float, float], colour: str, opacity: float) -> str:
    left, right = sorted((at.across(x[0]), at.across(x[1])))
    top, bottom = sorted((at.down(y[0]), at.down(y[1])))
    return (
        f'<rect x="{number(left)}" y="{number(top)}" width="{number(right - left)}"'
        f' height="{number(bottom - top)}" fill="{colour}" fill-opacity="{number(opacity)}"/>'
    )


def stroke(
    x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1.0, dash: str = ""
) -> str:
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
        f' stroke="{colour}" stroke-width="{number(width)}"{broken}/>'
    )


def dot(look: Style, x: float, y: float, size: float) -> str:
    """A mark in the style's own shape, on a thin edge of paper so that it stands out of lines."""
    r = size
    if look.shape in ("disc", "ring"):
        fill, edge = (look.colour, PAPER) if look.shape == "disc" else (PAPER, look.colour)
        width = 0.8 if look.shape == "disc" else 1.5
        return (
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(r)}" fill="{fill}"'
            f' stroke="{edge}" stroke-width="{number(width)}"/>'
        )
    if look.shape == "cross":
        d = 0.8 * r
        arms = f"M{number(x - d)} {number(y - d)}l{number(2 * d)} {number(2 * d)}"
        arms += f"m0 {number(-2 * d)}l{number(-2 * d)} {number(2 * d)}"
        return f'<path d="{arms}" stroke="{look.colour}" stroke-width="2" fill="none"/>'
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "up": ((0.0, -1.15), (1.1, 0.8), (-1.1, 0.8)),
        "down": ((0.0, 1.15), (1.1, -0.8), (-1.1, -0.8)),
        "diamond": ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
    }[look.shape]
    at = "L".join(f"{number(x + r * a)} {number(y + r * b)}" for a, b in corners)
    return f'<path d="M{at}Z" fill="{look.colour}" stroke="{PAPER}" stroke-width="0.8"/>'


def whisker(at: Frame, x: float, y: float, low: float, high: float, *, across: bool, colour: str) -> str:
    """An error bar with small feet, cut off at the frame."""
    if across:
        a, b = (min(max(at.across(v), at.left), at.left + at.width) for v in (low, high))
        c = at.down(y)
        d = f"M{number(a)} {number(c)}H{number(b)}"
        d += "".join(f"M{number(v)} {number(c - 3)}v6" for v in (a, b))
    else:
        a, b = (min(max(at.down(v), at.top), at.top + at.height) for v in (low, high))
        c = at.across(x)
        d = f"M{number(c)} {number(a)}V{number(b)}"
        d += "".join(f"M{number(c - 3)} {number(v)}h6" for v in (a, b))
    return f'<path d="{d}" stroke="{colour}" stroke-width="1.2" fill="none"/>'
