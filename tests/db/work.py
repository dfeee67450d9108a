"""Work for jobs to do, and a broker that is away."""

from django.tasks.backends.base import BaseTaskBackend

done: list[tuple[object, ...]] = []


def note(*args: object) -> None:
    """Work that can be seen to have been done."""
    done.append(args)


def fail() -> None:
    """Work that cannot be done, and would say something private."""
    raise LookupError("Ana told of her brother")


class Away(BaseTaskBackend):
    """A broker nobody reaches."""

    def enqueue(self, task, args, kwargs):
        """Nobody is there."""
        raise ConnectionRefusedError("no broker")
