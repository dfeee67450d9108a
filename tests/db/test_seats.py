"""Doors and seats: who may come in, and what proves that it is them."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from stories import bulletin, history, models, retention, seats
from stories.protocol import moves
from tests.db.evening import Evening, refusal_of


def everything_stored() -> str:
    """All text in the database, as somebody who stole it would read it."""
    with connection.cursor() as cursor:
        tables = [
            name for name in connection.introspection.table_names(cursor) if name.startswith("stories_")
        ]
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


# --- doors


def test_a_room_is_found_by_its_code_when_it_lives(evening):
    assert seats.room_by_code(evening.row.code) == evening.row
    assert seats.ended_by_code(evening.row.code) is None
    assert seats.room_by_code("000000") is None


def test_a_room_says_that_it_ended_when_it_did(evening):
    evening.obey(moves.End())

    assert seats.room_by_code(evening.row.code) is None
    assert seats.ended_by_code(evening.row.code) == evening.row


def test_a_code_is_not_used_again_when_a_room_of_the_last_day_had_it(db):
    def open_with_the_same_chance() -> models.Room:
        return seats.open_room(rng=random.Random(7))[0]

    first = open_with_the_same_chance()
    history.obey(first.pk, moves.End())
    second = open_with_the_same_chance()
    long_ago = timezone.now() - timedelta(hours=24, seconds=1)
    models.Room.objects.filter(pk=first.pk).update(created_at=long_ago, ended_at=long_ago)
    third = open_with_the_same_chance()

    assert second.code != first.code
    assert third.code == first.code
    assert seats.room_by_code(first.code) == third


def test_a_code_is_not_given_twice_when_a_room_lives_longer_than_a_day(evening):
    old = timezone.now() - timedelta(days=3)
    models.Room.objects.filter(pk=evening.row.pk).update(created_at=old)

    room, _ = seats.open_room(rng=Drawn(int(evening.row.code), 123_456))

    assert room.code == "123456"


def test_codes_have_six_digits_and_no_leading_zero(db):
    codes = [seats.open_room()[0].code for _ in range(20)]

    assert len(set(codes)) == 20
    assert [code for code in codes if not (len(code) == 6 and code.isdecimal() and code[0] != "0")] == []


def test_nobody_comes_in_when_the_room_is_locked(evening):
    evening.obey(moves.Lock())
    assert refusal_of(lambda: evening.sit("Dov")) == "room.locked"

    evening.obey(moves.Lock(locked=False))
    assert evening.sit("Dov").number == 4


def test_nobody_comes_in_when_the_room_is_full(evening, settings):
    settings.ROOM_LIMIT = 3
    assert refusal_of(lambda: evening.sit("Dov")) == "room.full"

    seats.remove(evening["Eli"])
    assert evening.sit("Dov").number == 4


def test_nobody_comes_in_when_the_room_has_ended_since_the_page_was_shown(evening):
    shown = evening.row
    evening.obey(moves.End())

    assert shown.ended_at is None
    assert refusal_of(lambda: seats.take_seat(shown)) == "room.ended"


def test_nobody_comes_in_when_the_room_was_deleted_since_the_page_was_shown(evening):
    shown = evening.row
    models.Room.objects.filter(pk=shown.pk).delete()

    assert refusal_of(lambda: seats.take_seat(shown)) == "room.ended"


# --- seats


def test_seats_are_numbered_and_lit_in_the_order_people_come(evening):
    people = [evening[name] for name in ("Ana", "Ben", "Eli")]

    assert [(p.number, p.colour, p.shape, p.name) for p in people] == [
        (1, 0, 0, "Ana"),
        (2, 1, 1, "Ben"),
        (3, 2, 2, "Eli"),
    ]


def test_no_two_lights_are_alike_when_a_whole_class_sits_down(evening):
    for _ in range(45):
        seats.take_seat(evening.row)

    lights = models.Participant.objects.filter(room=evening.row).values_list("colour", "shape")
    names = models.Participant.objects.filter(room=evening.row).values_list("name", flat=True)
    assert len(set(lights)) == len(set(names)) == 48


def test_everyone_gets_a_seat_of_their_own_when_eight_come_at_once(at_once):
    room, _ = seats.open_room()

    taken = at_once(lambda _: seats.take_seat(room)[0].public_id)

    people = models.Participant.objects.filter(room=room)
    assert sorted(taken) == sorted(people.values_list("public_id", flat=True))
    assert sorted(people.values_list("number", flat=True)) == list(range(1, 9))
    assert len({p.name for p in people}) == 8


def test_a_name_gets_a_neighbour_when_somebody_has_it(evening):
    assert [seats.take_seat(evening.row, name="Ana")[0].name for _ in range(2)] == ["Ana 2", "Ana 3"]


def test_a_long_name_keeps_its_length_when_it_gets_a_neighbour(evening):
    long = "A" * seats.NAME_LENGTH
    names = [seats.take_seat(evening.row, name=long)[0].name for _ in range(3)]

    assert len(set(names)) == 3
    assert [name for name in names if len(name) > seats.NAME_LENGTH] == []


def test_a_seat_is_its_owners_when_the_token_is_right(evening):
    ana = evening["Ana"]

    assert seats.seat_of(ana.public_id, evening.tokens["Ana"]) == ana
    for wrong in (None, "", "guess", evening.tokens["Ben"], ana.token_hash):
        assert seats.seat_of(ana.public_id, wrong) is None
    assert seats.seat_of("no-such-seat", evening.tokens["Ana"]) is None


def test_a_seat_is_nobodys_when_it_was_removed(evening, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seats.remove(evening["Ben"])

    assert seats.seat_of(evening["Ben"].public_id, evening.tokens["Ben"]) is None
    told = bulletin.SeatNews(room=evening.row.pk, seat=evening["Ben"].public_id, removed=True)
    assert heard == [told, bulletin.RosterNews(room=evening.row.pk)]


def test_no_secret_lies_in_the_database_when_somebody_steals_it(evening):
    secrets = [evening.host_token, *evening.tokens.values(), seats.invite(evening.row, "stage")]
    invited = seats.accept(seats.invite(evening.row, "host"))
    assert invited is not None

    stored = everything_stored()

    assert [secret for secret in [*secrets, invited[2]] if secret in stored] == []
    assert seats.hashed(evening.host_token) in stored


def test_secrets_have_128_bits_and_never_come_twice():
    tokens = {seats.new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {22}


def test_another_name_is_free_and_new_when_asked_for(evening):
    before = {evening[name].name for name in ("Ana", "Ben", "Eli")}

    renamed = seats.another_name(evening["Ana"])

    evening["Ana"].refresh_from_db()
    assert renamed.name == evening["Ana"].name
    assert renamed.name not in before


def test_the_suggested_name_stays_the_same_while_it_is_free(evening):
    suggested = seats.suggest_name(evening.row, 5)
    assert seats.suggest_name(evening.row, 5) == suggested

    seats.take_seat(evening.row, name=suggested)
    assert seats.suggest_name(evening.row, 5) != suggested


def test_offers_to_tell_wait_in_order_when_repeated(evening):
    seats.offer(evening["Ben"], willing=True, at=5)
    seats.offer(evening["Ben"], willing=True, at=9)
    evening["Ben"].refresh_from_db()
    assert evening["Ben"].willing_at == 5

    seats.offer(evening["Ben"], willing=False, at=10)
    evening["Ben"].refresh_from_db()
    assert evening["Ben"].willing_at is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ana", "Ana"),
        ("  Ana \u00a0 Lu ", "Ana Lu"),
        ("Ａｎａ", "Ana"),
        ("Åsa", "Åsa"),
        ("Ana 🦊", "Ana 🦊"),
        ("محمد", "محمد"),
        ("<b>Ana</b>", "<b>Ana</b>"),
        ("x" * 24, "x" * 24),
    ],
)
def test_a_name_is_tidied_when_it_can_be_shown(typed, name):
    assert seats.clean_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "name.empty"),
        (" \t\n ", "name.empty"),
        ("x" * 25, "name.long"),
        ("x" * 10_000, "name.long"),
        ("\u202eanA", "name.letters"),
        ("A\u200bna", "name.letters"),
        ("Ana\x00", "name.letters"),
        ("Ana\x1b[31m", "name.letters"),
        ("\ue000", "name.letters"),
    ],
)
def test_a_name_is_refused_with_a_reason_when_it_cannot_be_shown(typed, why):
    with pytest.raises(ValueError) as refused:
        seats.clean_name(typed)

    assert str(refused.value) == why


# --- the host's devices


def test_the_hosts_secret_opens_console_and_stage_of_that_room_alone(evening):
    other = Evening()

    assert seats.holds_room(evening.row, "host", evening.host_token)
    assert seats.holds_room(evening.row, "stage", evening.host_token)
    assert not seats.holds_room(other.row, "host", evening.host_token)
    for wrong in (None, "", "guess", evening.row.host_hash, evening.row.code):
        assert not seats.holds_room(evening.row, "stage", wrong)


def test_a_paired_stage_is_a_stage_and_not_a_console(evening):
    room, role, key = seats.accept(seats.invite(evening.row, "stage"))

    assert (room, role) == (evening.row, "stage")
    assert seats.holds_room(room, "stage", key)
    assert not seats.holds_room(room, "host", key)


def test_a_paired_console_opens_the_stage_too(evening):
    room, _, key = seats.accept(seats.invite(evening.row, "host"))

    assert seats.holds_room(room, "host", key)
    assert seats.holds_room(room, "stage", key)


def test_an_invitation_is_good_once(evening):
    token = seats.invite(evening.row, "stage")

    assert seats.invitation(token) is not None
    assert seats.accept(token) is not None
    assert seats.accept(token) is None
    assert seats.invitation(token) is None
    assert seats.accept("guess") is None


def test_one_device_is_paired_when_eight_scan_the_same_code_at_once(at_once):
    room, _ = seats.open_room()
    token = seats.invite(room, "stage")

    paired = at_once(lambda _: seats.accept(token) is not None)

    assert sorted(paired) == [False] * 7 + [True]
    assert models.RoomKey.objects.filter(room=room).count() == 1


def test_an_invitation_is_good_for_five_minutes(evening):
    token = seats.invite(evening.row, "stage")
    pairing = seats.invitation(token)
    assert timedelta(minutes=4, seconds=50) < pairing.expires_at - timezone.now() <= timedelta(minutes=5)

    models.Pairing.objects.update(expires_at=timezone.now())

    assert seats.accept(token) is None


def test_an_invitation_is_good_for_nothing_when_the_room_has_ended(evening):
    token = seats.invite(evening.row, "stage")

    evening.obey(moves.End())

    assert seats.accept(token) is None


class Drawn(random.Random):
    """Chance that says what it is told to say."""

    def __init__(self, *codes: int) -> None:
        super().__init__()
        self.codes = list(codes)

    def randrange(self, *_: int) -> int:
        return self.codes.pop(0)


def test_a_deleted_rooms_code_is_not_given_again_within_a_day(evening):
    code = evening.row.code
    retention.delete_room(evening.row)

    room, _ = seats.open_room(rng=Drawn(int(code), 424242))

    assert room.code == "424242"


# --- who holds a socket


def sit_down(evening, name, process):
    """Give somebody a socket in a web process."""
    models.Participant.objects.filter(pk=evening[name].pk).update(socket=process + "0123456789abcdef")


def sockets(evening) -> dict[str, str]:
    """Which process holds whose socket."""
    return {name: models.Participant.objects.get(pk=evening[name].pk).socket[:16] for name in ("Ana", "Ben")}


ALIVE, DEAD = "a" * 16, "d" * 16


def test_seats_are_free_when_their_web_process_says_nothing_for_a_while(
    evening, heard, django_capture_on_commit_callbacks
):
    sit_down(evening, "Ana", ALIVE)
    sit_down(evening, "Ben", DEAD)
    for process in (ALIVE, DEAD):
        seats.still_serving(process)
    models.Process.objects.filter(pk=DEAD).update(seen_at=timezone.now() - timedelta(seconds=9))

    heard.clear()
    with django_capture_on_commit_callbacks(execute=True):
        gone = [seats.free_abandoned(), seats.free_abandoned()]

    assert gone == [1, 0]
    assert sockets(evening) == {"Ana": ALIVE, "Ben": ""}
    assert heard == [bulletin.RosterNews(room=evening.row.pk)]


def test_seats_are_kept_when_their_web_process_said_something_just_now(evening):
    sit_down(evening, "Ben", DEAD)
    seats.still_serving(DEAD)
    models.Process.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    seats.still_serving(DEAD)

    assert seats.free_abandoned() == 0
    assert sockets(evening)["Ben"] == DEAD


def test_one_process_frees_a_seat_when_eight_look_at_once(at_once):
    seats.still_serving(DEAD)
    models.Process.objects.update(seen_at=timezone.now() - timedelta(minutes=1))

    freed = at_once(lambda _: seats.free_abandoned())

    assert sorted(freed) == [0] * 7 + [1]
