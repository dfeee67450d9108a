"""One process and its rooms, by hand: lost news are found in rows, and one room's trouble is its own."""

import asyncio
import gc

import msgspec
import pytest
from django.db import OperationalError
from django.utils import timezone

from stories import models, retention, seats
from stories.bulletin import CaptionNews, HandsNews, RevealNews, SeatNews
from stories.live import comparing, coupling
from stories.live.hub import SWEEP_S, Hub
from stories.live.offload import offload
from stories.live.peer import Peer
from stories.live.rooms import LiveRoom, read
from stories.protocol import moves
from tests.db.evening import Evening
from tests.db.test_scorer import SECONDS, TICKS, hand


class Wire:
    """The other end of a page's socket: what arrived, and with which code it was closed."""

    def __init__(self) -> None:
        self.told: list[dict] = []
        self.closed: list[int] = []

    async def write(self, frame: bytes) -> None:
        self.told.append(msgspec.json.decode(frame))

    async def close(self, code: int) -> None:
        self.closed.append(code)

    def heard(self, kind: str) -> list[dict]:
        return [message for message in self.told if message["type"] == kind]


class BrokenPeer(Peer):
    """A page that breaks whatever touches it."""

    def send_volatile(self, kind: str, frame: bytes) -> None:
        raise ZeroDivisionError(kind)


def page(evening: Evening, name: str = "", *, of: type[Peer] = Peer, id_: str = "") -> tuple[Peer, Wire]:
    """A greeted page: a player's, or the console's."""
    wire = Wire()
    peer = of(
        id=id_ or f"page-of-{name}",
        role="player" if name else "host",
        room=evening.row.pk,
        write=wire.write,
        close=wire.close,
        seat=evening[name] if name else None,
        greeted=True,
    )
    return peer, wire


async def finished(hub: Hub) -> None:
    """Whatever the hub has set going is done."""
    while hub._tasks:
        await asyncio.gather(*hub._tasks, return_exceptions=True)


@pytest.fixture
def evening(transactional_db) -> Evening:
    """Rows that the hub's own threads can see."""
    return Evening("Ana", "Ben", "Eli")


async def look(room: LiveRoom) -> list[object]:
    """Compare a room's pages with the rows, and let what follows be written."""
    heard: list[object] = []
    peers = list(room.peers.values())
    for peer in peers:
        peer.start()
    await comparing.seats(room, heard.append)
    for _ in range(5):
        await asyncio.sleep(0)
    for peer in peers:
        await peer.stop()
    return heard


@pytest.mark.parametrize(
    ("row", "code"),
    [({"socket": "a-newer-page"}, [4409]), ({"socket": "page-of-Ben"}, []), ({"removed": True}, [4403])],
)
async def test_a_page_is_what_its_seats_row_says_when_the_news_of_it_was_lost(evening, row, code):
    room = LiveRoom(evening.row.pk)
    (ben, wire), (ana, hers) = page(evening, "Ben"), page(evening, "Ana")
    room.peers = {ben.id: ben, ana.id: ana}
    if row.pop("removed", False):
        await offload(seats.remove, evening["Ben"])
    else:
        await offload(models.Participant.objects.filter(pk=evening["Ben"].pk).update, **row)

    await look(room)

    assert (wire.closed, hers.closed) == (code, [])


async def test_a_seat_that_was_freed_is_claimed_by_the_page_that_stayed(evening):
    room = LiveRoom(evening.row.pk)
    ben, wire = page(evening, "Ben")
    room.peers = {ben.id: ben}
    room.roster_wanted = False
    await offload(models.Participant.objects.filter(pk=evening["Ben"].pk).update, socket="")

    await look(room)

    seat = await offload(models.Participant.objects.get, pk=evening["Ben"].pk)
    assert (seat.socket, wire.closed, room.roster_wanted) == (ben.id, [], True)


async def test_a_seat_is_freed_again_when_its_page_went_while_it_was_claimed(evening):
    room = LiveRoom(evening.row.pk)
    ben, _ = page(evening, "Ben")
    await offload(models.Participant.objects.filter(pk=evening["Ben"].pk).update, socket="")

    heard: list[object] = []
    await comparing._claim(room, ben, evening["Ben"], heard.append)

    seat = await offload(models.Participant.objects.get, pk=evening["Ben"].pk)
    assert (seat.socket, len(heard)) == ("", 1)


