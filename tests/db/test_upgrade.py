"""Rows of every release before this one are still there, and still the same, after the migrations of today."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from stories import analysis
from tests.db.crowd import crowd

NAMES = sorted(name for app, name in MigrationLoader(None).disk_migrations if app == "stories")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def latest(transactional_db) -> Iterator[None]:
    """Whatever becomes of this test, the next one finds the tables of today."""
    yield
    migrate(NAMES[-1])


def migrate(name: str) -> Apps:
    """Take the tables to one migration, forwards or back; the models as they were then."""
    executor = MigrationExecutor(connection)
    executor.migrate([("stories", name)])
    return MigrationExecutor(connection).loader.project_state([("stories", name)]).apps


def rows(then: Apps) -> Rows:
    """Every row of every table of the game, as those models know it."""
    return {
        model.__name__: [
            {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in then.get_app_config("stories").get_models()
    }


def only(some: Rows, known: Rows) -> Rows:
    """Of these rows, what an older release knew of them."""
    return {
        table: [{name: row[name] for name in known[table][0]} for row in some[table]]
        for table in known
        if known[table]
    }


@pytest.mark.parametrize("release", NAMES[:-1])
def test_rows_of_an_older_release_are_kept_when_its_tables_are_brought_up_to_date(release, latest):
    evening, telling = crowd(3)
    analysis.first_stroke(telling, evening.about)
    then = migrate(release)
    before = {table: found for table, found in rows(then).items() if found}

    migrate(NAMES[-1])

    assert before.keys() >= {"Room", "Participant", "Fact", "Telling", "Chunk", "Analysis", "Job"}
    assert only(rows(apps), before) == before
