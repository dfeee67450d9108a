"""The one place that asks what time it is."""

import time

from django.conf import settings

# Where the faster clock of demos and tests starts; at rate 1 it cancels out.
_EPOCH_S = 1_760_000_000.0


def now_ms() -> int:
    """Server time in whole milliseconds since 1970 (faster than life where `CLOCK_RATE` says so)."""
    return int(now_exact_ms())


def now_exact_ms() -> float:
    """Server time in milliseconds, with fractions, for clocks that want to agree closely."""
    return (_EPOCH_S + (time.time() - _EPOCH_S) * settings.CLOCK_RATE) * 1000