async def test_the_rooms_that_moved_on_or_vanished_are_found_in_one_look(evening):
    other, gone = await offload(Evening, "Dov"), await offload(Evening, "Dov")
    hub = Hub()
    rooms = {e: LiveRoom(e.row.pk) for e in (evening, other, gone)}
    for room in rooms.values():
        await hub.read(room)
    await offload(other.obey, moves.WarmUp())
    moved_on, vanished = other.row.pk, gone.row.pk
    await offload(retention.delete_room, gone.row)

    assert await comparing.behind(rooms.values()) == [moved_on, vanished]


async def test_one_rooms_trouble_is_not_its_neighbours(evening, caplog):
    neighbours = await offload(Evening, "Dov")
    hub = Hub()
    for who, of in ((evening, BrokenPeer), (neighbours, Peer)):
        peer, wire = page(who, of=of)
        room = hub.rooms[who.row.pk] = LiveRoom(who.row.pk)
        room.peers[peer.id] = peer
        peer.start()

    await hub._tick()
    await finished(hub)
    for room in hub.rooms.values():
        for peer in room.peers.values():
            await peer.stop()

    assert [message["type"] for message in wire.heard("heartbeat")] == ["heartbeat"]
    [failure] = [record for record in caplog.records if record.message.startswith("a tick of room")]
    assert failure.message == f"a tick of room {evening.row.pk} failed"
    assert isinstance(failure.exc_info[1], ZeroDivisionError)


async def test_the_live_number_starts_over_without_whoever_took_their_traces_back(evening):
    def tell() -> models.Telling:
        evening.obey(moves.ChooseDisplay(display="open", open_table=False))
        telling = evening.begin(duration_s=300)
        for name in ("Ana", "Ben", "Eli"):
            evening.feel(telling, name, [hand(name, t) for t in range(TICKS)])
        return telling

    telling = await offload(tell)
    hub = Hub()
    console, wire = page(evening)
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await hub.read(room)
    room.roster = [evening[name] for name in ("Ana", "Ben", "Eli")]
    room.peers[console.id] = console
    console.start()

    await coupling.tell(room)
    await asyncio.sleep(0)
    await offload(retention.forget_traces, evening["Ben"])
    hub._wake(RevealNews(room=evening.row.pk, telling=telling.public_id))
    await finished(hub)
    await coupling.tell(room)
    await asyncio.sleep(0)
    await console.stop()

    told = [sorted(number for number, _ in m["people"]) for m in wire.heard("coupling.updated")]
    assert told == [[evening["Ben"].number, evening["Eli"].number], [evening["Eli"].number]]
    assert SECONDS * 4 == TICKS


async def fail(error: Exception) -> None:
    """Work in the background that goes wrong."""
    raise error


async def test_what_fails_in_the_background_is_said_and_ends_nothing_else(evening, caplog):
    loop, unseen = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: unseen.append(context["message"]))
    hub = Hub()

    for error in (ZeroDivisionError("a bug"), OperationalError("away"), OperationalError("still away")):
        hub._do(fail(error))
    await finished(hub)
    # What nobody asked a task for is said when it is thrown away.
    gc.collect()

    assert unseen == []
    assert hub._tasks == set()
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("ERROR", "something in the background failed"),
        ("WARNING", "the database is away (OperationalError)"),
    ]


async def test_a_seat_taken_out_is_found_by_the_next_sweep_when_the_news_of_it_was_lost(evening):
    hub = Hub()
    ben, wire = page(evening, "Ben")
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    room.peers[ben.id] = ben
    ben.start()

    async def ticks(n: int) -> None:
        for _ in range(n):
            # The list of people may be told again.
            room.roster_told_at = 0.0
            await hub._tick()
            await finished(hub)
            await asyncio.sleep(0)

    # A hub that has just started sweeps at once, and a page that has just come claims its seat.
    await ticks(3)
    await offload(models.Participant.objects.filter(pk=evening["Ben"].pk).update, removed_at=timezone.now())
    await ticks(3)
    before = list(wire.closed)
    hub._last["sweep"] -= SWEEP_S
    await ticks(2)
    await ben.stop()

    assert (before, wire.closed) == ([], [4403])


