"""PostgreSQL holds what SQLite holds: the tests about rows pass on both."""

import os
import subprocess
import sys

from tests.production.crew import MANAGE
from tests.production.instances import Postgres


def test_the_rows_tests_pass_on_postgresql_too(postgres: Postgres) -> None:
    env = {**os.environ, "MIRROR_DATABASE_URL": postgres.url}

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "tests/db"],
        cwd=MANAGE.parent,
        env=env,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout
