"""A page that cannot hide a miss: tables, verdicts and pictures from a few invented rows."""

import re
from xml.etree import ElementTree as ET

import pytest

from stories.synchrony.validity import pages
from stories.synchrony.validity.__main__ import _made, main
from stories.synchrony.validity.figures import figure, interval, said, target
from stories.synchrony.validity.pages import table, text, verdict, write
from stories.synchrony.validity.pictures import PICTURES, draw
from stories.synchrony.validity.study import Row, as_json, measured, rate

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
    assert (
        "- *chance, kind OU 5 s*: false positives, wanted .035 to .065: missed by 1 of 2, too high (.080)"
        in said
    )
    assert said.endswith(
        "<details>\n<summary>The one miss</summary>\n\n"
        "- chance, kind OU 5 s, seconds 300: false positives .080, wanted .035 to .065\n\n</details>"
    )
    assert verdict([ROWS[0]]).endswith("No target was missed.")


def test_misses_of_one_kind_are_told_together_and_each_by_itself():
    def alarm(room, seconds, hits):
        case = {"source": "B", "room": room, "seconds": seconds}
        return rate("chance", case, "false positives", hits, 500, at_least=0.035, at_most=0.065)

    rows = [alarm("steps", 45, 43), alarm("steps", 60, 10), alarm("steps", 120, 33), alarm("drift", 45, 25)]

    said = verdict(rows)

    assert (
        "- *chance, source B*: false positives, wanted .035 to .065: missed by 3 of 4, 1 too low (.020),"
        " 2 too high (.066 to .086), all with room steps\n" in said
    )
    assert "<summary>All 3 misses, one by one</summary>" in said
    assert said.count("\n- chance, source B, room steps, seconds") == 3


@pytest.mark.parametrize(("lines", "folds"), [(20, False), (21, True)])
def test_a_table_longer_than_a_screen_waits_behind_a_line_that_says_what_is_in_it(lines, folds):
    rows = [
        measured("patterns", {"pattern": str(i)}, "lag (s), median", 0.5, 9, at_most=0.25 if i else None)
        for i in range(lines)
    ]

    page = text(rows, "{{table patterns}}", made={})

    head = f"<details>\n<summary>Table of {lines} lines, {lines - 1} of {lines - 1} targets missed</summary>\n\n| "
    assert page.startswith(head if folds else "| pattern | measure")
    assert page.count("**missed**") == lines - 1


def test_a_measure_is_written_with_the_digits_it_has_earned():
    live = measured("bots", {}, "live score, 95th percentile", 8.35, 9, at_most=20.0)
    lag = measured("lag", {}, "median error (s)", 0.0671, 9, low=0.05, high=0.0813, at_most=0.5)
    share = measured("power", {}, "power", 0.0671, 9)

    assert [said(row) for row in (live, lag, share)] == ["8", ".07", ".067"]
    assert [target(row) for row in (live, lag, share)] == ["≤ 20", "≤ .50", ""]
    assert [interval(row) for row in (live, lag, share)] == ["", ".05 to .08", ""]


def test_a_quick_run_says_so_before_it_says_anything_else():
    made = {"Made": "2026-11-23", "engine": "2", "quick": "chance, power"}

    warning, _, line = text([], "{{made}}", made=made).partition("\n\n")

    assert warning.startswith("> **A quick run of chance, power: few cells, few runs.**")
    assert line == "Made 2026-11-23 · engine 2"
    assert ">" not in text([], "{{made}}", made={"Made": "2026-11-23"})


def test_drawing_again_changes_neither_the_numbers_nor_how_they_were_made(tmp_path):
    made = {"Made": "2026-11-23", "engine": "2", "on": "a machine", "in": "29 min"}
    numbers = tmp_path / "validity.json"
    numbers.write_text(as_json(ROWS, made))

    assert main(["--draw", "--out", str(tmp_path)]) == 0

    assert numbers.read_text() == as_json(ROWS, made)
    assert (
        "\nMade 2026-11-23 · engine 2 · on a machine · in 29 min\n" in (tmp_path / "validity.md").read_text()
    )


def test_a_study_run_again_alone_leaves_how_the_others_were_made():
    before = {"Made": "2026-11-23", "engine": "1", "quick": "chance, lag"}

    short = _made(60.0, 1, before=before, done=["chance", "power"], quick=True)
    long = _made(60.0, 1, before=before, done=["chance", "lag"], quick=False)
    whole = _made(90.0, 2, before={}, done=["chance"], quick=False)

    assert (short["Made"], short["engine"], short["quick"]) == ("2026-11-23", "1", "lag, chance, power")
    assert short["then"].startswith("chance, power again on ")
    assert "quick" not in long
    assert list(whole) == ["Made", "engine", "on", "in"]


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


@pytest.mark.parametrize(("least", "bands"), [(None, 0), (0.8, 2)])
def test_a_picture_shows_a_target_only_where_there_is_one(least, bands):
    rows = [
        rate("power", {"source": source, "kind": "arc", "listeners": 5, "r": 0.5, "seconds": s, "method": "ours"},
             "power", 40, 50, at_least=least)
        for source in "AB"
        for s in (60, 120)
    ]  # fmt: skip

    svg = draw("power_taps", rows)

    assert svg.count('fill-opacity="0.22"') == bands
    assert ("target" in svg) == bool(bands)


def test_the_axis_of_the_lag_reaches_as_far_as_the_errors_do():
    def drawn(error):
        case = {"who": "room", "kind": "ou5", "r": 0.3, "seconds": 60}
        rows = [measured("lag", case, "median error (s)", error, 9, low=error / 2, high=error * 1.2)]
        return set(ET.fromstring(draw("lag", rows)).itertext())

    assert "0.6" in drawn(0.2)
    assert {"0", "1", "2"} <= drawn(1.8)
