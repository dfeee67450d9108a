"""Every page in every language, words of the content included, and catalogues with nothing missing."""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from scripts import catalogues
from stories import analysis, content, history, personal
from stories.content.names import all_names
from stories.models import Call, Room

pytestmark = pytest.mark.django_db

CSS = sorted((catalogues.HOME / "static" / "css").glob("*.css"))
LANGUAGES = ("de", "fr", "es")
# One sentence of each page, as it is said there.
SAID = {
    "en": {
        "landing": "Got a code?",
        "join": "The code stands on the screen in your room.",
        "play": "Sealed until the end, so that nobody steers you. Not even us.",
        "console": "Nobody yet. The first one is always brave.",
    },
    "de": {
        "landing": "Hast du einen Code?",
        "join": "Der Code steht auf dem Bildschirm in deinem Raum.",
        "play": "Versiegelt bis zum Ende, damit niemand euch lenkt. Nicht einmal wir.",
        "console": "Noch niemand da. Den Anfang macht immer jemand mit Mut.",
    },
    "fr": {
        "landing": "Tu as un code\N{NARROW NO-BREAK SPACE}?",
        "join": "Le code est sur l’écran de ta salle.",
        "play": "Scellé jusqu’à la fin, pour que personne ne vous influence. Pas même nous.",
        "console": "Personne encore. Il faut toujours du courage pour être là en premier.",
    },
    "es": {
        "landing": "¿Tienes un código?",
        "join": "El código está en la pantalla de tu sala.",
        "play": "Sellado hasta el final, para que nadie os influya. Ni siquiera el juego.",
        "console": "Todavía nadie. Llegar primero siempre es de valientes.",
    },
}
# What the game says of a room, in the words that were agreed on.
COPY = """
In step. When {teller}'s story turned, the room turned with it.
{r}, likely between {a} and {b}. With 95 of 100 other tellers, this room would not pass {c}.
Often in step. The room followed some of {teller}'s turns and missed others. Which ones?
Too close to call. This could be chance, so let's ask {teller} instead.
The room heard a story of its own. People moved together, though not along {teller}'s line. What did we hear?
You moved most at '{beat}'. {teller}'s line turned there too.
You moved most at '{beat}'. {teller}'s line stayed level there. You may have heard something else; that is worth saying.
No reading this time, and that is fine. {reason} You were still in the room.
Sealed until the end, so that nobody steers you. Not even us.
Before we show anything: how heard did you feel? Only you see this.
Let's take a breath. No one needs to say why.
We compare the rise and fall of the room's line with the teller's line, allowing a few seconds to react. Then we compare the room with many other tellers, to see how much could be chance. The result describes this room and this story, not any person.
Inspired by brain research on storytellers and listeners (Stephens and others, 2010); that study scanned brains, this game compares thumbs. It does not measure mirror neurons, empathy or understanding; what mirror neurons do in people is still debated. The teller's line is their own account, not a right answer.
""".strip().splitlines()


def browser_of(language: str) -> Client:
    """A browser whose owner reads this language."""
    return Client(headers={"accept-language": language})


def pages_in(language: str) -> dict[str, str]:
    """The four pages everybody meets, in a room of its own."""
    browser = browser_of(language)
    console = browser.post("/rooms/start").url
    code = console.rpartition("/")[2]
    pages = {"landing": browser.get("/"), "join": browser.get("/join"), "console": browser.get(console)}
    seat = browser.post(f"/j/{code}", {"seed": "1"}).url
    return {name: unescape(page.text) for name, page in {**pages, "play": browser.get(seat)}.items()}


@pytest.fixture
def german(meeting):
    """Cleo's room, had it been opened in German."""
    Room.objects.filter(pk=meeting.room.pk).update(language="de")
    meeting.room.refresh_from_db()
    return meeting


@pytest.mark.parametrize("language", SAID)
def test_page_speaks_the_language_its_reader_asked_for(language):
    pages = pages_in(language)

    assert {name: words for name, words in SAID[language].items() if words not in pages[name]} == {}
    assert {name for name, page in pages.items() if f'<html lang="{language}" dir="ltr"' not in page} == set()


