"""The reveal from stored rows, and the job behind it: what a telling of five minutes costs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from stories import analysis, clock, history, seats, synchrony, tellings, traces
from stories.management.bench.report import Row
from stories.models import Analysis, Participant, Telling
from stories.people import thumbs
from stories.protocol import moves
from stories.protocol.phases import About

PEOPLE = 30
SECONDS = 300
FS = 4
AGAIN = 7
CHUNK = FS


def measure() -> list[Row]:
    """The reveal and its chance level, for thirty listeners and five minutes."""
    with _own_database():
        told = {source: _tell(source) for source in ("A", "C")}
        reveal = max(_reveal_ms(telling, about) for telling, about in told.values())
        null = {
            source: _seconds(lambda t=telling: analysis.complete(t.pk))
            for source, (telling, _) in told.items()
        }
    size = f"{PEOPLE} listeners x {SECONDS * FS} ticks"
    return [
        Row(
            id="reveal_ms",
            value=round(reveal, 1),
            unit="ms",
            limit=300,
            note=f"{size} from rows, slower of A and C",
        ),
        Row(
            id="null_A_s",
            value=round(null["A"], 2),
            unit="s",
            limit=3,
            note=f"the job alone, source A, {size}",
        ),
        Row(
            id="null_C_s",
            value=round(null["C"], 2),
            unit="s",
            limit=3,
            note=f"the job alone, source C, {size}",
        ),
    ]


@contextmanager
def _own_database() -> Iterator[None]:
    """A database of one's own: the one this machine plays with is not touched, and no job runs beside us."""
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    before = connection.settings_dict["NAME"]
    with TemporaryDirectory(prefix="mirror-bench-") as folder:
        connection.close()
        connection.settings_dict["NAME"] = Path(folder) / "bench.sqlite3"
        try:
            call_command("migrate", verbosity=0, interactive=False)
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before


def _tell(source: str) -> tuple[Telling, About]:
    """A telling of five minutes with all its rows, as the recorder would have written them."""
    room, _ = seats.open_room()
    people = [seats.take_seat(room)[0] for _ in range(PEOPLE + 1)]
    Participant.objects.filter(room=room).update(socket="here")
    teller, *listeners = people
    telling = tellings.prepare(room, teller=teller, source=source, duration_s=SECONDS)
    began = clock.now_ms()
    history.obey(room.pk, moves.Begin(by="teller"), at=began)
    telling.refresh_from_db()
    course = _course(telling, began, teller)
    rng = np.random.default_rng(7)
    felt = [thumbs.listener(course, fs=FS, coupling=0.6, lag_s=1.5, rng=rng) for _ in listeners]
    hands = dict(zip([p.pk for p in listeners], felt, strict=True))
    if source == "C":
        hands[teller.pk] = course
    for participant, line in hands.items():
        traces.store(_chunks(telling.pk, participant, line, began))
    history.obey(room.pk, moves.Finish(by="teller"), at=began + SECONDS * 1000)
    telling.refresh_from_db()
    about = history.about(room.pk, telling.public_id)
    if about is None:
        raise RuntimeError(f"telling {telling.public_id} has no facts")
    return telling, about


def _course(telling: Telling, began: int, teller: Participant) -> np.ndarray:
    """How the teller felt: a free course, or the dealt arc with its taps as beats."""
    if telling.source == "C":
        return thumbs.course(SECONDS, fs=FS, rng=np.random.default_rng(3))
    levels = [float(level) for level in telling.arc_levels]
    taps = [1.0 + SECONDS * i / len(levels) for i in range(len(levels))]
    for i, tap in enumerate(taps):
        telling.beats.create(beat=f"beat-{i}", tick=round(tap * FS), words=f"moment {i}")
    line = synchrony.teller_line(taps, levels, fs=FS, n=SECONDS * FS)
    return np.where(np.isnan(line), levels[0], line)


def _chunks(telling: int, participant: int, line: np.ndarray, began: int) -> list[traces.Entry]:
    """A trace in chunks of a second."""
    return [
        traces.Entry(
            telling=telling,
            participant=participant,
            run="bench",
            seq=tick // CHUNK,
            first_tick=tick,
            samples=traces.pack([int(level) for level in line[tick : tick + CHUNK]]),
            received_at=began + tick * 1000 // FS,
        )
        for tick in range(0, len(line), CHUNK)
    ]


def _reveal_ms(telling: Telling, about: About) -> float:
    """The picture computed from stored rows, as the first page of the reveal makes it happen."""
    spent = []
    for _ in range(AGAIN):
        Analysis.objects.filter(telling=telling).delete()
        spent.append(_seconds(lambda: analysis.picture(about)) * 1000)
    return median(spent)


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
