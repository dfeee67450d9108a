"""One telling's rows: who may write them, when, and what becomes of saying a thing twice."""

import random

import msgspec
import pytest

from stories import bulletin, content, models, personal, synchrony, tellings
from stories.protocol import commands as c
from stories.protocol import moves
from stories.protocol.replies import BeatPlaced
from stories.protocol.words import PreparedLine
from tests.db.evening import BEGIN, DONE, Evening, refusal_of

SCRIPT = content.scripts()[0]
DECK = content.decks()[0]


# --- preparing


def test_nobody_tells_when_nobody_listens_with_an_open_page(db):
    evening = Evening("Ana")
    evening.sit("Ben", here=False)
    witness = evening.sit("Eli")
    models.Participant.objects.filter(pk=witness.pk).update(witness=True)

    assert refusal_of(evening.prepare) == "telling.needs_listener"
    assert models.Telling.objects.count() == 0


def test_only_people_of_the_room_tell_when_the_host_asks(evening):
    elsewhere = Evening("Dov")
    models.Participant.objects.filter(pk=evening["Eli"].pk).update(removed_at=evening.row.created_at)
    evening["Eli"].refresh_from_db()

    for stranger in (elsewhere["Dov"], evening["Eli"]):
        asked = refusal_of(lambda who=stranger: tellings.prepare(evening.row, teller=who))
        assert asked == "teller.unknown"


@pytest.mark.parametrize(
    "wish", [{"script": "no-such"}, {"deck": DECK.slug, "card": "no-such"}, {"card": "x"}]
)
def test_what_nobody_wrote_cannot_be_told(evening, wish):
    assert refusal_of(lambda: evening.prepare(**wish)) == "content.unknown"


def test_a_script_brings_its_lines_arc_and_words_when_prepared(evening):
    telling = evening.prepare(script=SCRIPT.id, source="C", mode="spoken")

    lines = models.Line.objects.filter(telling=telling)
    assert (telling.source, telling.mode, telling.title) == ("A", "lines", SCRIPT.title)
    assert (telling.arc, telling.arc_levels) == (
        SCRIPT.arc,
        list(content.arc_levels(SCRIPT.arc, SCRIPT.taps)),
    )
    assert [line.words for line in lines] == [line.text for line in SCRIPT.lines]
    assert sum(line.turn for line in lines) == SCRIPT.taps == len(telling.arc_levels)


def test_a_card_brings_its_prompt_to_its_teller_alone_when_prepared(evening):
    card = DECK.cards[0]
    telling = evening.prepare(deck=DECK.slug, card=card.id)

    bundle = personal.bundle(evening.about)

    assert personal.you(evening["Ana"], bundle).card.prompt == card.prompt
    assert personal.you(evening["Ben"], bundle).card is None
    assert (telling.low, telling.high) == (card.strip.low, card.strip.high)


def test_a_dealt_arc_comes_from_the_deck_and_all_shapes_come_when_often_dealt():
    rng = random.Random(3)
    dealt = [tellings.deal(rng) for _ in range(400)]

    assert set(dealt) <= set(synchrony.arc_deck(tellings.ARC_STEPS))
    assert {arc.shape for arc in dealt} == set(synchrony.SHAPES)


def test_the_wish_to_tell_is_granted_when_somebody_tells(evening):
    tellings.seats.offer(evening["Ana"], willing=True, at=5)

    evening.prepare()

    evening["Ana"].refresh_from_db()
    assert evening["Ana"].willing_at is None


def test_a_story_remembers_how_the_room_was_set_when_prepared(evening):
    evening.obey(moves.ChooseDisplay(display="open", open_table=True))

    telling = evening.prepare()

    assert (telling.display, telling.open_table, telling.number) == ("open", True, 1)


# --- choosing and writing


def test_the_teller_changes_source_mode_and_arc_while_preparing(evening):
    telling = evening.prepare(source="A")

    wish = c.TellingChoose(telling=telling.public_id, source="B", mode="typed", arc="valley")
    tellings.choose(evening["Ana"], wish)

    telling.refresh_from_db()
    assert (telling.source, telling.mode, telling.arc) == ("B", "typed", "valley")
    assert synchrony.shape_of(telling.arc_levels) == "valley"
    assert (evening.about.source, evening.about.mode) == ("B", "typed")


def test_an_arc_that_is_none_changes_nothing_when_chosen(evening):
    telling = evening.prepare(source="A")
    wish = c.TellingChoose(telling=telling.public_id, source="B", mode="typed", arc="spiral")

    assert refusal_of(lambda: tellings.choose(evening["Ana"], wish)) == "content.unknown"
    assert evening.about.source == "A"


def test_prepared_lines_are_the_last_ones_written_and_their_notes_the_tellers_alone(evening):
    telling = evening.prepare(mode="lines")
    for lines in (
        [PreparedLine(words="First.")],
        [PreparedLine(words="It rained.", notes="slow", turn=True)],
    ):
        tellings.write_lines(evening["Ana"], c.LinesWrite(telling=telling.public_id, lines=lines))

    bundle = personal.bundle(evening.about)

    assert personal.you(evening["Ana"], bundle).lines == [
        PreparedLine(words="It rained.", notes="slow", turn=True)
    ]
    assert personal.you(evening["Ben"], bundle).lines is None


