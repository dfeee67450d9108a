"""A page that cannot hide a miss: tables, verdicts and pictures from a few invented rows."""

import re
from xml.etree import ElementTree as ET

import pytest

from stories.synchrony.validity import pages
from stories.synchrony.validity.pages import figure, table, text, verdict, write
from stories.synchrony.validity.pictures import PICTURES
from stories.synchrony.validity.study import Row, measured, rate

ROWS = [
    rate(
        "chance", {"kind": "ou5", "seconds": 120}, "false positives", 50, 1000, at_least=0.035, at_most=0.065
    ),
    rate(
        "chance", {"kind": "ou5", "seconds": 300}, "false positives", 80, 1000, at_least=0.035, at_most=0.065
    ),
    rate(
        "chance", {"kind": "walk", "seconds": 300}, "false positives", 40, 1000, at_least=0.035, at_most=0.065
    ),
    *(
        rate(
            "textbook",
            {"who": who, "kind": kind, "seconds": 120, "method": method},
            "false positives",
            hits,
            100,
        )
        for who in ("listener", "room")
        for kind in ("white", "trend")
        for method, hits in (("pearson", 40 if kind == "trend" else 5), ("ours", 6))
    ),
    measured("patterns", {"pattern": "booth"}, "median hand (s)", 1.5, 10, at_least=1.3, at_most=1.7),
]


def test_a_wide_table_says_which_target_was_missed():
    assert table(ROWS[:3], across="seconds").splitlines() == [
        "| kind | 120 s | 300 s | target |",
        "| --- | --- | --- | --- |",
        "| OU 5 s | .050 | **.080 missed** | .035 to .065 |",
        "| walk |  | .040 | .035 to .065 |",
    ]


def test_targets_that_differ_stand_beside_their_values():
    rows = [
        measured("bots", {"hand": "wiggle", "seconds": s}, "score", v, 9, at_most=m)
        for s, v, m in ((120, 27.0, 35.0), (300, 21.0, 20.0))
    ]

    assert table(rows, across="seconds").splitlines()[2] == "| wiggle | 27 (≤ 35) | **21 missed** (≤ 20) |  |"


def test_a_long_table_says_held_and_missed():
    lines = table([ROWS[-1], ROWS[1]]).splitlines()

    assert lines[2] == "| booth |  |  | median hand (s) | 1.50 |  | 10 | 1.30 to 1.70 | held |"
    assert lines[3].endswith("| .080 | .065 to .098 | 1000 | .035 to .065 | **missed** |")


def test_every_miss_is_named_at_the_top():
    said = verdict(ROWS)

    assert "| chance | 3 | 2 | 1 |" in said
    assert "- chance, kind OU 5 s, seconds 300: false positives .080, wanted .035 to .065" in said
    assert verdict([ROWS[0]]).endswith("No target was missed.")


def test_a_word_of_the_prose_becomes_what_the_rows_say():
    prose = "{{span textbook method=pearson who=room kind!=white}}, {{span textbook method=pearson}}, {{span power}}"

    assert text(ROWS, prose, made={}) == ".40, .05 to .40, (not run)"
    assert text(ROWS, "{{made}}", made={"engine": "2", "runs": "9"}) == "engine 2 · runs 9"


def test_an_unknown_word_of_the_prose_is_refused():
    with pytest.raises(KeyError, match="tabel"):
        text(ROWS, "{{tabel chance}}", made={})


@pytest.mark.parametrize("rows", [ROWS, []])
def test_the_page_is_written_whatever_was_run(tmp_path, rows):
    page = write(rows, tmp_path, made={"date": "2026-11-23"})

    said = page.read_text()
    drawn = sorted(path.name for path in (tmp_path / "images" / "validity").iterdir())
    assert page == tmp_path / "validity.md"
    assert "{{" not in said
    assert sorted(set(re.findall(r"\(images/validity/(.*?)\)", said))) == drawn
    assert drawn == (["false_positives.svg", "false_positives_room.svg"] if rows else [])
    for name in drawn:
        svg = (tmp_path / "images" / "validity" / name).read_text()
        assert ET.fromstring(svg).tag.endswith("svg")
        assert len(svg) < 80_000


def test_every_picture_has_its_place_on_the_page():
    assert sorted(re.findall(r"\{\{picture (.+?)\}\}", pages.PROSE.read_text())) == sorted(PICTURES)


@pytest.mark.parametrize(("value", "said"), [(0.05, ".050"), (-0.25, "-.250"), (1.0, "1.00"), (99.6, "100")])
def test_figures_are_written_as_the_field_writes_them(value, said):
    assert figure(value) == said


def test_a_row_without_a_target_has_no_verdict():
    assert Row(study="x", case={}, measure="y", value=0.5, runs=1).held is None
