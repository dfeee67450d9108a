"""Disks that are full: a small one of a database's own, and a limit on what a process may write.

Neither touches the disk everybody else writes to.
"""

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.production.instances import Postgres

SIZE = "4m"
TABLE = "stories_chunk"


class SmallDisk:
    """A file system in memory that holds PostgreSQL's rows of samples, and nothing else, until it is left."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.path = Path(tempfile.mkdtemp(prefix="mirror-disk-"))
        self._filler = self.path / "filler"

    def __enter__(self) -> Self:
        options = f"size={SIZE},mode=0700,uid={self.postgres.rows.stat().st_uid}"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], capture_output=True
        )
        if mounted.returncode:
            self.path.rmdir()
            pytest.skip("A FULL DISK OF POSTGRESQL'S IS NOT TRIED HERE: only root may mount a small one")
        try:
            (self.path / "rows").mkdir()
            shutil.chown(self.path / "rows", self.postgres.user)
            self.postgres.query(f"CREATE TABLESPACE small LOCATION '{self.path}/rows'")
            self._move("small")
        except BaseException:
            self._unmount()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.empty()
        self._move("pg_default")
        self.postgres.query("DROP TABLESPACE small")
        self._unmount()

    def fill(self) -> None:
        """Not a byte is left."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def empty(self) -> None:
        """Somebody made room."""
        self._filler.unlink(missing_ok=True)

    def _unmount(self) -> None:
        subprocess.run(["umount", self.path], check=True)
        self.path.rmdir()

    def _move(self, tablespace: str) -> None:
        self.postgres.query(f"ALTER TABLE {TABLE} SET TABLESPACE {tablespace}")
        indexes = self.postgres.query("SELECT indexname FROM pg_indexes WHERE tablename = %s", TABLE)
        for (index,) in indexes:
            self.postgres.query(f"ALTER INDEX {index} SET TABLESPACE {tablespace}")


def limit_files(pid: int, most: int | None) -> None:
    """No file of a process may grow past so many bytes, as on a disk that is full; None: as large as before."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))