# --- beats


def test_a_beat_is_stored_and_told_once_when_marked_twice(evening, heard):
    telling = evening.begin()

    for _ in range(2):
        evening.mark(telling, "b1", 12, words=" Then it rang. ")

    assert list(telling.beats.values_list("beat", "tick", "words", "turn")) == [
        ("b1", 12, "Then it rang.", True)
    ]
    assert heard == [
        bulletin.CaptionNews(
            room=evening.row.pk,
            telling=telling.public_id,
            beat="b1",
            tick=12,
            words="Then it rang.",
            turn=True,
        )
    ]


@pytest.mark.parametrize("other", [{"tick": 13}, {"words": "Other."}, {"turn": False}])
def test_a_beat_is_a_conflict_when_its_id_says_something_else(evening, other):
    telling = evening.begin()
    evening.mark(telling, "b1", 12, words="Then.")

    said = {"tick": 12, "words": "Then.", **other}
    assert refusal_of(lambda: evening.mark(telling, "b1", **said)) == "beat.conflict"
    assert telling.beats.get().tick == 12


def test_a_line_is_told_with_its_prepared_words_whatever_the_client_typed(evening):
    telling = evening.begin(script=SCRIPT.id)

    evening.mark(telling, "b1", 4, line=0, words="something else")

    assert telling.beats.get().words == SCRIPT.lines[0].text
    assert refusal_of(lambda: evening.mark(telling, "b2", 4, line=99)) == "beat.unknown"


def test_words_lose_control_characters_when_they_are_kept(evening):
    telling = evening.begin()

    evening.mark(telling, "b1", 4, words="one\x00two\nthree\x1b")

    assert telling.beats.get().words == "one two three"


def test_a_beat_has_to_lie_in_the_story_when_marked(evening):
    telling = evening.begin()

    def at(tick: int) -> str | None:
        wish = c.BeatMark(telling=telling.public_id, beat=f"b{tick}", tick=tick)
        return refusal_of(lambda: tellings.mark_beat(evening["Ana"], wish, at=evening.at(10)))

    # Ten seconds are forty ticks; two seconds more are for clocks that differ.
    assert [at(tick) for tick in (0, 40, 49, 50, 10_000)] == [None, None, None, "beat.range", "beat.range"]


def test_a_beat_may_come_late_and_not_lie_after_the_end_when_the_story_is_over(evening):
    telling = evening.told(10)

    assert refusal_of(lambda: evening.mark(telling, "b1", 40)) is None
    assert refusal_of(lambda: evening.mark(telling, "b2", 42)) == "beat.range"


def test_a_story_holds_eighty_beats(evening):
    telling = evening.begin()
    for n in range(tellings.MOST_BEATS):
        evening.mark(telling, f"b{n}", n)

    assert refusal_of(lambda: evening.mark(telling, "one-more", 1)) == "beat.too_many"
    assert refusal_of(lambda: evening.mark(telling, "b3", 3)) is None
    assert telling.beats.count() == tellings.MOST_BEATS


def test_only_its_teller_marks_a_story(evening):
    telling = evening.begin()
    wish = c.BeatMark(telling=telling.public_id, beat="b", tick=1)

    assert (
        refusal_of(lambda: tellings.mark_beat(evening["Ben"], wish, at=evening.at(9))) == "telling.not_yours"
    )


def test_a_telling_is_unknown_when_it_belongs_to_another_room(evening):
    other = Evening("Ana", "Ben")
    theirs = other.begin()

    for work in (
        lambda: evening.mark(theirs, "b", 1),
        lambda: evening.call(theirs, "Ben", "start"),
        lambda: tellings.write_lines(evening["Ana"], c.LinesWrite(telling=theirs.public_id, lines=[])),
    ):
        assert refusal_of(work) == "telling.unknown"


def test_a_beat_is_placed_where_its_teller_says_last(evening):
    telling = evening.begin(source="B")
    evening.mark(telling, "b1", 12)
    evening.obey(DONE, 60)

    for level in (100, 900):
        tellings.place_beat(evening["Ana"], c.BeatPlace(telling=telling.public_id, beat="b1", level=level))

    assert personal.you(evening["Ana"], personal.bundle(evening.about)).beats == [
        BeatPlaced(id="b1", tick=12, level=900)
    ]
    unknown = c.BeatPlace(telling=telling.public_id, beat="b2", level=5)
    assert refusal_of(lambda: tellings.place_beat(evening["Ana"], unknown)) == "beat.unknown"


# --- the Call


