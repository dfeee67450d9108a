"""What the box contains: arcs, decks, scripts and names, read once and never changed.

The words live in JSON beside this file so that writers need no Python. Unknown fields and numbers
out of range are refused while reading: a slip of the pen fails a test, not an evening.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from .names import generate_name, languages

__all__ = [
    "Arc", "ArcStep", "Card", "Deck", "Scaffold", "Script", "ScriptLine", "StripWords",
    "arc", "arc_feelings", "arc_levels", "arcs", "card", "deck", "decks",
    "feeling_word", "feelings_along", "generate_name", "languages", "script", "scripts", "words",
]  # fmt: skip

Text = Annotated[str, Meta(min_length=1, max_length=140)]
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Level = Annotated[int, Meta(ge=0, le=1000)]
Exposure = Annotated[int, Meta(ge=1, le=3)]
Age = Annotated[int, Meta(ge=4, le=18)]

HERE = Path(__file__).parent


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something written down: it cannot change, and a field nobody knows is a mistake."""


class StripWords(Content, frozen=True, kw_only=True):
    """The two ends of the strip."""

    low: Annotated[str, Meta(min_length=1, max_length=20)] = "low"
    high: Annotated[str, Meta(min_length=1, max_length=20)] = "high"


class ArcStep(Content, frozen=True, kw_only=True):
    """One feeling of an arc: where it lies on the strip, and its word."""

    level: Level
    feeling: Text


class Arc(Content, frozen=True, kw_only=True):
    """A sequence of feelings a teller is dealt; `steps` has one version per number of taps."""

    key: Slug
    name: Text
    label: Annotated[str, Meta(pattern=r"^\w+$")]  # one word that needs no glyph
    glyph: Annotated[str, Meta(min_length=1, max_length=1)]  # decoration only
    hint: Text
    steps: dict[int, tuple[ArcStep, ...]]


class Feeling(Content, frozen=True, kw_only=True):
    """Words for one stretch of the strip, from `lowest` to where the next begins."""

    lowest: Level = msgspec.field(name="from")
    words: tuple[str, ...]


class Scaffold(Content, frozen=True, kw_only=True):
    """Three hints that hold up a story: where it starts, where it tips, where it lands."""

    beginning: Text
    turn: Text
    ending: Text


class Card(Content, frozen=True, kw_only=True):
    """A prompt: an opening sentence a teller can say aloud and go on from.

    `exposure` is what telling it asks of a person: 1 made up or light, 2 everyday, 3 personal.
    """

    id: Slug
    prompt: Text
    scaffold: Scaffold
    exposure: Exposure
    strip: StripWords = StripWords()
    language: str
    min_age: Age


class Deck(Content, frozen=True, kw_only=True):
    """A set of cards; the note is read to the teller before drawing."""

    slug: Slug
    name: Text
    description: Text
    note: Text
    cards: tuple[Card, ...]


class ScriptLine(Content, frozen=True, kw_only=True):
    """One prepared line, released by one tap; `begins` is the arc step it opens, if any."""

    text: Text
    note: Text
    begins: Annotated[int, Meta(ge=0)] | None


class Script(Content, frozen=True, kw_only=True):
    """A ready story with its arc, for a first round in which nobody has to volunteer."""

    id: Slug
    title: Text
    arc: Slug
    seconds: Annotated[int, Meta(ge=30, le=300)]
    exposure: Exposure
    strip: StripWords = StripWords()
    language: str
    min_age: Age
    lines: tuple[ScriptLine, ...]

    @property
    def taps(self) -> int:
        """How many feelings the story has: the number of taps its teller makes as source A."""
        return sum(line.begins is not None for line in self.lines)


class ArcsFile(Content, frozen=True, kw_only=True):
    feelings: tuple[Feeling, ...]
    arcs: tuple[Arc, ...]


class DecksFile(Content, frozen=True, kw_only=True):
    decks: tuple[Deck, ...]


class ScriptsFile(Content, frozen=True, kw_only=True):
    scripts: tuple[Script, ...]


@cache
def read[File: Content](name: str, kind: type[File]) -> File:
    """One file of this folder, decoded strictly, once per process."""
    return msgspec.json.decode((HERE / name).read_bytes(), type=kind)


def decks() -> tuple[Deck, ...]:
    return read("decks.json", DecksFile).decks


def deck(slug: str) -> Deck:
    return pick(decks(), "slug", slug)


def card(deck_slug: str, card_id: str) -> Card:
    return pick(deck(deck_slug).cards, "id", card_id)


def scripts() -> tuple[Script, ...]:
    return read("scripts.json", ScriptsFile).scripts


def script(script_id: str) -> Script:
    return pick(scripts(), "id", script_id)


def arcs() -> tuple[Arc, ...]:
    return read("arcs.json", ArcsFile).arcs


def arc(key: str) -> Arc:
    return pick(arcs(), "key", key)


def arc_levels(key: str, taps: int) -> tuple[int, ...]:
    """The levels (0..1000) this arc holds from each of `taps` taps on.

    Over the five arcs the levels of each tap average exactly 500, so a room that draws the same
    line for every story gains nothing: neither a level nor a direction is favoured at any tap.
    """
    return tuple(step.level for step in steps(key, taps))


def arc_feelings(key: str, taps: int) -> tuple[str, ...]:
    """The words a teller reads for the same steps."""
    return tuple(step.feeling for step in steps(key, taps))


def steps(key: str, taps: int) -> tuple[ArcStep, ...]:
    versions = arc(key).steps
    if taps not in versions:
        raise ValueError(f"arc {key!r} is written for {sorted(versions)} taps, not for {taps}")
    return versions[taps]


def feeling_word(level: int) -> str:
    """A word for a place on the strip, from crushed (0) to overjoyed (1000)."""
    return stretch(level).words[0]


def feelings_along(levels: Iterable[int]) -> tuple[str, ...]:
    """Words for any course of levels, where steps close together still get words of their own.

    Examples
    --------
    >>> feelings_along([900, 100, 950])
    ('overjoyed', 'heavy-hearted', 'thrilled')
    """
    said: list[str] = []
    for level in levels:
        words = stretch(level).words
        said.append(next((word for word in words if word not in said), words[0]))
    return tuple(said)


def words() -> tuple[str, ...]:
    """All content that is shown as words of the game and not read as a story, each once: for translators."""
    found: dict[str, None] = {}
    for arc in arcs():
        found |= dict.fromkeys((arc.name, arc.label, arc.hint))
    for deck in decks():
        found |= dict.fromkeys((deck.name, deck.description, deck.note))
        for card in deck.cards:
            found |= dict.fromkeys((card.strip.low, card.strip.high))
    for feeling in read("arcs.json", ArcsFile).feelings:
        found |= dict.fromkeys(feeling.words)
    for script in scripts():
        found |= dict.fromkeys((script.strip.low, script.strip.high))
    return tuple(found)


def stretch(level: int) -> Feeling:
    if not 0 <= level <= 1000:
        raise ValueError(f"a level lies in 0..1000, got {level}")
    scale = read("arcs.json", ArcsFile).feelings
    return next(feeling for feeling in reversed(scale) if feeling.lowest <= level)


def pick[Item: Content](items: Iterable[Item], field: str, wanted: str) -> Item:
    """The one item whose `field` is `wanted`; LookupError names what was asked for."""
    for item in items:
        if getattr(item, field) == wanted:
            return item
    raise LookupError(f"nothing here with {field} {wanted!r}")
