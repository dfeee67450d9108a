"""What a telling came to: rows in, `synchrony`, one row out, with engine version, seed and digest.

The reveal needs its picture at once, so it is computed in two strokes: `picture` reads the lines and the
score from stored rows when somebody first asks; a job then draws the nulls and completes it.
"""

import hashlib
from dataclasses import dataclass

import msgspec
import numpy as np

from stories import bulletin, content, history, jobs, synchrony, tellings, traces
from stories.models import Analysis, Beat, Call, Participant, Telling
from stories.protocol.phases import REVEAL_STEPS, About
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


@dataclass(frozen=True)
class Material:
    """A telling as the engine sees it: the teller's line and the listeners' traces on one grid.

    `line` has shape (ticks,), `listeners` (participants, ticks), both NaN where silent or paused; `kept`
    says which ticks displays show. `taps` and `levels` are the line's steps for sources A and B.
    """

    telling: Telling
    about: About
    fs: float
    line: np.ndarray
    listeners: np.ndarray
    participants: list[int]
    kept: np.ndarray
    beats: list[Beat]
    taps: list[float]
    levels: list[float]

    @property
    def seed(self) -> int:
        return int(self.telling.public_id[:8], 16) % (2**31)

    @property
    def digest(self) -> str:
        whole = hashlib.sha256(np.nan_to_num(self.line, nan=-1).tobytes())
        whole.update(np.nan_to_num(self.listeners, nan=-1).astype("<i2").tobytes())
        return whole.hexdigest()

    def shown_s(self, at_s: float) -> float:
        """A time on the grid as seconds of the story, with pauses cut out."""
        tick = min(int(at_s * self.fs), len(self.kept))
        return round(float(at_s * self.fs - np.count_nonzero(~self.kept[:tick])) / self.fs, 2)


def material(telling: Telling, about: About) -> Material:
    """Read a telling's rows into arrays."""
    grid = traces.grid(telling, about)
    ticks = grid.traces.shape[1]
    beats = list(Beat.objects.filter(telling=telling).order_by("tick", "beat"))
    taps, levels = _steps(telling, beats, about.rate_hz)
    if telling.source == "C":
        own = grid.of(telling.teller_id)
        line = np.full(ticks, np.nan) if own is None else own.copy()
    elif taps:
        line = synchrony.teller_line(taps, levels, fs=about.rate_hz, n=ticks)
    else:
        line = np.full(ticks, np.nan)
    line[grid.paused] = np.nan
    heard = Participant.objects.filter(pk__in=grid.rows, witness=False, removed_at__isnull=True)
    known = set(heard.exclude(pk=telling.teller_id).values_list("pk", flat=True))
    rows = [i for i, participant in enumerate(grid.rows) if participant in known]
    return Material(
        telling=telling,
        about=about,
        fs=float(about.rate_hz),
        line=line,
        listeners=grid.traces[rows],
        participants=[grid.rows[i] for i in rows],
        kept=~grid.paused,
        beats=beats,
        taps=taps,
        levels=levels,
    )


def _steps(telling: Telling, beats: list[Beat], rate_hz: int) -> tuple[list[float], list[float]]:
    """When the teller's line turns and what it then holds, for sources A and B."""
    if telling.source == "A":
        turns = [b for b in beats if b.turn]
        pairs = list(zip(turns, telling.arc_levels, strict=False))
    elif telling.source == "B":
        pairs = [(b, b.level) for b in beats if b.level is not None]
    else:
        pairs = []
    return [b.tick / rate_hz for b, _ in pairs], [float(level) for _, level in pairs]


# -- the two strokes ----------------------------------------------------------------------------------


def picture(about: About) -> Picture | None:
    """The whole picture of a telling, computed from rows if nobody did yet; None once it is withdrawn."""
    telling = _telling(about.id)
    if telling is None:
        return None
    row = Analysis.objects.filter(telling=telling).first() or first_stroke(telling, about)
    return _with_heard(msgspec.convert(row.picture, Picture), telling)


def own(about: About) -> dict[int, OwnReveal]:
    """What each listener privately sees, by participant id."""
    row = Analysis.objects.filter(telling__public_id=about.id, telling__withdrawn_at__isnull=True).first()
    if row is None:
        return {}
    return {int(pk): msgspec.convert(seen, OwnReveal) for pk, seen in row.own.items()}


def _telling(public_id: str) -> Telling | None:
    return (
        Telling.objects.select_related("teller")
        .filter(public_id=public_id, withdrawn_at__isnull=True)
        .first()
    )


def _with_heard(shown: Picture, telling: Telling) -> Picture:
    heard = telling.heard if telling.heard_shared else None
    return msgspec.structs.replace(shown, heard=heard)


def first_stroke(telling: Telling, about: About) -> Analysis:
    """Everything the reveal opens with; the nulls follow as a job."""
    told = material(telling, about)
    score = _room_score(told, judged=False)
    row = _keep(told, _picture(told, score, None), score, complete=False)
    again(telling.pk)
    return row


def again(telling_id: int) -> bool:
    """Have a telling computed (anew) in the background; False if that must be asked again later."""
    return jobs.enqueue("stories.analysis.complete", telling_id, key=f"complete:{telling_id}")


