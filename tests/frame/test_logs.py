"""The log names routes; whoever reads it learns no seat, no code and no token."""

import ast
import json
import logging
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.test import Client

from mirrorgame.logs import Json, KindsOnly, Line, RoutesOnly, Seldom, logging_settings

ROOT = Path(settings.BASE_DIR)

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


@pytest.mark.parametrize("traced", [True, False])
def test_line_of_a_task_quotes_no_row_when_the_database_refuses_one(traced):
    error = IntegrityError("DETAIL: Failing row contains (Ana, My grandmother's kitchen)")
    words = "Task %(name)s raised unexpected: %(exc)s"
    quoted = {"name": "mirrorgame.sweep", "exc": repr(error), "traceback": "grandmother"}
    info = (type(error), error, None) if traced else None
    record = logging.LogRecord("celery.app.trace", logging.ERROR, __file__, 1, words, (quoted,), info)

    assert KindsOnly().filter(record)

    line = json.loads(Json().format(record))
    assert line["message"] == "Task mirrorgame.sweep raised unexpected: IntegrityError"
    assert "grandmother" not in json.dumps(line)


def test_log_is_for_people_at_home_and_for_machines_in_production():
    at_home = logging_settings(production=False, level="")
    in_production = logging_settings(production=True, level="ERROR")

    assert at_home["handlers"]["stderr"]["formatter"] == "line"
    assert in_production["handlers"]["stderr"]["formatter"] == "json"
    assert in_production["loggers"]["stories"]["level"] == "ERROR"


def test_no_line_of_ours_is_written_with_a_name_a_code_a_secret_or_words():
    private = {
        "body",
        "code",
        "label",
        "name",
        "names",
        "prompt",
        "public_id",
        "secret",
        "text",
        "title",
        "token",
        "words",
    }
    # Of a function.
    fine = {"task.name"}
    told = []
    for file in [*(ROOT / "stories").rglob("*.py"), *(ROOT / "mirrorgame").rglob("*.py")]:
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("logger."):
                used = {ast.unparse(part) for part in call.args[1:] if isinstance(part, ast.Attribute)}
                told += [
                    (file.name, use) for use in used if use.rpartition(".")[2] in private and use not in fine
                ]
                assert isinstance(call.args[0], ast.Constant), (
                    f"{file}: a sentence that is not one and the same"
                )

    assert told == []


def about_the_database(name: str = "stories.live.hub", level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord(
        name, level, __file__, 1, "the database is away (%s)", ("OperationalError",), None
    )


def spoken(seconds: int, **about: str) -> list[tuple[int, str]]:
    """What is said, and when, of something that goes on for so long and is news each second."""
    now = 0
    seldom = Seldom(clock=lambda: float(now))
    said = []
    for now in range(seconds):
        record = about_the_database(**about)
        if seldom.filter(record):
            said.append((now, Line().format(record)))
    return said


def test_log_says_it_a_few_times_a_minute_and_then_how_often_when_it_goes_on():
    away = "the database is away (OperationalError)"

    first = [(second, away) for second in range(5)]
    later = [(60, f"{away} (and 55 more before)"), *((second, away) for second in range(61, 65))]
    assert spoken(120) == [*first, *later]


def test_log_says_once_a_minute_what_the_pool_of_connections_repeats():
    away = "the database is away (OperationalError)"

    assert spoken(61, name="psycopg.pool") == [(0, away), (60, f"{away} (and 59 more before)")]


def test_production_line_says_how_often_it_was_not_said():
    assert said(unsaid=55)["unsaid"] == 55


def test_log_keeps_nothing_back_that_is_no_trouble_or_is_another():
    seldom = Seldom(clock=lambda: 0.0)
    for _ in range(100):
        seldom.filter(about_the_database())

    assert seldom.filter(about_the_database(level=logging.INFO))
    assert seldom.filter(about_the_database("stories.live.recorder"))


def test_log_of_errors_is_counted_before_it_is_kept_back():
    assert logging_settings(production=True, level="")["handlers"]["stderr"]["filters"] == [
        "routes",
        "kinds",
        "counted",
        "seldom",
    ]


def test_log_of_the_frame_is_as_talkative_as_the_games():
    told = logging_settings(production=True, level="")["loggers"]

    assert told["mirrorgame"] == told["stories"] == {"level": "INFO"}
