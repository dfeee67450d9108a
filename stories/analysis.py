"""What a telling came to: rows in, `synchrony`, one row out, with engine version, seed and digest.

The reveal needs its picture at once, so it is computed in two strokes: `picture` reads the lines and the
score from stored rows when somebody first asks; a job then draws the nulls and completes it. What the row
says of itself decides what is left to do: the same engine and the same digest are never computed twice.
"""

from typing import Literal

import msgspec
import numpy as np
from django.db import transaction

from stories import bulletin, drawing, history, jobs, synchrony, tellings
from stories.material import Material, material
from stories.models import Analysis, Telling
from stories.protocol.phases import About
from stories.protocol.replies import OwnReveal, Picture

Null = synchrony.Null | synchrony.TellerPool

KEY = "complete:"

LATE_MS = 30_000
"""How long samples that came after the picture are gathered, from the first of them, before it is drawn anew."""


def picture(about: About) -> Picture | None:
    """The whole picture of a telling, computed from rows if nobody did yet; None once it is withdrawn."""
    telling = _telling(about.id)
    if telling is None:
        return None
    row = Analysis.objects.filter(telling=telling).first()
    if row is None or row.engine != synchrony.ENGINE:
        row = first_stroke(telling, about)
    if row is None:
        return None
    heard = telling.heard if telling.heard_shared else None
    shown = msgspec.convert(row.picture, Picture)
    return msgspec.structs.replace(shown, heard=heard, progress=_progress(row))


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


def _progress(row: Analysis) -> Literal["comparing", "updated", "stuck"] | None:
    """How far the comparison is, by the rows: there is no third place to keep it."""
    if row.complete:
        return "updated" if row.edition > 1 else None
    if jobs.failed(_key(row.telling_id)):
        return "stuck"
    return "comparing"


def first_stroke(telling: Telling, about: About) -> Analysis | None:
    """Everything the reveal opens with; the nulls follow as a job."""
    row = None
    while row is None and telling.withdrawn_at is None:
        told = material(telling, about)
        score = _room_score(told)
        written = _written(told, drawing.draw(told, score, None, complete=False), score)
        with transaction.atomic():
            row = _keep(told, written, complete=False)
            if row is not None:
                # Together with its row, so that no crash leaves a picture which nobody completes.
                again(telling.pk)
        telling.refresh_from_db()
    return row


def again(telling_id: int) -> bool:
    """Have a telling computed (anew) in the background; False if that must be asked again later."""
    return jobs.enqueue("stories.analysis.complete", telling_id, key=_key(telling_id))


def _key(telling_id: int) -> str:
    return f"{KEY}{telling_id}"


def catch_up(at: int) -> int:
    """Have pictures drawn anew which samples came too late for, half a minute after the first of them.

    What comes meanwhile is in that drawing, too: a phone that hands over a whole story makes one job, and a
    steady trickle one every half minute. Any process may ask, at any time: of those who ask at once one wins.
    """
    due = Telling.objects.filter(
        late_since__lte=at - LATE_MS, withdrawn_at__isnull=True, analysis__isnull=False
    )
    return sum(_catch_up(pk, since) for pk, since in due.values_list("pk", "late_since"))


def _catch_up(telling_id: int, since: int | None) -> bool:
    with transaction.atomic():
        won = Telling.objects.filter(pk=telling_id, late_since=since).update(late_since=None)
        asked = bool(won) and again(telling_id)
        if won and not asked:
            # Its job runs at this very moment, and may have read before they came: the mark stays.
            transaction.set_rollback(True)
    return asked


def complete(telling_id: int) -> None:
    """The job: nulls, marks and the Call's answer, from whatever is stored by now."""
    while True:
        # Before the samples are read: whatever is stored from here on is late again.
        Telling.objects.filter(pk=telling_id, late_since__isnull=False).update(late_since=None)
        telling = (
            Telling.objects.select_related("teller").filter(pk=telling_id, withdrawn_at__isnull=True).first()
        )
        about = telling and history.about(telling.room_id, telling.public_id)
        if not telling or not about or about.ended_at is None:
            return
        told = material(telling, about, others=True)
        if _known(told):
            return
        found = _compared(told)
        written = _written(told, drawing.draw(told, found.room, found.togetherness, complete=True), found)
        if _keep(told, written, complete=True) is not None:
            bulletin.tell(bulletin.RevealNews(room=telling.room_id, telling=telling.public_id))
            return


def _known(told: Material) -> bool:
    """Whether this very engine has completed these very rows."""
    return Analysis.objects.filter(
        telling=told.telling, complete=True, engine=synchrony.ENGINE, digest=told.digest, seed=told.seed
    ).exists()


def _written(
    told: Material, shown: Picture, found: synchrony.RoomScore | synchrony.Report
) -> dict[str, object]:
    """What was computed, as a row holds it: worked out before the transaction, which others wait for."""
    return {
        "engine": synchrony.ENGINE,
        "seed": told.seed,
        "digest": told.digest,
        "picture": msgspec.to_builtins(shown),
        "own": {str(pk): msgspec.to_builtins(seen) for pk, seen in drawing.own(told).items()},
        "report": found.as_json(),
    }


def _keep(told: Material, written: dict[str, object], *, complete: bool) -> Analysis | None:
    """Store what was computed; None if something was taken out of the telling meanwhile.

    Without that look a picture could come back to life with traces somebody has just deleted.
    """
    with transaction.atomic():
        same = Telling.objects.select_for_update().filter(
            pk=told.telling.pk, revision=told.telling.revision, withdrawn_at__isnull=True
        )
        if not same.exists():
            return None
        before = Analysis.objects.filter(telling=told.telling).first()
        if before and before.complete and not complete and before.engine == synchrony.ENGINE:
            # The job was faster: nothing is taken away again.
            return before
        edition = before.edition if before else 1
        if before and before.complete and complete and before.digest != written["digest"]:
            edition += 1
        row, _ = Analysis.objects.update_or_create(
            telling=told.telling, defaults={**written, "complete": complete, "edition": edition}
        )
        return row


def _room_score(told: Material) -> synchrony.RoomScore:
    source: synchrony.Source = told.telling.source
    return synchrony.room_score(told.line, told.listeners, fs=told.fs, source=source, seed=told.seed)


def _compared(told: Material) -> synchrony.Report:
    """Everything that can be said of a telling; of single people only what needs no test."""
    source: synchrony.Source = told.telling.source
    return synchrony.report(
        told.line, told.listeners, fs=told.fs, source=source, null=_null(told), seed=told.seed, persons=False
    )


def _null(told: Material) -> Null | None:
    """Other tellers, by source: what the room would have scored with them is chance."""
    ticks = len(told.line)
    if not np.isfinite(told.line).any():
        return None
    if told.telling.source == "C":
        return synchrony.TellerPool(told.seed, real=list(told.others))
    if not told.taps:
        return None
    if told.telling.source == "A":
        deck = [arc.levels[: len(told.taps)] for arc in synchrony.arc_deck(tellings.ARC_STEPS)]
        return synchrony.redealt_arcs(told.taps, told.levels, deck, fs=told.fs, n=ticks)
    return synchrony.step_tellers(told.taps, told.levels, fs=told.fs, n=ticks, seed=told.seed)
