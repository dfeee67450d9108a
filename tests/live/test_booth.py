"""Real people through real sockets: one known signal, ten hands that tracked it, and what the server makes of them.

The recording is Booth, Mundnich & Narayanan's (MIT, `tests/synchrony/data`): 266 s at 10 Hz. The teller replays the
signal, the listeners replay the ten people tick by tick, in three rooms at once: as they were, each a second late,
and each with the order of time shuffled.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from stories import synchrony
from stories.people.evening import open_evening, seat_guests
from stories.people.guest import Company
from stories.people.page import Message
from stories.people.server import Server
from stories.people.thumbs import Recording
from tests.live.table import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

FILE = Path(__file__).parents[1] / "synchrony" / "data" / "booth_taskA.npz"
FS = 4
DELAY = 4
BLOCK = 20 * FS
SHUFFLE_SEED = 2


@dataclass(frozen=True)
class Replayed:
    """What a room's reveal said, and the grid it was computed from, as everybody was told."""

    picture: Message
    teller: np.ndarray
    listeners: np.ndarray


def resampled() -> Recording:
    """The recording on the game's grid, by the obvious loop: each tick holds the last sample before it."""
    with np.load(FILE) as found:
        teller, people = found["teller"], found["listeners"]
    at = [int(tick * 10 / FS) for tick in range(int(len(teller) * FS / 10))]
    return Recording(
        np.array([round(teller[i] * 1000) for i in at], float),
        np.array([[round(row[i] * 1000) for i in at] for row in people], float),
    )


def late(recording: Recording) -> Recording:
    """Everybody a second later."""
    silent = np.full((10, DELAY), np.nan)
    return replace(recording, listeners=np.hstack([silent, recording.listeners[:, :-DELAY]]))


def shuffled(recording: Recording) -> Recording:
    """Every listener's time cut into pieces of 20 s and dealt anew."""
    rng = np.random.default_rng(SHUFFLE_SEED)

    def dealt(row: np.ndarray) -> np.ndarray:
        pieces = [row[i : i + BLOCK] for i in range(0, len(row), BLOCK)]
        return np.concatenate([pieces[i] for i in rng.permutation(len(pieces))])

    return replace(recording, listeners=np.array([dealt(row) for row in recording.listeners]))


async def played(server: Server, recording: Recording) -> Replayed:
    """Eleven people replay a recording, from the lobby to the score."""
    company = Company(recording=recording, seconds=len(recording.teller) / FS)
    evening = await open_evening(server.address)
    guests = await seat_guests(server.address, evening.desk.code, company, 11, patience=PATIENCE)
    teller, *people = guests
    try:
        await evening.tell(teller, source="C", duration=180)
        picture = await evening.reveal(people[0])
        for guest in people:
            await guest.until(lambda guest=guest: guest.you.get("own"))
        ticks = len(recording.teller)
        # The teller sits at place 0, so the recording's first person comes last, at place 10.
        rows = {guest.place_in_company % 10: guest.you["own"]["line"] for guest in people}
        return Replayed(
            picture=picture,
            teller=as_line(picture["teller"])[:ticks],
            listeners=np.array([as_line(rows[i])[:ticks] for i in range(10)]),
        )
    finally:
        await asyncio.gather(evening.close(), *(guest.close() for guest in guests))


def as_line(levels: list[int | None]) -> np.ndarray:
    return np.array([np.nan if level is None else level for level in levels], float)


def lags(told: Replayed) -> np.ndarray:
    return synchrony.coupling(told.teller, told.listeners, fs=FS).levels.lag_free_s


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(server: Server) -> AsyncIterator[dict[str, Replayed]]:
    """The three rooms, played at the same time."""
    recording = resampled()
    versions = {"real": recording, "late": late(recording), "shuffled": shuffled(recording)}
    replayed = await asyncio.gather(*(played(server, version) for version in versions.values()))
    yield dict(zip(versions, replayed, strict=True))


async def test_the_grid_is_the_recording_exactly(rooms: dict[str, Replayed]) -> None:
    recording = resampled()

    assert np.array_equal(rooms["real"].teller, recording.teller)
    assert np.array_equal(rooms["real"].listeners, recording.listeners)


async def test_a_recording_read_for_simulation_is_the_same_grid(rooms: dict[str, Replayed]) -> None:
    read = Recording.read(FILE, fs=FS)

    assert np.array_equal(read.teller, rooms["real"].teller)
    assert np.array_equal(read.listeners, rooms["real"].listeners)


async def test_the_hands_are_as_late_as_hands_are(rooms: dict[str, Replayed]) -> None:
    found = lags(rooms["real"])

    assert found.min() >= 1.0
    assert found.max() <= 2.4
    assert abs(np.median(found) - 1.5) <= 0.2


async def test_a_second_of_delay_is_a_second_of_lag(rooms: dict[str, Replayed]) -> None:
    moved = lags(rooms["late"]) - lags(rooms["real"])

    assert np.abs(moved - 1.0).max() <= 0.05


async def test_the_room_is_in_step_and_says_how_late(rooms: dict[str, Replayed]) -> None:
    score = rooms["real"].picture["score"]

    assert (score["verdict"], score["listeners"]) == ("in_step", 10)
    assert 1.0 <= score["lag_s"] <= 2.4


async def test_a_room_whose_time_is_shuffled_is_too_close_to_call(rooms: dict[str, Replayed]) -> None:
    assert rooms["shuffled"].picture["score"]["verdict"] == "too_close_to_call"
