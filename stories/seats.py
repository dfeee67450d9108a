"""Rooms' doors and people's seats: who may come in, and what proves that it is them.

Secrets are 128 random bits in an HttpOnly cookie; the row keeps their SHA-256. A name is a label, never a key.
"""

import hashlib
import hmac
import random
import secrets
import unicodedata
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from stories import bulletin, content, history
from stories.models import Pairing, Participant, Process, Room, RoomKey, SpentCode
from stories.protocol.moves import Open
from stories.protocol.phases import Ended
from stories.protocol.room import Refusal

COLOURS, SHAPES = 8, 6
NAME_LENGTH = 24
PAIRING_MINUTES = 5
GONE_AFTER = timedelta(seconds=8)
_chance = secrets.SystemRandom()


def new_token() -> str:
    """128 bits for a cookie."""
    return secrets.token_urlsafe(16)


def new_id() -> str:
    """An unguessable public name for a row."""
    return secrets.token_hex(10)


def hashed(token: str) -> str:
    """What a row keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_room(language: str = "en", *, rng: random.Random = _chance) -> tuple[Room, str]:
    """A new room with a free code, and the token of its host."""
    token = new_token()
    with transaction.atomic():
        room = Room.objects.create(
            public_id=new_id(), code=_free_code(rng), host_hash=hashed(token), language=language
        )
        history.obey(room.pk, Open())
    room.refresh_from_db()
    return room, token


def _free_code(rng: random.Random) -> str:
    """Six digits no room has now or has had in the last 24 hours."""
    recent = timezone.now() - timedelta(hours=24)
    while True:
        code = f"{rng.randrange(100_000, 1_000_000)}"
        lived = Room.objects.filter(code=code).filter(
            Q(created_at__gte=recent) | Q(ended_at__gte=recent) | Q(ended_at__isnull=True)
        )
        if not lived.exists() and not SpentCode.objects.filter(code=code, spent_at__gte=recent).exists():
            return code


def room_by_code(code: str) -> Room | None:
    """The living room behind a code."""
    return Room.objects.filter(code=code, ended_at__isnull=True).order_by("-created_at").first()


def ended_by_code(code: str) -> Room | None:
    """The room that had this code and ended within the last 24 hours."""
    recent = timezone.now() - timedelta(hours=24)
    return Room.objects.filter(code=code, ended_at__gte=recent).order_by("-ended_at").first()


def holds_room(room: Room, role: str, token: str | None) -> bool:
    """Whether a token opens the console or the stage; the console's token opens both."""
    if not token:
        return False
    if hmac.compare_digest(room.host_hash, hashed(token)):
        return True
    roles = ["host"] if role == "host" else ["host", "stage"]
    return RoomKey.objects.filter(room=room, role__in=roles, token_hash=hashed(token)).exists()


def invite(room: Room, role: str) -> str:
    """A one-time token that lets another device in as `host` or `stage`, for five minutes."""
    token = new_token()
    expires_at = timezone.now() + timedelta(minutes=PAIRING_MINUTES)
    Pairing.objects.create(room=room, role=role, token_hash=hashed(token), expires_at=expires_at)
    return token


def accept(token: str) -> tuple[Room, str, str] | None:
    """Use an invitation up: the room, the role and the new device's own token; None if it is not good."""
    pairing = invitation(token)
    if pairing is None:
        return None
    used = Pairing.objects.filter(pk=pairing.pk, used_at__isnull=True).update(used_at=timezone.now())
    if not used:
        return None
    key = new_token()
    RoomKey.objects.create(room=pairing.room, role=pairing.role, token_hash=hashed(key))
    return pairing.room, pairing.role, key


def invitation(token: str) -> Pairing | None:
    """An invitation that is still good."""
    return (
        Pairing.objects.select_related("room")
        .filter(
            token_hash=hashed(token),
            used_at__isnull=True,
            expires_at__gt=timezone.now(),
            room__ended_at__isnull=True,
        )
        .first()
    )


def suggest_name(room: Room, seed: int | None = None) -> str:
    """A generated name nobody here has; the same seed suggests the same one while it is free."""
    taken = set(Participant.objects.filter(room=room).values_list("name", flat=True))
    rng = random.Random(seed) if seed is not None else _chance
    return content.generate_name(room.language, rng, taken)


def clean_name(text: str) -> str:
    """A name as it may be shown; raises ValueError with a code for what cannot be one."""
    if len(text) > 10 * NAME_LENGTH:
        raise ValueError("name.long")
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in name):
        raise ValueError("name.letters")
    if not name:
        raise ValueError("name.empty")
    if len(name) > NAME_LENGTH:
        raise ValueError("name.long")
    return name


