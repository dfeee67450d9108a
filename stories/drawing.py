"""What a telling's reveal shows: the picture, each listener's private part, and how much of it is open."""

import msgspec
import numpy as np

from stories import content, synchrony, tellings
from stories.material import Material
from stories.protocol.phases import REVEAL_STEPS
from stories.protocol.replies import (
    Band,
    CallResult,
    Mark,
    Moment,
    OwnReveal,
    Picture,
    PictureBeat,
    Score,
)

FEWEST_FOR_BAND = 5
FEWEST_FOR_LINE = 3


def _levels(line: np.ndarray, kept: np.ndarray) -> list[int | None]:
    shown = line[kept]
    silent = np.isnan(shown)
    whole = np.rint(np.where(silent, 0, shown)).astype(int)
    return [None if gone else level for level, gone in zip(whole.tolist(), silent.tolist(), strict=True)]


def _number(value: float, digits: int = 2) -> float | None:
    return None if not np.isfinite(value) else round(float(value), digits)


def draw(
    told: Material, score: synchrony.RoomScore, marks: synchrony.Togetherness | None, *, complete: bool
) -> Picture:
    """The whole picture; until it is complete, what only the nulls can say is pending."""
    telling = told.telling
    people = len(told.participants)
    if score.reason is not None:
        # Where there is no score, nothing stands out either.
        marks = None
    together = _mark(told, marks.together) if marks and people >= FEWEST_FOR_LINE else None
    apart = _mark(told, marks.apart) if marks and people >= FEWEST_FOR_BAND else None
    has_line = bool(np.isfinite(told.line).any())
    return Picture(
        telling=telling.public_id,
        number=telling.number,
        teller_name=telling.teller.name,
        title=telling.title,
        source=telling.source,
        low=telling.low,
        high=telling.high,
        rate_hz=told.fs,
        seconds=round(float(np.count_nonzero(told.kept)) / told.fs, 2),
        teller=_levels(told.line, told.kept) if has_line else None,
        teller_reason=None if has_line else "no_teller_line",
        beats=_beats(told),
        room=_band(told),
        room_reason=None if len(told.participants) >= FEWEST_FOR_LINE else "few_listeners",
        table=[_levels(row, told.kept) for row in told.listeners] if telling.open_table else None,
        together=together,
        apart=apart,
        marks=("some" if together or apart else "none") if complete else "pending",
        call=_call(told, apart),
        score=_score(score, pending=not complete and score.chance is None and score.reason is None),
        replay=telling.replay_id,
        open_play=telling.display == "open",
    )


def _beats(told: Material) -> list[PictureBeat]:
    shown = []
    for beat in told.beats:
        tick = min(beat.tick, len(told.line) - 1)
        level = told.line[tick] if tick >= 0 else np.nan
        shown.append(
            PictureBeat(
                at_s=told.shown_s(beat.tick / told.fs),
                words=beat.words,
                level=beat.level
                if beat.level is not None
                else (None if np.isnan(level) else round(float(level))),
                id=beat.beat,
            )
        )
    return shown


def _band(told: Material) -> Band | None:
    if len(told.participants) < FEWEST_FOR_LINE:
        return None
    seen = synchrony.ribbon(told.listeners)
    wide = len(told.participants) >= FEWEST_FOR_BAND
    return Band(
        line=_levels(seen.median, told.kept),
        low=_levels(seen.low, told.kept) if wide else None,
        high=_levels(seen.high, told.kept) if wide else None,
    )


def _mark(told: Material, mark: synchrony.Mark | None) -> Mark | None:
    return mark and Mark(from_s=told.shown_s(mark.from_s), to_s=told.shown_s(mark.to_s))


def _score(score: synchrony.RoomScore, *, pending: bool) -> Score:
    return Score(
        verdict=score.verdict,
        r=_number(score.fit.r),
        low=_number(score.fit.low),
        high=_number(score.fit.high),
        chance=_number(score.chance.band) if score.chance else None,
        lag_s=_number(score.fit.lag_s, 1),
        listeners=score.listeners,
        reason=score.reason,
        exploratory=score.exploratory,
        pending=pending,
    )


def _call(told: Material, apart: Mark | None) -> CallResult | None:
    """The Call against guessing."""
    choices = told.calls
    if not choices:
        return None
    if told.telling.source == "A":
        answer, options = told.telling.arc, len(tellings.call_choices(told.telling))
        kind = "arc"
    else:
        if apart is None:
            return None
        answer, options = _split_at(told, apart), len(tellings.call_choices(told.telling))
        kind = "beat"
    result = synchrony.call_result(sum(choice == answer for choice in choices), len(choices), options)
    name = tellings.in_words_of(told.telling.room, content.arc(answer).name) if kind == "arc" else answer
    return CallResult(
        kind=kind, right=result.hits, of=result.n, expected=round(result.expected, 1), answer=name
    )


def _split_at(told: Material, apart: Mark) -> str:
    """The choice that names the place where the room was most apart."""
    middle = (apart.from_s + apart.to_s) / 2
    choices = tellings.call_choices(told.telling)
    offered = [b for b in _beats(told) if b.id in choices]
    if offered:
        before = [b for b in offered if b.at_s <= middle] or offered[:1]
        return before[-1].id
    third = int(3 * middle / max(1e-9, np.count_nonzero(told.kept) / told.fs))
    return tellings.THIRDS[min(third, 2)]


def own(told: Material) -> dict[int, OwnReveal]:
    times = [beat.tick / told.fs for beat in told.beats]
    seen = {}
    for participant, row in zip(told.participants, told.listeners, strict=True):
        found = synchrony.moment(told.line, row, times, fs=told.fs)
        moment, reason = None, found.reason
        if reason is None and found.teller_turned is None:
            # Without a line of the teller's nothing true can be said of how it went there.
            reason = "no_teller_line"
        if reason is None:
            words = told.beats[found.beat].words if found.beat is not None else ""
            kind = "turned" if found.teller_turned else "level"
            moment = Moment(kind=kind, at_s=told.shown_s(found.at_s), words=words)
        seen[participant] = OwnReveal(
            line=_levels(row, told.kept), moment=moment, reason=str(reason) if reason else None
        )
    return seen


def opened(whole: Picture, step: int) -> Picture:
    """The picture as far as the host has opened it: the teller's line, the room's, the marks, the score."""
    closed = set(REVEAL_STEPS[step:])
    hidden: dict[str, object] = {}
    if "teller" in closed:
        hidden |= {"teller": None, "beats": None, "call": None}
    if "room" in closed:
        hidden |= {"room": None, "room_reason": None, "table": None}
    if "marks" in closed:
        hidden |= {"together": None, "apart": None, "marks": None, "progress": None}
        if whole.call is not None and whole.call.kind == "beat":
            # Its answer is where the room split.
            hidden |= {"call": None}
    if "score" in closed:
        hidden |= {"score": None, "heard": None, "replay": None}
    return msgspec.structs.replace(whole, **hidden)
