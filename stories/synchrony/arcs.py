"""Arcs a teller can be dealt: five shapes, many courses, none favoured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Final, Literal

from .reading import Reading

Shape = Literal["fall", "rise", "peak", "valley", "zigzag"]
SHAPES: Final[tuple[Shape, ...]] = ("fall", "rise", "peak", "valley", "zigzag")
"""Fall, rise, Λ (rise, then fall), V (fall, then rise), zigzag."""

LOW, HIGH = 100, 900
STEPS = (1, 4)
"""A small and a large turn; only their ratio matters."""
MOST_PER_SHAPE = 20


@dataclass(frozen=True)
class Arc(Reading):
    shape: Shape
    levels: tuple[int, ...]


@cache
def arc_deck(taps: int) -> tuple[Arc, ...]:
    """A deck for stories of ``taps`` feelings, with equally many arcs of each shape.

    Arcs of one shape differ in where the large turns come: a late fall resembles an early one
    hardly more than it resembles another shape. Only that lets chance be told from a room that
    followed this very arc. Deal uniformly: the test with ``redealt_arcs`` rests on it.

    Parameters
    ----------
    taps : int
        Feelings per story, 4..8.

    Examples
    --------
    >>> deck = arc_deck(5)
    >>> len(deck), deck[0]
    (75, Arc(shape='fall', levels=(900, 700, 500, 300, 100)))
    """
    if not 4 <= taps <= 8:
        raise ValueError(f"an arc has 4..8 taps, got {taps}")
    courses = {shape: _courses(shape, taps - 1) for shape in SHAPES}
    each = min(MOST_PER_SHAPE, *(len(some) for some in courses.values()))
    return tuple(
        Arc(shape, some[i * len(some) // each]) for shape, some in courses.items() for i in range(each)
    )


def shape_of(levels: tuple[int, ...] | list[int]) -> Shape | None:
    """The shape a sequence of levels has, None if it is none of the five.

    Examples
    --------
    >>> shape_of([500, 900, 700, 100])
    'peak'
    """
    ways = [(b > a) - (b < a) for a, b in pairwise(levels)]
    turns = [way for way in ways if way]
    bends = sum(a != b for a, b in pairwise(turns))
    if not turns or bends == 0:
        return None if not turns else ("rise" if turns[0] > 0 else "fall")
    if bends == 1:
        return "peak" if turns[0] > 0 else "valley"
    return "zigzag" if bends == len(turns) - 1 else None


def _courses(shape: Shape, steps: int) -> list[tuple[int, ...]]:
    """All courses of a shape that no change of scale turns into each other."""
    found: dict[tuple[int, ...], None] = {}
    for ways in _ways(shape, steps):
        for sizes in product(STEPS, repeat=steps):
            walk = [0]
            for way, size in zip(ways, sizes, strict=True):
                walk.append(walk[-1] + way * size)
            low, reach = min(walk), max(walk) - min(walk)
            found[tuple(round(LOW + (HIGH - LOW) * (at - low) / reach) for at in walk)] = None
    return list(found)


def _ways(shape: Shape, steps: int) -> list[list[int]]:
    first = 1 if shape in ("rise", "peak") else -1
    match shape:
        case "fall" | "rise":
            return [[first] * steps]
        case "peak" | "valley":
            return [[first] * at + [-first] * (steps - at) for at in range(1, steps)]
        case "zigzag":
            return [[sign * (-1) ** i for i in range(steps)] for sign in (1, -1)]
