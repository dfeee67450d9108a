"""What everyone may know of a room: small whatever its size, and without a secret in it."""

from stories.protocol.phases import Ended, Lobby, Paused, Room, due_at
from stories.protocol.replies import PublicRoom, PublicTelling


def public(
    room: Room,
    *,
    teller_name: str = "",
    title: str = "",
    low: str = "",
    high: str = "",
    calls: tuple[str, ...] = (),
) -> PublicRoom:
    """The public state; the words come from rows, which facts do not hold."""
    playing = room.playing
    paused = room.phase if isinstance(room.phase, Paused) else None
    about = room.about
    telling = None
    if about is not None:
        telling = PublicTelling(
            id=about.id,
            number=about.number,
            teller=about.teller,
            teller_name=teller_name,
            source=about.source,
            mode=about.mode,
            title=title,
            low=low,
            high=high,
            calls=calls,
            rate_hz=about.rate_hz,
            started_at=about.started_at,
            ended_at=about.ended_at,
        )
    return PublicRoom(
        version=room.version,
        phase=playing.name,
        paused=paused.reason if paused else None,
        paused_at=paused.since if paused else None,
        since=None if isinstance(playing, Lobby | Ended) else getattr(playing, "since", None),
        ends_at=due_at(room) if paused is None else (paused.ends_at or getattr(playing, "ends_at", None)),
        step=getattr(playing, "step", 0),
        locked=room.locked,
        display=room.display,
        open_table=room.open_table,
        told=room.told,
        telling=telling,
    )
