"""What is counted, where it happens, for whoever keeps the game running: numbers only, and none about a person.

Several web processes of one machine count together when MIRROR_METRICS_DIR names a folder they share: the
settings hand it to prometheus_client, which reads it from its own environment variable when it loads.
"""

import os
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# When each of them began to be counted is nobody's question.
disable_created_metrics()

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)

SOCKETS = Gauge("mirror_sockets", "Open pages", multiprocess_mode="livesum")
CLOSES = Counter("mirror_sockets_closed", "Sockets that the game closed, by its code", ["code"])
TURNED_AWAY = Counter("mirror_sockets_turned_away", "Handshakes refused: too many sockets from one address")
ROOMS = Gauge("mirror_rooms_held", "Rooms that a process keeps in memory", multiprocess_mode="livesum")
TASKS = Gauge("mirror_tasks", "Tasks on the processes' loops", multiprocess_mode="livesum")
SKIPPED = Counter(
    "mirror_frames_skipped", "Volatile frames that a newer one replaced before they left", ["kind"]
)
SLICES = Counter("mirror_fanout_slices", "Parts in which large rooms were told something")

CHUNKS = Counter("mirror_chunks", "Chunks the recorder decided about", ["verdict"])
SAMPLES = Counter("mirror_samples_stored", "Samples committed, or found there already")
WAITING = Gauge("mirror_chunks_waiting", "Chunks that are not stored yet", multiprocess_mode="livesum")
RETRIES = Counter("mirror_store_retries", "Batches that could not be stored and are tried again")
COMMITS = Histogram("mirror_commit_seconds", "One batch into the database", buckets=SECONDS)
ACKS = Histogram("mirror_ack_seconds", "From a chunk's arrival to its commit", buckets=SECONDS)
OUTBOX_AGE = Histogram(
    "mirror_outbox_age_seconds", "How old a chunk's last sample is on arrival", buckets=SECONDS
)

SUBSCRIPTIONS = Counter("mirror_layer_subscriptions", "Times a process joined the others on the layer")
LAYER_FAILURES = Counter("mirror_layer_failures", "Calls to the layer that failed", ["what"])
ERRORS = Counter("mirror_errors", "Lines of the log at level ERROR and above", ["logger"])


def committed(seconds: float, chunks: list[tuple[str, float, int]]) -> None:
    """One batch is in the database: of each chunk the verdict, the seconds it waited, and its samples."""
    COMMITS.observe(seconds)
    for _, waited, _ in chunks:
        ACKS.observe(waited)
    for verdict in {verdict for verdict, _, _ in chunks}:
        CHUNKS.labels(verdict).inc(sum(told == verdict for told, _, _ in chunks))
    SAMPLES.inc(sum(samples for verdict, _, samples in chunks if verdict == "stored"))


def registry(folder: str) -> CollectorRegistry:
    """All that was counted here: by this process, or by every process that shares the folder."""
    if not folder:
        return REGISTRY
    _bury_the_dead(Path(folder))
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)
    return together


def _bury_the_dead(folder: Path) -> None:
    """A process that was killed has no open pages any more; what it had counted stays counted."""
    pids = {int(file.stem.rsplit("_", 1)[-1]) for file in folder.glob("gauge_live*.db")}
    for pid in pids:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))
        except PermissionError:
            # It lives, and is somebody else's.
            continue
