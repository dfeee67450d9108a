"""What a telling comes to: computed from rows, opened part by part, and gone when it is taken back."""

import msgspec
import pytest

from stories import analysis, drawing, history, models, replay, synchrony
from stories.protocol import moves
from stories.protocol.replies import Band, CallResult, Mark, OwnReveal, Picture, PictureBeat, Score
from tests.db.crowd import SECONDS, TICKS, crowd, run_jobs, shown_in, wave
from tests.db.evening import DONE, Evening

WHOLE = Picture(
    telling="t",
    number=1,
    teller_name="Amber Fox",
    teller=[1, 2],
    beats=[PictureBeat(at_s=0.5)],
    room=Band(line=[1, 2]),
    table=[[1, 2]],
    together=Mark(from_s=0, to_s=10),
    apart=Mark(from_s=20, to_s=30),
    marks="some",
    progress="updated",
    call=CallResult(kind="arc", right=1, of=2, expected=0.5, answer="fall"),
    score=Score(),
    heard=4,
    replay="unguessable",
)
TELLER = {"teller", "beats", "call"}
ROOM = TELLER | {"room", "table"}
MARKS = ROOM | {"together", "apart", "marks", "progress"}


# --- opened part by part


@pytest.mark.parametrize(
    ("step", "parts"),
    [(0, set()), (1, TELLER), (2, ROOM), (3, MARKS), (4, MARKS | {"score", "heard", "replay"})],
)
def test_only_what_the_host_has_opened_is_in_the_picture(step, parts):
    assert shown_in(drawing.opened(WHOLE, step)) == parts


@pytest.mark.parametrize(("step", "told"), [(1, False), (2, False), (3, True), (4, True)])
def test_where_the_room_split_is_not_told_by_the_call_before_the_marks(step, told):
    whole = msgspec.structs.replace(
        WHOLE, call=CallResult(kind="beat", right=1, of=2, expected=1, answer="b2")
    )

    assert (drawing.opened(whole, step).call is not None) == told


def test_a_field_of_the_picture_is_closed_unless_it_is_known_to_be_harmless():
    harmless = {"telling", "number", "teller_name", "title", "source", "low", "high", "rate_hz", "seconds"}
    harmless |= {"teller_reason", "room_reason", "open_play"}

    # A new field must be closed by a step, or be added here.
    assert set(Picture.__struct_fields__) - harmless == shown_in(WHOLE)


# --- the two strokes


def test_the_picture_is_there_at_once_and_completes_itself_when_the_job_has_run(db):
    evening, telling = crowd(5)

    at_once = analysis.picture(evening.about)
    run_jobs()
    complete = analysis.picture(evening.about)

    assert (at_once.score.pending, at_once.marks, at_once.score.verdict) == (True, "pending", None)
    assert (complete.score.pending, complete.score.verdict) == (False, "in_step")
    assert complete.marks in ("some", "none")
    assert complete.score.chance < complete.score.low <= complete.score.r <= complete.score.high <= 1
    for same in ("teller", "room", "seconds", "beats"):
        assert getattr(at_once, same) == getattr(complete, same)
    row = models.Analysis.objects.get(telling=telling)
    assert (row.engine, row.complete, len(row.digest)) == (synchrony.ENGINE, True, 64)


def test_the_same_rows_come_to_the_same_when_computed_again(db):
    evening, telling = crowd(3)
    analysis.picture(evening.about)
    run_jobs()
    first = models.Analysis.objects.get(telling=telling)

    models.Analysis.objects.all().delete()
    analysis.picture(evening.about)
    run_jobs()
    again = models.Analysis.objects.get(telling=telling)

    for same in ("digest", "seed", "picture", "own", "report"):
        assert getattr(again, same) == getattr(first, same), same


def test_the_picture_is_kept_when_it_is_asked_for_twice(db):
    evening, _ = crowd(3)

    first = analysis.picture(evening.about)
    made_at = models.Analysis.objects.get().made_at

    assert analysis.picture(evening.about) == first
    assert models.Analysis.objects.get().made_at == made_at


def test_pauses_are_cut_out_of_what_is_drawn(db):
    evening = Evening("Ana", "Ben", "Eli", "Dov")
    telling = evening.begin()
    evening.obey(moves.Pause(by="listener"), 10)
    evening.obey(moves.Resume(by="teller"), 40)
    evening.obey(DONE, 50)
    for name in ("Ana", "Ben", "Eli", "Dov"):
        evening.feel(telling, name, wave(ticks=200))
    evening.mark(telling, "b1", 180, words="After the pause.")

    picture = analysis.picture(evening.about)

    kept = wave(ticks=200)[:40] + wave(ticks=200)[160:]
    assert (picture.seconds, picture.teller, picture.room.line) == (20, kept, kept)
    assert [(beat.at_s, beat.words) for beat in picture.beats] == [(15, "After the pause.")]


def test_an_arc_is_the_tellers_line_from_tap_to_tap(db):
    evening = Evening("Ana", "Ben", "Eli", "Dov")
    telling = evening.begin(source="A")
    for n, tick in enumerate((8, 60, 110, 160, 210)):
        evening.mark(telling, f"b{n}", tick)
    evening.mark(telling, "b-narration", 100, words="Only words.", turn=False)
    evening.obey(DONE, SECONDS)

    line = analysis.picture(evening.about).teller

    assert line[:8] == [None] * 8
    # A ramp of three seconds, then the level holds until the next tap.
    assert [line[tick] for tick in (55, 105, 155, 205, 239)] == telling.arc_levels


