"""The messages as TypeScript, for the browser code to be checked with."""

from typing import Any

import msgspec

from stories.protocol import codes, phases, words
from stories.protocol.describe import shapes

# Fields that are plain strings on the wire and of which every value is known.
NARROW: dict[tuple[str, str], str] = {
    ("PublicRoom", "phase"): "Phase",
    ("RoomChanged", "because"): 'FactKind | ""',
    ("Refused", "code"): "RefusalCode",
}
HEAD = "// Written by `manage.py protocol` from the server's own types. Do not edit.\n"


def typescript() -> str:
    """The whole `protocol.d.ts`; interfaces are called as their Python classes are."""
    structs = [*shapes.CLIENT, *shapes.SERVER]
    blocks = [
        HEAD,
        *(_alias(name, of) for name, of in shapes.ALIASES.items()),
        _choices("Phase", "The phase of a room (`PublicRoom.phase`).", shapes.PHASES),
        _choices("FactKind", "What can have happened to a room (`RoomChanged.because`).", shapes.FACT_KINDS),
        _choices("RefusalCode", "Why a message was not obeyed (`Refused.code`).", tuple(codes.REFUSALS)),
        _choices("RevealStep", "The parts of the reveal, in their order.", phases.REVEAL_STEPS),
        *(interface(struct) for struct in [*shapes.parts(tuple(structs)), *structs]),
        _union("ClientMessage", "Everything a client may say.", shapes.CLIENT),
        _union("ServerMessage", "Everything the server may say.", shapes.SERVER),
        f'export const PROTOCOL: {words.PROTOCOL};\nexport const SUBPROTOCOL: "{words.SUBPROTOCOL}";\n',
    ]
    return "\n".join(blocks)


def interface(struct: type[msgspec.Struct]) -> str:
    """One struct as an interface."""
    lines = [_comment(shapes.said(struct)), f"export interface {struct.__name__} {{\n"]
    tag = shapes.tag(struct)
    if tag is not None:
        lines.append(f'  type: "{tag}";\n')
    for field in shapes.fields(struct):
        kind = NARROW.get((struct.__name__, field.name)) or typed(field.of)
        mark = "" if field.always else "?"
        limits = "" if shapes.alias_of(field.of) else shapes.limits(field.of)
        note = f"  /** {limits} */\n" if limits else ""
        lines.append(f"{note}  {field.name}{mark}: {kind};\n")
    return "".join([*lines, "}\n"])


def typed(of: Any) -> str:
    """A type, by the name the vocabulary has for it."""
    return shapes.render(of, leaf=shapes.alias_of)


def _alias(name: str, of: Any) -> str:
    _, metas = shapes.meta(of)
    told = [m.description for m in metas if m.description] + [shapes.limits(of)]
    comment = _comment("; ".join(part for part in told if part))
    return f"{comment}export type {name} = {shapes.render(of, leaf=lambda _: None)};\n"


def _choices(name: str, said: str, values: tuple[str, ...]) -> str:
    return f"{_comment(said)}export type {name} =\n" + "\n".join(f'  | "{v}"' for v in values) + ";\n"


def _union(name: str, said: str, structs: tuple[type[msgspec.Struct], ...]) -> str:
    return f"{_comment(said)}export type {name} =\n" + "\n".join(f"  | {s.__name__}" for s in structs) + ";\n"


def _comment(text: str) -> str:
    if not text:
        return ""
    lines = text.splitlines()
    if len(lines) == 1:
        return f"/** {text} */\n"
    return "/**\n" + "".join(f" * {line}".rstrip() + "\n" for line in lines) + " */\n"
