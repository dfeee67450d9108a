"""Evenings told move by move: `told((0, opened), (5, prepared()), …)` is the room they lead to."""

from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.moves import Command
from stories.protocol.phases import Room
from stories.protocol.room import Refusal, decide, evolve

ANA, BEN, TELLING = "ana", "ben", "the-telling"
Moment = tuple[int, Command]

opened = moves.Open()
begun = moves.Begin(by="teller")
breath = moves.Pause(by="listener")
resumed = moves.Resume(by="teller")
done = moves.Finish(by="teller")
placed = moves.EndPlacing(by="teller")
onward = moves.Advance()
due = moves.Due(by="server")
gone = moves.TellerGone(by="server")


def prepared(**wish: object) -> moves.Prepare:
    """Ana gets a story of two minutes; Ben is there to listen."""
    usual = {"telling": TELLING, "teller": ANA, "source": "C", "mode": "spoken", "listeners": 1}
    return moves.Prepare(**{**usual, **wish})


def happened(*said: Moment, after: Room | None = None) -> list[f.AnyFact]:
    """The facts that follow when somebody says something at these times; raises what is refused."""
    room, facts = after or Room(), []
    for at, command in said:
        for fact in decide(room, command, at):
            facts.append(fact)
            room = evolve(room, fact)
    return facts


def told(*said: Moment, after: Room | None = None) -> Room:
    """The room after that."""
    room = after or Room()
    for fact in happened(*said, after=room):
        room = evolve(room, fact)
    return room


def refusal(room: Room, at: int, command: Command) -> str | None:
    """Why the rules say no; None if they do not."""
    try:
        decide(room, command, at)
    except Refusal as refused:
        return refused.code
    return None


def running(*rest: Moment, **wish: object) -> Room:
    """A story that began at 1000, and what was said afterwards."""
    return told((0, opened), (10, prepared(**wish)), (1000, begun), *rest)