def test_four_arcs_may_be_called_and_the_right_one_is_among_them(evening):
    for _ in range(12):
        telling = evening.told(source="A")
        choices = tellings.call_choices(telling)
        assert (len(choices), len(set(choices)), telling.arc in choices) == (4, 4, True)
        assert choices == [shape for shape in synchrony.SHAPES if shape in choices]
        assert tellings.call_choices(telling) == choices
        evening.obey(moves.ToLobby(), 61)


def test_beats_with_words_may_be_called_when_there_are_two(evening):
    telling = evening.begin()
    evening.mark(telling, "b1", 12, words="Then.")
    assert tellings.call_choices(telling) == ["start", "middle", "end"]

    evening.mark(telling, "b3", 30, words="At last.")
    evening.mark(telling, "b2", 20)
    assert tellings.call_choices(telling) == ["b1", "b3"]


def test_few_beats_spread_over_the_story_may_be_called_when_there_are_many(evening):
    telling = evening.begin()
    for n in range(60):
        evening.mark(telling, f"b{n:02}", n, words=f"Line {n}.")

    assert tellings.call_choices(telling) == ["b00", "b10", "b20", "b30", "b40", "b50"]


def test_a_call_is_the_last_one_made_and_counts_once(evening):
    telling = evening.told()
    for choice in ("start", "end", "end"):
        evening.call(telling, "Ben", choice)

    assert list(telling.calls.values_list("participant", "choice")) == [(evening["Ben"].pk, "end")]
    assert refusal_of(lambda: evening.call(telling, "Ben", "never")) == "call.unknown"


def test_choices_are_public_when_the_story_is_over_and_not_before(evening):
    telling = evening.begin(source="A")
    assert personal.words_of(telling)["calls"] == ()

    evening.obey(DONE, 60)

    telling.refresh_from_db()
    assert personal.words_of(telling)["calls"] == tuple(tellings.call_choices(telling))


# --- felt heard


def heard_as(evening, telling, level, share=False):
    tellings.rate_heard(evening["Ana"], c.HeardRate(telling=telling.public_id, level=level, share=share))
    telling.refresh_from_db()
    return telling.heard, telling.heard_shared


def test_felt_heard_may_be_changed_until_lines_are_shown(evening):
    telling = evening.told()
    assert heard_as(evening, telling, 2) == (2, False)
    assert heard_as(evening, telling, 4) == (4, False)

    evening.open_reveal(1)

    assert heard_as(evening, telling, 1, share=True) == (4, True)
    assert heard_as(evening, telling, 1) == (4, False)


def test_felt_heard_is_the_tellers_alone(evening):
    telling = evening.told()
    wish = c.HeardRate(telling=telling.public_id, level=5)

    assert refusal_of(lambda: tellings.rate_heard(evening["Ben"], wish)) == "telling.not_yours"
    heard_as(evening, telling, 5)
    bundle = personal.bundle(evening.about)
    assert (personal.you(evening["Ana"], bundle).heard, personal.you(evening["Ben"], bundle).heard) == (
        5,
        None,
    )


# --- what a seat is told


def test_a_listener_is_told_no_secret_when_a_story_runs(evening):
    telling = evening.begin(source="A", mode="lines")
    models.Line.objects.create(telling=telling, position=0, words="The butler did it.", notes="whisper")
    evening.mark(telling, "b1", 2)

    you = msgspec.to_builtins(personal.you(evening["Ben"], personal.bundle(evening.about)))

    assert you == {"light": msgspec.to_builtins(personal.light_of(evening["Ben"]))}


def test_the_teller_is_told_the_arc_with_a_feeling_for_each_step(evening):
    telling = evening.begin(source="A")

    you = personal.you(evening["Ana"], personal.bundle(evening.about))

    assert (you.part, you.arc_key) == ("teller", telling.arc)
    assert [step.level for step in you.arc] == telling.arc_levels
    assert all(step.feeling for step in you.arc)


def test_a_witness_is_told_so(evening):
    models.Participant.objects.filter(pk=evening["Eli"].pk).update(witness=True)
    evening["Eli"].refresh_from_db()
    evening.begin()

    assert personal.you(evening["Eli"], personal.bundle(evening.about)).part == "witness"


def test_passing_leaves_no_story_behind_that_anybody_is_shown(evening):
    telling = evening.prepare()

    evening.obey(moves.Drop(by="teller"))

    telling.refresh_from_db()
    assert (telling.started_at, evening.state.about) == (None, None)
    assert refusal_of(lambda: evening.obey(BEGIN)) == "phase.wrong"


def test_a_latecomer_is_told_so_when_a_story_runs_already(evening):
    evening.begin(source="A")
    models.Participant.objects.filter(pk=evening["Ben"].pk).update(joined_at=evening.about.started_at + 1)
    evening["Ben"].refresh_from_db()

    you = personal.you(evening["Ben"], personal.bundle(evening.about))

    assert you.late is True


def test_words_lose_marks_that_turn_the_reading_direction_and_keep_joined_emoji():
    assert tellings.plain("a\u202egnp.exe \u2067b 👩\u200d🚒") == "agnp.exe b 👩\u200d🚒"
