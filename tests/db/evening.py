"""One room in the database and everybody in it: Cleo hosts, Ana tells, Ben and Eli listen."""

from collections.abc import Callable, Sequence
from typing import Any

from stories import history, models, seats, tellings, traces
from stories.clock import now_ms
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol.phases import About
from stories.protocol.phases import Room as State
from stories.protocol.room import Refusal

BEGIN = moves.Begin(by="teller")
DONE = moves.Finish(by="teller")
NEXT = moves.Advance()


def refusal_of(work: Callable[[], object]) -> str | None:
    """The code something is refused with; None if it is not."""
    try:
        work()
    except Refusal as refusal:
        return refusal.code
    return None


class Evening:
    """A room whose clock is set by hand: `start` is when stories begin, everything else is said relative to it."""

    def __init__(self, *names: str) -> None:
        self.row, self.host_token = seats.open_room()
        self.start = now_ms()
        self.people: dict[str, models.Participant] = {}
        self.tokens: dict[str, str] = {}
        for name in names:
            self.sit(name)

    def sit(self, name: str, *, here: bool = True) -> models.Participant:
        """Somebody takes a seat, with an open page or without."""
        seat, token = seats.take_seat(self.row, name=name)
        # Whoever sits here came before any story of this evening's own clock.
        models.Participant.objects.filter(pk=seat.pk).update(joined_at=0)
        if here:
            models.Participant.objects.filter(pk=seat.pk).update(socket=f"page-of-{name}")
        seat.refresh_from_db()
        self.people[name], self.tokens[name] = seat, token
        return seat

    def __getitem__(self, name: str) -> models.Participant:
        return self.people[name]

    @property
    def state(self) -> State:
        return history.read(self.row.pk)

    @property
    def about(self) -> About:
        assert self.state.about is not None
        return self.state.about

    def at(self, seconds: float) -> int:
        """Server time, so many seconds after stories begin here."""
        return self.start + round(seconds * 1000)

    def obey(self, move: moves.Command, seconds: float = 0) -> history.Obeyed:
        """A move at a time."""
        return history.obey(self.row.pk, move, at=self.at(seconds))

    def prepare(self, teller: str = "Ana", **wish: Any) -> models.Telling:
        """The next story is Ana's, told by live dial."""
        return tellings.prepare(self.row, teller=self[teller], **{"source": "C", **wish})

    def begin(self, **wish: Any) -> models.Telling:
        """A story that begins at second 0."""
        telling = self.prepare(**wish)
        self.obey(BEGIN)
        telling.refresh_from_db()
        return telling

    def told(self, seconds: float = 60, **wish: Any) -> models.Telling:
        """A story that is over after so many seconds."""
        telling = self.begin(**wish)
        self.obey(DONE, seconds)
        telling.refresh_from_db()
        return telling

    def open_reveal(self, steps: int, seconds: float = 90) -> None:
        """The host opens so many parts of the reveal."""
        for _ in range(steps):
            self.obey(NEXT, seconds)

    def feel(
        self,
        telling: models.Telling,
        name: str,
        values: Sequence[int | None],
        first_tick: int = 0,
        run: str = "run",
        seq: int = 0,
        received: float = 0,
    ) -> traces.Entry:
        """A chunk of what somebody felt, stored."""
        entry = self.entry(telling, name, values, first_tick, run, seq, received)
        assert traces.store([entry]) == {entry.key: "stored"}
        return entry

    def entry(
        self,
        telling: models.Telling,
        name: str,
        values: Sequence[int | None],
        first_tick: int = 0,
        run: str = "run",
        seq: int = 0,
        received: float = 0,
    ) -> traces.Entry:
        """A chunk on its way, received so many seconds after the story began."""
        return traces.Entry(
            telling=telling.pk,
            participant=self[name].pk,
            run=run,
            seq=seq,
            first_tick=first_tick,
            samples=traces.pack(values),
            received_at=self.at(received),
        )

    def mark(self, telling: models.Telling, beat: str, tick: int, **more: Any) -> None:
        """Ana taps, or says a line."""
        wish = c.BeatMark(telling=telling.public_id, beat=beat, tick=tick, **more)
        tellings.mark_beat(self["Ana"], wish, at=self.at(3600))

    def call(self, telling: models.Telling, name: str, choice: str) -> None:
        """Somebody's Call."""
        tellings.make_call(self[name], c.CallMake(telling=telling.public_id, choice=choice))
