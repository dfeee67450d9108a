"""Moments of a story as the replay's table says them."""

from stories.templatetags.pictures import story_time


def test_story_time_when_short_long_and_odd() -> None:
    said = [story_time(seconds) for seconds in (0, 5, 65.9, 600, -1)]

    assert said == ["0:00", "0:05", "1:05", "10:00", "0:00"]
