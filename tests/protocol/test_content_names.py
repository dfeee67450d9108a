"""Generated names agree, fit on a light, name no colour and never clash."""

from random import Random

import pytest

from stories import content
from stories.content.names import MAX_LENGTH, all_names, vocabularies

LANGUAGES = ("en", "de", "fr", "es")
COLOURS = {
    "en": "red orange yellow green blue purple violet pink brown black white grey gray golden silver",
    "de": "rot gelb grün blau lila rosa braun schwarz weiß grau golden",
    "fr": "rouge jaune vert bleu rose brun noir blanc gris doré argenté",
    "es": "rojo amarillo verde azul rosa marrón negro blanco gris dorado plateado",
}


def test_names_exist_in_every_language_when_asked():
    assert content.languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_many_short_and_all_different_when_combined(language):
    words = vocabularies()[language]
    names = all_names(language)

    assert len(words.adjectives) >= 40
    assert sum(map(len, words.animals.values())) >= 40
    assert len(names) == len(set(names)) >= 1600
    assert max(map(len, names)) <= MAX_LENGTH == 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_name_no_colour_when_combined(language):
    said = {forms[gender].lower() for forms in vocabularies()[language].adjectives for gender in forms}

    # Colours identify lights. The stem catches every ending: grüner, grünes, negra.
    stems = tuple(colour.rstrip("eo") for colour in COLOURS[language].split())
    assert [word for word in sorted(said) if word.startswith(stems)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_adjectives_have_a_form_for_every_animal_when_combined(language):
    words = vocabularies()[language]

    assert {tuple(forms) for forms in words.adjectives} == {tuple(words.animals)}


def test_german_adjectives_end_as_their_animal_asks_when_combined():
    ends = {"m": "er", "f": "e", "n": "es"}

    for forms in vocabularies()["de"].adjectives:
        stem = forms["m"].removesuffix("er")
        assert forms == {gender: stem + end for gender, end in ends.items()}


@pytest.mark.parametrize(("language", "feminine"), [("fr", "e"), ("es", "ae")])
def test_feminine_forms_end_in_a_vowel_of_theirs_when_they_differ(language, feminine):
    for forms in vocabularies()[language].adjectives:
        assert forms["m"] == forms["f"] or forms["f"][-1] in feminine, forms


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Brave Otter"),
        ("de", "Mutiger Fuchs"),
        ("de", "Mutige Eule"),
        ("de", "Mutiges Reh"),
        ("fr", "Renard curieux"),
        ("fr", "Loutre curieuse"),
        ("es", "Zorro sereno"),
        ("es", "Nutria serena"),
    ],
)
def test_a_name_agrees_when_its_animal_has_a_gender(language, name):
    assert name in all_names(language)


def test_a_name_is_the_same_when_chance_is_seeded_alike():
    names = [content.generate_name("en", Random(7), set()) for _ in range(2)]

    assert names[0] == names[1] in all_names("en")


def test_names_stay_different_when_a_hall_of_three_thousand_joins():
    rng, taken = Random(1), set()

    for _ in range(3000):
        taken.add(content.generate_name("de", rng, taken))

    assert len(taken) == 3000
    assert taken <= set(all_names("de"))


def test_the_last_free_name_is_found_when_all_others_are_taken():
    names = all_names("es")

    assert content.generate_name("es", Random(3), set(names[1:])) == names[0]


def test_a_name_gets_a_number_when_every_name_is_taken():
    taken = set(all_names("fr"))

    name = content.generate_name("fr", Random(3), taken)

    assert name.removesuffix(" 2") in taken
    assert len(name) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("asked", "spoken"), [("de-AT", "de"), ("es_MX", "es"), ("FR", "fr"), ("ja", "en"), ("", "en")]
)
def test_a_language_without_names_borrows_english_ones_when_asked(asked, spoken):
    assert content.generate_name(asked, Random(5), set()) == content.generate_name(spoken, Random(5), set())
