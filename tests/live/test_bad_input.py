"""What a stranger, a bug or an old page may send: a clear answer or a documented close code, and nothing breaks."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stories.people.page import Page
from stories.people.player import Player
from stories.people.server import Server
from stories.protocol.codes import REFUSALS
from tests.live.table import PATIENCE, Table

SUBPROTOCOL = "mirror.v1"


@asynccontextmanager
async def wire(
    server: Server, *, origin: str | None = "", subprotocols: tuple[str, ...] = (SUBPROTOCOL,)
) -> AsyncIterator[ClientConnection]:
    """A bare socket, without anything a client would do by itself."""
    async with connect(
        server.address.replace("http", "ws") + "/ws",
        origin=server.address if origin == "" else origin,
        subprotocols=list(subprotocols) or None,
        proxy=None,
        compression=None,
    ) as socket:
        yield socket


async def closed(socket: ClientConnection, *, within: float = 10) -> int:
    """The code the server closes with."""
    async with asyncio.timeout(within):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as ending:
            return ending.rcvd.code if ending.rcvd else 1006


def hello(player: Player, **other: object) -> str:
    return json.dumps(
        {"type": "hello", "protocol": 1, "role": "player", "key": player.key, "token": player.token, **other}
    )


DIRT = {
    "no JSON": "hello?",
    "half a JSON": '{"type": "clock.ping", "sent": ',
    "an empty frame": "",
    "a list": "[]",
    "no type": '{"sent": 1}',
    "an unknown type": '{"type": "room.explode"}',
    "a server's sentence": '{"type": "trace.acked", "run": "a", "seqs": [1]}',
    "an unknown field": '{"type": "clock.ping", "sent": 1, "more": 2}',
    "a wrong kind": '{"type": "clock.ping", "sent": "now"}',
    "not a number": '{"type": "clock.ping", "sent": NaN}',
    "a level above the strip": '{"type": "dial.moved", "level": 1001}',
    "a level between levels": '{"type": "dial.moved", "level": 1.5}',
    "a negative tick": '{"type": "trace.chunk", "telling": "a", "run": "a", "seq": 0, "first_tick": -1, "values": [1]}',
    "no values": '{"type": "trace.chunk", "telling": "a", "run": "a", "seq": 0, "first_tick": 0, "values": []}',
    "a run that is a path": '{"type": "trace.closed", "telling": "a", "run": "../a", "chunks": 1}',
    "a deep nest": "[" * 5000 + "]" * 5000,
    "no UTF-8": b'{"type": "clock.ping\xff"}',
}


async def test_a_malformed_message_closes_the_socket_with_a_documented_code(table: Table) -> None:
    codes = {}

    for what, dirt in DIRT.items():
        async with wire(table.server) as socket:
            await socket.send(hello(table.ben))
            await socket.recv()
            await socket.send(dirt)
            codes[what] = await closed(socket)

    assert codes == dict.fromkeys(DIRT, 4400)


async def test_whatever_comes_before_hello_closes_the_socket(server: Server) -> None:
    early = ['{"type": "clock.ping", "sent": 1}', '{"type": "telling.pause"}', *DIRT.values()]
    codes = []

    for first in early:
        async with wire(server) as socket:
            await socket.send(first)
            codes.append(await closed(socket))

    assert codes == [4400] * len(early)


async def test_nothing_is_delivered_before_hello(table: Table) -> None:
    async with wire(table.server) as socket:
        await table.evening.act("warmup")
        await table.everybody(lambda page: page.room["phase"] == "warmup")
        await socket.send(hello(table.ben))

        assert json.loads(await socket.recv())["type"] == "welcome"


async def test_a_frame_of_more_than_16_kib_closes_the_socket(table: Table) -> None:
    async with wire(table.server) as socket:
        await socket.send(hello(table.ben))
        await socket.recv()

        await socket.send(json.dumps({"type": "clock.ping", "sent": 1, "more": "x" * 17 * 1024}))

        assert await closed(socket) == 1009


async def test_a_second_hello_closes_the_socket(table: Table) -> None:
    async with wire(table.server) as socket:
        await socket.send(hello(table.ben))
        await socket.send(hello(table.ben))

        assert await closed(socket) == 4400


async def test_another_protocol_version_is_told_so(table: Table) -> None:
    async with wire(table.server) as socket:
        await socket.send(hello(table.ben, protocol=2))

        assert await closed(socket) == 4426


@pytest.mark.parametrize("subprotocols", [(), ("mirror.v2",), ("graphql-ws",)], ids=str)
async def test_a_socket_without_our_subprotocol_is_told_so(
    server: Server, subprotocols: tuple[str, ...]
) -> None:
    async with wire(server, subprotocols=subprotocols) as socket:
        assert await closed(socket) == 4426


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:1", "https://{host}", "null", None]
)
async def test_a_socket_from_elsewhere_is_refused_even_with_a_good_token(
    server: Server, origin: str | None
) -> None:
    elsewhere = origin and origin.format(host=f"127.0.0.1:{server.port}")

    with pytest.raises(InvalidStatus) as refused:
        async with wire(server, origin=elsewhere):
            raise AssertionError("it was let in")

    assert refused.value.response.status_code == 403


async def test_a_hello_may_bring_its_secret_in_a_cookie_or_in_the_token(table: Table) -> None:
    where = table.server.address.replace("http", "ws") + "/ws"
    async with connect(
        where,
        origin=table.server.address,
        subprotocols=[SUBPROTOCOL],
        proxy=None,
        # Cookies of other programs on the same host are not ours to complain about.
        additional_headers={"Cookie": f'theme={{"a": 1}}; seat_{table.ben.key}={table.ben.token}'},
    ) as socket:
        await socket.send(hello(table.ben, token=None))

        assert json.loads(await socket.recv())["you"]["light"]["seat"] == table.ben.key


OUT_OF_PHASE = [
    ({"type": "telling.begin"}, "phase.wrong"),
    ({"type": "telling.finish"}, "phase.wrong"),
    ({"type": "telling.extend"}, "phase.wrong"),
    ({"type": "teller.pass"}, "phase.wrong"),
    ({"type": "telling.choose", "source": "A", "mode": "spoken"}, "phase.wrong"),
    ({"type": "lines.write", "lines": [{"words": "one"}]}, "phase.wrong"),
    ({"type": "placing.finish"}, "phase.wrong"),
    ({"type": "beat.place", "beat": "b", "level": 5}, "phase.wrong"),
    ({"type": "beat.mark", "beat": "b", "tick": 0}, "phase.wrong"),
    ({"type": "call.make", "choice": "start"}, "call.closed"),
]


async def test_a_message_out_of_phase_is_refused_in_words_and_changes_nothing(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(31)
    await table.finish()
    await table.reveal()
    version = table.ana.room["version"]

    codes = []
    for message, _ in OUT_OF_PHASE:
        seen = len(table.ana.refusals())
        await table.ana.say({**message, "telling": telling})
        await table.ana.until(lambda seen=seen: len(table.ana.refusals()) > seen)
        codes.append(table.ana.refusals()[-1])

    assert codes == [code for _, code in OUT_OF_PHASE]
    assert set(codes) <= set(REFUSALS)
    assert table.ana.room["version"] == version
    assert table.ana.over is None


async def test_a_listener_may_not_do_what_is_the_tellers(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(3)
    theirs = [
        ({"type": "telling.finish"}, "role.not_yours"),
        ({"type": "telling.extend"}, "role.not_yours"),
        ({"type": "beat.mark", "beat": "b", "tick": 0}, "telling.not_yours"),
        ({"type": "heard.rate", "level": 5}, "telling.not_yours"),
        ({"type": "telling.begin"}, "phase.wrong"),
    ]

    codes = []
    for message, _ in theirs:
        seen = len(table.ben.refusals())
        await table.ben.say({**message, "telling": telling})
        await table.ben.until(lambda seen=seen: len(table.ben.refusals()) > seen)
        codes.append(table.ben.refusals()[-1])

    assert codes == [code for _, code in theirs]


async def test_console_and_stage_say_nothing_a_player_says(table: Table) -> None:
    for page in (table.stage, table.evening.console):
        await page.say({"type": "telling.pause"})
        await page.say({"type": "dial.moved", "level": 5})
        await page.until(lambda page=page: len(page.refusals()) == 2)

        assert page.refusals() == ["role.not_yours", "role.not_yours"]


async def test_a_telling_of_another_room_is_unknown_here(server: Server, table: Table) -> None:
    async with Table(server) as other:
        telling = await other.begin()
        await other.story_reaches(5)

        await refused(table.ben, chunk(telling, 0), "telling.unknown")
        await refused(table.ben, {"type": "telling.finish", "telling": telling}, "telling.not_now")


def chunk(
    telling: str, first: int, values: list[int | None] | None = None, seq: int = 0
) -> dict[str, object]:
    return {
        "type": "trace.chunk",
        "telling": telling,
        "run": "byhand",
        "seq": seq,
        "first_tick": first,
        "values": values or [500, None, 510],
    }


async def refused(player: Page, message: dict[str, object], code: str) -> None:
    """Say it, and be refused with this code."""
    seen = len(player.refusals())
    await player.say(message)
    await player.until(lambda: len(player.refusals()) > seen)
    assert player.refusals()[-1] == code


async def acked(player: Page, message: dict[str, object]) -> None:
    """Say it, and be told that it is stored."""
    seen = len(player.heard("trace.acked"))
    await player.say(message)
    await player.until(lambda: len(player.heard("trace.acked")) > seen)


async def test_chunks_are_judged_before_they_are_stored(table: Table) -> None:
    table.ben.hand = lambda _tick: None
    telling = await table.begin()
    await table.story_reaches(10)

    await acked(table.ben, chunk(telling, 4))
    await acked(table.ben, chunk(telling, 4))
    await refused(table.ben, chunk(telling, 4, [500, None, 511]), "trace.conflict")
    await refused(table.ben, chunk(telling, 5), "trace.conflict")
    await refused(table.ben, chunk(telling, 5000, seq=1), "trace.future")
    await refused(table.ben, chunk(telling, 1_000_000, seq=2), "trace.future")
    await acked(table.ben, chunk(telling, 0, [1, 2, 3, 4], seq=3))
    await table.story_reaches(35)
    await table.finish()
    await refused(table.ben, chunk(telling, 1000, seq=4), "trace.range")
    await acked(table.ben, chunk(telling, 8, [7], seq=5))

    assert table.stored(telling, table.ben) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 500), (6, 510), (8, 7)]


async def test_a_chunk_is_too_late_an_hour_after_the_story(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(31)
    await table.finish()
    await table.evening.act("lobby")
    await table.everybody(lambda page: page.room["phase"] == "lobby")
    late = Player(table.ben.seat, patience=PATIENCE)
    await table.ben.close()
    hours = [(59, "trace.acked"), (61, "refused")]

    answers = []
    for minutes, _ in hours:
        _ended_ago(table, telling, minutes)
        async with late:
            await late.until(lambda: late.connected)
            seen = len(late.told)
            await late.say(chunk(telling, 0, seq=minutes))
            await late.until(lambda seen=seen: len(late.told) > seen)
            answers.append(late.told[-1])

    assert [answer["type"] for answer in answers] == [kind for _, kind in hours]
    assert late.refusals() == ["trace.too_late"]


def _ended_ago(table: Table, telling: str, minutes: int) -> None:
    """An hour is three minutes on this server: the row says that it has passed."""
    now = int(table.evening.console.clock.now())
    with closing(sqlite3.connect(table.server.database, timeout=10)) as database, database:
        database.execute(
            "UPDATE stories_telling SET ended_at = ?, started_at = ? WHERE public_id = ?",
            (now - minutes * 60_000, now - minutes * 60_000 - 31_000, telling),
        )


async def test_beats_are_judged_too(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(10)
    beat = {"type": "beat.mark", "telling": telling, "beat": "b1", "tick": 8, "words": "there"}

    await table.ana.say(beat)
    await table.ana.say(beat)
    await table.ana.until(lambda: len(table.ana.heard("beat.marked")) == 2)
    await refused(table.ana, {**beat, "tick": 9}, "beat.conflict")
    await refused(table.ana, {**beat, "beat": "b2", "tick": 9000}, "beat.range")
    await refused(table.ana, {**beat, "beat": "b3", "line": 3}, "beat.unknown")

    kept = "SELECT tick, words FROM stories_beat JOIN stories_telling t ON t.id = telling_id WHERE t.public_id = ?"
    assert table.rows(kept, telling) == [(8, "there")]


async def test_a_flood_is_slowed_down_and_then_closed(table: Table) -> None:
    async with wire(table.server) as socket:
        await socket.send(hello(table.ben))
        codes: list[str] = []

        async def listen() -> int:
            try:
                while True:
                    message = json.loads(await socket.recv())
                    codes.extend([message["code"]] if message["type"] == "refused" else [])
            except ConnectionClosed as ending:
                return ending.rcvd.code if ending.rcvd else 1006

        listening = asyncio.create_task(listen())
        try:
            for i in range(400):
                await socket.send(json.dumps({"type": "clock.ping", "sent": i}))
        except ConnectionClosed:
            pass
        async with asyncio.timeout(10):
            code = await listening

    assert code == 4429
    assert set(codes) == {"rate.slow_down"}
    assert 40 <= len(codes) <= 120


async def test_everything_goes_on_after_all_of_it(table: Table) -> None:
    telling = await table.begin()
    await table.story_reaches(31)
    await table.finish()

    table.assert_stored_is_sampled(telling)
