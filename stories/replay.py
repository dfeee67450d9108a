"""What the page of a past telling draws and says: the picture, a table of it, and one sentence."""

from typing import Any

import msgspec

from stories import analysis, history
from stories.models import Telling
from stories.protocol.replies import Picture

TABLE_STEP_S = 5


def page(telling: Telling) -> dict[str, Any] | None:
    """Everything `/r/<id>` needs; None when there is nothing (left) to show."""
    if telling.withdrawn_at is not None or telling.started_at is None or telling.ended_at is None:
        return None
    about = history.about(telling.room_id, telling.public_id)
    picture = about and analysis.picture(about)
    if not picture or about is None:
        return None
    return {
        "telling": telling,
        "picture": picture,
        "picture_json": msgspec.to_builtins(picture),
        "rows": rows(picture),
        "beats": picture.beats or [],
        "peeked": about.peeked,
    }


def rows(picture: Picture) -> list[dict[str, Any]]:
    """The lines as a table, one row every five seconds: for screen readers, and for whoever doubts a curve."""
    step = round(TABLE_STEP_S * picture.rate_hz)
    teller = picture.teller or []
    room = picture.room.line if picture.room else []
    length = max(len(teller), len(room))
    return [
        {
            "at_s": round(i / picture.rate_hz),
            "teller": teller[i] if i < len(teller) else None,
            "room": room[i] if i < len(room) else None,
        }
        for i in range(0, length, step)
    ]