def take_seat(room: Room, *, name: str | None = None, pair: bool = False) -> tuple[Participant, str]:
    """A new seat and its token; raises `Refusal` when the room is ended, locked or full."""
    state = history.read(room.pk)
    if state.version == 0 or isinstance(state.phase, Ended):
        raise Refusal("room.ended")
    if state.locked:
        raise Refusal("room.locked")
    if Participant.objects.filter(room=room, removed_at__isnull=True).count() >= settings.ROOM_LIMIT:
        raise Refusal("room.full")
    token = new_token()
    wanted = name
    for _ in range(50):
        try:
            with transaction.atomic():
                seat = _sit(room, token, wanted or suggest_name(room), pair=pair)
        except IntegrityError:
            # Two people took the same number or name at once; numbers are read anew, names get a neighbour.
            wanted = _neighbour(room, name) if name else None
            continue
        bulletin_tell_roster(room.pk)
        return seat, token
    raise Refusal("room.full")


def next_number(room: Room) -> int:
    """The number the next seat of a room will have."""
    return (Participant.objects.filter(room=room).aggregate(top=Max("number"))["top"] or 0) + 1


def _sit(room: Room, token: str, name: str, *, pair: bool) -> Participant:
    number = next_number(room)
    colour, shape = light(number)
    return Participant.objects.create(
        room=room,
        public_id=new_id(),
        token_hash=hashed(token),
        number=number,
        name=name,
        colour=colour,
        shape=shape,
        pair=pair,
    )


def light(number: int) -> tuple[int, int]:
    """Colour and shape of the n-th seat: eight colours in a row, then the same with the next shapes; 48 in all."""
    rounds, colour = divmod(number - 1, COLOURS)
    return colour, (rounds + colour) % SHAPES


def _neighbour(room: Room, name: str) -> str:
    taken = set(Participant.objects.filter(room=room).values_list("name", flat=True))
    n = 2
    while f"{name[: NAME_LENGTH - 3]} {n}" in taken:
        n += 1
    return f"{name[: NAME_LENGTH - 3]} {n}" if name in taken else name


def seat_of(public_id: str, token: str | None, *, removed: bool = False) -> Participant | None:
    """The seat, if the token owns it; one that was removed only where that is asked for."""
    if not token:
        return None
    seat = Participant.objects.select_related("room").filter(public_id=public_id).first()
    if seat is None or (seat.removed_at is not None and not removed):
        return None
    return seat if hmac.compare_digest(seat.token_hash, hashed(token)) else None


def another_name(seat: Participant) -> Participant:
    """Give a seat another generated name."""
    for _ in range(20):
        try:
            with transaction.atomic():
                seat.name = suggest_name(seat.room)
                seat.save(update_fields=["name"])
        except IntegrityError:
            continue
        break
    bulletin_tell_roster(seat.room_id)
    return seat


def offer(seat: Participant, *, willing: bool, at: int) -> None:
    """Into the queue of tellers, or quietly out of it."""
    willing_at = (seat.willing_at or at) if willing else None
    Participant.objects.filter(pk=seat.pk).update(willing_at=willing_at)
    seat.willing_at = willing_at
    bulletin_tell_roster(seat.room_id)


def remove(seat: Participant) -> None:
    """The host takes somebody out, or they go by themselves; their page is told."""
    Participant.objects.filter(pk=seat.pk).update(removed_at=timezone.now(), willing_at=None, socket="")
    bulletin.tell(bulletin.SeatNews(room=seat.room_id, seat=seat.public_id, removed=True))
    bulletin_tell_roster(seat.room_id)


def bulletin_tell_roster(room_id: int) -> None:
    """Tell console and stage that the list of people changed, once it is committed."""
    transaction.on_commit(lambda: bulletin.tell(bulletin.RosterNews(room=room_id)))


def still_serving(process: str) -> None:
    """A web process says that it is there."""
    Process.objects.update_or_create(id=process, defaults={"seen_at": Now()})


def free_abandoned() -> int:
    """Free the seats whose web process said nothing for a while: it was killed. The number of such processes.

    One that lives all the same loses nothing: its pages claim their seats again.
    """
    gone = Process.objects.filter(seen_at__lt=Now() - GONE_AFTER)
    return sum(_bury(process) for process in gone.values_list("pk", flat=True))


def _bury(process: str) -> bool:
    with transaction.atomic():
        if not Process.objects.filter(pk=process, seen_at__lt=Now() - GONE_AFTER).delete()[0]:
            return False
        held = Participant.objects.filter(socket__startswith=process)
        rooms = set(held.values_list("room_id", flat=True))
        held.update(socket="")
        for room_id in rooms:
            bulletin_tell_roster(room_id)
    return True
