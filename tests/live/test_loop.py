"""The whole loop, from the lobby to the reveal, by real clients on a real server: one evening, looked at in parts."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from stories.people.player import ticks_between
from stories.people.server import Server
from tests.live.table import Table

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(server: Server) -> AsyncIterator[Table]:
    """A room in which Ana has told a story with her own dial, and all of it has been revealed."""
    async with Table(server, people=4) as table:
        await table.begin()
        await table.story_reaches(45)
        table.while_sealed = {message["type"] for page in table.pages for message in page.told}
        await table.finish()
        await table.reveal()
        await table.everybody(lambda page: page.reveal["picture"] == table.ana.reveal["picture"])
        yield table


async def test_every_sample_is_stored_once_when_a_story_was_told(told: Table) -> None:
    telling = told.ana.telling

    told.assert_stored_is_sampled(telling["id"])

    ticks = ticks_between(telling["started_at"], telling["ended_at"], 4)
    assert [sorted(p.sampled[telling["id"]]) for p in told.people] == [list(range(ticks))] * 4


async def test_no_run_misses_a_chunk_when_everybody_has_closed(told: Table) -> None:
    closures = told.rows(
        "SELECT c.chunks, (SELECT count(*) FROM stories_chunk k WHERE k.run = c.run AND k.telling_id = t.id) "
        "FROM stories_closure c JOIN stories_telling t ON t.id = c.telling_id WHERE t.public_id = ?",
        told.ana.telling["id"],
    )

    assert [said for said, _ in closures] == [stored for _, stored in closures]
    assert len(closures) == 4


async def test_nothing_of_a_line_is_told_while_a_story_runs(told: Table) -> None:
    silent = {"welcome", "room.changed", "room.state", "you.changed", "heartbeat", "roster.updated"}

    assert told.while_sealed - silent == {"reel.grew", "trace.acked"}


async def test_the_reveal_comes_in_order_to_everybody_and_is_the_same_picture(told: Table) -> None:
    for page in told.pages:
        steps = [shown["step"] for shown in page.heard("reveal.shown")]
        assert steps == sorted(steps)
        assert sorted(set(steps)) == [1, 2, 3, 4]
    assert [page.reveal["picture"] for page in told.pages] == [told.ana.reveal["picture"]] * 6


async def test_each_part_of_the_reveal_holds_nothing_of_the_next(told: Table) -> None:
    order = ["teller", "room", "marks", "score"]

    for shown in told.ben.heard("reveal.shown"):
        there = [part for part in order if part in shown["picture"]]

        assert there == order[: shown["step"]]


async def test_the_teller_line_of_the_picture_is_what_the_hand_did(told: Table) -> None:
    line = told.ana.reveal["picture"]["teller"]

    felt = told.ana.sampled[told.ana.telling["id"]]

    assert line == [felt[tick] for tick in range(len(line))]
    assert len(line) == len(felt)


async def test_a_listener_sees_the_own_line_and_nobody_elses(told: Table) -> None:
    for listener in told.listeners:
        await listener.until(lambda p=listener: p.you.get("own"))
        felt = listener.sampled[told.ana.telling["id"]]

        line = listener.you["own"]["line"]

        assert line == [felt.get(tick) for tick in range(len(line))]
    assert "own" not in told.ana.you


async def test_three_listeners_in_step_are_read_as_such(told: Table) -> None:
    score = told.ana.reveal["picture"]["score"]

    assert (score["verdict"], score["listeners"]) == ("in_step", 3)
    assert 1 <= score["lag_s"] <= 3


async def test_acks_come_without_a_resend_when_the_network_is_good(told: Table) -> None:
    waits = sorted(ms for player in told.people for ms in player.ack_ms)

    # How soon is measured by `make bench`; this only says that nobody waited for ten seconds' worth of patience.
    assert waits[len(waits) // 2] < 400
