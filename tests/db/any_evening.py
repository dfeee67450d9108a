"""A room in the database to which anything may happen in any order, and a plain model of what must be true of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from django.db import OperationalError, connection

from stories import history, models, retention, traces
from stories.live import rooms
from stories.live.peer import Peer
from stories.live.rooms import LiveRoom
from stories.protocol.codes import REFUSALS
from stories.protocol.phases import REVEAL_STEPS, Debrief, Reveal, due_at
from stories.protocol.room import Refusal
from tests.db.evening import Evening, refusal_of

# A level says whose it is: its hundreds are the number of the seat.
BAND = 100
MOST_PEOPLE = 9
SECRETS = {"arc", "arc_key", "card", "lines", "beats", "heard"}
HOURS_3 = 3 * 3600 * 1000


async def nowhere(_: object) -> None:
    """Frames stay in the page's queue, where the test reads them."""


@dataclass
class Process:
    """One web process: what it read of the room, when it did, and what it told its pages."""

    room: LiveRoom
    newest: dict[str, int] = field(default_factory=dict)

    def open(self, evening: Evening, name: str = "", role: str = "player") -> None:
        """A page that has had its welcome."""
        peer = Peer(
            id=f"{role} {name}",
            role=role,  # type: ignore[arg-type]
            room=evening.row.pk,
            write=nowhere,
            close=nowhere,
            seat=evening[name] if name else None,
            greeted=True,
        )
        self.room.peers[peer.id] = peer

    def look(self) -> None:
        """Read the room anew and tell; each frame is held against what may be told to whom now."""
        reading = rooms.read(self.room.id, self.room.state.version)
        assert reading is not None
        self.room.apply(reading)
        for peer in self.room.peers.values():
            while peer._queue:
                self._check(peer, msgspec.json.decode(peer._queue.popleft()), reading.state.playing)

    def _check(self, peer: Peer, frame: dict, playing: object) -> None:
        step = playing.step if isinstance(playing, Reveal | Debrief) else 0
        match frame["type"]:
            case "room.changed":
                version = frame["room"]["version"]
                assert version >= self.newest.get(peer.id, 0)
                self.newest[peer.id] = version
            case "reveal.shown":
                assert frame["step"] == step > 0
                assert [part for part in REVEAL_STEPS[step:] if part in frame["picture"]] == []
            case "you.changed":
                self._check_own(peer, frame["you"], step)
            case other:
                raise AssertionError(f"nobody asked for {other}")

    def _check_own(self, peer: Peer, you: dict, step: int) -> None:
        assert peer.seat is not None
        if you.get("part") != "teller":
            assert {secret for secret in SECRETS if you.get(secret)} == set()
        own = you.get("own")
        assert own is None or step >= REVEAL_STEPS.index("room") + 1
        whose = {level // BAND for level in (own or {}).get("line", []) if level is not None}
        assert whose <= {peer.seat.number}


Felt = dict[traces.Key, tuple[int, bytes]]


class AnyEvening(Evening):
    """The room, its clock, two processes that look at it, and what was acked of whom."""

    def __init__(self) -> None:
        super().__init__("Ana", "Ben", "Eli")
        # Preparing is dated by the real clock, which the evening's own must not overtake.
        self.start -= HOURS_3
        self.now_s = 0.0
        self.acked: Felt = {}
        self.underway: list[traces.Entry] = []
        self.tellings: list[models.Telling] = []
        self.version = 0
        self.took_back_at: dict[int, int] = {}
        self.processes = [self._process(), self._process()]

    def _process(self) -> Process:
        process = Process(LiveRoom(self.row.pk))
        for role in ("host", "stage"):
            process.open(self, role=role)
        for name in self.people:
            process.open(self, name)
        return process

    def replaced(self, number: int) -> None:
        """A process is killed and another takes its pages over."""
        self.processes[number] = self._process()

    def joins(self, name: str) -> None:
        self.sit(name)
        for process in self.processes:
            process.open(self, name)

    def refused(self, work: Callable[[], object]) -> str | None:
        """Do it: None, or the code it was refused with, which must be one of those that clients know."""
        code = refusal_of(work)
        assert code is None or code in REFUSALS
        return code

    def broken(self, work: Callable[[], object], at: int) -> bool:
        """Do it while the database fails at its statement number `at`; whether it failed."""
        count = 0

        def fails(execute, sql, params, many, context):
            nonlocal count
            if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
                count += 1
                if count > at:
                    raise OperationalError("the database is away")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(fails):
            try:
                work()
            except (OperationalError, Refusal):
                return count > at
        return False

    # -- samples ------------------------------------------------------------------------------------------

    def feels(self, name: str, run: str, seq: int, first: int, length: int) -> None:
        """A chunk is cut; it is on its way from now on, until its ack is heard."""
        base = BAND * self[name].number
        levels = [base + (first + i) % BAND for i in range(length)]
        entry = self.entry(self.tellings[-1], name, levels, first, run=run, seq=seq, received=self.now_s)
        self.underway.append(entry)

    def delivers(self, batch: list[traces.Entry], *, heard: bool) -> None:
        """Some of what is on its way arrives; whether the acks do is another matter."""
        verdicts = traces.store(batch)
        for entry in batch:
            welcome = self.welcome(entry)
            assert verdicts[entry.key] == ("stored" if welcome else "not_sampled")
            if welcome:
                self.acked[entry.key] = entry.content
        if heard:
            self.underway = [entry for entry in self.underway if entry.key not in verdicts]

    def welcome(self, entry: traces.Entry) -> bool:
        """Whether nobody has taken back what it says: neither the teller the story nor the listener their traces."""
        telling = models.Telling.objects.get(pk=entry.telling)
        felt_at = telling.started_at + entry.first_tick * 1000 // telling.rate_hz
        return telling.withdrawn_at is None and felt_at >= self.took_back_at.get(entry.participant, 0)

    def forgets(self, name: str) -> None:
        """Somebody deletes what they felt; a phone of theirs may hold some of it still."""
        at, mine = self.at(self.now_s), self[name].pk
        retention.forget_traces(self[name], at=at)
        self.took_back_at[mine] = at
        self.acked = {key: content for key, content in self.acked.items() if key[1] != mine}

    def takes_back(self, telling: models.Telling) -> None:
        """The teller withdraws a story."""
        retention.withdraw(telling)
        self.acked = {key: content for key, content in self.acked.items() if key[0] != telling.pk}

    # -- what must be true --------------------------------------------------------------------------------

    def stored(self) -> Felt:
        """Every row of the room's traces."""
        rows = models.Chunk.objects.filter(telling__room=self.row).values_list(
            "telling_id", "participant_id", "run", "seq", "first_tick", "samples"
        )
        return {(t, p, run, seq): (first, bytes(packed)) for t, p, run, seq, first, packed in rows}

    def assert_in_order(self) -> None:
        """The row says what the facts make, and no version is lost, given twice or taken back."""
        row = models.Room.objects.get(pk=self.row.pk)
        versions = list(
            models.Fact.objects.filter(room=row).order_by("version").values_list("version", flat=True)
        )
        state = history.read(row.pk)
        assert versions == list(range(1, row.version + 1))
        assert (row.version, row.phase, row.due_at) == (state.version, state.phase.name, due_at(state))
        assert row.version >= self.version
        self.version = row.version
        running = models.Telling.objects.filter(room=row, started_at__isnull=False, ended_at=None)
        now = state.playing.name == "telling" and state.about
        assert [telling.public_id for telling in running] == ([now.id] if now else [])

    def assert_as_felt(self) -> None:
        """Exactly what was acked is stored, and where page loads overlap the newest of them holds."""
        assert self.stored() == self.acked
        for telling in self.tellings:
            about = history.about(self.row.pk, telling.public_id)
            if about is None or about.started_at is None:
                continue
            grid = traces.grid(telling, about, at=self.at(self.now_s))
            for participant in {key[1] for key in self.acked if key[0] == telling.pk}:
                line = grid.of(participant)
                assert line is not None
                told = [None if level != level else int(level) for level in line]
                assert told == self._by_hand(telling.pk, participant, len(told), grid.paused.tolist())

    def _by_hand(self, telling: int, participant: int, ticks: int, paused: list[bool]) -> list[int | None]:
        mine = [(k, *c) for k, c in self.acked.items() if k[:2] == (telling, participant)]
        begun = {run: min(first for k, first, _ in mine if k[2] == run) for run in {k[2] for k, *_ in mine}}
        line: list[int | None] = [None] * ticks
        for _, first, packed in sorted(mine, key=lambda one: (begun[one[0][2]], one[1])):
            for i, level in enumerate(traces.unpack(packed).tolist()):
                if first + i < ticks:
                    line[first + i] = level
        return [None if cut else level for level, cut in zip(line, paused, strict=True)]
