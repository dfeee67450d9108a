"""Two plain ways to set rows beside each other: along time, and line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stories.synchrony.charts import STYLES, Chart

from .study import Row


def over_time(
    chart: Chart,
    rows: Sequence[Row],
    by: Callable[[Row], str],
    names: Sequence[str],
    *,
    title: str,
    y_label: str,
    y: tuple[float, float],
    allowed: tuple[float, float] | None,
) -> None:
    """One more panel: seconds across, and a line for every one of the chart's ``names`` that ``by`` gives."""
    panel = chart.panel(
        title=title,
        x_label="length of the story (s)",
        x_ticks=sorted({row.case["seconds"] for row in rows}),
        y_label=y_label,
        y=y,
        height=180,
    )
    if allowed is not None:
        panel.region(y=allowed, label="target of the sizes that have one", opacity=0.22)
    for i, name in enumerate(names):
        course = sorted((row for row in rows if by(row) == name), key=lambda row: row.case["seconds"])
        panel.points(
            [row.case["seconds"] for row in course],
            [row.value for row in course],
            low=[row.low for row in course],
            high=[row.high for row in course],
            joined=True,
            style=i % len(STYLES),
            label=name,
            size=3.2,
        )


def side_by_side(
    chart: Chart,
    rows: Sequence[Row],
    line: Callable[[Row], str],
    mark: Callable[[Row], str],
    names: Sequence[str],
    *,
    title: str,
    x_label: str,
    allowed: tuple[float, float],
) -> None:
    """One more panel: shares from 0 to 1 across, a line per case, a mark for every one of ``names``."""
    lines = list(dict.fromkeys(map(line, rows)))
    place = {name: len(lines) - 1 - i for i, name in enumerate(lines)}
    panel = chart.panel(
        title=title,
        x=(0, 1.02),
        y=(-0.6, len(lines) - 0.4),
        y_ticks={float(at): name for name, at in place.items()},
        x_label=x_label,
        height=19.0 * len(lines),
    )
    panel.region(x=allowed, label="target", opacity=0.22)
    for i, name in enumerate(names):
        mine = [row for row in rows if mark(row) == name]
        aside = 0.24 * (1 - 2 * i / max(len(names) - 1, 1))
        panel.points(
            [row.value for row in mine],
            [place[line(row)] + aside for row in mine],
            style=i,
            label=name,
            size=3.6,
        )


def rate_said(rate: float) -> str:
    return f"{rate:g}".replace("0.", ".", 1)
