"""The live coupling of practice rooms and of the host's peek: the batch score on the grid so far.

There is no second estimator to disagree with: what is shown live is what `synchrony.live_score` says of
the same grid afterwards.
"""

import numpy as np

from stories import models, traces
from stories.clock import now_ms
from stories.protocol.phases import About
from stories.protocol.replies import CouplingUpdated
from stories.synchrony import live_score

LATE_MS = 30_000


class Scorer:
    """One telling's grid in memory, and its score."""

    def __init__(self, telling: models.Telling) -> None:
        self.telling = telling
        self._felt: traces.Felt | None = None
        self._since: list[traces.Sampled] = []
        self.stale = True
        self._missing = False
        self._read_at = 0

    def fill(self, stored: list[traces.Sampled], rate_hz: int) -> None:
        """Take in what is stored, and again what came while it was read; writing twice is harmless."""
        self._felt = traces.Felt(rate_hz)
        for chunk in [*stored, *self._since]:
            self._felt.write(*chunk)
        self._since.clear()
        self._read_at = now_ms()
        self._missing = self.stale = False

    def felt_elsewhere(self) -> None:
        """Another process stored chunks of this telling."""
        self._missing = True

    def missing_since(self) -> int | None:
        """When what is missing here was received, or None when nothing is; asked once per reading."""
        if not self._missing:
            return None
        since, self._missing, self._read_at = self._read_at, False, now_ms()
        # A commit may be so much later than its arrival; reading a chunk twice is harmless.
        return since - LATE_MS

    def add(self, stored: list[traces.Sampled]) -> None:
        """Take in what other processes stored."""
        if self._felt is not None:
            in_order = [self._felt.write(*chunk) for chunk in stored]
            self.stale = not all(in_order)

    def felt(self, entry: traces.Entry) -> None:
        """A chunk was stored. One that began before what is known makes everything worth reading anew."""
        chunk = (entry.participant, entry.run, entry.first_tick, traces.unpack(entry.samples))
        if self.stale or self._felt is None:
            self._since.append(chunk)
        elif not self._felt.write(*chunk):
            self.stale = True

    def score(self, about: About, at: int, numbers: dict[int, int]) -> CouplingUpdated:
        """The room's number: the mean of its listeners' shrunken z, and each listener's own for the peek.

        `numbers` maps participants to the numbers of their lights.
        """
        ticks = traces.ticks_of(about, at=at)
        if self._felt is None:
            return CouplingUpdated(score=None, spread=None, tick=ticks)
        grid = self._felt.traces(ticks)
        grid[:, traces.paused_ticks(about, ticks)] = np.nan
        teller = self._felt.rows.get(self.telling.teller_id)
        listeners = [(p, row) for p, row in self._felt.rows.items() if row != teller and p in numbers]
        if teller is None or not listeners:
            return CouplingUpdated(score=None, spread=None, tick=ticks)
        each = live_score(grid[teller], grid[[row for _, row in listeners]], fs=about.rate_hz)
        known = each.z[np.isfinite(each.z)]
        people = [
            (numbers[p], None if np.isnan(score) else int(score))
            for (p, _), score in zip(listeners, each.score, strict=True)
        ]
        if not known.size:
            return CouplingUpdated(score=None, spread=None, tick=ticks, people=people)
        return CouplingUpdated(
            score=round(100 * max(0.0, float(np.tanh(known.mean())))),
            spread=round(100 * float(np.tanh(known).std()), 1),
            tick=ticks,
            people=people,
        )
