"""What the messages are made of, read from their own annotations: fields, types, ranges, who says what."""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import NODEFAULT, Meta

from stories.protocol import commands, facts, phases, replies, words

# The vocabulary of the wire, by the names `words` gives it.
ALIASES: dict[str, Any] = {
    "Level": words.Level,
    "Tick": words.Tick,
    "Name": words.Name,
    "Id": words.Id,
    "Words": words.Words,
    "Millis": words.Millis,
    "Role": words.Role,
    "Source": words.Source,
    "Mode": words.Mode,
    "Display": words.Display,
}
CLIENT: tuple[type[msgspec.Struct], ...] = get_args(commands.ClientMessage)
SERVER: tuple[type[msgspec.Struct], ...] = get_args(replies.ServerMessage)
FACTS: tuple[type[facts.Fact], ...] = get_args(facts.AnyFact)
FACT_KINDS: tuple[str, ...] = tuple(str(fact.__struct_config__.tag) for fact in FACTS)
PHASES: tuple[str, ...] = tuple(phase.name for phase in (*get_args(phases.Playing), phases.Ended))

Leaf = Callable[[Any], str | None]


@dataclass(frozen=True)
class Field:
    """One field as it stands on the wire. `always` says whether it may be left out."""

    name: str
    of: Any
    always: bool
    default: Any


def tag(struct: type[msgspec.Struct]) -> str | None:
    """What a message carries as its `type`; None for the parts of messages."""
    found = struct.__struct_config__.tag
    return None if found is None else str(found)


def fields(struct: type[msgspec.Struct]) -> list[Field]:
    """The fields in their order. A client may leave out what has a default; a server only omits what says so."""
    hints = get_type_hints(struct, include_extras=True)
    accepted = struct in CLIENT or struct is words.PreparedLine
    may_omit = accepted or struct.__struct_config__.omit_defaults
    found = []
    for field in msgspec.structs.fields(struct):
        default = field.default
        if field.default_factory is not NODEFAULT:
            default = field.default_factory()
        always = default is NODEFAULT or not may_omit
        found.append(Field(field.encode_name, hints[field.name], always, default))
    return found


def parts(structs: tuple[type[msgspec.Struct], ...]) -> list[type[msgspec.Struct]]:
    """The structs that messages contain, each once, in the order in which a reader meets them."""
    found: list[type[msgspec.Struct]] = []

    def walk(of: Any) -> None:
        if inspect.isclass(of) and issubclass(of, msgspec.Struct):
            if of not in found and of not in structs:
                found.append(of)
            for field in fields(of):
                walk(field.of)
        for inner in get_args(of):
            walk(inner)

    for struct in structs:
        for field in fields(struct):
            walk(field.of)
    return found


def said(struct: type[msgspec.Struct]) -> str:
    """A struct's own words about itself."""
    # `__doc__` is inherited by no class: a part without words of its own says nothing.
    return inspect.cleandoc(struct.__doc__ or "")


def alias_of(of: Any) -> str | None:
    """The name `words` has for a type."""
    return next((name for name, meaning in ALIASES.items() if meaning == of), None)


def meta(of: Any) -> tuple[Any, list[Meta]]:
    """A type without its annotations, and these."""
    if get_origin(of) is Annotated:
        inner, *extras = get_args(of)
        return inner, [extra for extra in extras if isinstance(extra, Meta)]
    return of, []


def render(of: Any, *, leaf: Leaf) -> str:
    """A type in TypeScript's notation; `leaf` may name it before it is taken apart."""
    named = leaf(of)
    if named is not None:
        return named
    of, _ = meta(of)
    origin, inner = get_origin(of), get_args(of)
    if origin is Literal:
        return " | ".join(msgspec.json.encode(value).decode() for value in inner)
    if origin in (Union, types.UnionType):
        return " | ".join(render(one, leaf=leaf) for one in inner)
    if origin is list or (origin is tuple and inner[-1] is Ellipsis):
        one = render(inner[0], leaf=leaf)
        return f"({one})[]" if "|" in one else f"{one}[]"
    if origin is tuple:
        return f"[{', '.join(render(one, leaf=leaf) for one in inner)}]"
    return _PLAIN.get(of) or str(of.__name__)


_PLAIN: dict[Any, str] = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null"}


def limits(of: Any) -> str:
    """The ranges and lengths a type must keep, in words; empty when it has none."""
    inner, metas = meta(of)
    origin, args = get_origin(inner), get_args(inner)
    told = [_told(m, many=origin is list) for m in metas]
    if origin in (Union, types.UnionType):
        told += [limits(one) for one in args]
    elif origin is list:
        each = limits(args[0])
        told += [f"each {each}"] if each else []
    return "; ".join(part for part in told if part)


def _told(m: Meta, *, many: bool) -> str:
    said = []
    if m.ge is not None and m.le is not None:
        said.append(f"{m.ge}..{m.le}")
    unit = "items" if many else "characters"
    if m.max_length is not None:
        said.append(f"{m.min_length or 0}..{m.max_length} {unit}")
    if m.pattern is not None:
        said.append(f"`{m.pattern}`")
    return ", ".join(said)
