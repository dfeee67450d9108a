"""The telling as one picture: the teller's line, the room's, and what could be chance."""

from __future__ import annotations

import numpy as np

from .charts import Chart, Style
from .report import Report
from .signals import Array
from .tidy import Tidy
from .together import ribbon
from .units import squarable
from .wording import others_of, small_print, words_of

WIDTH = 760.0
TELLER, ROOM = Style("#d55e00", "", "disc"), Style("#0072b2", "7 3", "square")


def portrait(told: Tidy, made: Report) -> str:
    """Lines, marks and chance, as the text of an SVG file.

    Everybody on the teller's scale is drawn as it is; where the room uses another, each line is
    drawn on its own (z-scores), which changes no correlation.
    """
    verdict, small = words_of(made, told.teller_name), small_print(made)
    chart = Chart(verdict, width=WIDTH, note=small, describe=f"{verdict} {small}".strip())
    _lines(chart, told, made)
    if made.room.chance is not None:
        _chance(chart, made)
    return chart.svg()


def _lines(chart: Chart, told: Tidy, made: Report) -> None:
    seconds = told.starts_s + np.arange(len(told.teller)) / told.fs
    teller, rows, scale = _one_scale(told)
    shown = ribbon(rows) if len(rows) else ribbon(np.full((1, len(teller)), np.nan))
    panel = chart.panel(x_label="time (s)", y_label=scale, height=240)
    together = made.togetherness
    for mark, name, colour in (
        (together.together, "most together", "#009e73"),
        (together.apart, "most apart", "#cc79a7"),
    ):
        if mark is not None:
            panel.region(
                x=(told.starts_s + mark.from_s, told.starts_s + mark.to_s), label=name, colour=colour
            )
    if np.isfinite(shown.low).any():
        panel.band(seconds, shown.low, shown.high, style=ROOM, label="middle half of the room")
    if np.isfinite(shown.median).any():
        panel.line(seconds, shown.median, style=ROOM, label="the room's median")
    panel.line(seconds, teller, style=TELLER, label=told.teller_name, width=2.2)


def _chance(chart: Chart, made: Report) -> None:
    fit, chance = made.room.fit, made.room.chance
    assert chance is not None
    left = np.floor(10 * min(-0.2, fit.low)) / 10
    panel = chart.panel(
        x=(left, 1.0),
        y=(-0.6, 0.6),
        y_ticks={0.0: "room"},
        x_label="r with the teller, 2-s changes",
        height=46,
    )
    if np.isfinite(chance.band):
        panel.region(x=(left, chance.band), label=f"{others_of(chance)} stay here (95 %)")
    panel.points([fit.r], [0.0], low=[fit.low], high=[fit.high], across=True, style=ROOM, size=5)


def _one_scale(told: Tidy) -> tuple[Array, Array, str]:
    """Teller and listeners as they are if they share a scale, else each on its own."""
    rows = told.listeners
    here, known = rows[np.isfinite(rows)], told.teller[np.isfinite(told.teller)]
    if not (len(here) and len(known)) or 0.2 < float(np.ptp(known)) / max(float(np.ptp(here)), 1e-300) < 5:
        return told.teller, rows, "rating"
    return _own(told.teller[None])[0], _own(rows), "own scale (SD)"


def _own(rows: Array) -> Array:
    rows = squarable(rows)
    here = np.isfinite(rows)
    n = np.maximum(here.sum(axis=1, keepdims=True), 1)
    about = rows - np.where(here, rows, 0.0).sum(axis=1, keepdims=True) / n
    spread = np.sqrt(np.where(here, about * about, 0.0).sum(axis=1, keepdims=True) / n)
    own: Array = about / np.where(spread > 0, spread, 1.0)
    return own
