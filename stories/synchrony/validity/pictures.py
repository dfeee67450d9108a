"""The argument in pictures: who cries wolf, who finds what is there, and how sure one may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from stories.synchrony.charts import INK, STYLES, Chart, Style

from .plots import over_time, rate_said, side_by_side
from .study import Row

METHODS: Final = {
    "pearson": "Pearson’s p",
    "pearson_best_lag": "… at the best lag",
    "pearson_n_eff": "… with effective N",
    "phase": "phase randomised",
    "circular": "circular shifts",
    "segments": "segments shuffled",
    "detrended_circular": "straightened, circular",
    "phase_changes": "changes, phase",
    "circular_changes": "changes, circular",
    "ours": "changes, pool (ours)",
}
KINDS: Final = {
    "white": "white noise",
    "ou5": "OU 5 s",
    "ou30": "OU 30 s",
    "slider": "slider",
    "trend": "trend",
    "walk": "random walk",
}
NARROW: Final = 500.0
"""Pixels: on a phone a picture shrinks to two thirds, and its words must still be read."""
FLOOR: Final = 0.01
RATES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
ALLOWED: Final = (0.035, 0.065)


def false_positives(rows: Sequence[Row], who: str) -> Chart | None:
    """One panel per length, one line per method, one mark per kind of driver; a logarithmic rate."""
    rows = [row for row in rows if row.study == "textbook" and row.case["who"] == who]
    if not rows:
        return None
    whose = "one listener" if who == "listener" else "the median line of a room"
    chart = Chart(
        f"How often a teller and {whose} with nothing in common are called coupled",
        width=NARROW,
        describe=(
            "False-positive rates at a nominal .05, on a logarithmic axis, for ten methods, six kinds of"
            " driver and three lengths. Pearson's p lies between .3 and 1 on everything but white noise;"
            " surrogates of levels fail on trends; changes against a pool stay near .05."
        ),
    )
    methods = [name for name in METHODS if any(row.case["method"] == name for row in rows)]
    place = {name: len(methods) - 1 - i for i, name in enumerate(methods)}
    kinds = [kind for kind in KINDS if any(row.case["kind"] == kind for row in rows)]
    for seconds in sorted({row.case["seconds"] for row in rows}):
        panel = chart.panel(
            title=f"{seconds:g} s",
            x=(np.log10(FLOOR) - 0.03, 0.03),
            y=(-0.6, len(methods) - 0.4),
            x_ticks={
                float(np.log10(rate)): ("≤ " if rate == FLOOR else "") + rate_said(rate) for rate in RATES
            },
            y_ticks={float(at): METHODS[name] for name, at in place.items()},
            x_label="false-positive rate at a nominal .05",
            height=19.0 * len(methods),
        )
        panel.region(
            x=(float(np.log10(ALLOWED[0])), float(np.log10(ALLOWED[1]))), label=".035 to .065", opacity=0.3
        )
        if "ours" in place:
            panel.region(y=(place["ours"] - 0.5, place["ours"] + 0.5), colour=STYLES[0].colour, opacity=0.1)
        for i, kind in enumerate(kinds):
            mine = [row for row in rows if row.case["kind"] == kind and row.case["seconds"] == seconds]
            aside = 0.3 * (1 - 2 * i / max(len(kinds) - 1, 1))
            panel.points(
                [float(np.log10(max(row.value, FLOOR))) for row in mine],
                [place[row.case["method"]] + aside for row in mine],
                style=i,
                label=KINDS[kind],
                size=3.2,
            )
    return chart


HANDS: Final = {
    "follows .8": "follows at r .8",
    "follows .5": "follows at r .5",
    "stranger": "follows another story",
    "wiggle": "bot: wiggles",
    "periodic": "bot: swings",
    "copying": "bot: copies another crowd",
}


def live(rows: Sequence[Row]) -> Chart | None:
    """The live score over time: the middle half of listeners, the 95th percentile of everybody else."""
    rows = [row for row in rows if row.study == "bots" and row.measure.startswith("live score")]
    if not rows:
        return None
    chart = Chart(
        "Live scores of hands that listen, and of others",
        width=NARROW,
        describe=(
            "Live score from 0 to 100 over five minutes. Listeners who follow stay high; the 95th"
            " percentile of strangers and bots falls as evidence grows."
        ),
    )
    panel = chart.panel(
        x_label="time told (s)",
        y_label="live score",
        y=(0, 100),
        x_ticks=[60, 120, 180, 240, 300],
        height=260,
    )
    for i, (hand, said) in enumerate(HANDS.items()):
        listens = hand.startswith("follows")
        middle = _course(rows, hand, "live score, " + ("median" if listens else "95th percentile"))
        if listens:
            low, high = (
                _course(rows, hand, f"live score, {q}") for q in ("5th percentile", "95th percentile")
            )
            panel.band(low[0], low[1], high[1], style=i, opacity=0.13)
        panel.points(
            *middle, joined=True, style=i, label=said + (", 5–95 %" if listens else ", 95 %"), size=3.4
        )
    limits = Style(INK, "", "square")
    panel.line(
        [110, 130, 130, 290, 300], [35, 35, np.nan, 20, 20], style=limits, label="a bot’s limit", width=3
    )
    return chart


def _course(rows: Sequence[Row], hand: str, measure: str) -> tuple[list[float], list[float]]:
    mine = [row for row in rows if row.case["hand"] == hand and row.measure == measure]
    mine.sort(key=lambda row: row.case["seconds"])
    return [row.case["seconds"] for row in mine], [row.value for row in mine]


def power(rows: Sequence[Row]) -> Chart | None:
    """Dials of one kind: how power grows with time, with listeners, and with how closely they follow."""
    mine = [row for row in _ours(rows) if row.case["source"] == "C" and row.case.get("kind") == "ou30"]
    return _power(
        sorted(mine, key=lambda row: -row.case["r"]),
        "Rooms that follow a dial (OU 30 s): how often found",
        "listeners",
        lambda row: f"r {rate_said(row.case['r'])}",
    )


def power_taps(rows: Sequence[Row]) -> Chart | None:
    """Dealt arcs and placed beats, of which a story has only four to eight."""
    mine = [row for row in _ours(rows) if row.case["source"] in "AB"]
    return _power(mine, "Rooms that follow taps: how often found", "source", _size)


def _power(mine: Sequence[Row], title: str, panels: str, by: Callable[[Row], str]) -> Chart | None:
    if not mine:
        return None
    chart = Chart(
        title, width=NARROW, describe=f"{title}: shares of simulated rooms over the length of the story."
    )
    names = {"A": "dealt arcs (A)", "B": "placed beats (B)"}
    for part in sorted({row.case[panels] for row in mine}):
        those = [row for row in mine if row.case[panels] == part]
        aims = [row.at_least for row in those if row.at_least is not None]
        over_time(
            chart,
            those,
            by,
            list(dict.fromkeys(map(by, mine))),
            title=names.get(part, f"{part} listeners"),
            y_label="beyond chance",
            y=(0, 1.03),
            allowed=(min(aims), 1.03) if aims else None,
        )
    return chart


def measures(rows: Sequence[Row]) -> Chart | None:
    """Our reading beside the median line's changes and levels, at the two sizes with a target."""
    rows = [row for row in rows if row.study == "power" and row.case["source"] == "C"]
    sizes = {(12, 0.3, 120): 0.9, (5, 0.5, 90): 0.8}
    mine = {at: [row for row in rows if _at(row) == at] for at in sizes}
    if not any(mine.values()):
        return None
    chart = Chart(
        "What to read of a room: power of three measures",
        width=NARROW,
        describe="Power of the mean of scaled changes, of the median line's changes and of its levels, by kind of teller.",
    )
    for (listeners, r, seconds), least in sizes.items():
        side_by_side(
            chart,
            mine[listeners, r, seconds],
            lambda row: KINDS.get(row.case["kind"], row.case["kind"]),
            lambda row: str(row.case["method"]),
            list(dict.fromkeys(str(row.case["method"]) for row in rows)),
            title=f"{listeners} listeners, r {rate_said(r)}, {seconds} s",
            x_label="beyond chance",
            allowed=(least, 1.02),
        )
    return chart


