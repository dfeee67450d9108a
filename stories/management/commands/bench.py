"""Measure this machine: JSON lines on standard output, a table for people on standard error."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stories.management.bench import (
    crowd,
    engine,
    evenings,
    growth,
    ladder,
    layer,
    load,
    phases,
    screens,
    start,
    synchrony,
)
from stories.management.bench.report import NotHere, Row, machine, table

ROOT = Path(settings.BASE_DIR)
MANAGE = ROOT / "manage.py"

# What is measured together, and the ids of its rows.
MEASUREMENTS: dict[tuple[str, ...], Callable[[], list[Row]]] = {
    ("start_s",): lambda: start.measure(ROOT),
    ("reveal_ms", "null_A_s", "null_C_s"): engine.measure,
    (
        "T9_isc_2000",
        "T9_live_30",
        "T9_live_2000",
        "T9_doubling",
        "T9_surrogates_30",
        "pairwise_2000_s",
        "windowed_2000_s",
    ): synchrony.measure,
    ("T10_surrogates_2000_s", "T10_peak_MB"): synchrony.measure_long,
    ("ack_p99",): lambda: crowd.measure(MANAGE),
    ("T1_500",): lambda: load.fan_out(MANAGE, 500),
    ("T1_2000",): lambda: load.fan_out(MANAGE, 2000),
    ("T2",): lambda: load.durable(MANAGE),
    ("T3_ack_p99", "T3_told_p99", "T3_core"): lambda: load.big_room(MANAGE),
    ("T4_sqlite",): lambda: ladder.ladder(MANAGE),
    ("T5_rooms",): lambda: load.rooms(MANAGE),
    ("T5_growth",): lambda: growth.by_size(MANAGE),
    ("T7_hellos_s", "T8_listener_kB"): lambda: load.arrival(MANAGE),
    ("phase_2000",): lambda: phases.phase(MANAGE),
    # The same on the production shape: PostgreSQL, Redis, so many web processes.
    ("T2_pg",): lambda: load.durable(MANAGE, workers=1),
    ("T3_pg_ack_p99", "T3_pg_told_p99", "T3_pg_core"): lambda: load.big_room(MANAGE, workers=1),
    ("T4",): lambda: ladder.ladder(MANAGE, workers=1),
    ("T5_workers",): lambda: growth.by_workers(MANAGE),
    ("T5_redis_16_us",): layer.publish,
    ("T5_classes",): lambda: growth.classes(MANAGE),
    ("T7_pg_hellos_s", "T8_pg_listener_kB"): lambda: load.arrival(MANAGE, workers=1),
    ("phase_2000_pg",): lambda: phases.phase(MANAGE, workers=2),
    ("P1", "P1_taps", "P2_join_kB", "P2_dial_s", "play_kB", "P3", "P3_clicks"): lambda: screens.measure(
        MANAGE
    ),
    ("P4_12", "P4_30", "null_s"): lambda: evenings.measure(MANAGE),
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", default="", help="ids, comma-separated")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {one for one in options["only"].split(",") if one}
        known = {one for ids in MEASUREMENTS for one in ids}
        if unknown := wanted - known:
            raise CommandError(
                f"no such id: {', '.join(sorted(unknown))}. There are: {', '.join(sorted(known))}"
            )
        machine()
        rows = []
        for ids, measure in MEASUREMENTS.items():
            if wanted and not wanted & set(ids):
                continue
            self.stderr.write(f"measuring {', '.join(ids)} ...")
            try:
                found = [row for row in measure() if not wanted or row.id in wanted]
            except (screens.NoChromium, NotHere) as missing:
                self.stderr.write(self.style.ERROR(f"NOT MEASURED ({missing}): {', '.join(ids)}"))
                continue
            rows += found
            for row in found:
                self.stdout.write(json.dumps(row.as_json()))
            self.stdout.flush()
        self.stderr.write("\n" + "\n".join(table(rows)))
        if missed := [row.id for row in rows if row.held == "MISS"]:
            self.stderr.write(self.style.ERROR(f"missed: {', '.join(missed)}"))