@pytest.mark.parametrize("language", SAID)
def test_page_shows_no_blank_when_nothing_is_left_to_fill(language):
    blank = re.compile(r"\{\w+\}|%\(\w+\)s|\{[{%]")

    shown = {
        name: re.sub(r"(?s)<span data-word.*?</span>", "", page) for name, page in pages_in(language).items()
    }

    assert {name: blank.findall(page) for name, page in shown.items() if blank.search(page)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_says_the_words_of_the_content_in_its_language(language):
    arc, deck = content.arcs()[0], content.decks()[0]

    pages = pages_in(language)

    assert [word for word in (arc.label, arc.name) if f">{word}<" in pages["play"]] == []
    assert deck.description not in pages["console"]


def test_language_is_chosen_without_script_and_stays_with_the_page():
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/how").text
    form = page[page.index('class="languages"') :]
    token, back = re.findall(r'name="(?:csrfmiddlewaretoken|next)" value="([^"]+)"', form)

    answer = browser.post("/i18n/setlang/", {"csrfmiddlewaretoken": token, "next": back, "language": "de"})

    assert (answer.status_code, answer.url) == (302, "/how")
    assert '<html lang="de"' in browser.get("/how").text
    assert answer.cookies["django_language"]["samesite"] == "Lax"


def test_language_names_itself_in_its_own_words():
    offered = {
        language: re.findall(
            r'value="(\w\w)" lang="\1"(?: aria-pressed="true")?><bdi>([^<]+)<', page["landing"]
        )
        for language, page in ((one, pages_in(one)) for one in ("en", "de"))
    }

    own = [("en", "English"), ("de", "Deutsch"), ("fr", "français"), ("es", "español")]
    assert offered == {"en": own, "de": own}


def test_chooser_leads_to_the_start_when_the_page_answers_a_form(meeting):
    ana = meeting.people["Ana"]

    page = meeting.browsers["Ana"].post(f"/play/{ana.public_id}/forget").text

    assert '<input type="hidden" name="next" value="/">' in page


def test_room_gives_names_of_the_language_it_was_opened_in():
    browser = browser_of("de")
    code = browser.post("/rooms/start").url.rpartition("/")[2]

    # Who comes in reads French, and is named as everybody else here.
    page = browser_of("fr").get(f"/j/{code}").text

    assert Room.objects.get().language == "de"
    assert re.search(r"<strong><bdi>(.+?)</bdi>", page)[1] in all_names("de")


def test_words_that_a_room_shares_are_said_in_its_language(german):
    telling = german.tell("Ana", "debrief", script="seventy-two-years")
    Call.objects.create(telling=telling, participant=german.people["Ben"], choice="peak")

    steps = [step.feeling for step in personal.arc_steps(telling)]
    picture = analysis.picture(history.about(german.room.pk, telling.public_id))

    assert (telling.low, telling.high) == ("schwer", "leicht")
    assert steps == ["traurig", "unwohl", "überglücklich", "einsam", "besorgt"]
    assert picture.call.answer == "Auf den Berg und wieder hinab"


def test_page_runs_from_right_to_left_when_its_language_does(settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]

    assert '<html lang="ar" dir="rtl"' in browser_of("ar").get("/").text


@pytest.mark.parametrize("path", CSS, ids=[path.name for path in CSS])
def test_stylesheet_names_no_side_that_a_language_could_turn_round(path):
    sided = r"(?:(?:margin|padding|border)-(?:left|right)|text-align:\s*(?:left|right)|float:|[;{]\s*(?:left|right):)"

    assert re.findall(sided, path.read_text("utf-8")) == []


def test_copy_is_what_was_agreed_on():
    assert [sentence for sentence in COPY if (sentence,) not in catalogues.sentences()] == []


def test_catalogues_lack_nothing():
    assert catalogues.check() == {language: [] for language in LANGUAGES}


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('msgstr "Fertig"', 'msgstr ""', "not translated: Done"),
        ('msgid "Done"', '#, fuzzy\nmsgid "Done"', "only guessed: Done"),
        ('msgid "Done"', 'msgid "Over"', "not in the catalogue, run make messages: Done"),
        ('msgid "Done"', 'msgid "Over"', "nowhere in the game, run make messages: Over"),
        ('msgstr "Wendepunkt {number}"', 'msgstr "Wendepunkt {nummer}"', "Turning point {number}"),
        ('msgstr "Raum %(code)s"', 'msgstr "Raum"', "Room %(code)s"),
        ('msgstr "Fertig"', 'msgstr "Getan"', "django.mo is not what django.po says, run make messages"),
    ],
)
def test_catalogue_that_is_wrong_is_complained_about(tmp_path: Path, before, after, complaint):
    for name in ("django.po", "django.mo"):
        shutil.copy(catalogues.HOME / "locale" / "de" / "LC_MESSAGES" / name, tmp_path)
    catalogue = tmp_path / "django.po"
    words = catalogue.read_text("utf-8")
    catalogue.write_text(words.replace(before, after, 1), "utf-8")

    found = catalogues.complaints(tmp_path, catalogues.sentences())

    assert before in words
    assert [one for one in found if complaint in one] != []
