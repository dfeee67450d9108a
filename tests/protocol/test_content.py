"""The words in the box are many, safe, balanced and of the right length."""

from collections import Counter
from itertools import combinations, pairwise

import msgspec
import pytest

from stories import content
from stories.content.names import Vocabulary

TAPS = (4, 5, 6)
KEYS = ("fall", "rise", "peak", "valley", "zigzag")
OPPOSITES = ({"fall", "rise"}, {"peak", "valley"})


# --- arcs


def test_arc_keys_are_the_five_shapes_when_read():
    assert tuple(arc.key for arc in content.arcs()) == KEYS
    assert all(tuple(arc.steps) == TAPS for arc in content.arcs())
    assert len({arc.label for arc in content.arcs()}) == len({arc.glyph for arc in content.arcs()}) == 5


@pytest.mark.parametrize("taps", TAPS)
def test_arcs_turn_as_their_names_say_when_dealt(taps):
    turns = {key: "".join("u" if b > a else "d" for a, b in pairwise(levels(key, taps))) for key in KEYS}

    assert turns["fall"] == "d" * (taps - 1)
    assert turns["rise"] == "u" * (taps - 1)
    assert (turns["peak"].lstrip("u").strip("d"), turns["peak"][0], turns["peak"][-1]) == ("", "u", "d")
    assert (turns["valley"].lstrip("d").strip("u"), turns["valley"][0], turns["valley"][-1]) == ("", "d", "u")
    assert turns["zigzag"] == ("ud" * taps)[: taps - 1]


@pytest.mark.parametrize("taps", TAPS)
def test_no_level_is_favoured_at_any_tap_when_arcs_are_dealt_evenly(taps):
    at_each_tap = list(zip(*(levels(key, taps) for key in KEYS), strict=True))

    assert [sum(five) / 5 for five in at_each_tap] == [500] * taps


@pytest.mark.parametrize("taps", TAPS)
def test_no_direction_is_favoured_at_any_tap_when_arcs_are_dealt_evenly(taps):
    ups = [sum(after[i] > before[i] for i in range(5)) for before, after in pairwise(by_tap(taps))]

    # Five arcs cannot split evenly: at every tap it is three against two.
    assert set(ups) <= {2, 3}
    assert abs(2 * sum(ups) - 5 * (taps - 1)) <= 1


@pytest.mark.parametrize("taps", TAPS)
def test_arcs_can_be_told_apart_when_dealt_with_as_many_taps(taps):
    for one, other in combinations(KEYS, 2):
        alike = correlation(levels(one, taps), levels(other, taps))
        assert alike < 0.5, (one, other)
        assert alike > -0.8 or {one, other} in OPPOSITES, (one, other)


@pytest.mark.parametrize("taps", TAPS)
def test_every_step_can_be_felt_when_an_arc_is_dealt(taps):
    smallest = min(abs(b - a) for key in KEYS for a, b in pairwise(levels(key, taps)))

    assert smallest >= 75


@pytest.mark.parametrize("taps", TAPS)
def test_feelings_of_an_arc_lie_where_the_scale_has_them_when_dealt(taps):
    for key in KEYS:
        words = content.arc_feelings(key, taps)
        places = [content.stretch(level).words for level in levels(key, taps)]
        assert [word in place for word, place in zip(words, places, strict=True)] == [True] * taps
        assert len(set(words)) == taps


def test_feeling_word_goes_from_low_to_high_when_the_level_rises():
    assert [content.feeling_word(level) for level in range(0, 1000, 100)] == [
        "crushed", "heavy-hearted", "sad", "uneasy", "unsure",
        "calm", "hopeful", "cheerful", "happy", "overjoyed",
    ]  # fmt: skip
    assert content.feeling_word(1000) == "overjoyed"


def test_feelings_differ_when_a_course_returns_to_the_same_level():
    assert content.feelings_along([100, 900, 100, 900]) == ("heavy-hearted", "overjoyed", "lost", "thrilled")


def test_feelings_have_a_single_place_when_the_scale_is_read():
    scale = content.read("arcs.json", content.ArcsFile).feelings
    words = [word for feeling in scale for word in feeling.words]

    assert [feeling.lowest for feeling in scale] == list(range(0, 1000, 100))
    assert len(words) == len(set(words))


@pytest.mark.parametrize("level", [-1, 1001])
def test_feeling_word_is_refused_when_the_level_is_off_the_strip(level):
    with pytest.raises(ValueError, match=str(level)):
        content.feeling_word(level)


def test_arc_levels_are_refused_when_nothing_is_written_for_so_many_taps():
    with pytest.raises(ValueError, match="not for 3"):
        content.arc_levels("fall", 3)


# --- decks


def test_decks_hold_twenty_four_cards_each_when_read():
    assert [(deck.slug, len(deck.cards)) for deck in content.decks()] == [
        ("small-wonders", 24),
        ("turning-points", 24),
    ]


def test_cards_are_all_different_when_decks_are_laid_side_by_side():
    cards = [card for deck in content.decks() for card in deck.cards]

    assert len({card.id for card in cards}) == len({card.prompt for card in cards}) == len(cards) == 48
    assert len({card.scaffold for card in cards}) == 48
    assert all(card.strip.low != card.strip.high for card in cards)


