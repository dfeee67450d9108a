"""Many hellos and many goodbyes are a few commits, and a seat is its newest page's."""

from stories import models
from stories.live.together import sit, stand


def sockets() -> dict[str, str]:
    return dict(models.Participant.objects.values_list("name", "socket"))


def test_of_two_pages_of_one_seat_the_newer_has_it_whoever_else_says_hello(evening):
    ana, ben = evening["Ana"].public_id, evening["Ben"].public_id
    a, b = evening.tokens["Ana"], evening.tokens["Ben"]

    sat = sit(
        [(ben, b, "ben 1"), (ana, a, "ana 1"), (ben, b, "ben 2"), (ana, "wrong", "x"), ("nobody", a, "y")]
    )

    assert [seat if isinstance(seat, int) else (seat.name, seat.socket) for seat in sat] == [
        ("Ben", "ben 1"),
        ("Ana", "ana 1"),
        ("Ben", "ben 2"),
        4401,
        4401,
    ]
    assert sockets() == {"Ana": "ana 1", "Ben": "ben 2", "Eli": "page-of-Eli"}


def test_who_goes_frees_a_seat_unless_a_newer_page_has_it(evening):
    ana, ben, eli = (evening[name].pk for name in ("Ana", "Ben", "Eli"))

    freed = stand([(eli, "page-of-Eli"), (ana, "an older page"), (ben, "page-of-Ben"), (0, "page-of-Ana")])

    assert freed == [True, False, True, False]
    assert sockets() == {"Ana": "page-of-Ana", "Ben": "", "Eli": ""}
    assert stand([(ben, "page-of-Ben")]) == [False]


def test_many_goodbyes_are_three_statements(evening, django_assert_max_num_queries):
    everybody = [(seat.pk, seat.socket) for seat in models.Participant.objects.all()]

    # The transaction's own two are counted as well.
    with django_assert_max_num_queries(4):
        stand(everybody)

    assert set(sockets().values()) == {""}
