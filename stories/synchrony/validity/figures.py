"""How a number is written: with the digits it has earned, and no others."""

from __future__ import annotations

from typing import Any, Final

from .study import Row

WORDS: Final = {
    "white": "white", "ou5": "OU 5 s", "ou30": "OU 30 s", "slider": "slider", "trend": "trend", "walk": "walk",
    "pearson": "Pearson", "pearson_best_lag": "best lag", "pearson_n_eff": "N_eff", "phase": "phase",
    "circular": "circular", "segments": "segments", "detrended_circular": "straightened",
    "phase_changes": "phase, changes", "circular_changes": "circular, changes", "ours": "**ours**",
}  # fmt: skip


def said(row: Row, value: float | None = None) -> str:
    """A value of a row, by default the measured one, in the digits of its measure.

    A live score is a whole number, 0 to 100. Lags lie on a grid of a quarter of a second.
    """
    value = row.value if value is None else value
    if row.measure.startswith("live score") and value == value:
        return f"{value:.0f}"
    return figure(value, 2 if "(s)" in row.measure else 3)


def target(row: Row) -> str:
    """What was wanted, nothing where nothing was."""
    low, high = row.at_least, row.at_most
    if low is not None and high is not None:
        return f"{said(row, low)} to {said(row, high)}"
    if low is not None:
        return f"≥ {said(row, low)}"
    return "" if high is None else f"≤ {said(row, high)}"


def interval(row: Row) -> str:
    """The interval of a row's value, nothing where it has none."""
    known = row.low == row.low and row.high == row.high
    return f"{said(row, row.low)} to {said(row, row.high)}" if known else ""


def figure(value: float, places: int = 3) -> str:
    """A number as the field writes it: .053, -.21, 1.50, 17.

    Examples
    --------
    >>> [figure(v) for v in (0.0534, -0.2, 1.5, 17.0, float("nan"))]
    ['.053', '-.200', '1.50', '17', '–']
    """
    if value != value:
        return "–"
    if abs(value) >= 10:
        return f"{value:.0f}"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.{places}f}".replace("0.", ".", 1)


def word(value: Any) -> str:
    """A part of a case as it stands in a table."""
    if isinstance(value, float):
        return f"{value:g}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:g}"
    return WORDS.get(str(value), str(value))
