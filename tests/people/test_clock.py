"""A page's idea of the server's time: the quickest ping counts, and it never runs backwards."""

from stories.people.clock import Clock


class Watch:
    """Our own milliseconds, moved by hand."""

    def __init__(self) -> None:
        self.ms = 5_000.0

    def __call__(self) -> float:
        return self.ms


def pinged(clock: Clock, watch: Watch, *, out: float, back: float, ahead: float) -> None:
    """A ping to a server that is `ahead` of us, `out` ms on its way there and `back` ms on its way home."""
    sent = watch.ms
    watch.ms += out
    at = watch.ms * clock.rate + ahead
    watch.ms += back
    clock.pong(sent, at)


def test_a_device_that_is_hours_wrong_agrees_with_the_server() -> None:
    watch = Watch()
    clock = Clock(watch)

    pinged(clock, watch, out=10, back=10, ahead=7 * 3_600_000)

    assert clock.now() == watch.ms + 7 * 3_600_000


def test_the_quickest_ping_counts() -> None:
    watch = Watch()
    clock = Clock(watch)

    for out, back in [(300, 20), (5, 5), (20, 400)]:
        pinged(clock, watch, out=out, back=back, ahead=1000)

    assert clock.now() == watch.ms + 1000


def test_a_faster_clock_is_followed_as_it_is() -> None:
    watch = Watch()
    clock = Clock(watch)
    clock.rate = 20
    pinged(clock, watch, out=10, back=10, ahead=0)
    before = clock.now()

    watch.ms += 1000

    assert clock.now() - before == 20_000


def test_a_later_correction_is_slewed_and_time_never_runs_backwards() -> None:
    watch = Watch()
    clock = Clock(watch)
    for _ in range(8):
        pinged(clock, watch, out=10, back=10, ahead=1000)
    said = clock.now()

    watch.ms += 1000
    for _ in range(8):
        pinged(clock, watch, out=1, back=1, ahead=400)

    assert clock.now() >= said
    assert clock.now() - watch.ms > 980
