"""Which process holds which page: rooms placed on M workers in four ways, and what each way costs.

A simulation, seeded and without a clock: `python -m stories.management.bench.placement` prints the table that
docs/SCALE.md shows. Pages of one room that sit on several processes make each of them hold the room: read it
again after every change, and hear all its news.
"""

import hashlib
import random
import sys
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from statistics import fmean

SEED = 20261123
WORKERS = (1, 2, 4, 8, 16, 32, 64)
DRAWS = 5
# Pages in play at once, for each worker: an evening on which classes, friends and a few halls meet.
PER_WORKER = 1500
FRIENDS, CLASS = 6, 30
SMALLEST_HALL, LARGEST_HALL = 200, 2000
# Of a hundred rooms so many are friends, and so many classes; the rest are halls.
OF_FRIENDS, OF_CLASSES = 55, 43
POINTS = 100
# HAProxy's `hash-balance-factor 125`: nobody holds more than so many times the mean.
BOUND = 1.25

# For each room, how many of its pages each worker holds.
Place = Callable[[list[int], int, random.Random], list[dict[int, int]]]


def rooms(rng: random.Random, people: int) -> list[int]:
    """Sizes of rooms until so many people sit: friends and classes near their usual size, halls log-uniform."""
    sizes: list[int] = []
    while (left := people - sum(sizes)) > 0:
        kind = rng.randrange(100)
        if kind < OF_FRIENDS:
            size = rng.randint(FRIENDS - 3, FRIENDS + 3)
        elif kind < OF_FRIENDS + OF_CLASSES:
            size = rng.randint(CLASS - 8, CLASS + 4)
        else:
            size = round(SMALLEST_HALL * (LARGEST_HALL / SMALLEST_HALL) ** rng.random())
        sizes.append(min(size, left))
    return sizes


def by_kernel(sizes: list[int], workers: int, rng: random.Random) -> list[dict[int, int]]:
    """Each page lands on any worker: one listening socket, or SO_REUSEPORT."""
    placed = []
    for size in sizes:
        held: dict[int, int] = {}
        for worker in rng.choices(range(workers), k=size):
            held[worker] = held.get(worker, 0) + 1
        placed.append(held)
    return placed


def by_code(sizes: list[int], workers: int, rng: random.Random) -> list[dict[int, int]]:
    """A room's pages follow its code round a ring: consistent hashing, as `hash ... consistent` of nginx."""
    ring = _ring(workers)
    return [{next(_round(ring, code)): size} for code, size in zip(_codes(sizes, rng), sizes, strict=True)]


def by_code_bounded(sizes: list[int], workers: int, rng: random.Random) -> list[dict[int, int]]:
    """The same, but a worker that is full passes a page on to the next on the ring.

    Pages come in any order. Mirrokni, Thorup & Zadimoghaddam (2018), Consistent hashing with bounded loads.
    """
    ring, codes = _ring(workers), _codes(sizes, rng)
    pages = [room for room, size in enumerate(sizes) for _ in range(size)]
    rng.shuffle(pages)
    held = [0] * workers
    placed: list[dict[int, int]] = [{} for _ in sizes]
    ways = [_round(ring, code) for code in codes]
    # Whoever is full once has room again when more people have come: the nearest is asked first, always.
    asked = [[next(way)] for way in ways]
    for come, room in enumerate(pages, 1):
        most = ceil(BOUND * come / workers)
        worker = next((w for w in asked[room] if held[w] < most), None)
        while worker is None:
            asked[room].append(next(ways[room]))
            worker = asked[room][-1] if held[asked[room][-1]] < most else None
        held[worker] += 1
        placed[room][worker] = placed[room].get(worker, 0) + 1
    return placed


def by_load(sizes: list[int], workers: int, _: random.Random) -> list[dict[int, int]]:
    """A room opens where fewest pages are; how large it will be nobody knows, so its pages count as they come.

    Rooms open one after the other and are full before the next one opens: the kindest case.
    """
    held = [0] * workers
    placed = []
    for size in sizes:
        worker = min(range(workers), key=held.__getitem__)
        held[worker] += size
        placed.append({worker: size})
    return placed


WAYS: dict[str, Place] = {
    "any": by_kernel,
    "code": by_code,
    "code, bounded": by_code_bounded,
    "emptiest": by_load,
}


@dataclass(frozen=True)
class Found:
    """What a way of placing came to.

    The fullest worker by the mean of all; the share of rooms on more than one worker, and of people in them;
    how many workers beyond the first hold a room, which is whom each of its news has to wake.
    """

    imbalance: float
    spanning: float
    people: float
    wakeups: float


def found(placed: list[dict[int, int]], workers: int) -> Found:
    """What a placement costs, each room's news being as frequent as any other's."""
    held = [0] * workers
    for room in placed:
        for worker, pages in room.items():
            held[worker] += pages
    return Found(
        imbalance=max(held) * workers / sum(held),
        spanning=fmean(len(room) > 1 for room in placed),
        people=sum(sum(room.values()) for room in placed if len(room) > 1) / sum(held),
        wakeups=fmean(len(room) - 1 for room in placed),
    )


def measured(way: str, workers: int, draws: int = DRAWS) -> Found:
    """The mean over so many evenings, of the fullest worker as well."""
    seen = []
    for draw in range(draws):
        rng = random.Random(f"{SEED} {workers} {draw}")
        sizes = rooms(rng, PER_WORKER * workers)
        seen.append(found(WAYS[way](sizes, workers, rng), workers))
    return Found(*(fmean(getattr(one, name) for one in seen) for name in Found.__dataclass_fields__))


def table() -> Iterator[str]:
    """The table of docs/SCALE.md."""
    yield "| workers | a page goes to | fullest worker, × the mean | rooms on several | people in them | wakes beyond the first |"
    yield "|---|---|---|---|---|---|"
    for workers in WORKERS:
        for way in WAYS:
            one = measured(way, workers)
            yield (
                f"| {workers} | {way} | {one.imbalance:.2f} | {one.spanning:.0%} | {one.people:.0%} "
                f"| {one.wakeups:.2f} |"
            )


def _codes(sizes: list[int], rng: random.Random) -> list[int]:
    return rng.sample(range(1_000_000), len(sizes))


def _ring(workers: int) -> list[tuple[int, int]]:
    return sorted((_point(f"worker {w} {i}"), w) for w in range(workers) for i in range(POINTS))


def _round(ring: list[tuple[int, int]], code: int) -> Iterator[int]:
    """The workers in the order in which a room's pages ask them."""
    first = bisect(ring, (_point(f"{code:06}"), 0))
    for i in range(len(ring)):
        yield ring[(first + i) % len(ring)][1]


def _point(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