async def test_the_newest_page_stays_when_the_news_of_an_older_one_comes_late(evening):
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    (old, gone), (new, wire) = page(evening, "Ben", id_="old"), page(evening, "Ben", id_="new")
    room.peers[old.id], room.peers[new.id] = old, new
    await offload(models.Participant.objects.filter(pk=evening["Ben"].pk).update, socket="new")

    hub._wake(SeatNews(room=room.id, seat=evening["Ben"].public_id, socket="new"))
    hub._wake(SeatNews(room=room.id, seat=evening["Ben"].public_id, socket="old"))
    wanted = room.roster_wanted
    await look(room)

    assert (wanted, gone.closed, wire.closed) == (True, [4409], [])


async def test_the_others_hear_of_a_teller_who_is_alone_in_this_process(evening):
    telling = await offload(evening.begin)
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await hub.read(room)
    room.reel_grew()

    room.felt(evening["Ana"], evening.entry(telling, "Ana", [1, 2]))
    hub._tell_hands(room)
    hub._tell_hands(room)

    # Of the teller's samples none are counted, but without them the others have no live number.
    news = HandsNews(room=room.id, telling=telling.public_id, sealed=0, hands=())
    assert list(hub._relay._out) == [news]


def line(
    evening: Evening, telling: models.Telling, beat: str, tick: int, *, turn: bool = False
) -> CaptionNews:
    """The news of a line that is stored already."""
    words = f"Line {beat}."
    evening.mark(telling, beat, tick, words=words, turn=turn)
    return CaptionNews(
        room=evening.row.pk, telling=telling.public_id, beat=beat, tick=tick, words=words, turn=turn
    )


async def test_a_line_is_told_and_known_from_its_news_without_reading_the_room(evening):
    telling = await offload(evening.begin)
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await hub.read(room)
    (ana, hers), (ben, his) = page(evening, "Ana"), page(evening, "Ben")
    room.peers[ana.id], room.peers[ben.id] = ana, ben
    ana.start()
    ben.start()
    news = [await offload(line, evening, telling, *said) for said in (("b2", 9), ("b1", 4), ("b3", 9))]

    for told in [*news, news[-1]]:
        hub._wake(told)
    tasks = set(hub._tasks)
    for _ in range(5):
        await asyncio.sleep(0)
    await ana.stop()
    await ben.stop()

    assert tasks == set()
    anew = await offload(read, room.id, room.state.version)
    assert room.bundle == anew.bundle
    assert [caption.beat for caption in room.reading.captions] == ["b1", "b2", "b3"]
    assert room.reel_grew().beats == 3
    assert [m["type"] for m in his.told] == ["caption.shown"] * 4
    assert [[b["id"] for b in m["you"]["beats"]] for m in hers.heard("you.changed")][-1] == ["b1", "b2", "b3"]


async def test_a_line_is_read_when_its_room_was_being_read_as_it_came(evening):
    telling = await offload(evening.begin)
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await hub.read(room)
    before = room.reading

    async with room.reading_lock:
        # This reading looked into the database before the line was stored.
        hub._wake(await offload(line, evening, telling, "b1", 4))
        room.apply(before)
    await finished(hub)

    assert [caption.words for caption in room.reading.captions] == ["Line b1."]


async def test_a_line_that_comes_after_its_story_can_be_called_at_once(evening):
    def told() -> tuple[models.Telling, list[CaptionNews]]:
        telling = evening.told(source="C")
        return telling, [line(evening, telling, "b1", 4)]

    telling, _ = await offload(told)
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await hub.read(room)
    before = room.public.telling.calls

    hub._wake(await offload(line, evening, telling, "b2", 9))
    await finished(hub)

    assert (before, room.public.telling.calls) == (("start", "middle", "end"), ("b1", "b2"))


async def test_a_line_of_a_story_that_was_taken_back_is_not_kept(evening):
    telling = await offload(evening.begin)
    news = await offload(line, evening, telling, "b1", 4)
    hub = Hub()
    room = hub.rooms[evening.row.pk] = LiveRoom(evening.row.pk)
    await offload(retention.withdraw, telling)
    await hub.read(room)

    hub._wake(news)
    await finished(hub)

    assert room.reading.captions == []
