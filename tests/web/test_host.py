"""The console: what it shows, what its buttons do, with and without script."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stories import content, history, retention
from stories.models import Participant, Room, Telling
from stories.protocol import moves
from stories.protocol.phases import Debrief, Lobby, Paused, Reveal, Settling, Warmup
from stories.protocol.phases import Telling as TellingPhase

pytestmark = pytest.mark.django_db
SCRIPT = content.scripts()[0].id


def phase(meeting):
    return history.read(meeting.room.pk).phase


def next_button(page: str) -> str:
    """What the big button says, without its key."""
    found = re.search(r"<(button|a)[^>]* data-next[^>]*>(.*?)</\1>", page, re.DOTALL)
    return " ".join(re.sub(r"<kbd>.*?</kbd>|<[^>]+>", "", found[2]).split()) if found else ""


def test_console_without_script_comes_back_after_every_wish(meeting):
    answer = meeting.wish("warmup")

    assert (answer.status_code, answer.url) == (302, meeting.url())
    assert isinstance(phase(meeting), Warmup)


def test_console_with_script_swaps_itself_alone(meeting):
    answer = meeting.cleo.post(meeting.url("warmup"), headers={"hx-request": "true"})

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="console__main" id="console" data-phase="warmup"')


@pytest.mark.parametrize("part", ["console", "people"])
def test_part_of_the_console_is_fetched_alone(meeting, part):
    page = meeting.cleo.get(f"{meeting.url()}?part={part}").text

    assert f'id="{part}"' in page
    assert "<html" not in page


def test_refusal_is_said_in_words_without_script(meeting):
    Participant.objects.update(socket="")

    answer = meeting.wish("prepare", teller="me", script=SCRIPT)
    page = meeting.cleo.get(answer.url).text

    assert answer.url == f"{meeting.url()}?refused=telling.needs_listener"
    assert "A story needs at least one listener" in page


def test_refusal_smuggled_into_the_address_says_nothing(meeting):
    page = meeting.cleo.get(f"{meeting.url()}?refused=<script>alert(1)</script>").text

    assert "alert(1)" not in page
    assert 'role="alert"' not in page


def test_big_button_leads_through_a_whole_round(meeting):
    said = []

    def press():
        page = meeting.cleo.get(meeting.url()).text
        said.append(next_button(page))
        form = re.search(r'<form id="act-next.*?</form>', page, re.DOTALL)
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        meeting.cleo.post(re.search(r'action="([^"]+)"', form[0])[1], fields)

    press()
    press()
    telling = Telling.objects.get()
    history.obey(meeting.room.pk, moves.Begin(by="teller"))
    history.obey(meeting.room.pk, moves.Finish(by="teller"))
    for _ in range(5):
        press()
    said.append(next_button(meeting.cleo.get(meeting.url()).text))

    assert said == [
        "Warm up: 20 seconds",
        "You read first: a 60-second script",
        "Reveal now: the teller's line",
        "Show the room's line",
        "Show where it came together",
        "Show how in step it was",
        "Now talk about it",
        "Next story: you draw a card",
    ]
    assert (telling.script, isinstance(phase(meeting), Debrief)) == (SCRIPT, True)


def test_reading_first_takes_a_seat_on_the_way(meeting):
    answer = meeting.wish("prepare", teller="me", script=SCRIPT)

    telling = Telling.objects.select_related("teller").get()
    assert f"seat_{telling.teller.public_id}" in answer.cookies
    assert "Open my page to tell" in meeting.cleo.get(meeting.url()).text
    assert meeting.cleo.get(f"/play/{telling.teller.public_id}").status_code == 200


def test_reading_first_leaves_no_seat_behind_when_it_is_refused(meeting):
    Participant.objects.update(socket="")

    meeting.wish("prepare", teller="me", script=SCRIPT)

    assert Participant.objects.count() == 3


def test_reading_again_uses_the_seat_that_is_there(meeting):
    meeting.wish("sit")
    meeting.wish("sit")
    meeting.wish("prepare", teller="me", script=SCRIPT)

    assert Participant.objects.count() == 4


def test_only_the_willing_may_be_asked_to_tell(meeting):
    ana, ben = meeting.people["Ana"], meeting.people["Ben"]
    Participant.objects.filter(pk=ben.pk).update(willing_at=1)

    unasked = meeting.wish("prepare", teller=ana.public_id, script=SCRIPT)
    meeting.wish("prepare", teller=ben.public_id, script=SCRIPT)

    assert unasked.url.endswith("refused=teller.unknown")
    assert [telling.teller for telling in Telling.objects.all()] == [ben]


def test_willing_people_are_listed_in_the_order_they_offered(meeting):
    for name, at in (("Eli", 1), ("Ana", 2)):
        Participant.objects.filter(pk=meeting.people[name].pk).update(willing_at=at)

    page = meeting.cleo.get(meeting.url()).text

    offered = re.findall(r'name="teller" value="(\w+)"', page)
    assert offered == [meeting.people["Eli"].public_id, meeting.people["Ana"].public_id, "me"]


def test_card_drawn_never_gets_closer_than_allowed(meeting):
    deck = next(deck for deck in content.decks() if {card.exposure for card in deck.cards} == {1, 2, 3})
    drawn = set()
    for _ in range(12):
        meeting.wish("prepare", teller="me", deck=deck.slug, exposure="1")
        telling = Telling.objects.latest("pk")
        drawn.add(content.card(telling.deck, telling.card).exposure)
        meeting.wish("lobby")

    assert drawn == {1}


def test_card_chosen_by_the_host_is_the_card_dealt(meeting):
    deck = content.decks()[0]
    card = deck.cards[3]

    meeting.wish(
        "prepare", teller="me", deck=deck.slug, card=card.id, source="B", mode="typed", duration="90"
    )

    telling = Telling.objects.get()
    about = phase(meeting).about
    assert (telling.deck, telling.card) == (deck.slug, card.id)
    assert (about.source, about.mode, about.duration_ms) == ("B", "typed", 90_000)


@pytest.mark.parametrize(
    "wrong", [{"script": "no-such"}, {"deck": "no-such"}, {"source": "D"}, {"duration": "7"}]
)
def test_what_is_not_in_the_box_cannot_be_prepared(meeting, wrong):
    answer = meeting.wish("prepare", teller="me", **wrong)

    assert answer.url.endswith("refused=content.unknown")
    assert isinstance(phase(meeting), Lobby)


@pytest.mark.parametrize(
    ("until", "wish", "becomes"),
    [
        ("preparing", "drop", Lobby),
        ("telling", "pause", Paused),
        ("telling", "finish", Settling),
        ("telling", "lobby", Lobby),
        ("settling", "advance", Reveal),
        ("score", "advance", Debrief),
        ("debrief", "warmup", Warmup),
        ("telling", "extend", TellingPhase),
    ],
)
def test_wish_moves_the_room(meeting, until, wish, becomes):
    meeting.tell("Ana", until)

    meeting.wish(wish)

    assert type(phase(meeting)) is becomes


@pytest.mark.parametrize(("source", "peeked"), [("A", False), ("B", False), ("C", True)])
def test_peek_is_kept_for_good_where_there_is_a_live_dial(meeting, source, peeked):
    meeting.tell("Ana", "telling", source=source)

    meeting.wish("peek")

    assert history.read(meeting.room.pk).about.peeked is peeked


def test_settings_are_kept(meeting):
    meeting.wish("display", display="open", open_table="yes")
    meeting.wish("lock")
    meeting.wish("names", free="yes")
    meeting.wish("screen", screen="console")

    room, state = Room.objects.get(), history.read(meeting.room.pk)
    assert (state.display, state.open_table, state.locked) == ("open", True, True)
    assert (room.free_names, room.screen) == (True, "console")


def test_projector_is_offered_a_phone_as_its_console(meeting):
    page = meeting.wish("screen", screen="projector").text

    assert "Scan this with your phone" in page
    assert f'href="/stage/{meeting.room.code}"' in page


@pytest.mark.parametrize("wish", ["end", "delete"])
def test_end_is_asked_twice(meeting, wish):
    answer = meeting.wish(wish)

    assert answer.status_code == 200
    assert 'name="sure" value="yes"' in answer.text
    assert Room.objects.get().ended_at is None


def test_ended_room_shows_what_was_told_and_offers_a_new_one(meeting):
    telling = meeting.tell("Ana", "debrief")
    retention.keep(telling)
    meeting.wish("end", sure="yes")

    page = meeting.cleo.get(meeting.url()).text

    assert f'href="/r/{telling.replay_id}"' in page
    assert 'action="/rooms/start"' in page


def test_delete_leaves_nothing(meeting):
    meeting.tell("Ana", "telling")

    answer = meeting.wish("delete", sure="yes")

    assert "Everything is deleted" in answer.text
    assert (Room.objects.count(), Participant.objects.count(), Telling.objects.count()) == (0, 0, 0)
    assert answer.cookies[f"host_{meeting.room.code}"].value == ""
    assert meeting.cleo.get(meeting.url()).status_code == 404


def test_story_at_hand_is_not_offered_to_look_at_before_it_is_revealed(meeting):
    telling = meeting.tell("Ana", "marks")

    page = meeting.cleo.get(meeting.url()).text

    assert telling.replay_id not in page
    assert meeting.dov.get(f"/r/{telling.replay_id}").status_code == 404


def test_nothing_destructive_lies_on_a_bare_key(meeting):
    meeting.tell("Ana", "telling")
    page = meeting.cleo.get(meeting.url()).text

    keyed = set(re.findall(r'data-key="(\w)"', page))
    forms = re.findall(r'<form id="(act-[\w-]+)"[^>]*>(?:(?!</form>).)*data-key', page, re.DOTALL)

    assert keyed == {"p", "l"}
    assert set(forms) <= {"act-pause", "act-lock", "act-unlock"}


@pytest.mark.parametrize("part", ["", "?part=console", "?part=people"])
def test_console_asks_the_database_no_more_for_five_than_for_one(meeting, elsewhere, part):
    def queries(room) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert room.cleo.get(room.url() + part).status_code == 200
        return len(asked)

    for name in ("Fay", "Gus"):
        seat = meeting.sit(name)
        Participant.objects.filter(pk=seat.pk).update(willing_at=1)

    assert queries(meeting) == queries(elsewhere) <= 10


@pytest.mark.parametrize(("kept", "status"), [(True, 200), (False, 410)])
def test_a_replay_outlives_its_room_only_when_its_teller_said_so(meeting, kept, status):
    telling = meeting.tell("Ana", "debrief")
    if kept:
        retention.keep(telling)
    before = meeting.dov.get(f"/r/{telling.replay_id}").status_code

    meeting.wish("end", sure="yes")

    assert (before, meeting.dov.get(f"/r/{telling.replay_id}").status_code) == (200, status)
