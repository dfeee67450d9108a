from collections import Counter

import pytest

from stories.synchrony import SHAPES, arc_deck, shape_of


@pytest.mark.parametrize("taps", range(4, 9))
def test_a_deck_favours_no_shape_and_repeats_no_arc(taps):
    deck = arc_deck(taps)

    assert Counter(arc.shape for arc in deck) == dict.fromkeys(SHAPES, 8)
    assert len({arc.levels for arc in deck}) == 40
    assert all(len(arc.levels) == taps for arc in deck)


@pytest.mark.parametrize("taps", range(4, 9))
def test_every_arc_has_the_shape_it_says_and_moves_at_every_tap(taps):
    for arc in arc_deck(taps):
        assert shape_of(arc.levels) == arc.shape
        assert min(arc.levels) == 100
        assert max(arc.levels) == 900
        assert all(a != b for a, b in zip(arc.levels, arc.levels[1:], strict=False))


@pytest.mark.parametrize(
    ("levels", "shape"),
    [
        ([900, 700, 100], "fall"),
        ([100, 100, 900], "rise"),
        ([100, 900, 500, 400], "peak"),
        ([900, 100, 500], "valley"),
        ([100, 900, 100, 900], "zigzag"),
        ([500, 500], None),
        ([100, 300, 200, 250, 900, 100, 50], None),
    ],
)
def test_shape_of_names_what_the_call_asks_for(levels, shape):
    assert shape_of(levels) == shape


def test_an_arc_of_three_taps_is_refused():
    with pytest.raises(ValueError, match="got 3"):
        arc_deck(3)
