"""The log names routes; whoever reads it learns no seat, no code and no token."""

import json
import logging
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.test import Client

from mirrorgame.logs import Json, RoutesOnly, logging_settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/pair/OneTimeToken123", "pair/<token:token>"),
        ("/play/9f2e61c7d05b48aa3e71/withdraw", "play/<token:seat>/withdraw"),
        ("/host/482913/delete", "host/<code:code>/<slug:action>"),
    ],
)
def test_log_names_the_route_when_a_form_is_refused(caplog, path, route):
    kept = RoutesOnly()

    with caplog.at_level(logging.WARNING):
        Client(enforce_csrf_checks=True).post(path)

    said = [record.getMessage() for record in caplog.records if kept.filter(record)]
    assert [line.rsplit(": ", 1)[-1] for line in said] == [route]
    assert path not in "".join(said)
    assert all("routes" in handler["filters"] for handler in settings.LOGGING["handlers"].values())


def said(
    error: Exception | None = None, message: str = "room %s\nfell over", args: tuple = (7,), **about: object
) -> dict:
    """What the production log says of one record, parsed."""
    try:
        if error is not None:
            raise error
        caught = None
    except Exception:  # noqa: BLE001  (the log's own business)
        caught = sys.exc_info()
    record = logging.LogRecord("stories.live.hub", logging.ERROR, __file__, 1, message, args, caught)
    vars(record).update(about)
    line = Json().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_production_line_is_one_object_with_ids_when_something_happens():
    line = said(participant=31, name_of_a_person="Ana")

    assert line.pop("at").endswith("+00:00")
    assert line.pop("process") > 0
    assert line == {
        "level": "error",
        "logger": "stories.live.hub",
        "message": "room 7\nfell over",
        "room": 7,
        "participant": 31,
    }


@pytest.mark.parametrize(
    ("message", "args", "about"),
    [
        ("job %s (%s) failed", (4, "stories.analysis.complete"), {"job": 4}),
        ("%d chunks of telling %s wait in room %d", (12, 5, 7), {"telling": 5, "room": 7}),
        ("room %s is called so", ("482913",), {}),
        ("the room fell over", (), {}),
        ("%(count)s rooms", ({"count": 2},), {}),
    ],
)
def test_production_line_finds_what_it_is_about_in_its_own_words(message, args, about):
    line = said(message=message, args=args)

    assert {name: line[name] for name in ("room", "participant", "telling", "job") if name in line} == about


def test_production_line_quotes_no_row_when_the_database_refuses_one():
    line = said(IntegrityError("DETAIL: Failing row contains (Ana, My grandmother's kitchen)"))

    assert line["error"] == "IntegrityError"
    assert line["where"][-1].startswith("tests/frame/test_logs.py:")
    assert "grandmother" not in json.dumps(line)


def test_production_line_says_which_machine_was_not_reached():
    line = said(OperationalError('connection to server at "postgres", port 5432 failed'))

    assert line["why"] == 'connection to server at "postgres", port 5432 failed'


def test_log_is_for_people_at_home_and_for_machines_in_production():
    at_home = logging_settings(production=False, level="")
    in_production = logging_settings(production=True, level="ERROR")

    assert at_home["handlers"]["stderr"]["formatter"] == "line"
    assert in_production["handlers"]["stderr"]["formatter"] == "json"
    assert in_production["loggers"]["stories"]["level"] == "ERROR"
