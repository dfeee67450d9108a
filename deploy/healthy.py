"""A container's question to itself: am I well? Standard library only, since it is asked every few seconds.

`healthy.py answers URL`, `healthy.py written FILE SECONDS`, `healthy.py works`.
"""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def answers(url: str) -> bool:
    """The web process says it is alive, under the name it is served by."""
    host = os.environ.get("MIRROR_HOSTS", "localhost").split(",")[0].strip()
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310  (an address of this container)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=4) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def written(path: str, seconds: str) -> bool:
    """Somebody wrote to this file lately."""
    try:
        return time.time() - Path(path).stat().st_mtime < float(seconds)
    except OSError:
        return False


def works() -> bool:
    """The worker of this container answers by way of the broker, so both are there."""
    name = f"celery@{os.uname().nodename}"
    ask = ["celery", "-A", "mirrorgame", "inspect", "ping", "--timeout", "10", "--destination", name]
    asked = subprocess.run(ask, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
    return asked.returncode == 0


if __name__ == "__main__":
    questions = {"answers": answers, "written": written, "works": works}
    sys.exit(0 if questions[sys.argv[1]](*sys.argv[2:]) else 1)
