"""The tables. What happened is facts; what people are called, say and feel is rows, so it can be withdrawn."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stories.clock import now_ms


class Room(models.Model):
    """A door with a code. `version` counts its facts; `phase` and `due_at` mirror them for queries."""

    public_id = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=6, db_index=True)
    host_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=16, default="lobby")
    due_at = models.BigIntegerField(null=True, blank=True, help_text=_("server milliseconds"))
    language = models.CharField(max_length=8, default="en")
    free_names = models.BooleanField(default=False)
    screen = models.CharField(max_length=12, default="both")
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"]), models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"room {self.pk}"


class SpentCode(models.Model):
    """The code of a deleted room: nobody's old link may open a stranger's room within a day."""

    code = models.CharField(max_length=6, db_index=True)
    spent_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"spent code {self.pk}"


class Fact(models.Model):
    """Something that happened to a room, exactly as `protocol.facts` wrote it."""

    pk = models.CompositePrimaryKey("room_id", "version")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="facts")
    version = models.PositiveIntegerField()
    at = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    schema = models.PositiveSmallIntegerField(default=1)
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.version} {self.kind}"


class RoomKey(models.Model):
    """A cookie that opens a room's console or stage on one device; only its hash is kept."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="keys")
    role = models.CharField(max_length=8)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.role} of {self.room_id}"


class Pairing(models.Model):
    """A one-time invitation of another device, good for five minutes."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="pairings")
    role = models.CharField(max_length=8)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"pairing {self.pk}"


class Participant(models.Model):
    """One person's seat in one room: pseudonymous, owned by whoever holds its token."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="participants")
    public_id = models.CharField(max_length=32, unique=True)
    token_hash = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=24)
    colour = models.PositiveSmallIntegerField()
    shape = models.PositiveSmallIntegerField()
    witness = models.BooleanField(default=False)
    pair = models.BooleanField(default=False)
    willing_at = models.BigIntegerField(null=True, blank=True)
    socket = models.CharField(max_length=32, blank=True, help_text=_("the newest page, empty when none"))
    joined_at = models.BigIntegerField(default=now_ms, help_text=_("server milliseconds"))
    removed_at = models.DateTimeField(null=True, blank=True)
    took_back_at = models.BigIntegerField(
        null=True, blank=True, help_text=_("server milliseconds: nothing felt before is taken in any more")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "number"], name="one_number_per_seat"),
            models.UniqueConstraint(fields=["room", "name"], name="one_name_per_seat"),
        ]

    def __str__(self) -> str:
        return f"seat {self.number}"


class Telling(models.Model):
    """One story told once by one teller to one room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="tellings")
    public_id = models.CharField(max_length=32, unique=True)
    replay_id = models.CharField(max_length=32, unique=True)
    teller = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="tellings")
    number = models.PositiveIntegerField()
    source = models.CharField(max_length=1)
    mode = models.CharField(max_length=8)
    display = models.CharField(max_length=8, default="sealed")
    open_table = models.BooleanField(default=False)
    rate_hz = models.PositiveSmallIntegerField(default=4)
    title = models.CharField(max_length=140, blank=True)
    script = models.CharField(max_length=40, blank=True)
    deck = models.CharField(max_length=40, blank=True)
    card = models.CharField(max_length=40, blank=True)
    arc = models.CharField(max_length=20, blank=True)
    arc_levels = models.JSONField(default=list)
    low = models.CharField(max_length=40, blank=True)
    high = models.CharField(max_length=40, blank=True)
    started_at = models.BigIntegerField(null=True, blank=True)
    ended_at = models.BigIntegerField(null=True, blank=True)
    heard = models.PositiveSmallIntegerField(null=True, blank=True)
    heard_shared = models.BooleanField(default=False)
    kept = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0, help_text=_("counts what was taken out of it"))
    late_since = models.BigIntegerField(
        null=True, blank=True, help_text=_("server milliseconds: samples came that no picture has yet")
    )
    compacted_at = models.DateTimeField(null=True, blank=True, help_text=_("its chunks were made fewer rows"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("late_since", condition=models.Q(late_since__isnull=False), name="late_tellings"),
            models.Index("ended_at", condition=models.Q(compacted_at__isnull=True), name="loose_tellings"),
        ]

    def __str__(self) -> str:
        return f"telling {self.number} of room {self.room_id}"


class Line(models.Model):
    """A prepared line of a telling, with its speaker note."""

    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=280)
    notes = models.CharField(max_length=280, blank=True)
    turn = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["telling", "position"], name="one_line_per_position")]

    def __str__(self) -> str:
        return f"line {self.position}"


class Beat(models.Model):
    """A turning point the teller marked, or a line of narration; `level` once it is placed."""

    pk = models.CompositePrimaryKey("telling_id", "beat")
    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="beats")
    beat = models.CharField(max_length=32)
    tick = models.PositiveIntegerField()
    turn = models.BooleanField(default=True)
    line = models.PositiveSmallIntegerField(null=True, blank=True)
    words = models.CharField(max_length=280, blank=True)
    level = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["tick", "beat"]

    def __str__(self) -> str:
        return f"beat at {self.tick}"


class Chunk(models.Model):
    """Consecutive samples of one trace from one page load: int16 little-endian, -1 where silent.

    A row is what a client sent in one second, or, once its story is settled, many of those that follow each other.
    """

    pk = models.CompositePrimaryKey("telling_id", "participant_id", "run", "seq")
    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="chunks")
    run = models.CharField(max_length=32)
    seq = models.PositiveIntegerField()
    first_tick = models.PositiveIntegerField()
    samples = models.BinaryField()
    received_at = models.BigIntegerField()
    holds = models.PositiveIntegerField(
        default=1, db_default=1, help_text=_("how many chunks of the client's")
    )

    def __str__(self) -> str:
        return f"chunk {self.seq} of run {self.run}"


class Closure(models.Model):
    """What a client said a run had: completeness is `chunks == stored`."""

    pk = models.CompositePrimaryKey("telling_id", "participant_id", "run")
    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="closures", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="closures")
    run = models.CharField(max_length=32)
    chunks = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"closure of run {self.run}"


class Call(models.Model):
    """What one listener called before anything was shown."""

    pk = models.CompositePrimaryKey("telling_id", "participant_id")
    telling = models.ForeignKey(Telling, on_delete=models.CASCADE, related_name="calls", db_index=False)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="calls")
    choice = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"call {self.choice}"


class Analysis(models.Model):
    """What was computed from a telling, with engine version, seed and a digest of its data."""

    telling = models.OneToOneField(Telling, on_delete=models.CASCADE, related_name="analysis")
    engine = models.CharField(max_length=20)
    seed = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    complete = models.BooleanField(default=False)
    # The database knows the first of them: while a release is replaced the old one writes rows without it.
    edition = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("how often it was completed, each time from other rows")
    )
    picture = models.JSONField()
    own = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"analysis of telling {self.telling_id}"


class Job(models.Model):
    """Background work as a row, so that a crash loses nothing."""

    task = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=8, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    alive_at = models.DateTimeField(null=True, blank=True, help_text=_("the last sign of life while it runs"))
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.task} {self.state}"


class Process(models.Model):
    """A web process that said lately, by the database's clock, that it serves; its sockets begin with its id."""

    id = models.CharField(max_length=16, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"process {self.id}"