def test_cards_ask_no_more_than_their_deck_promises_when_drawn():
    asked = {deck.slug: Counter(card.exposure for card in deck.cards) for deck in content.decks()}

    assert asked == {"small-wonders": {1: 24}, "turning-points": {1: 8, 2: 8, 3: 8}}


def test_personal_cards_are_not_for_children_when_drawn():
    ages = {(card.exposure, card.min_age) for deck in content.decks() for card in deck.cards}

    assert ages == {(1, 8), (2, 10), (3, 16)}


def test_prompts_are_one_short_sentence_when_read_aloud():
    for card in (card for deck in content.decks() for card in deck.cards):
        assert card.prompt[-1] in ".?", card.id
        assert len(card.prompt.split()) <= 20, card.id
        assert card.prompt.count(".") + card.prompt.count("?") == 1, card.id
        assert [hint[-1] for hint in hints(card)] == ["?"] * 3, card.id
        assert max(map(len, hints(card))) <= 70, card.id


def test_a_card_is_found_when_asked_for_by_deck_and_id():
    assert content.card("small-wonders", "snail-post").strip == content.StripWords(
        low="puzzled", high="moved"
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda: content.deck("nowhere"),
        lambda: content.card("small-wonders", "nowhere"),
        lambda: content.script("nowhere"),
        lambda: content.arc("nowhere"),
    ],
)
def test_looking_up_fails_with_the_name_when_nothing_is_called_so(ask):
    with pytest.raises(LookupError, match="'nowhere'"):
        ask()


# --- scripts


def test_scripts_fill_a_minute_when_read_aloud():
    lengths = {script.id: spoken_words(script) for script in content.scripts()}

    assert len(lengths) == len({script.title for script in content.scripts()}) == 6
    assert {name: words for name, words in lengths.items() if not 120 <= words <= 160} == {}
    assert {script.seconds for script in content.scripts()} == {60}


def test_scripts_have_lines_for_the_breath_when_released_one_by_one():
    for script in content.scripts():
        assert 8 <= len(script.lines) <= 12
        for line in script.lines:
            assert line.text == line.text.strip() != ""
            assert line.note == line.note.strip() != ""
            assert (len(line.text) <= 140, len(line.note) <= 60) == (True, True)


def test_scripts_begin_five_feelings_in_order_when_told():
    for script in content.scripts():
        begun = [line.begins for line in script.lines if line.begins is not None]
        assert (script.taps, begun) == (5, [0, 1, 2, 3, 4]), script.id
        assert script.lines[0].begins == 0, script.id
        assert content.arc_levels(script.arc, script.taps), script.id


def test_scripts_leave_time_to_follow_when_a_feeling_begins():
    """Every feeling lasts at least 8 s at 140 words a minute: a ramp of 3 s and 5 s of lag."""
    for script in content.scripts():
        words = Counter()
        step = None
        for line in script.lines:
            step = step if line.begins is None else line.begins
            words[step] += len(line.text.split())
        assert min(words.values()) / 140 * 60 >= 8, script.id


def test_no_shape_is_the_safe_guess_when_scripts_are_drawn():
    dealt = Counter(script.arc for script in content.scripts())
    played = [content.arc_levels(script.arc, 5) for script in content.scripts()]

    assert dealt == {"fall": 1, "rise": 1, "peak": 1, "valley": 1, "zigzag": 2}
    # The sixth arc is the one that moves the mean of the six least: up as often as down.
    assert all(abs(sum(six) / 6 - 500) <= 50 for six in zip(*played, strict=True))
    assert sum(b > a for arc in played for a, b in pairwise(arc)) == 6 * 4 / 2


def test_scripts_ask_nothing_personal_when_read_first():
    assert {(script.exposure, script.language) for script in content.scripts()} == {(1, "en")}


# --- reading


def test_an_unknown_field_is_refused_when_a_file_is_read():
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"low": "dark", "high": "bright", "colour": "blue"}, content.StripWords)
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"pattern": "", "adjectives": [], "animals": {}, "colour": "blue"}, Vocabulary)


@pytest.mark.parametrize("exposure", [0, 4])
def test_an_exposure_out_of_range_is_refused_when_a_card_is_read(exposure):
    card = msgspec.to_builtins(content.card("small-wonders", "snail-post")) | {"exposure": exposure}

    with pytest.raises(msgspec.ValidationError, match="exposure"):
        msgspec.convert(card, content.Card)


def test_files_are_read_once_when_asked_for_twice():
    assert content.decks() is content.decks()
    assert content.arcs() is content.arcs()


def test_apostrophes_and_quotes_are_printers_ones_when_players_read_them():
    for name in ("arcs.json", "decks.json", "scripts.json", "names.json"):
        assert "'" not in (content.HERE / name).read_text(encoding="utf-8"), name


def levels(key, taps):
    return content.arc_levels(key, taps)


def by_tap(taps):
    return list(zip(*(levels(key, taps) for key in KEYS), strict=True))


def correlation(one, other):
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    a = [value - mean_one for value in one]
    b = [value - mean_other for value in other]
    return (
        sum(x * y for x, y in zip(a, b, strict=True)) / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
    )


def hints(card):
    return [card.scaffold.beginning, card.scaffold.turn, card.scaffold.ending]


def spoken_words(script):
    return sum(len(line.text.split()) for line in script.lines)
