"""Rooms in a database of their own, and jobs that wait to be run by hand."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Barrier

import pytest
from django.db import connections

from stories import bulletin, jobs
from stories.protocol.room import Refusal
from tests.db.evening import Evening


@pytest.fixture(autouse=True)
def _jobs_wait(settings, monkeypatch):
    """No thread of the server runs jobs behind a test's back, and no broker was away before it."""
    monkeypatch.setattr(jobs, "_away_until", -inf)
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def evening(db) -> Evening:
    """Ana, Ben and Eli in Cleo's room."""
    return Evening("Ana", "Ben", "Eli")


@pytest.fixture
def evening_over(evening):
    """A story of twenty seconds that is over."""
    return evening, evening.told(20)


@pytest.fixture
def heard() -> Iterator[list[bulletin.AnyNews]]:
    """What a hub would hear."""
    news: list[bulletin.AnyNews] = []
    bulletin.listen(news.append)
    yield news
    bulletin.unlisten(news.append)


@pytest.fixture
def at_once(transactional_db) -> Callable[..., list[object]]:
    """Do something on eight threads at the same moment: what each got, or the code it was refused with."""

    def press(work: Callable[[int], object], people: int = 8) -> list[object]:
        ready = Barrier(people)

        def one(number: int) -> object:
            ready.wait(10)
            try:
                return work(number)
            except Refusal as refusal:
                return refusal.code
            finally:
                connections.close_all()

        with ThreadPoolExecutor(people) as pool:
            return list(pool.map(one, range(people)))

    return press
