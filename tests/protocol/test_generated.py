"""What is written from the messages is up to date, complete, and enough for a stranger."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command

from stories.management.commands.protocol import TEMPLATE, written
from stories.protocol.codes import CLOSE_CODES, REFUSALS
from stories.protocol.commands import ClientMessage
from stories.protocol.describe import answers, when
from stories.protocol.describe.examples import EXAMPLES, example
from stories.protocol.describe.page import page
from stories.protocol.describe.schema import schema
from stories.protocol.describe.shapes import CLIENT, FACT_KINDS, SERVER, fields, parts, tag
from stories.protocol.describe.typescript import interface, typescript
from stories.protocol.messages import decode

ROOT = Path(__file__).parents[2]
PAGE = page(TEMPLATE.read_text(encoding="utf-8"))
EVERYTHING = [*CLIENT, *SERVER, *parts((*CLIENT, *SERVER))]


def test_generated_files_are_up_to_date():
    stale = [path.name for path, text in written(ROOT).items() if path.read_text(encoding="utf-8") != text]

    assert stale == [], "run `make protocol`"


def test_generated_files_are_the_same_whatever_the_hash_seed():
    said = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1


DIGEST = """
import hashlib
from pathlib import Path
from stories.protocol.describe.page import page
from stories.protocol.describe.schema import schema
from stories.protocol.describe.typescript import typescript
template = Path("stories/protocol/describe/protocol.md.in").read_text(encoding="utf-8")
print(hashlib.sha256((page(template) + schema() + typescript()).encode()).hexdigest())
"""


def test_check_says_one_line_when_a_file_is_stale(settings, tmp_path, capsys):
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError) as before:
        call_command("protocol", check=True)
    call_command("protocol")
    call_command("protocol", check=True)
    (tmp_path / "docs" / "protocol.md").write_text("by hand", encoding="utf-8")

    with pytest.raises(CommandError) as after:
        call_command("protocol", check=True)

    assert before.value.returncode == after.value.returncode == 1
    assert str(after.value) == "stale, run `make protocol`: docs/protocol.md"
    assert "\n" not in str(before.value)


# --- the page


@pytest.mark.parametrize("struct", EVERYTHING, ids=lambda struct: struct.__name__)
def test_the_page_explains_every_message_and_each_of_its_fields(struct):
    section = PAGE.split(f"\n### {tag(struct) or struct.__name__}\n")[1].split("\n### ")[0]

    assert struct.__doc__
    assert struct.__doc__.strip().splitlines()[0] in section
    assert [field.name for field in fields(struct) if f"| `{field.name}` |" not in section] == []


@pytest.mark.parametrize("code", [*map(str, CLOSE_CODES), *REFUSALS, *FACT_KINDS])
def test_the_page_names_every_code_and_fact(code):
    assert f"| {code} |" in PAGE or f"`{code}`" in PAGE


def test_every_message_has_one_example_and_one_answer():
    assert [type(one) for one in EXAMPLES] == [*CLIENT, *SERVER]
    assert set(answers.ANSWERS) == {tag(one) for one in CLIENT}
    assert set(answers.NEWS) <= {tag(one) for one in SERVER}
    named = {name for told in answers.ANSWERS.values() for name in re.findall(r"`([a-z]+\.[a-z]+)`", told)}
    assert named <= {tag(one) for one in SERVER}


def test_every_message_of_the_page_is_understood_when_said():
    said = re.findall(r"^=> (\{.*\})$", PAGE, re.MULTILINE)

    assert len(said) >= len(CLIENT)
    assert [line for line in said if not isinstance(decode(line), ClientMessage)] == []


def test_links_of_the_page_lead_somewhere():
    heads = {
        re.sub(r"[^a-z0-9 _-]", "", h.lower()).replace(" ", "-")
        for h in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= heads


def test_every_message_of_a_player_stands_in_a_table_of_phases():
    always = {"hello", "clock.ping", "state.ask", "trace.chunk", "trace.closed"}

    assert {tag(one) for one in CLIENT} == always | set(when.PLAYERS_MOVES) | set(when.ROWS)


def test_the_tables_phases_are_what_they_are_called():
    found = {name: when.room(name) for name in when.HISTORIES}

    assert {name: room.playing.name for name, room in found.items()} == {
        name: name.split(",")[0] for name in when.HISTORIES
    }


def test_the_consoles_forms_are_the_pages_forms():
    from stories.views.host import ACTIONS

    assert [form for form in when.HOSTS_MOVES if form not in ACTIONS] == []


# --- the schema


def test_the_schema_has_every_message_and_refuses_unknown_fields_of_clients():
    defs = json.loads(schema())["$defs"]

    assert [one.__name__ for one in EVERYTHING if one.__name__ not in defs] == []
    assert [one.__name__ for one in CLIENT if defs[one.__name__]["additionalProperties"]] == []


def test_every_reference_of_the_schema_leads_somewhere():
    whole = schema()
    defs = json.loads(whole)["$defs"]

    assert set(re.findall(r'"#/\$defs/(\w+)"', whole)) <= set(defs)


# --- the browser's types


@pytest.mark.parametrize("struct", EVERYTHING, ids=lambda struct: struct.__name__)
def test_an_interface_has_every_field_and_marks_what_may_be_missing(struct):
    text = interface(struct)

    for field in fields(struct):
        assert f"  {field.name}{'' if field.always else '?'}: " in text


def test_what_the_server_leaves_out_is_marked_and_what_it_sends_is_not():
    from stories.protocol.replies import PublicRoom, Refused, Welcome

    def marked(struct):
        return {field.name for field in fields(struct) if not field.always}

    bare = msgspec.to_builtins(PublicRoom(version=1, phase="lobby"))
    assert marked(PublicRoom) == {field.name for field in fields(PublicRoom)} - set(bare)
    assert marked(Refused) == marked(Welcome) == set()


def test_the_unions_name_every_message():
    text = typescript()

    for name, structs in (("ClientMessage", CLIENT), ("ServerMessage", SERVER)):
        union = text.split(f"export type {name} =\n")[1].split(";")[0]
        assert re.findall(r"\| (\w+)", union) == [struct.__name__ for struct in structs]


def test_examples_fit_the_schema_when_checked_by_hand():
    defs = json.loads(schema())["$defs"]

    for struct in (*CLIENT, *SERVER):
        said, promised = json.loads(example(struct)), defs[struct.__name__]
        assert set(promised["required"]) <= set(said) <= set(promised["properties"]), struct.__name__
