"""What is taken back is gone: from the rows, from the picture, from the pages that show it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connections, transaction

from stories import analysis, models, replay, retention, tellings, traces
from stories.live import chunks
from stories.live.rooms import LiveRoom, read
from stories.protocol import commands as c
from tests.db.crowd import crowd, meanwhile, run_jobs, shown_in
from tests.db.evening import DONE, Evening, refusal_of


def test_traces_are_gone_and_the_picture_is_drawn_anew_when_a_listener_wants_that(db):
    evening, telling = crowd(3)
    leaver = evening["Listener 0"]
    evening.call(telling, "Listener 0", "start")
    models.Closure.objects.create(telling=telling, participant=leaver, run="run", chunks=1)
    assert analysis.picture(evening.about).room is not None

    retention.forget_traces(leaver)

    for kind in (models.Chunk, models.Call, models.Closure):
        assert kind.objects.filter(participant=leaver).count() == 0
    assert models.Analysis.objects.count() == 0
    run_jobs()
    picture = analysis.picture(evening.about)
    assert (picture.room, picture.room_reason) == (None, "few_listeners")
    assert leaver.pk not in analysis.own(evening.about)
    assert models.Chunk.objects.filter(telling=telling).count() == 3


def test_others_keep_their_tellings_as_they_are_when_one_takes_traces_back(db):
    evening, _ = crowd(3)
    other, theirs = crowd(3)
    analysis.picture(other.about)

    retention.forget_traces(evening["Listener 0"])

    assert models.Analysis.objects.filter(telling=theirs).exists()
    assert models.Chunk.objects.filter(telling=theirs).count() == 4


@pytest.mark.parametrize("stroke", ["first", "second"])
def test_deleted_traces_do_not_come_back_when_a_picture_was_being_drawn(db, stroke):
    evening, _ = crowd(3)
    leaver = evening["Listener 0"]
    if stroke == "second":
        analysis.picture(evening.about)

    with meanwhile(lambda: retention.forget_traces(leaver)):
        analysis.picture(evening.about) if stroke == "first" else run_jobs()

    row = models.Analysis.objects.get()
    assert str(leaver.pk) not in row.own
    assert analysis.picture(evening.about).room_reason == "few_listeners"


@pytest.mark.parametrize("stroke", ["first", "second"])
def test_a_story_taken_back_does_not_come_back_when_a_picture_was_being_drawn(db, stroke):
    evening, telling = crowd(3)
    if stroke == "second":
        analysis.picture(evening.about)

    with meanwhile(lambda: retention.withdraw(telling)):
        analysis.picture(evening.about) if stroke == "first" else run_jobs()
    run_jobs()

    assert analysis.picture(evening.about) is None
    assert models.Analysis.objects.count() == 0


def test_a_story_is_gone_with_everything_said_and_felt_when_its_teller_takes_it_back(db):
    evening, telling = crowd(3, source="A")
    evening.mark(telling, "b1", 4, words="my brother")
    evening.call(telling, "Listener 1", telling.arc)
    models.Line.objects.create(telling=telling, position=0, words="my brother", notes="softly")
    models.Closure.objects.create(telling=telling, participant=evening["Ana"], run="run", chunks=1)
    models.Telling.objects.filter(pk=telling.pk).update(
        title="The red glove", heard=5, heard_shared=True, kept=True
    )
    analysis.picture(evening.about)

    retention.withdraw(telling)
    run_jobs()

    for kind in (models.Analysis, models.Beat, models.Call, models.Chunk, models.Closure, models.Line):
        assert kind.objects.filter(telling=telling).count() == 0, kind
    telling.refresh_from_db()
    assert (telling.title, telling.heard, telling.heard_shared, telling.kept) == ("", None, False, False)
    assert analysis.picture(evening.about) is None
    assert analysis.own(evening.about) == {}
    assert replay.page(telling) is None


def test_pages_that_show_the_reveal_are_told_an_empty_picture_when_the_story_is_taken_back(db):
    evening, telling = crowd(3)
    evening.open_reveal(4)
    room = LiveRoom(evening.row.pk)
    room.apply(read(evening.row.pk, 0))
    assert shown_in(room.reveal_shown().picture) >= {"teller", "room", "score"}

    retention.withdraw(telling)
    room.apply(read(evening.row.pk, room.state.version))

    assert shown_in(room.reveal_shown().picture) == set()
    assert room.reveal_shown().picture.teller_name == ""


def test_nothing_more_is_kept_of_a_story_that_was_taken_back(db):
    evening = Evening("Ana", "Ben")
    telling = evening.begin(source="A")
    on_its_way = evening.entry(telling, "Ben", [500, 510])
    earlier = evening.feel(telling, "Ben", [400], seq=1)

    retention.withdraw(telling)

    assert traces.store([on_its_way, earlier]) == {on_its_way.key: "not_sampled", earlier.key: "not_sampled"}
    assert refusal_of(lambda: evening.mark(telling, "b1", 1, words="my brother")) == "telling.unknown"
    evening.obey(DONE, 60)
    rate = c.HeardRate(telling=telling.public_id, level=5)
    assert refusal_of(lambda: tellings.rate_heard(evening["Ana"], rate)) == "telling.unknown"
    assert refusal_of(lambda: evening.call(telling, "Ben", telling.arc)) == "telling.unknown"
    for kind in (models.Chunk, models.Beat, models.Call):
        assert kind.objects.count() == 0


def test_what_was_on_its_way_to_a_deleted_room_is_refused_and_the_rest_is_stored(transactional_db):
    evening, other = Evening("Ana", "Ben"), Evening("Ana", "Ben")
    gone = evening.entry(evening.begin(), "Ben", [500])
    kept = other.entry(other.begin(), "Ben", [500])

    retention.delete_room(evening.row)

    assert traces.store([gone, kept]) == {gone.key: "not_sampled", kept.key: "stored"}


def test_what_one_took_back_does_not_come_back_with_a_phone_that_was_offline(transactional_db):
    evening = Evening("Ana", "Ben", "Eli")
    evening.start -= 60_000
    telling = evening.begin()
    evening.feel(telling, "Ben", [500] * 4)
    late = evening.entry(telling, "Ben", [500] * 4, first_tick=4, seq=1)
    other = evening.entry(telling, "Eli", [500] * 4, first_tick=4, seq=1)

    retention.forget_traces(evening["Ben"])
    since = evening.entry(telling, "Ben", [500] * 4, first_tick=4 * 61, seq=9)

    assert traces.store([late, other, since]) == {
        late.key: "not_sampled",
        other.key: "stored",
        since.key: "stored",
    }
    assert traces.close(telling.pk, evening["Ben"].pk, "of an earlier page", 7) == 0
    assert models.Closure.objects.count() == 0


TAKE_BACK = {
    "traces": lambda evening, _: retention.forget_traces(evening["Ben"]),
    "story": lambda _, telling: retention.withdraw(telling),
    "room": lambda evening, _: retention.delete_room(evening.row),
}


@pytest.mark.parametrize("what", TAKE_BACK)
def test_what_is_being_stored_while_somebody_takes_it_back_is_gone_too(transactional_db, what):
    evening = Evening("Ana", "Ben")
    evening.start -= 60_000
    telling = evening.begin()
    evening.feel(telling, "Ben", [500])
    stored, done = Event(), Event()

    def take_back() -> None:
        stored.wait(10)
        try:
            TAKE_BACK[what](evening, telling)
        finally:
            done.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(take_back)
        with transaction.atomic():
            traces.store([evening.entry(telling, "Ben", [500], first_tick=1, seq=1)])
            stored.set()
            # Who takes back waits for this commit; who does not is done by then.
            done.wait(0.5)
        taken.result(10)

    assert models.Chunk.objects.count() == 0
    assert models.Room.objects.exists() == (what != "room")


def test_one_seat_cannot_fill_the_disk_and_what_was_said_twice_is_not_held_against_it(transactional_db):
    evening = Evening("Ana", "Ben")
    telling = evening.begin()
    room = LiveRoom(evening.row.pk)
    most = traces.MOST_SECONDS * telling.rate_hz
    chunk = c.TraceChunk(telling=telling.public_id, run="run", seq=0, first_tick=0, values=[500] * 4)

    def weigh() -> str | None:
        return refusal_of(lambda: asyncio.run(chunks.weigh(chunk, telling, evening["Ben"], room)))

    room.weights[telling.pk, evening["Ben"].pk] = most
    honest = weigh()
    for seq in range(most // 2000):
        evening.feel(telling, "Ben", [500] * 2000, seq=seq)
    room.weights[telling.pk, evening["Ben"].pk] = most

    assert (honest, weigh()) == (None, "trace.range")
    assert traces.weight(telling.pk, evening["Ana"].pk) == 0


def test_closings_of_more_page_loads_than_anybody_has_are_answered_and_not_kept(db, monkeypatch):
    monkeypatch.setattr(traces, "MOST_RUNS", 2)
    evening = Evening("Ana", "Ben")
    telling = evening.begin()

    stored = [traces.close(telling.pk, evening["Ben"].pk, run, 1) for run in "abc"]

    assert stored == [0, 0, 0]
    assert models.Closure.objects.count() == 2
