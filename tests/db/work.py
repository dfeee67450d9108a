"""Work for jobs to do, a broker that is away, and one that does nothing but count."""

import time

from django.tasks.backends.base import BaseTaskBackend
from django.tasks.backends.dummy import DummyBackend

from stories.models import Job

done: list[tuple[object, ...]] = []


def note(*args: object) -> None:
    """Work that can be seen to have been done."""
    done.append(args)


def wait_for_a_sign() -> None:
    """Work that takes until its row says that it is alive."""
    job = Job.objects.get(state="running")
    deadline = time.monotonic() + 30
    while Job.objects.get(pk=job.pk).alive_at == job.alive_at:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    done.append(("alive",))


def fail() -> None:
    """Work that cannot be done, and would say something private."""
    raise LookupError("Ana told of her brother")


class Away(BaseTaskBackend):
    """A broker nobody reaches."""

    def enqueue(self, task, args, kwargs):
        """Nobody is there."""
        raise ConnectionRefusedError("no broker")


class Noted(DummyBackend):
    """A broker whose jobs nobody runs: `done` says which were handed over."""

    def enqueue(self, task, args, kwargs):
        """Note it."""
        done.append(("handed over", *args))
        return super().enqueue(task, args, kwargs)
