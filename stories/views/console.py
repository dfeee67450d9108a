"""What the console shows: the room, its people, and the one thing to do next."""

import hmac
from dataclasses import dataclass, field

from django.http import HttpRequest

from stories import content, history, seats
from stories.models import Fact, Participant, Room, Telling
from stories.protocol.codes import REFUSALS
from stories.protocol.phases import REVEAL_STEPS, Lobby, Paused
from stories.protocol.phases import Room as State
from stories.views import addresses

ME = "me"


@dataclass(frozen=True)
class Next:
    """The big button: `kind` picks its words, `action` and `fields` are what it posts; no action, no button."""

    kind: str
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def next_of(state: State, *, listeners: int, warm: bool, story: dict[str, str], mine: bool) -> Next:
    """The one step that moves a room on from where it is."""
    if isinstance(state.phase, Paused):
        return Next("resume", "resume")
    match state.playing.name:
        case "lobby" | "debrief" if listeners < 1:
            return Next("gather")
        case "lobby" if not warm:
            return Next("warmup", "warmup")
        case "lobby" | "warmup" | "debrief":
            return Next("script" if story.get("script") else "card", "prepare", story)
        case "preparing":
            return Next("read" if mine else "ready")
        case "telling":
            return Next("listen")
        case "placing":
            return Next("placing")
        case "settling":
            return Next("reveal", "advance", {"seen": "0"})
        case "reveal":
            step = getattr(state.playing, "step", 1)
            last = step >= len(REVEAL_STEPS)
            return Next("debrief" if last else f"step_{REVEAL_STEPS[step]}", "advance", {"seen": str(step)})
        case _:
            return Next("over")


def context(request: HttpRequest, room: Room, refused: str = "") -> dict[str, object]:
    """Everything the console's template reads, in a handful of queries whatever the room's size."""
    state = history.read(room.pk)
    people = list(Participant.objects.filter(room=room, removed_at__isnull=True).order_by("number"))
    mine = [seat for seat in people if _owns(request, seat)]
    willing = sorted((p for p in people if p.willing_at is not None), key=lambda p: p.willing_at)
    tellings = list(
        Telling.objects.filter(room=room, started_at__isnull=False)
        .select_related("teller")
        .order_by("number")
    )
    about = state.about
    telling = about and Telling.objects.select_related("teller").filter(public_id=about.id).first()
    told = {telling.script for telling in tellings}
    scripts = [{"script": script, "told": script.id in told} for script in content.scripts()]
    listeners = [p for p in people if p.socket and p not in mine]
    tellers = [*[p for p in willing if p not in mine], *mine]
    return {
        "room": room,
        "first_device": hmac.compare_digest(
            room.host_hash, seats.hashed(request.COOKIES.get(f"host_{room.code}", ""))
        ),
        "state": state,
        "phase": state.playing.name,
        "paused": isinstance(state.phase, Paused) and state.phase.reason,
        "step": getattr(state.playing, "step", 0),
        "telling": telling,
        "my_telling": bool(telling and telling.teller in mine),
        "people": people,
        "here": sum(1 for p in people if p.socket),
        "mine": mine,
        "tellers": tellers,
        "next_is_me": not tellers or tellers[0] in mine,
        "next": next_of(
            state,
            listeners=len(listeners),
            warm=bool(tellings) or not isinstance(state.phase, Lobby) or _warmed_up(room),
            story=_story(tellers, scripts, first=not tellings),
            mine=bool(telling and telling.teller in mine),
        ),
        "choosing": state.playing.name in {"lobby", "warmup", "debrief"}
        or (state.playing.name == "reveal" and getattr(state.playing, "step", 0) >= len(REVEAL_STEPS)),
        "scripts": scripts,
        "decks": content.decks(),
        "tellings": tellings,
        "to_look_at": [one for one in tellings if one.ended_at and not _sealed(state, one)],
        "join_url": addresses.join_url(request, room.code),
        "spoken": addresses.spoken(request),
        "refused": refused if refused in REFUSALS else "",
    }


def _owns(request: HttpRequest, seat: Participant) -> bool:
    token = request.COOKIES.get(f"seat_{seat.public_id}", "")
    return bool(token) and hmac.compare_digest(seat.token_hash, seats.hashed(token))


def _sealed(state: State, telling: Telling) -> bool:
    """Whether the room is not through with revealing this one."""
    at_hand = state.about is not None and state.about.id == telling.public_id
    return at_hand and state.playing.name != "debrief"


def _warmed_up(room: Room) -> bool:
    return Fact.objects.filter(room=room, kind="warmup.started").exists()


def _story(tellers: list[Participant], scripts: list[dict], *, first: bool) -> dict[str, str]:
    """What the big button would prepare: the first round is read from a script, later ones begin with a card."""
    teller = tellers[0].public_id if tellers else ME
    fresh = next((one["script"].id for one in scripts if not one["told"]), "")
    if first and fresh:
        return {"teller": ME if not tellers else teller, "script": fresh}
    return {"teller": teller, "deck": content.decks()[0].slug}
