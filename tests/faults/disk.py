"""Disks that are full: a small one of a database's own, and a limit on what a process may write.

Neither touches the disk everybody else writes to.
"""

import contextlib
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from tests.production.instances import Postgres

TABLE = "stories_chunk"


class Small:
    """A file system in memory for something of PostgreSQL's, until it is left."""

    size: str
    name: str

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.path = Path(tempfile.mkdtemp(prefix="mirror-disk-"))
        self.folder = self.path / self.name
        self._filler = self.path / "filler"

    def __enter__(self) -> Self:
        options = f"size={self.size},mode=0700,uid={self.postgres.rows.stat().st_uid}"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], capture_output=True
        )
        if mounted.returncode:
            self.path.rmdir()
            pytest.skip("A FULL DISK OF POSTGRESQL'S IS NOT TRIED HERE: only root may mount a small one")
        try:
            self.move_in()
        except BaseException:
            self._unmount()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.empty()
        self.move_out()
        self._unmount()

    def move_in(self) -> None:
        """PostgreSQL writes here from now on."""
        raise NotImplementedError

    def move_out(self) -> None:
        """It writes where everybody does."""
        raise NotImplementedError

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


class SmallDisk(Small):
    """It holds the rows of samples, and nothing else."""

    size, name = "4m", "rows"

    def move_in(self) -> None:
        self.folder.mkdir()
        shutil.chown(self.folder, self.postgres.user)
        self.postgres.query(f"CREATE TABLESPACE small LOCATION '{self.folder}'")
        # Pages with room, as a power cut leaves them, would be filled first on a full disk: there are none then.
        self.postgres.query(f"ALTER TABLE {TABLE} SET (fillfactor = 10)")
        self.postgres.query(f"VACUUM FULL {TABLE}")
        self._move("small")

    def move_out(self) -> None:
        self._move("pg_default")
        self.postgres.query(f"ALTER TABLE {TABLE} RESET (fillfactor)")
        self.postgres.query("DROP TABLESPACE small")

    def _move(self, tablespace: str) -> None:
        self.postgres.query(f"ALTER TABLE {TABLE} SET TABLESPACE {tablespace}")
        indexes = self.postgres.query("SELECT indexname FROM pg_indexes WHERE tablename = %s", TABLE)
        for (index,) in indexes:
            self.postgres.query(f"ALTER INDEX {index} SET TABLESPACE {tablespace}")


class SmallLog(Small):
    """It holds what is written ahead: PostgreSQL stops by itself when that has no room."""

    # A piece of it is 16 MiB, and a few are kept.
    size, name = "160m", "pg_wal"

    def move_in(self) -> None:
        self.postgres.stop()
        self._carry(self._usual, self.folder)
        self._usual.symlink_to(self.folder)
        self.postgres.start()

    def move_out(self) -> None:
        self.postgres.stop()
        self._usual.unlink()
        self._carry(self.folder, self._usual)
        self.postgres.start()

    def fill(self) -> None:
        """Not a byte is left, not in the piece that is being written either."""
        super().fill()
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                self.postgres.query("SELECT pg_switch_wal()")
                # An empty piece is not switched.
                self.postgres.query("SELECT pg_logical_emit_message(true, 'full', 'to the brim')")

    @property
    def _usual(self) -> Path:
        return self.postgres.rows / self.name

    @staticmethod
    def _carry(source: Path, target: Path) -> None:
        subprocess.run(["cp", "-a", source, target], check=True)
        shutil.rmtree(source)


def limit_files(pid: int, most: int | None) -> None:
    """No file of a process may grow past so many bytes, as on a disk that is full; None: as large as before."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))
