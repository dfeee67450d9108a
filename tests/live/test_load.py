"""The thin clients that load a server are players like others: all that they hear acked is stored."""

from stories.people.load import Crowd, take_seats


async def test_a_crowd_of_thin_clients_is_acked_for_what_is_stored(table):
    crowd = Crowd(table.server.address, await take_seats(table.server.address, table.evening.desk.code, 4))
    await crowd.come()
    telling = await table.begin()

    assert await crowd.until_telling() == telling
    await crowd.feel(1.2)
    assert await crowd.settled()
    told = crowd.told
    crowd.leave()

    stored = table.rows("SELECT COUNT(*) FROM stories_chunk WHERE run = ?", crowd.run)
    assert stored == [(told.sent,)]
    assert (len(told.acks), dict(told.refused), dict(told.closes)) == (told.sent, {}, {})
    assert told.sent >= len(crowd.seats)


async def test_what_one_commit_stores_is_acked_in_one_message(table):
    telling = await table.begin()
    await table.story_reaches(6)

    for seq in range(3):
        await table.ben.say(
            {
                "type": "trace.chunk",
                "telling": telling,
                "run": "together",
                "seq": seq,
                "first_tick": 4 * seq,
                "values": [100, 200, 300, 400],
            }
        )

    def acked():
        return [m["seqs"] for m in table.ben.heard("trace.acked") if m["run"] == "together"]

    await table.ben.until(lambda: sum(map(len, acked())) == 3)
    # A busy machine may need two commits; each of them is one message.
    assert sorted(seq for seqs in acked() for seq in seqs) == [0, 1, 2]
    assert len(acked()) < 3
