"""A phone that comes back after the reveal: its samples are drawn in, once, and every page is told."""

from stories.people.page import Message
from stories.people.server import Server
from tests.live.table import Table


def no_samples(message: Message) -> list[Message]:
    """The network takes everything but samples."""
    return [] if message["type"].startswith("trace.") else [message]


async def test_the_picture_is_updated_once_when_a_phone_hands_over_after_the_reveal(server: Server) -> None:
    async with Table(server, people=5) as table:
        eli = table.eli
        network = eli.spoil
        eli.spoil = no_samples
        telling = await table.begin()
        await table.story_reaches(60)
        await table.ana.wish("telling.finish")
        before = await table.reveal()

        eli.spoil = network
        await table.everybody(lambda page: page.reveal["picture"].get("progress") == "updated")

        after = table.ana.reveal["picture"]
        assert (before["score"]["listeners"], before.get("progress")) == (3, None)
        assert after["score"]["listeners"] == 4
        assert "pending" not in after["score"]
        [(edition, late_since)] = table.rows(
            "SELECT edition, late_since FROM stories_analysis a JOIN stories_telling t ON t.id = a.telling_id "
            "WHERE t.public_id = ?",
            telling,
        )
        assert (edition, late_since) == (2, None)
        # It follows right behind the picture.
        mine = await eli.until(lambda: eli.you.get("own"))
        own = [tick for tick, level in enumerate(mine["line"]) if level is not None]
        assert own == sorted(eli.sampled[telling])
        # Whoever looked saw two whole pictures and nothing in between.
        complete = [
            m["picture"].get("progress")
            for m in table.stage.heard("reveal.shown")
            if m["step"] == 4 and not m["picture"]["score"].get("pending")
        ]
        assert complete == [None, "updated"]
