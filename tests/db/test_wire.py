"""Frames made once for many: in order, in slices for a crowd, and never for a socket that does not drain."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode

from stories import meters, models, seats
from stories.live import peer as peers
from stories.live.peer import Peer
from stories.live.rooms import SLICE, LiveRoom
from stories.live.together import sit
from stories.live.wire import framed
from tests.db.evening import Evening


class Kernel:
    """The other end of a wire: what it took, and how much it left lying."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.left = 0
        self.codes: list[int] = []

    def put(self, frame: bytes) -> None:
        self.taken.append(frame)

    def unsent(self) -> int:
        return self.left

    def hang_up(self, code: int) -> None:
        self.codes.append(code)


async def never(_: object) -> None:
    raise AssertionError("a page with a wire writes through it")


def page(kernel: Kernel, name: str = "a") -> Peer:
    """A greeted console."""
    peer = Peer(id=name, role="host", room=1, write=never, close=never, greeted=True, wire=kernel)
    peer.start()
    return peer


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_the_library_would_have_made(size):
    text = b"x" * size

    assert framed(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


async def test_of_what_may_be_lost_the_newest_leaves_when_the_socket_has_drained(monkeypatch):
    monkeypatch.setattr(peers, "LOOK_S", 0.01)
    kernel = Kernel()
    ben = page(kernel)

    kernel.left = peers.BEHIND + 1
    for number in (b"1", b"2", b"3"):
        ben.send_volatile("heartbeat", number)
    kept = list(kernel.taken)
    kernel.left = 0
    while not kernel.taken:
        await asyncio.sleep(0.005)
    await ben.stop()

    assert (kept, kernel.taken, kernel.codes) == ([], [framed(b"3")], [])


@pytest.mark.parametrize(("left", "patience"), [(peers.MOST_UNSENT + 1, 60.0), (peers.BEHIND + 1, 0.03)])
async def test_a_socket_that_does_not_drain_is_closed_as_too_slow(monkeypatch, left, patience):
    monkeypatch.setattr(peers, "LOOK_S", 0.01)
    monkeypatch.setattr(peers, "STALLED_S", patience)
    kernel = Kernel()
    kernel.left = left
    ben = page(kernel)

    ben.send(b"1")
    async with asyncio.timeout(5):
        while not kernel.codes:
            await asyncio.sleep(0.005)
    await ben.stop()

    assert (kernel.codes, ben.ending) == ([4408], True)


async def test_a_crowd_is_told_in_slices_and_everybody_in_the_same_order():
    room = LiveRoom(1)
    kernels = [Kernel() for _ in range(2 * SLICE + 10)]
    for number, kernel in enumerate(kernels):
        room.peers[str(number)] = page(kernel, str(number))
    before = meters.SLICES._value.get()

    room.broadcast(b"first")
    room.broadcast_volatile("heartbeat", b"second")
    at_once = sum(len(kernel.taken) for kernel in kernels)
    room.broadcast(b"third")
    for _ in range(10):
        await asyncio.sleep(0)

    assert at_once == SLICE
    assert {tuple(kernel.taken) for kernel in kernels} == {
        (framed(b"first"), framed(b"second"), framed(b"third"))
    }
    assert meters.SLICES._value.get() - before == 9


def test_hellos_in_one_list_are_answered_one_by_one_and_the_newest_page_has_the_seat(transactional_db):
    evening = Evening("Ana", "Ben", "Eli")
    ana, ben, eli = (evening[name] for name in ("Ana", "Ben", "Eli"))
    models.Participant.objects.update(token_hash=seats.hashed("secret"))
    models.Participant.objects.filter(pk=eli.pk).update(removed_at="2026-01-01T00:00:00Z")

    answers = sit(
        [
            (ana.public_id, "secret", "old page"),
            (ana.public_id, "secret", "new page"),
            (ben.public_id, "wrong", "a stranger's"),
            (ben.public_id, None, "a stranger's"),
            (eli.public_id, "secret", "too late"),
            ("nobody", "secret", "nowhere"),
        ]
    )

    told = [answer if isinstance(answer, int) else (answer.pk, answer.socket) for answer in answers]
    assert told == [(ana.pk, "old page"), (ana.pk, "new page"), 4401, 4401, 4403, 4401]
    rows = dict(models.Participant.objects.values_list("pk", "socket"))
    assert rows == {ana.pk: "new page", ben.pk: ben.socket, eli.pk: eli.socket}
