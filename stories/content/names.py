"""Pseudonyms of an adjective and an animal, which agree in gender where the language asks for it."""

from collections.abc import Container
from functools import cache
from itertools import count
from pathlib import Path
from random import Random

import msgspec

MAX_LENGTH = 20
DRAWS = 20  # before listing what is free; even a room with half of all names taken hits sooner


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language: every adjective has a form for each gender of animal."""

    pattern: str
    adjectives: tuple[dict[str, str], ...]
    animals: dict[str, tuple[str, ...]]


@cache
def vocabularies() -> dict[str, Vocabulary]:
    path = Path(__file__).with_name("names.json")
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Vocabulary])


def languages() -> tuple[str, ...]:
    """The languages that have names of their own."""
    return tuple(vocabularies())


@cache
def all_names(language: str) -> tuple[str, ...]:
    """Every name of a language, in the order of the file."""
    words = vocabularies()[language]
    return tuple(
        words.pattern.format(adjective=adjective[gender], animal=animal)
        for adjective in words.adjectives
        for gender, animals in words.animals.items()
        for animal in animals
    )


def generate_name(language: str, rng: Random, taken: Container[str]) -> str:
    """A name nobody in the room has, at most 20 characters long.

    A language without names of its own borrows the English ones ("pt-br" and "pt" alike). When all
    names are taken, which needs a room of thousands, they come round again with a number.
    """
    base = language.lower().replace("_", "-").partition("-")[0]
    names = all_names(base if base in vocabularies() else "en")
    for _ in range(DRAWS):
        if (name := rng.choice(names)) not in taken:
            return name
    for lap in count(1):
        free = [name for name in numbered(names, lap) if name not in taken]
        if free:
            return rng.choice(free)
    raise AssertionError("numbers do not run out")


def numbered(names: tuple[str, ...], lap: int) -> tuple[str, ...]:
    if lap == 1:
        return names
    again = (f"{name} {lap}" for name in names)
    return tuple(name for name in again if len(name) <= MAX_LENGTH)
