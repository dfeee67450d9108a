"""What a telling came to: rows in, `synchrony`, one row out, with engine version, seed and digest.

The reveal needs its picture at once, so it is computed in two strokes: `picture` reads the lines and the
score from stored rows when somebody first asks; a job then draws the nulls and completes it.
"""

import msgspec
import numpy as np
from django.db import transaction

from stories import bulletin, drawing, history, jobs, synchrony, tellings, traces
from stories.material import Material, material
from stories.models import Analysis, Telling
from stories.protocol.phases import About
from stories.protocol.replies import OwnReveal, Picture

USUAL_LAG_S = 1.5
"""How late a hand usually is (known-signal tracking, Booth and others: 1.1 to 2.3 s)."""


def picture(about: About) -> Picture | None:
    """The whole picture of a telling, computed from rows if nobody did yet; None once it is withdrawn."""
    telling = _telling(about.id)
    if telling is None:
        return None
    row = Analysis.objects.filter(telling=telling).first() or first_stroke(telling, about)
    return _with_heard(msgspec.convert(row.picture, Picture), telling) if row else None


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


def first_stroke(telling: Telling, about: About) -> Analysis | None:
    """Everything the reveal opens with; the nulls follow as a job."""
    row = None
    while row is None and telling.withdrawn_at is None:
        told = material(telling, about)
        score = _room_score(told, judged=False)
        row = _keep(told, drawing.draw(told, score, None, complete=False), score, complete=False)
        telling.refresh_from_db()
    again(telling.pk)
    return row


def again(telling_id: int) -> bool:
    """Have a telling computed (anew) in the background; False if that must be asked again later."""
    return jobs.enqueue("stories.analysis.complete", telling_id, key=f"complete:{telling_id}")


def complete(telling_id: int) -> None:
    """The job: nulls, marks and the Call's answer, from whatever is stored by now."""
    while True:
        telling = (
            Telling.objects.select_related("teller").filter(pk=telling_id, withdrawn_at__isnull=True).first()
        )
        about = telling and history.about(telling.room_id, telling.public_id)
        if not telling or not about or about.ended_at is None:
            return
        told = material(telling, about)
        score = _room_score(told, judged=True)
        together = None
        if len(told.participants) >= drawing.FEWEST_FOR_LINE and score.reason is None:
            lag_s = score.fit.lag_s if score.reason is None else USUAL_LAG_S
            together = synchrony.togetherness(
                told.line, told.listeners, fs=told.fs, seed=told.seed, lag_s=lag_s
            )
        shown = drawing.draw(told, score, together, complete=True)
        if _keep(told, shown, score, complete=True) is not None:
            bulletin.tell(bulletin.RevealNews(room=telling.room_id, telling=telling.public_id))
            return


def _keep(told: Material, shown: Picture, score: synchrony.RoomScore, *, complete: bool) -> Analysis | None:
    """Store what was computed; None if something was taken out of the telling meanwhile.

    Without that look a picture could come back to life with traces somebody has just deleted.
    """
    with transaction.atomic():
        same = Telling.objects.select_for_update().filter(
            pk=told.telling.pk, revision=told.telling.revision, withdrawn_at__isnull=True
        )
        if not same.exists():
            return None
        row, _ = Analysis.objects.update_or_create(
            telling=told.telling,
            defaults={
                "engine": synchrony.ENGINE,
                "seed": told.seed,
                "digest": told.digest,
                "complete": complete,
                "picture": msgspec.to_builtins(shown),
                "own": {str(pk): msgspec.to_builtins(seen) for pk, seen in drawing.own(told).items()},
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
