"""The live scorer's memory: who reported what at which tick, however late and however often it came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .signals import Array

NULL = -1
TOP = 1000


class TraceGrid:
    """Traces of one telling on its common grid of ticks.

    Chunks may be written in any order and any number of times. Where two page loads report the
    same tick, the newer one (the higher ``order``) wins; for equal orders the later call does, so
    a shell that writes run after run may leave ``order`` away. A newer null wins too.

    Parameters
    ----------
    participants : int
        Rows; ``widen`` makes room for people who come later.
    fs : float
        Ticks per second.

    Raises
    ------
    ValueError
        If there are fewer than no participants, or fs is not positive.

    Examples
    --------
    >>> grid = TraceGrid(2, fs=4)
    >>> grid.write(1, 2, [500, None])
    >>> grid.write(0, 0, [100])
    >>> grid.traces()  # shape (participants, ticks)
    array([[100.,  nan,  nan,  nan],
           [ nan,  nan, 500.,  nan]])
    """

    def __init__(self, participants: int, *, fs: float) -> None:
        if participants < 0 or not 0 < fs < np.inf:
            raise ValueError(f"need participants >= 0 and a finite fs > 0, got {participants} and {fs}")
        self.fs = fs
        self.ticks = 0
        self._values = np.full((participants, 256), NULL, dtype=np.int16)
        self._order = np.full((participants, 256), -1, dtype=np.int16)

    @property
    def participants(self) -> int:
        return len(self._values)

    def widen(self, participants: int) -> None:
        """Make room for ``participants`` rows; never fewer than there are."""
        more = participants - self.participants
        if more > 0:
            self._values = np.pad(self._values, ((0, more), (0, 0)), constant_values=NULL)
            self._order = np.pad(self._order, ((0, more), (0, 0)), constant_values=-1)

    def write(
        self,
        row: int,
        first_tick: int,
        values: Sequence[int | None] | npt.NDArray[np.integer],
        *,
        order: int = 0,
    ) -> None:
        """Note consecutive samples of one participant.

        Parameters
        ----------
        row : whose trace
        first_tick : tick of the first value
        values : integers 0..1000; None or -1 for null
        order : rank of the page load among the participant's loads, 0..32767; higher is newer
        """
        if not 0 <= row < self.participants:
            raise IndexError(f"row {row} of {self.participants}")
        if first_tick < 0 or not 0 <= order <= 32767:
            raise ValueError(f"first_tick {first_tick} and order {order} must not be negative")
        if isinstance(values, np.ndarray):
            chunk = values.astype(np.int64)
        else:
            chunk = np.array([NULL if v is None else v for v in values], dtype=np.int64)
        if not len(chunk):
            return
        if chunk.min() < NULL or chunk.max() > TOP:
            raise ValueError(f"values must be 0..{TOP} or null, got {chunk.min()}..{chunk.max()}")
        end = first_tick + len(chunk)
        self._reach(end)
        was = self._order[row, first_tick:end]
        wins = was <= order
        self._values[row, first_tick:end][wins] = chunk[wins]
        was[wins] = order
        self.ticks = max(self.ticks, end)

    def traces(self, first: int = 0, end: int | None = None) -> Array:
        """All traces from tick ``first`` to ``end`` (default: all), shape (participants, ticks)."""
        part = self._values[:, first : self.ticks if end is None else min(end, self.ticks)]
        out: Array = part.astype(np.float64)
        out[part == NULL] = np.nan
        return out

    def trace(self, row: int) -> Array:
        """One participant's trace, shape (ticks,)."""
        own: Array = self.traces()[row]
        return own

    def _reach(self, end: int) -> None:
        have = self._values.shape[1]
        if end > have:
            more = ((0, 0), (0, max(end, 2 * have) - have))
            self._values = np.pad(self._values, more, constant_values=NULL)
            self._order = np.pad(self._order, more, constant_values=-1)
