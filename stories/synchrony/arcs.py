"""Arcs a teller can be dealt: five shapes, many courses, none favoured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, product
from typing import Final, Literal

import numpy as np

from .reading import Reading
from .signals import unit_rows

Shape = Literal["fall", "rise", "peak", "valley", "zigzag"]
SHAPES: Final[tuple[Shape, ...]] = ("fall", "rise", "peak", "valley", "zigzag")
"""Fall, rise, Λ (rise, then fall), V (fall, then rise), zigzag."""

LOW, HIGH = 100, 900
SMALL, LARGE = 1, (3, 9)
"""Turns come small and large; only their ratio matters."""
PER_SHAPE = 8


@dataclass(frozen=True)
class Arc(Reading):
    """A course of feelings: one level 0..1000 per tap."""

    shape: Shape
    levels: tuple[int, ...]


@cache
def arc_deck(taps: int) -> tuple[Arc, ...]:
    """A deck of 40 arcs for stories of ``taps`` feelings, eight of each shape.

    Deal uniformly: the test with ``redealt_arcs`` rests on it, and on it alone. Its power rests on
    the arcs being unlike each other, so of all courses with one or two large turns those are taken
    that resemble the ones already in the deck least. (A room of 12 that follows its arc for a minute
    at r = .5 is told from chance in 85 of 100 cases, see docs/validity.md.)

    Parameters
    ----------
    taps : int
        Feelings per story, 4..8. With 4 the arcs are too much alike for much power.

    Returns
    -------
    tuple of 40 Arc, shape by shape, the same on every machine

    Raises
    ------
    ValueError
        If there are fewer than 4 or more than 8 taps.

    Examples
    --------
    >>> deck = arc_deck(5)
    >>> len(deck), deck[0]
    (40, Arc(shape='fall', levels=(900, 700, 500, 300, 100)))
    """
    if not 4 <= taps <= 8:
        raise ValueError(f"an arc has 4..8 taps, got {taps}")
    courses = [Arc(shape, levels) for shape in SHAPES for levels in _courses(shape, taps - 1)]
    form = unit_rows(np.array([arc.levels for arc in courses], dtype=np.float64))
    likeness = np.full(len(courses), -1.0)
    taken: list[int] = []
    for _ in range(PER_SHAPE):
        for shape in SHAPES:
            free = [i for i, arc in enumerate(courses) if arc.shape == shape and i not in taken]
            # Rounded, so that no last digit of some machine's arithmetic decides the deck.
            pick = min(free, key=lambda i: round(float(likeness[i]), 6))
            taken.append(pick)
            likeness = np.maximum(likeness, form @ form[pick])
    return tuple(sorted((courses[i] for i in taken), key=lambda arc: SHAPES.index(arc.shape)))


def shape_of(levels: tuple[int, ...] | list[int]) -> Shape | None:
    """The shape a sequence of levels has, None if it is none of the five.

    Parameters
    ----------
    levels : sequence of int, one a tap

    Returns
    -------
    "fall", "rise", "peak", "valley" or "zigzag" (a turn at every tap); levels that repeat are no turn.

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
        for sizes in _sizes(steps):
            walk = [0]
            for way, size in zip(ways, sizes, strict=True):
                walk.append(walk[-1] + way * size)
            low, reach = min(walk), max(walk) - min(walk)
            found[tuple(round(LOW + (HIGH - LOW) * (at - low) / reach) for at in walk)] = None
    return list(found)


def _sizes(steps: int) -> Iterator[list[int]]:
    for large in range(3):
        for where in combinations(range(steps), large):
            for sizes in product(LARGE, repeat=large):
                turns = dict(zip(where, sizes, strict=True))
                yield [turns.get(i, SMALL) for i in range(steps)]


def _ways(shape: Shape, steps: int) -> list[list[int]]:
    first = 1 if shape in ("rise", "peak") else -1
    match shape:
        case "fall" | "rise":
            return [[first] * steps]
        case "peak" | "valley":
            return [[first] * at + [-first] * (steps - at) for at in range(1, steps)]
        case "zigzag":
            return [[sign * (-1) ** i for i in range(steps)] for sign in (1, -1)]