def test_placed_beats_are_the_tellers_line_and_none_is_no_line(db):
    evening = Evening("Ana", "Ben")
    telling = evening.begin(source="B")
    evening.mark(telling, "b1", 8)
    evening.obey(DONE, SECONDS)

    assert analysis.picture(evening.about).teller_reason == "no_teller_line"
    models.Beat.objects.update(level=700)
    models.Analysis.objects.all().delete()

    picture = analysis.picture(evening.about)
    assert (picture.teller_reason, picture.teller[-1]) == (None, 700)


def test_a_story_without_a_line_says_so_and_waits_for_nothing(db):
    evening, _ = crowd(3, source="B")

    picture = analysis.picture(evening.about)
    run_jobs()
    done = analysis.picture(evening.about)

    assert (picture.teller, picture.teller_reason) == (None, "no_teller_line")
    assert (done.score.reason, done.score.pending, done.score.r) == ("no_teller_line", False, None)
    assert done.marks != "pending"


# --- how few may be shown


@pytest.mark.parametrize(
    ("listeners", "line", "ribbon"),
    [(0, False, False), (2, False, False), (3, True, False), (4, True, False), (5, True, True)],
)
def test_a_group_is_shown_as_far_as_its_size_allows(db, listeners, line, ribbon):
    evening, _ = crowd(max(1, listeners))
    if listeners == 0:
        models.Chunk.objects.exclude(participant=evening["Ana"]).delete()

    analysis.picture(evening.about)
    run_jobs()
    picture = analysis.picture(evening.about)

    assert (picture.room is not None) == line
    assert (picture.room_reason is None) == line
    assert (picture.room is not None and picture.room.low is not None) == ribbon
    assert picture.table is None
    assert picture.marks != "pending"
    assert picture.score.pending is False
    if listeners < 3:
        assert (picture.score.r, picture.score.reason) == (None, "few_listeners")
    if listeners < 5:
        assert picture.apart is None


def test_nobodys_line_is_the_rooms_when_only_one_of_three_moved_a_thumb(db):
    evening = Evening("Ana", "Ben", "Eli", "Dov")
    telling = evening.begin()
    evening.feel(telling, "Ben", wave())
    for name in ("Eli", "Dov"):
        evening.feel(telling, name, [None] * TICKS)
    evening.obey(DONE, SECONDS)

    room = analysis.picture(evening.about).room

    assert room is None or set(room.line) == {None}


def test_all_lines_are_shown_unnamed_when_the_table_is_open(db):
    evening, _ = crowd(3, open_table=True)

    picture = analysis.picture(evening.about)

    assert sorted(picture.table) == sorted(wave(4 + n) for n in range(3))
    names = [p.name for p in evening.people.values() if p.name != "Ana"]
    said = msgspec.json.encode(picture).decode()
    assert [x for x in (*names, *(p.public_id for p in evening.people.values())) if x in said] == []


def test_witnesses_and_the_removed_are_not_heard(db):
    evening, _ = crowd(4)
    models.Participant.objects.filter(pk=evening["Listener 0"].pk).update(witness=True)
    models.Participant.objects.filter(pk=evening["Listener 1"].pk).update(removed_at=evening.row.created_at)

    picture = analysis.picture(evening.about)

    assert (picture.room, picture.room_reason) == (None, "few_listeners")


# --- private parts


def test_a_listener_sees_the_own_line_and_one_moment_and_nobody_elses(db):
    evening, _ = crowd(3)
    analysis.picture(evening.about)

    own = analysis.own(evening.about)

    assert set(own) == {evening[f"Listener {n}"].pk for n in range(3)}
    for n in range(3):
        mine = own[evening[f"Listener {n}"].pk]
        assert isinstance(mine, OwnReveal)
        assert mine.line == wave(4 + n)
        assert (mine.moment is None) != (mine.reason is None)


def test_nothing_is_said_of_the_tellers_line_when_there_is_none(db):
    evening, _ = crowd(3, source="B")
    analysis.picture(evening.about)

    own = analysis.own(evening.about)

    assert [(seen.moment, seen.reason) for seen in own.values()] == [(None, "no_teller_line")] * 3


def test_felt_heard_is_shown_when_the_teller_shares_it(db):
    evening, telling = crowd(3)
    models.Telling.objects.filter(pk=telling.pk).update(heard=4)
    assert analysis.picture(evening.about).heard is None

    models.Telling.objects.filter(pk=telling.pk).update(heard_shared=True)
    assert analysis.picture(evening.about).heard == 4


# --- the Call


def test_the_call_counts_the_right_arcs_against_guessing(db):
    evening = Evening("Ana", "Ben", "Eli", "Dov")
    telling = evening.told(SECONDS, source="A")
    wrong = next(shape for shape in synchrony.SHAPES if shape != telling.arc)
    models.Call.objects.bulk_create(
        models.Call(telling=telling, participant=evening[name], choice=choice)
        for name, choice in [("Ana", telling.arc), ("Ben", telling.arc), ("Eli", telling.arc), ("Dov", wrong)]
    )

    call = analysis.picture(evening.about).call

    # Ana knows the arc: her own call is not counted.
    assert (call.kind, call.right, call.of, call.expected) == ("arc", 2, 3, 0.8)


def test_no_call_is_shown_when_nobody_called(db):
    evening, _ = crowd(3)

    assert analysis.picture(evening.about).call is None


def test_nobodys_picture_is_kept_of_a_story_that_still_runs(db):
    evening = Evening("Ana", "Ben")
    telling = evening.begin()

    assert replay.page(telling) is None


def test_the_replay_says_when_the_host_has_peeked(db):
    evening = Evening("Ana", "Ben", "Eli", "Dov")
    telling = evening.begin()
    evening.obey(moves.Peek(), 5)
    evening.obey(DONE, SECONDS)
    telling.refresh_from_db()

    page = replay.page(telling)

    assert page["peeked"] is True
    assert page["picture"] == analysis.picture(history.about(evening.row.pk, telling.public_id))
