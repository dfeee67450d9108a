"""What the web processes have grown by, and what they have counted."""

import re
import urllib.request
from pathlib import Path

from stories.people.server import opener
from tests.production.crew import Crew


class Grown:
    """Memory of all web processes that is their own, in MB, since it was marked."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.mark()

    def mark(self) -> None:
        """From here on."""
        self.before = resident_mb(self.crew)

    def mb(self) -> float:
        """How much more it is now."""
        return resident_mb(self.crew) - self.before


def resident_mb(crew: Crew) -> float:
    """All web processes together."""
    pages = [
        re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in crew.web_pids()
    ]
    return sum(int(found[0]) for found in pages) / 1024


class Meter:
    """Reads /metrics as Prometheus would."""

    def __init__(self, crew: Crew, token: str) -> None:
        self.crew, self.token = crew, token

    def told(self, series: str, **labels: str) -> float:
        """The sum of a series over whatever its other labels are."""
        asked = urllib.request.Request(
            f"{self.crew.address}/metrics", headers={"Authorization": f"Bearer {self.token}"}
        )
        with opener.open(asked, timeout=10) as answer:
            text = answer.read().decode()
        wanted = [f'{name}="{value}"' for name, value in labels.items()]
        found = re.findall(rf"^{series}(\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for has, value in found if all(one in has for one in wanted))
