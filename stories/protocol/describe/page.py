"""`docs/protocol.md`: fixed prose with the generated tables put where the prose names them."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from stories.protocol import codes, room, words
from stories.protocol.describe import answers, shapes, when
from stories.protocol.describe.examples import example
from stories.protocol.replies import Limits

Struct = type[msgspec.Struct]


def page(template: str) -> str:
    """The template with each `{{name}}` replaced by what was generated under it."""
    parts = generated()
    named = re.findall(r"\{\{(\w+)\}\}", template)
    if set(named) != set(parts):
        raise ValueError(f"the page and its parts disagree about {sorted(set(named) ^ set(parts))}")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def generated() -> dict[str, str]:
    """Everything that is derived, by the name the template calls it."""
    structs = (*shapes.CLIENT, *shapes.SERVER)
    return {
        "subprotocol": words.SUBPROTOCOL,
        "protocol": str(words.PROTOCOL),
        "max_frame": str(words.MAX_FRAME),
        "messages_per_s": str(Limits().messages_per_s),
        "burst": str(Limits().burst),
        "prepare_s": _seconds(room.PREPARE_MS),
        "warmup_s": _seconds(room.WARMUP_MS),
        "placing_s": _seconds(room.PLACING_MS),
        "settling_s": _seconds(room.SETTLING_MS),
        "gone_s": _seconds(room.TELLER_GONE_MS),
        "extend_s": _seconds(room.EXTEND_MS),
        "longest_s": _seconds(room.LONGEST_MS),
        "contents": _contents(),
        "close_codes": _close_codes(),
        "refusals": _table(["`code`", "meaning"], ([f"`{c}`", said] for c, said in codes.REFUSALS.items())),
        "players_moves": _players_moves(),
        "rows": _rows(),
        "hosts_moves": _hosts_moves(),
        "vocabulary": _vocabulary(),
        "facts": _facts(),
        "client_messages": "\n".join(map(_client, shapes.CLIENT)),
        "server_messages": "\n".join(map(_server, shapes.SERVER)),
        "parts": "\n".join(map(_part, shapes.parts(structs))),
    }


# -- tables -----------------------------------------------------------------------------------------------


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g}"


def _close_codes() -> str:
    rows = [
        [str(code), said, "no" if code in codes.FINAL_CLOSE_CODES else "yes"]
        for code, said in codes.CLOSE_CODES.items()
    ]
    return _table(["code", "meaning", "come back?"], rows)


def _players_moves() -> str:
    rows = []
    for message, move in when.PLAYERS_MOVES.items():
        cells = [_said(when.asked(phase, message)) for phase in when.HISTORIES]
        allowed = any(when.taken(phase, move("listener")) for phase in when.HISTORIES)
        rows.append([f"`{message}`", "anyone" if allowed else "teller", *cells])
    return _table(["message", "by", *when.HISTORIES], rows)


def _rows() -> str:
    rows = [
        [f"`{message}`", said.by, *(_said(said.answer(phase)) for phase in when.HISTORIES)]
        for message, said in when.ROWS.items()
    ]
    return _table(["message", "by", *when.HISTORIES], rows)


def _hosts_moves() -> str:
    rows = [
        [f"`{form}`", *(_said(when.answer(phase, move)) for phase in when.HISTORIES)]
        for form, move in when.HOSTS_MOVES.items()
    ]
    return _table(["form", *when.HISTORIES], rows)


def _said(answer: str | tuple[str, ...]) -> str:
    if answer == "phase.wrong":
        return "–"
    if isinstance(answer, str):
        return f"`{answer}`"
    return "**" + ", ".join(answer) + "**" if answer else "nothing"


def _vocabulary() -> str:
    rows = []
    for name, of in shapes.ALIASES.items():
        _, metas = shapes.meta(of)
        said = [m.description for m in metas if m.description]
        plain = shapes.render(of, leaf=_whole)
        rows.append([f"`{name}`", f"`{plain}`", "; ".join([*said, shapes.limits(of)]).strip("; ")])
    return _table(["name", "JSON", "meaning"], rows)


def _facts() -> str:
    return ", ".join(f"`{kind}`" for kind in shapes.FACT_KINDS)


# -- messages ---------------------------------------------------------------------------------------------


def _contents() -> str:
    def links(structs: Iterable[Struct]) -> str:
        return " · ".join(f"[`{shapes.tag(s)}`](#{_anchor(s)})" for s in structs)

    return f"To the server: {links(shapes.CLIENT)}\n\nFrom the server: {links(shapes.SERVER)}"


def _anchor(struct: Struct) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", f"{shapes.tag(struct)}").replace(" ", "-")


def _client(struct: Struct) -> str:
    tag = str(shapes.tag(struct))
    by = "any role" if tag in answers.FOR_ALL else "players"
    notes = f"Said by: {by}. Answered: {answers.ANSWERS[tag]}."
    return _message(struct, notes, f"=> {example(struct)}")


def _server(struct: Struct) -> str:
    tag = str(shapes.tag(struct))
    to = answers.NEWS.get(tag)
    notes = f"Heard by: {to}." if to else "Heard by: you alone."
    return _message(struct, notes, f"{'<≈' if to else '<-'} {example(struct)}")


def _message(struct: Struct, notes: str, line: str) -> str:
    head = f"### {shapes.tag(struct)}\n\n{shapes.said(struct)}\n\n{notes}\n\n"
    return f"{head}{_fields(struct)}```\n{line}\n```\n"


def _part(struct: Struct) -> str:
    return f"### {struct.__name__}\n\n{shapes.said(struct)}\n\n{_fields(struct)}"


def _fields(struct: Struct) -> str:
    fields = shapes.fields(struct)
    if not fields:
        return ""
    rows = []
    for field in fields:
        default = "" if field.always else _default(field)
        limits = "" if shapes.alias_of(field.of) else shapes.limits(field.of)
        rows.append([f"`{field.name}`", f"`{_typed(field.of)}`", limits, default])
    return _table(["field", "type", "limits", "when left out"], rows) + "\n\n"


def _typed(of: Any) -> str:
    return shapes.render(of, leaf=lambda one: shapes.alias_of(one) or _whole(one))


def _whole(of: Any) -> str | None:
    """JSON has no whole numbers, its readers do."""
    return "integer" if shapes.meta(of)[0] is int else None


def _default(field: shapes.Field) -> str:
    return f"`{msgspec.json.encode(field.default).decode()}`"
