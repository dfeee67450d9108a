"""A player's page, and what a player may take back."""

import pytest
from django.test import Client

from stories.models import Beat, Call, Chunk, Participant, Telling

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(meeting) -> Telling:
    """A story of Ana's with a beat, and a trace and a call of Ben's."""
    telling = meeting.tell("Ana", "debrief")
    Beat.objects.create(telling=telling, beat="b1", tick=40, words="The phone rang")
    for name in ("Ben", "Eli"):
        Chunk.objects.create(
            telling=telling,
            participant=meeting.people[name],
            run="r",
            seq=0,
            first_tick=0,
            samples=b"\x01\x00",
            received_at=0,
        )
    Call.objects.create(telling=telling, participant=meeting.people["Ben"], choice="fall")
    return telling


def test_page_of_a_seat_says_who_it_is(meeting):
    ana = meeting.people["Ana"]

    page = meeting.browsers["Ana"].get(f"/play/{ana.public_id}").text

    assert f'data-key="{ana.public_id}"' in page
    assert ">Ana</bdi>" in page


def test_page_of_a_seat_on_another_device_shows_the_way_to_a_seat_of_ones_own(meeting):
    answer = meeting.dov.get(f"/play/{meeting.people['Ana'].public_id}")

    assert answer.status_code == 404
    assert f'href="/j/{meeting.room.code}"' in answer.text
    assert "Ana" not in answer.text


def test_page_of_no_seat_shows_the_way_in():
    answer = Client().get("/play/no-such-seat")

    assert answer.status_code == 404
    assert 'href="/join"' in answer.text


def test_page_of_a_seat_in_an_ended_room_says_what_is_left(meeting, told):
    meeting.wish("end", sure="yes")
    ana = meeting.people["Ana"]

    page = meeting.browsers["Ana"].get(f"/play/{ana.public_id}").text

    assert "This room has ended" in page
    assert f'href="/r/{told.replay_id}"' in page
    assert f'action="/play/{ana.public_id}/forget"' in page
    assert f'action="/play/{ana.public_id}/withdraw"' in page
    assert f'name="telling" value="{told.public_id}"' in page


def test_forget_deletes_what_this_seat_gave_and_nothing_else(meeting, told):
    ben = meeting.people["Ben"]

    meeting.browsers["Ben"].post(f"/play/{ben.public_id}/forget")

    assert list(Chunk.objects.values_list("participant__name", flat=True)) == ["Eli"]
    assert Call.objects.count() == 0
    assert meeting.browsers["Ben"].get(f"/play/{ben.public_id}").status_code == 200


def test_withdraw_takes_the_story_from_everybody(meeting, told):
    ana = meeting.people["Ana"]

    answer = meeting.browsers["Ana"].post(f"/play/{ana.public_id}/withdraw", {"telling": told.public_id})
    replay = meeting.dov.get(f"/r/{told.replay_id}")

    assert "Your story is withdrawn" in answer.text
    assert (Beat.objects.count(), Chunk.objects.count(), Call.objects.count()) == (0, 0, 0)
    assert replay.status_code == 410
    assert "This story was withdrawn" in replay.text


def test_what_one_gave_may_be_taken_back_from_a_seat_the_host_has_cleared(meeting, told):
    ana, ben = meeting.people["Ana"], meeting.people["Ben"]
    for seat in (ana, ben):
        meeting.wish("remove", seat=seat.public_id)

    forgotten = meeting.browsers["Ben"].post(f"/play/{ben.public_id}/forget")
    withdrawn = meeting.browsers["Ana"].post(f"/play/{ana.public_id}/withdraw", {"telling": told.public_id})
    strange = meeting.dov.post(f"/play/{ben.public_id}/forget")

    assert (forgotten.status_code, withdrawn.status_code, strange.status_code) == (200, 200, 404)
    assert (Chunk.objects.count(), Beat.objects.count(), Call.objects.count()) == (0, 0, 0)
    assert meeting.browsers["Ben"].get(f"/play/{ben.public_id}").status_code == 404


@pytest.mark.parametrize(("said", "kept"), [("yes", True), ("no", False)])
def test_keep_is_the_tellers_word(meeting, told, said, kept):
    ana = meeting.people["Ana"]

    meeting.browsers["Ana"].post(f"/play/{ana.public_id}/keep", {"telling": told.public_id, "keep": said})

    told.refresh_from_db()
    assert told.kept is kept


def test_who_leaves_gives_the_seat_up_and_may_still_take_back_what_they_gave(meeting, told):
    ana, ben = meeting.people["Ana"], meeting.people["Ben"]

    left = {
        seat: meeting.browsers[seat.name].post(f"/play/{seat.public_id}/leave").text for seat in (ana, ben)
    }
    pages = [meeting.browsers[seat.name].get(f"/play/{seat.public_id}").status_code for seat in (ana, ben)]
    again = meeting.browsers["Ben"].get(f"/j/{meeting.room.code}").text
    forgotten = meeting.browsers["Ben"].post(f"/play/{ben.public_id}/forget").text
    meeting.browsers["Ana"].post(f"/play/{ana.public_id}/withdraw", {"telling": told.public_id})

    assert Participant.objects.filter(removed_at__isnull=True, pk__in=[ana.pk, ben.pk]).count() == 0
    assert pages == [404, 404]
    assert f'value="{told.public_id}"' in left[ana]
    assert f'action="/play/{ben.public_id}/forget"' in left[ben]
    assert f"/play/{ben.public_id}" not in again
    assert f"/play/{ben.public_id}" not in forgotten
    assert (Chunk.objects.count(), Beat.objects.count(), Call.objects.count()) == (0, 0, 0)


def test_replay_of_a_told_story_opens_for_whoever_has_its_address(meeting, told):
    answer = meeting.dov.get(f"/r/{told.replay_id}")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"


def test_the_replay_looks_again_by_itself_while_the_comparison_runs(meeting, told):
    address = f"/r/{told.replay_id}"

    page = meeting.dov.get(address, headers={"accept": "text/html,*/*;q=0.8"})
    looked = meeting.dov.get(address, headers={"accept": "application/json"})

    assert page.headers["Content-Type"].startswith("text/html")
    assert page.context["picture_json"] == looked.json()
    assert looked.json()["progress"] == "comparing"
    assert [a.headers["Cache-Control"] for a in (page, looked)] == ["no-store", "no-store"]
    assert "Accept" in looked.headers["Vary"]
