"""A simulated page and the grid: what it was not there for it has not felt."""

from stories.people.browser import Seat
from stories.people.clock import real_ms
from stories.people.player import Player


async def test_a_page_load_feels_nothing_of_the_time_before_it_when_the_room_it_finds_is_an_older_one():
    nowhere = Seat(address="http://127.0.0.1:9", id="ben", token="secret")
    player = Player(nowhere, hand=lambda _tick: 700)
    player.clock.pong(real_ms(), 1_000_000.0)
    telling = {"id": "t", "teller": "ana", "source": "C"}
    began = {**telling, "started_at": 999_000, "rate_hz": 4}

    # A second after the story began the page is loaded anew, and hears of its beginning twice.
    await player.reload()
    player.room = {"phase": "preparing", "telling": telling}
    player.on_message({"type": "welcome"})
    player.room = {"phase": "telling", "telling": began}
    player._sample()
    await player.close()

    assert player.sampled == {}
