"""What the command answers: a verdict, its uncertainty, a report, a picture, without the game."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from stories.synchrony.report import report
from stories.synchrony.tidy import read_tidy
from tests.synchrony.command import EXAMPLE, README, ROOT, run


def test_the_example_prints_a_verdict_its_uncertainty_and_no_grades(capsys):
    code, out, err = run(capsys, EXAMPLE)

    assert (code, err) == (0, "")
    assert (
        "\nIn step. When the teller's story turned, the room turned with it.\n.84, likely between .76 and .90"
        in out
    )
    assert "With 95 of 100 simulated tellers, this room would not pass .2" in out
    assert "wren      90 %      yes" in out
    assert "p max-T" not in out
    assert out.endswith("This describes this room and this story, not any person.\n")


def test_persons_are_printed_only_when_asked_for(capsys):
    _, out, _ = run(capsys, EXAMPLE, "--persons")

    assert "listener  coverage  highest r  95 % interval  lag    p      p max-T  q      readable" in out


def test_json_is_the_report(capsys):
    _, out, _ = run(capsys, EXAMPLE, "--json", "--seed", 3)

    found = json.loads(out)
    told = read_tidy(EXAMPLE.read_text())
    expected = report(told.teller, told.listeners, fs=2.0, seed=3, names=told.names).as_json()
    assert {name: found[name] for name in expected} == expected
    assert found["said"] == "In step. When the teller's story turned, the room turned with it."


def test_another_scale_changes_no_word_but_the_digest(capsys, tmp_path):
    header, *rows = EXAMPLE.read_text().splitlines()
    other = tmp_path / "percent.csv"
    cells = [row.split(",") for row in rows]
    scaled = [
        ",".join([t, teller, *(v and str(int(v) / 8 - 60) for v in heard)]) for t, teller, *heard in cells
    ]
    other.write_text("\n".join([header, *scaled]))

    (_, one, _), (_, same, _) = run(capsys, EXAMPLE), run(capsys, other)

    def without_digest(text):
        return [line for line in text.splitlines() if not line.startswith("sha256")]

    assert without_digest(one) == without_digest(same)


def test_the_plot_is_a_picture_with_the_verdict(capsys, tmp_path):
    out = tmp_path / "out.svg"

    code, _, _ = run(capsys, EXAMPLE, "--plot", out)

    assert code == 0
    words = "".join(ET.parse(out).getroot().itertext())
    assert "In step. When the teller's story turned" in words
    assert "1.0 s behind the teller" in words
    assert "most together" in words


@pytest.mark.parametrize("heard", ["Ben", "Ben,Eli"])
def test_one_or_two_listeners_are_pointed_to_persons(capsys, heard):
    _, out, _ = run(capsys, EXAMPLE, "--listeners", heard)
    _, persons, _ = run(capsys, EXAMPLE, "--listeners", heard, "--persons")

    assert "No reading: fewer than 3 listeners.\nFor one or two listeners there is --persons" in out
    assert "there is --persons" not in persons
    assert "highest r" in persons


def commands():
    return [line.split()[3:] for line in README.read_text().splitlines() if line.startswith("    python -m")]


@pytest.mark.parametrize("argv", commands(), ids=" ".join)
def test_every_command_of_the_examples_runs(capsys, monkeypatch, tmp_path, argv):
    monkeypatch.chdir(tmp_path)

    code, out, err = run(capsys, ROOT / argv[0], *argv[1:])

    assert (code, err) == (0, "")
    assert "In step. When the teller's story turned" in out


def test_the_game_is_not_started_for_a_researcher():
    asked = (
        "import sys; from stories.synchrony.__main__ import main; code = main(sys.argv[1:]);"
        "sys.stderr.write(repr((code, sorted({name.split('.')[0] for name in sys.modules}"
        " & {'django', 'channels', 'celery', 'msgspec', 'scipy', 'asyncio'}))))"
    )

    done = subprocess.run(
        [sys.executable, "-c", asked, EXAMPLE], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert done.stderr == "(0, [])"
    assert done.stdout.startswith("teller and 6 listeners")


@pytest.mark.parametrize("unit", [1e150, 1e-200, 1e-310])
def test_a_table_in_units_nobody_uses_is_read_and_drawn_all_the_same(capsys, tmp_path, unit):
    header, *rows = EXAMPLE.read_text().splitlines()
    other, plot = tmp_path / "other.csv", tmp_path / "out.svg"
    cells = [row.split(",") for row in rows]
    scaled = [",".join([t, *(v and repr(float(v) * unit) for v in values)]) for t, *values in cells]
    other.write_text("\n".join([header, *scaled]))

    code, out, err = run(capsys, other, "--plot", plot)

    assert (code, err) == (0, "")
    assert ".84, likely between .76 and .90, 1.0 s behind the teller." in out
    drawn = list(ET.parse(plot).getroot().itertext())
    assert {"time (s)", "140", "r with the teller, 2-s changes", "0.9"} <= set(drawn)
    # Ticks like 2e+150, not a hundred digits of them.
    assert [word for word in drawn if re.fullmatch(r"[\d.]{8,}", word)] == []
