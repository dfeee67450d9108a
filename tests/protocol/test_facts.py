"""Facts are for ever: what any version stored, this one reads."""

from pathlib import Path

import msgspec
import pytest

from stories.protocol import facts as f
from stories.protocol.describe.shapes import FACT_KINDS, FACTS
from stories.protocol.room import replay

GOLDEN = Path(__file__).parent / "golden" / "facts.jsonl"
LINES = GOLDEN.read_text(encoding="utf-8").splitlines()


def test_every_kind_of_fact_has_its_golden_line():
    kinds = [msgspec.json.decode(line)["kind"] for line in LINES]

    # A new fact gets a new line here, in its first shape; lines are never changed again.
    assert set(kinds) == set(FACT_KINDS)


@pytest.mark.parametrize("line", LINES, ids=lambda line: msgspec.json.decode(line)["kind"])
def test_a_fact_is_read_and_written_as_it_was_when_it_is_old(line):
    fact = f.decode_fact(line)
    written = msgspec.json.decode(f.encode_fact(fact))

    stored = msgspec.json.decode(line)
    assert {name: written[name] for name in stored} == stored
    assert f.kind_of(fact) == stored["kind"]


@pytest.mark.parametrize("line", LINES, ids=lambda line: msgspec.json.decode(line)["kind"])
def test_a_fact_is_read_when_a_later_version_added_to_it(line):
    later = {**msgspec.json.decode(line), "a_field_of_the_future": [1, {"two": None}]}

    assert f.decode_fact(msgspec.json.encode(later)) == f.decode_fact(line)


def test_what_is_added_to_a_fact_has_a_default_when_golden_lines_lack_it():
    stored = {line["kind"]: set(line) for line in map(msgspec.json.decode, LINES)}

    for kind in FACTS:
        required = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
        assert required <= stored[str(kind.__struct_config__.tag)]


def test_the_golden_facts_make_a_room_when_replayed():
    room = replay(f.decode_fact(line) for line in LINES)

    assert (room.version, room.phase.name, room.told, room.locked) == (len(LINES), "ended", 1, True)