def lag(rows: Sequence[Row]) -> Chart | None:
    """How far the reported lag is from the true one."""
    rows = [row for row in rows if row.study == "lag"]
    if not rows:
        return None
    title = "How far the reported lag is off"
    chart = Chart(
        title, width=NARROW, describe=f"{title}: median absolute error in seconds over the story's length."
    )
    known = [end for row in rows for end in (row.value, row.high) if end == end]
    for who in dict.fromkeys(row.case["who"] for row in rows):
        over_time(
            chart,
            [row for row in rows if row.case["who"] == who],
            _told,
            list(dict.fromkeys(map(_told, rows))),
            title=f"one {who}",
            y_label="median error (s)",
            y=(0, max(0.6, 1.05 * max(known))),
            allowed=(0, 0.5),
        )
    return chart


def coverage(rows: Sequence[Row]) -> Chart | None:
    """How often a 95 % interval holds the truth, by two ways of counting samples."""
    rows = [row for row in rows if row.study == "coverage" and row.case["seconds"] == 300]
    if not rows:
        return None
    chart = Chart(
        "How often a 95 % interval holds the true correlation, after 300 s",
        width=NARROW,
        describe="Intervals that count every sample are far too narrow; those with an effective N hold the truth.",
    )
    for who in dict.fromkeys(row.case["who"] for row in rows):
        side_by_side(
            chart,
            [row for row in rows if row.case["who"] == who],
            _told,
            _interval,
            list(dict.fromkeys(map(_interval, rows))),
            title=f"one {who}",
            x_label="share of intervals that hold it",
            allowed=(0.9, 1.02),
        )
    return chart


