"""Is this process alive, could it serve, and what has it counted?"""

import hmac
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from stories import ground, meters
from stories.models import Job, Room

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """The database answers, stores, and has every table this code expects; of what is not well, a sentence each.

    Without the layer or the broker the game is slower, not away.
    """
    found, layer = ground.tables(), ground.layer()
    told: dict[str, Any] = {"database": not isinstance(found, ground.Trouble), "layer": layer is None}
    if isinstance(found, ground.Trouble):
        blocked, newer = found, None
    else:
        blocked, newer = found.trouble or ground.storing.trouble, found.surplus
        told["pending"] = found.missing
    troubles = [trouble for trouble in (blocked, newer, layer, ground.broker()) if trouble is not None]
    for trouble in troubles:
        logger.warning("%s: %s", "not ready" if trouble is blocked else "ready, but", trouble)
    if troubles:
        told["why"] = [trouble.sentence for trouble in troubles]
    answer = JsonResponse({"ready": blocked is None, **told}, status=503 if blocked else 200)
    # "No" is an answer like any other: Django would log it as an error, every few seconds.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


@never_cache
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """For Prometheus, who knows the token. For everybody else this address does not exist."""
    token = settings.METRICS_TOKEN
    if not token or not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()
    ):
        raise Http404
    rows = CollectorRegistry()
    rows.register(Rows())
    counted = generate_latest(meters.registry(settings.METRICS_DIR)) + generate_latest(rows)
    return HttpResponse(counted, content_type=CONTENT_TYPE_LATEST)


class Rows:
    """What the database knows, asked once per scrape and the same for every process."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Everything, or only that the database is away."""
        up = GaugeMetricFamily("mirror_layer_up", "Whether the channel layer answers")
        up.add_metric([], ground.layer() is None)
        yield up
        found = [self._database(up=False)]
        # Whoever scrapes waits less long than a page would for its connection.
        if ground.database() is None:
            with suppress(DatabaseError):
                found = [self._database(), self._rooms(), *self._jobs()]
        yield from found

    @staticmethod
    def _database(*, up: bool = True) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily("mirror_database_up", "Whether the database answers")
        gauge.add_metric([], up)
        return gauge

    @staticmethod
    def _rooms() -> GaugeMetricFamily:
        gauge = GaugeMetricFamily("mirror_rooms", "Rooms that have not ended, by phase", labels=["phase"])
        alive = (
            Room.objects.filter(ended_at__isnull=True)
            .values("phase")
            .annotate(n=Count("pk"))
            .order_by("phase")
        )
        for row in alive:
            gauge.add_metric([row["phase"]], row["n"])
        return gauge

    @staticmethod
    def _jobs() -> list[GaugeMetricFamily]:
        count = GaugeMetricFamily("mirror_jobs", "Background jobs, by state", labels=["state"])
        for row in Job.objects.values("state").annotate(n=Count("pk")).order_by("state"):
            count.add_metric([row["state"]], row["n"])
        again = GaugeMetricFamily("mirror_jobs_retried", "Background jobs that needed more than one attempt")
        again.add_metric([], Job.objects.filter(attempts__gt=1).count())
        age = GaugeMetricFamily(
            "mirror_job_oldest_queued_seconds", "How long the first in the queue has waited"
        )
        oldest = Job.objects.filter(state="queued").aggregate(at=Min("queued_at"))["at"]
        age.add_metric([], max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0)
        return [count, again, age]
