"""Storyteller-listener coupling of continuous ratings: pure NumPy, no clock, no hidden chance.

Arrays are (listeners, samples) with NaN where a listener was silent, ``fs`` is in Hz, and a
positive lag means that the listener follows. A result that cannot be computed is NaN (None in
JSON) with a reason, never 0.
"""

from .agreement import listeners_agree
from .arcs import SHAPES, Arc, Shape, arc_deck, shape_of
from .band import PooledBand, Told, pooled_band
from .call import CallResult, call_result
from .correlation import concordance, effective_samples, fisher_interval, lag_profile, pearson
from .coupling import Coupling, Measure, coupling
from .events import EventSynchrony, event_synchrony
from .grid import TraceGrid
from .herding import Herding, herding
from .isc import isc, isc_summary, pairwise_isc
from .leading import Anticipation, anticipation
from .live import LiveScore, live_score
from .moments import Moment, moment
from .reading import ENGINE, Reading, Reason, stream
from .regression import LaggedRegression, lagged_regression
from .report import Agreement, Persons, Report, digest, report
from .score import Chance, Fit, RoomScore, Source, Verdict, room_score
from .signals import Array, changes, own_moves, room_changes, room_line, teller_line
from .surrogates import (
    SurrogateTest,
    circular_shifts,
    false_discovery,
    phase_randomized,
    segment_shuffles,
    surrogate_test,
)
from .tellers import Null, TellerPool, redealt_arcs, step_tellers
from .together import Mark, Ribbon, Togetherness, ribbon, togetherness
from .windows import windowed_coupling

__all__ = [
    "ENGINE",
    "SHAPES",
    "Agreement",
    "Anticipation",
    "Arc",
    "Array",
    "CallResult",
    "Chance",
    "Coupling",
    "EventSynchrony",
    "Fit",
    "Herding",
    "LaggedRegression",
    "LiveScore",
    "Mark",
    "Measure",
    "Moment",
    "Null",
    "PooledBand",
    "Persons",
    "Reading",
    "Reason",
    "Report",
    "Ribbon",
    "RoomScore",
    "Shape",
    "Source",
    "SurrogateTest",
    "TellerPool",
    "Togetherness",
    "Told",
    "TraceGrid",
    "Verdict",
    "anticipation",
    "arc_deck",
    "call_result",
    "changes",
    "circular_shifts",
    "concordance",
    "coupling",
    "digest",
    "effective_samples",
    "event_synchrony",
    "false_discovery",
    "fisher_interval",
    "herding",
    "isc",
    "isc_summary",
    "lag_profile",
    "lagged_regression",
    "listeners_agree",
    "live_score",
    "moment",
    "own_moves",
    "pairwise_isc",
    "pearson",
    "phase_randomized",
    "pooled_band",
    "redealt_arcs",
    "report",
    "ribbon",
    "room_changes",
    "room_line",
    "room_score",
    "segment_shuffles",
    "shape_of",
    "step_tellers",
    "stream",
    "surrogate_test",
    "teller_line",
    "togetherness",
    "windowed_coupling",
]
