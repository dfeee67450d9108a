"""What drivers say on bad days, and the few words it becomes: nothing of a row, a name or a password is left."""

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, NotSupportedError, OperationalError

from stories import ground

AT = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: '


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (OperationalError('could not extend file "base/1/2": No space left on device'), "its disk is full"),
        (OperationalError("database or disk is full"), "its disk is full"),
        (OperationalError("unable to open database file"), "its file cannot be opened or written"),
        (OperationalError("attempt to write a readonly database"), "its file cannot be opened or written"),
        (DatabaseError("database disk image is malformed"), "its file is damaged, or is no database"),
        (
            NotSupportedError("PostgreSQL 15 or later is required (found 13.4)."),
            "it is too old, PostgreSQL 15 or newer is needed",
        ),
        (
            psycopg.OperationalError(f"{AT}FATAL:  sorry, too many clients already"),
            "it takes no more connections",
        ),
        (
            psycopg.OperationalError(f"{AT}FATAL:  the database system is starting up"),
            "it is starting or stopping",
        ),
        (
            psycopg.OperationalError(f'{AT}FATAL:  no pg_hba.conf entry for host "10.0.0.9"'),
            "it lets nobody in from this machine",
        ),
        (
            psycopg.OperationalError(f"{AT}server does not support SSL, but SSL was required"),
            "its TLS and the settings do not fit together",
        ),
        (OperationalError("couldn't get a connection after 5.00 sec"), "it does not answer in time"),
        (OperationalError("something new"), "it does not answer"),
    ],
)
def test_a_drivers_words_become_few(error, meaning):
    told = ground.database_trouble(error).sentence

    assert told.rpartition(" (MIRROR_")[0] == f"The database is away: {meaning}"


def test_an_error_that_may_quote_a_row_is_a_kind_and_nothing_else():
    error = IntegrityError("DETAIL: Failing row contains (Ana, My grandmother's kitchen)")

    assert ground.database_trouble(error).said == "IntegrityError"


def test_nothing_is_stored_is_no_longer_said_when_something_was():
    storing = ground.Storing()

    storing.failed(LookupError("Ana told of her brother"))
    away = storing.trouble
    storing.worked()

    assert away is not None
    assert away.sentence.partition(" (MIRROR_")[0] == "The database stores no samples: the log says why"
    assert away.said == "LookupError"
    assert storing.trouble is None
