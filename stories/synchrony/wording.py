"""What numbers may say: the verdict first, its uncertainty beside it, and no name with a grade."""

from __future__ import annotations

from typing import Final

import numpy as np

from .reading import ALPHA, Reason
from .report import Report
from .score import Chance, Fit, Verdict
from .tidy import TELLER, Tidy, count

VERDICTS: Final[dict[Verdict, str]] = {
    "in_step": "In step. When {teller}'s story turned, the room turned with it.",
    "often": "Often in step. The room followed some of {teller}'s turns and missed others.",
    "too_close_to_call": "Too close to call. This could be chance.",
    "own_story": "The room heard a story of its own. People moved together, though not along {teller}'s line.",
}
REASONS: Final[dict[Reason, str]] = {
    "too_short": "less than 30 s in common",
    "low_coverage": "there for less than 70 % of the story",
    "few_moves": "fewer than 3 moves of the hand",
    "constant": "a line that stayed where it was",
    "no_teller_line": "no line from the teller",
    "no_teller_movement": "a teller's line that stayed level",
    "few_listeners": "fewer than 3 listeners",
    "few_stories": "fewer than 5 stories",
    "chance": "not told from chance",
}
NULLS: Final = {
    "pool": "unrelated tellers",
    "redealt_arcs": "other arcs at the same taps",
    "step_tellers": "simulated tellers with as many taps",
}
NEEDED: Final = round(1 / ALPHA) - 1
"""Other tellers below which no p can be .05."""


def words_of(made: Report, teller: str) -> str:
    """The verdict in words, or why there is none."""
    room = made.room
    if room.reason is not None:
        return f"No reading: {REASONS[room.reason]}."
    if room.verdict is None:
        if room.chance is None:
            return "Not judged: there was nothing to hold it against."
        others = count(room.chance.draws, "other teller")
        return f"Not judged: only {others} to hold it against ({NEEDED} are needed)."
    exploratory = (
        " (Exploratory: the turning points were placed after the story.)" if room.exploratory else ""
    )
    name = f"the {teller}" if teller.lower() in TELLER else teller
    return VERDICTS[room.verdict].format(teller=name) + exploratory


def small_print(made: Report) -> str:
    """r, its interval, the lag if there is one to speak of, and the chance band; nothing without a reading."""
    fit, chance, verdict = made.room.fit, made.room.chance, made.room.verdict
    if made.room.reason is not None:
        return ""
    said = f"{number(fit.r)}, likely between {lower(fit.low)} and {upper(fit.high)}"
    if verdict in ("in_step", "often"):
        said += f", {fit.lag_s:.1f} s behind the teller"
    if chance is None or not np.isfinite(chance.band):
        return f"{said}."
    return f"{said}. With 95 of 100 {others_of(chance)}, this room would not pass {number(chance.band)}."


def others_of(chance: Chance) -> str:
    """Who the room was held against."""
    made_up = chance.kind == "pool" and chance.real == 0
    return "simulated tellers" if made_up else NULLS[chance.kind]


def table(told: Tidy, made: Report) -> str:
    """The report as text for a terminal."""
    room = made.room
    whole = f"{told.teller_name} and {count(len(told.names), 'listener')}, {_clock(made.seconds)} at {made.fs:g} Hz"
    out = [
        f"{whole}, source {made.source}, seed {made.seed}, engine {made.engine}",
        f"sha256 {made.digest}",
    ]
    if told.left_out:
        out.append(f"left out, no numbers in: {', '.join(told.left_out)}")
    out += ["", words_of(made, told.teller_name)]
    if room.reason == "few_listeners" and made.persons is None:
        out.append("For one or two listeners there is --persons, which reads each by themselves.")
    if room.reason is None:
        out += [small_print(made), ""]
        out += _columns(
            [
                ("", "r", "95 % interval", "lag", "n_eff"),
                _fit("room, 2-s changes", room.fit),
                _fit("room, levels", room.levels),
            ]
        )
    if room.chance is not None and np.isfinite(room.chance.band):
        of = (
            f"{room.chance.draws} draws, {room.chance.real} of them real"
            if room.chance.real
            else f"{room.chance.draws} draws"
        )
        out.append(
            f"chance band (5 %) {number(room.chance.band)}, p = {room.chance.p:.3g} ({others_of(room.chance)}, {of})"
        )
    out += ["", *_among(made), "", *_listeners(made), ""]
    if made.persons is not None:
        out.append("The highest r at lags 0 to 5 s flatters; p holds it against the same with other tellers.")
        out.append("One story says little about one person: two of them hardly agree.")
    out.append("This describes this room and this story, not any person.")
    return "\n".join(out) + "\n"


def number(value: float) -> str:
    """A correlation to two digits.

    Examples
    --------
    >>> number(0.256), number(-0.5), number(float("nan"))
    ('.26', '−.50', '–')
    """
    if not np.isfinite(value):
        return "–"
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−").replace("0.", ".", 1)


def lower(value: float) -> str:
    """The lower end of an interval, rounded down: what prints as .35 is not below it.

    Examples
    --------
    >>> lower(0.3499), lower(0.35), upper(0.501), upper(-0.129)
    ('.34', '.35', '.51', '−.12')
    """
    near = round(value, 2)
    return number(near - 0.01 if near > value else near)


def upper(value: float) -> str:
    """The upper end of an interval, rounded up."""
    near = round(value, 2)
    return number(near + 0.01 if near < value else near)


def _among(made: Report) -> list[str]:
    isc, together = made.isc, made.togetherness
    out = [
        f"listeners among themselves: r with the others' mean {number(isc.mean)} (median {number(isc.median)}),"
        f" in pairs {number(isc.pairwise_mean)}" + (f", p = {isc.p:.3g}" if np.isfinite(isc.p) else "")
    ]
    if np.isfinite(made.herding.r):
        out.append(
            f"together when they follow (windows of {made.herding.window_s:.0f} s): r {number(made.herding.r)}"
            + (f", p = {made.herding.p:.3g}" if np.isfinite(made.herding.p) else "")
        )
    for name, mark in (("most together", together.together), ("most apart", together.apart)):
        if mark is not None:
            out.append(f"{name}: {_clock(mark.from_s)} to {_clock(mark.to_s)}, p = {mark.p:.3g}")
    if together.together is None and together.apart is None:
        out.append("no single moment stood out")
    return out


def _listeners(made: Report) -> list[str]:
    persons = made.persons
    head: tuple[str, ...] = ("listener", "coverage")
    if persons is not None:
        head = (*head, "highest r", "95 % interval", "lag", "p", "p max-T", "q")
    rows = [(*head, "readable")]
    for i, name in enumerate(made.names):
        why = made.reason[i]
        row = [name, f"{100 * made.coverage[i]:.0f} %"]
        if persons is not None:
            m, test = persons.coupling.changes, persons.test
            lag = f"{m.lag_s[i]:.1f} s" if np.isfinite(m.lag_s[i]) else "–"
            p = [f"{x[i]:.3f}" if np.isfinite(x[i]) else "–" for x in (test.p, test.p_max_t, test.q)]
            row += [number(m.r[i]), _interval(m.low[i], m.high[i]), lag, *p]
        rows.append((*row, "yes" if why is None else f"no: {REASONS[why]}"))
    return _columns(rows)


def _fit(name: str, fit: Fit) -> tuple[str, ...]:
    return name, number(fit.r), _interval(fit.low, fit.high), f"{fit.lag_s:.1f} s", f"{fit.n_eff:.0f}"


def _interval(low: float, high: float) -> str:
    return f"{lower(low)} to {upper(high)}" if np.isfinite(low) else "–"


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
