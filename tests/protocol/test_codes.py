"""Codes are a promise: what the server says is documented, and what is documented is said."""

import re
from pathlib import Path

import stories
from stories.protocol.codes import CLOSE_CODES, FINAL_CLOSE_CODES, REFUSALS

HOUSE = Path(next(iter(stories.__path__)))
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in sorted(HOUSE.rglob("*.py"))
    if "describe" not in path.parts and path.name != "codes.py"
}
RAISED = re.compile(r"""(?:Refusal\(\s*|Refused\(code=)(f?)(["'])([^"']+)\2""")
CLOSED = re.compile(r"\b(44\d\d|1013)\b")


def raised() -> dict[str, set[str]]:
    """Every code that is raised or said anywhere, with the files it is raised in."""
    found: dict[str, set[str]] = {}
    for path, source in SOURCES.items():
        for formatted, _, code in RAISED.findall(source):
            codes = verdicts(code) if formatted else [code]
            for one in codes:
                found.setdefault(one, set()).add(str(path.relative_to(HOUSE)))
    return found


def verdicts(pattern: str) -> list[str]:
    """The codes of `trace.{verdict}`: one per verdict that is not "stored"."""
    assert pattern == "trace.{verdict}"
    declared = re.search(r"Verdict = Literal\[(.+)\]", SOURCES[HOUSE / "traces.py"])
    assert declared is not None
    return [f"trace.{verdict}" for verdict in re.findall(r'"(\w+)"', declared[1]) if verdict != "stored"]


def test_every_refusal_is_documented_when_it_is_raised():
    assert {code: files for code, files in raised().items() if code not in REFUSALS} == {}


def test_every_refusal_is_raised_somewhere_when_it_is_documented():
    assert [code for code in REFUSALS if code not in raised()] == []


def test_refusals_are_dotted_words_and_say_what_they_mean():
    assert [code for code in REFUSALS if not re.fullmatch(r"[a-z]+\.[a-z_]+", code)] == []
    assert [code for code, said in REFUSALS.items() if not said or said.endswith(".")] == []


def test_every_close_code_is_documented_when_the_server_closes_with_it():
    live = [source for path, source in SOURCES.items() if "live" in path.parts]
    used = {int(code) for source in live for code in CLOSED.findall(source)}

    assert used == set(CLOSE_CODES)


def test_the_browser_gives_up_on_the_same_close_codes_as_documented():
    browser = (HOUSE.parent / "static" / "js" / "socket.js").read_text(encoding="utf-8")
    final = re.search(r"const FINAL = \{(.+)\}", browser)

    assert final is not None
    assert {int(code) for code in CLOSED.findall(final[1])} == FINAL_CLOSE_CODES <= set(CLOSE_CODES)
