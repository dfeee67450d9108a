"""Beat's memory of what it started when, in a file; where there can be none it says so, once."""

import os
import sys
from pathlib import Path

from celery.beat import PersistentScheduler


class Schedule(PersistentScheduler):  # type: ignore[misc]
    """Celery's own, which meets a folder that cannot be written with three traces."""

    def setup_schedule(self) -> None:
        """Open the file, or end with one sentence."""
        file = Path(self.schedule_filename).absolute()
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            sys.exit("Beat cannot write its schedule: --schedule names a file in a folder that is its own.")
        super().setup_schedule()