def _ours(rows: Sequence[Row]) -> list[Row]:
    return [
        row
        for row in rows
        if row.study == "power" and row.case.get("method") == "ours" and row.case["listeners"] > 1
    ]


def _at(row: Row) -> tuple[Any, ...]:
    return row.case["listeners"], row.case["r"], row.case["seconds"]


def _told(row: Row) -> str:
    return f"{KINDS[row.case['kind']]}, r {rate_said(row.case['r'])}"


def _interval(row: Row) -> str:
    # A room is read on changes alone.
    return ("changes, " if row.case["who"] == "room" else "") + str(row.case["interval"])


def _size(row: Row) -> str:
    return f"{row.case['listeners']} listeners, r {rate_said(row.case['r'])}"


PICTURES: Final[dict[str, tuple[str, Callable[[Sequence[Row]], Chart | None]]]] = {
    "false_positives": (
        "False-positive rates by method, for one listener",
        lambda rows: false_positives(rows, "listener"),
    ),
    "false_positives_room": (
        "False-positive rates by method, for a room's median line",
        lambda rows: false_positives(rows, "room"),
    ),
    "power": ("How often a room that follows a dial is found", power),
    "power_taps": ("How often a room that follows taps is found", power_taps),
    "measures": ("Power of three measures of a room", measures),
    "lag": ("How far the reported lag is off", lag),
    "coverage": ("How often a 95 % interval holds the truth", coverage),
    "live": ("The live score of bots and listeners over time", live),
}


def draw(name: str, rows: Sequence[Row]) -> str | None:
    """One picture as SVG, or None if the rows for it are missing."""
    chart = PICTURES[name][1](rows)
    return None if chart is None else chart.svg()
