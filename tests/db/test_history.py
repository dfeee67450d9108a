"""A room's history: appended to by one writer at a time, told when it is stored, and never changed."""

import pytest
from django.db import transaction

from stories import bulletin, history, models
from stories.protocol import facts as f
from stories.protocol import moves
from stories.protocol.phases import due_at
from stories.protocol.room import replay
from tests.db.evening import BEGIN, DONE, NEXT, Evening, refusal_of


def rows(evening):
    return models.Fact.objects.filter(room=evening.row).order_by("version")


def test_one_is_obeyed_and_seven_are_refused_when_eight_press_begin_at_once(at_once):
    evening = Evening("Ana", "Ben", "Eli")
    evening.prepare()

    answers = at_once(lambda _: f.kind_of(evening.obey(BEGIN).facts[0]))

    assert sorted(answers) == ["phase.wrong"] * 7 + ["telling.started"]
    assert [row.kind for row in rows(evening)] == ["room.opened", "telling.prepared", "telling.started"]


def test_every_wish_is_kept_when_eight_different_ones_come_at_once(at_once):
    evening = Evening("Ana", "Ben", "Eli")
    evening.begin()

    answers = at_once(lambda n: len(evening.obey(moves.Extend(by="host"), n / 1000).facts))

    assert answers == [1] * 8
    assert [row.version for row in rows(evening)] == list(range(1, 12))
    assert due_at(evening.state) == evening.at(120 + 8 * 30)


def test_versions_count_up_without_a_gap_when_a_story_is_told(evening):
    evening.told(source="B")
    evening.obey(moves.EndPlacing(by="teller"), 70)
    evening.open_reveal(5)

    stored = rows(evening)

    assert [row.version for row in stored] == list(range(1, len(stored) + 1))
    assert [row.kind for row in stored] == [f.kind_of(f.decode_fact(bytes(row.body))) for row in stored]
    assert [row.at for row in stored] == [f.decode_fact(bytes(row.body)).at for row in stored]
    assert {row.schema for row in stored} == {f.SCHEMA}


def test_the_room_is_what_its_facts_make_it_when_read(evening):
    evening.told()

    assert evening.state == replay(history.facts(evening.row.pk))
    assert evening.state.version == rows(evening).count()


def test_older_facts_stay_as_they_are_when_new_ones_are_added(evening):
    before = list(rows(evening).values_list("version", "at", "kind", "body"))

    evening.told()

    assert list(rows(evening).values_list("version", "at", "kind", "body"))[: len(before)] == before


def test_only_newer_facts_are_given_when_asked_for_those_after_a_version(evening):
    evening.begin()

    assert [f.kind_of(fact) for fact in history.facts(evening.row.pk, after=2)] == ["telling.started"]


def test_the_rooms_row_mirrors_phase_version_and_deadline_when_a_move_is_obeyed(evening):
    evening.begin()

    evening.row.refresh_from_db()

    assert (evening.row.phase, evening.row.version, evening.row.due_at) == ("telling", 3, evening.at(120))


def test_the_rooms_row_is_paused_without_deadline_when_the_room_breathes(evening):
    evening.begin()
    evening.obey(moves.Pause(by="listener"), 5)

    evening.row.refresh_from_db()

    assert (evening.row.phase, evening.row.due_at) == ("paused", None)


def test_the_tellings_row_knows_its_times_when_the_story_is_over(evening):
    telling = evening.told(60)

    assert (telling.started_at, telling.ended_at) == (evening.at(0), evening.at(60))


def test_the_tellings_row_knows_its_end_when_the_host_cuts_it_short(evening):
    telling = evening.begin()

    evening.obey(moves.ToLobby(), 30)

    telling.refresh_from_db()
    assert telling.ended_at == evening.at(30)


def test_the_rooms_row_knows_its_end_when_the_host_ends_it(evening):
    evening.obey(moves.End(), 30)

    evening.row.refresh_from_db()

    assert evening.row.ended_at is not None
    assert (evening.row.phase, evening.row.due_at) == ("ended", None)


def test_nothing_is_stored_when_a_move_is_refused(evening):
    before = rows(evening).count()

    assert refusal_of(lambda: evening.obey(BEGIN)) == "phase.wrong"
    assert (rows(evening).count(), evening.state.version) == (before, before)


def test_nothing_is_stored_when_a_move_changes_nothing(evening):
    before = rows(evening).count()

    obeyed = evening.obey(moves.Due(by="server"))

    assert (obeyed.facts, rows(evening).count()) == ((), before)


def test_nothing_happened_when_the_work_around_a_move_fails(
    evening, heard, django_capture_on_commit_callbacks
):
    evening.prepare()

    def work() -> None:
        with transaction.atomic():
            evening.obey(BEGIN)
            raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        work()

    evening.row.refresh_from_db()
    assert (evening.state.phase.name, evening.row.phase) == ("preparing", "preparing")
    assert heard == []


def test_the_room_is_woken_when_the_fact_is_committed_and_not_before(
    evening, heard, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        evening.obey(moves.WarmUp())
        assert heard == []

    assert heard == [bulletin.RoomNews(room=evening.row.pk, because="warmup.started")]


def test_a_move_happens_in_its_room_alone_when_there_are_others(evening):
    other = Evening("Ana of elsewhere")

    evening.obey(moves.WarmUp())

    assert (evening.state.phase.name, other.state.phase.name) == ("warmup", "lobby")


def test_a_story_is_still_known_when_the_room_has_gone_on(evening):
    first = evening.begin()
    evening.obey(moves.Pause(by="listener"), 10)
    evening.obey(moves.Resume(by="teller"), 20)
    evening.obey(DONE, 60)
    evening.open_reveal(5)
    evening.prepare("Ben")
    evening.obey(BEGIN, 200)

    about = history.about(evening.row.pk, first.public_id)

    assert about is not None
    assert (about.teller, about.number) == (evening["Ana"].public_id, 1)
    assert (about.started_at, about.ended_at) == (evening.at(0), evening.at(60))
    assert about.pauses == ((evening.at(10), evening.at(20)),)
    assert history.about(evening.row.pk, "no-such-telling") is None


def test_the_reveal_opens_once_when_host_and_deadline_meet(at_once):
    evening = Evening("Ana", "Ben", "Eli")
    evening.told(60)

    def both(number: int) -> int:
        move = NEXT if number == 0 else moves.Due(by="server")
        return len(evening.obey(move, 72).facts)

    assert sum(at_once(both)) in (1, 2)
    # The host may have come after the deadline: then "next" opened the second part.
    assert evening.state.phase.name == "reveal"
    assert [row.kind for row in rows(evening)].count("reveal.opened") == 1