def complete(telling_id: int) -> None:
    """The job: nulls, marks and the Call's answer, from whatever is stored by now."""
    telling = (
        Telling.objects.select_related("teller").filter(pk=telling_id, withdrawn_at__isnull=True).first()
    )
    about = telling and history.about(telling.room_id, telling.public_id)
    if not telling or about is None or about.ended_at is None:
        return
    told = material(telling, about)
    score = _room_score(told, judged=True)
    together = None
    if len(told.participants) >= FEWEST_FOR_LINE:
        together = synchrony.togetherness(told.line, told.listeners, fs=told.fs, seed=told.seed)
    _keep(told, _picture(told, score, together), score, complete=True)
    bulletin.tell(bulletin.RevealNews(room=telling.room_id, telling=telling.public_id))


def _keep(told: Material, shown: Picture, score: synchrony.RoomScore, *, complete: bool) -> Analysis:
    row, _ = Analysis.objects.update_or_create(
        telling=told.telling,
        defaults={
            "engine": synchrony.ENGINE,
            "seed": told.seed,
            "digest": told.digest,
            "complete": complete,
            "picture": msgspec.to_builtins(shown),
            "own": {str(pk): msgspec.to_builtins(seen) for pk, seen in _own(told).items()},
            "report": score.as_json(),
        },
    )
    return row


def _room_score(told: Material, *, judged: bool) -> synchrony.RoomScore:
    null = _null(told) if judged and np.isfinite(told.line).any() else None
    source: synchrony.Source = told.telling.source
    return synchrony.room_score(
        told.line, told.listeners, fs=told.fs, source=source, null=null, seed=told.seed
    )


def _null(told: Material) -> synchrony.Null | synchrony.TellerPool | None:
    """Other tellers, by source: what the room would have scored with them is chance."""
    ticks = len(told.line)
    if told.telling.source == "C":
        return synchrony.TellerPool(told.seed, real=_other_tellers(told))
    if not told.taps:
        return None
    if told.telling.source == "A":
        deck = [arc.levels[: len(told.taps)] for arc in synchrony.arc_deck(tellings.ARC_STEPS)]
        return synchrony.redealt_arcs(told.taps, told.levels, deck, fs=told.fs, n=ticks)
    return synchrony.step_tellers(told.taps, told.levels, fs=told.fs, n=ticks, seed=told.seed)


def _other_tellers(told: Material) -> list[np.ndarray]:
    """The live dials of the room's other tellers: mismatched tellings."""
    lines = []
    others = Telling.objects.filter(room=told.telling.room, source="C", ended_at__isnull=False)
    for other in others.exclude(pk=told.telling.pk).exclude(withdrawn_at__isnull=False)[:20]:
        about = history.about(other.room_id, other.public_id)
        line = about and traces.grid(other, about).of(other.teller_id)
        if line is not None:
            lines.append(line)
    return lines


# -- what is drawn --------------------------------------------------------------------------------------


def _levels(line: np.ndarray, kept: np.ndarray) -> list[int | None]:
    return [None if np.isnan(v) else round(float(v)) for v in line[kept]]


def _number(value: float, digits: int = 2) -> float | None:
    return None if not np.isfinite(value) else round(float(value), digits)


def _picture(told: Material, score: synchrony.RoomScore, marks: synchrony.Togetherness | None) -> Picture:
    telling = told.telling
    together = _mark(told, marks.together) if marks else None
    apart = _mark(told, marks.apart) if marks and len(told.participants) >= FEWEST_FOR_BAND else None
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
        marks="pending"
        if marks is None and score.chance is None
        else ("some" if together or apart else "none"),
        call=_call(told, apart),
        score=_score(score, pending=score.chance is None and score.reason is None),
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
    """The Call against guessing; the teller's own call is not counted."""
    calls = Call.objects.filter(telling=told.telling).exclude(participant_id=told.telling.teller_id)
    choices = list(calls.values_list("choice", flat=True))
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
    name = content.arc(answer).name if kind == "arc" else answer
    return CallResult(
        kind=kind, right=result.hits, of=result.n, expected=round(result.expected, 1), answer=name
    )


def _split_at(told: Material, apart: Mark) -> str:
    """The choice that names the place where the room was most apart."""
    middle = (apart.from_s + apart.to_s) / 2
    worded = [b for b in _beats(told) if b.words]
    if len(worded) >= tellings.FEWEST_WORDED:
        before = [b for b in worded if b.at_s <= middle] or worded[:1]
        return before[-1].id
    third = int(3 * middle / max(1e-9, np.count_nonzero(told.kept) / told.fs))
    return tellings.THIRDS[min(third, 2)]


def _own(told: Material) -> dict[int, OwnReveal]:
    times = [beat.tick / told.fs for beat in told.beats]
    seen = {}
    for participant, row in zip(told.participants, told.listeners, strict=True):
        found = synchrony.moment(told.line, row, times, fs=told.fs)
        moment = None
        if found.reason is None:
            words = told.beats[found.beat].words if found.beat is not None else ""
            kind = "turned" if found.teller_turned else "level"
            moment = Moment(kind=kind, at_s=told.shown_s(found.at_s), words=words)
        seen[participant] = OwnReveal(
            line=_levels(row, told.kept), moment=moment, reason=str(found.reason) if found.reason else None
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
        hidden |= {"together": None, "apart": None, "marks": None}
    if "score" in closed:
        hidden |= {"score": None, "heard": None, "replay": None}
    return msgspec.structs.replace(whole, **hidden)
