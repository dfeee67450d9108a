"""From a CSV file to a page, without the game."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from stories.synchrony.__main__ import main
from stories.synchrony.report import report
from stories.synchrony.tidy import BadTable, read_tidy

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "telling.csv"


def nan_equal(a, b):
    return np.array_equal(a, np.array(b, dtype=float), equal_nan=True)


def run(capsys, *argv):
    code = main([str(part) for part in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_wide_table_is_read_with_usual_names():
    told = read_tidy("\ufeffTime,Speaker,Ben,Eli,remark\n0,1,10,5,hm\n0.5,2,20,,\n1.0,3,30,7,oh\n")

    assert (told.fs, told.starts_s, told.teller_name) == (2.0, 0.0, "Speaker")
    assert (told.names, told.left_out) == (("Ben", "Eli"), ("remark",))
    assert nan_equal(told.teller, [1, 2, 3])
    assert nan_equal(told.listeners, [[10, 20, 30], [5, np.nan, 7]])


def test_a_long_table_is_the_same_telling():
    wide = read_tidy("t,Ana,Ben\n0,1,10\n1,2,NA\n2,3,30\n", teller="Ana")

    long = read_tidy("t,person,value\n0,Ana,1\n0,Ben,10\n2,Ben,30\n1,Ben,\n1,Ana,2\n2,Ana,3\n", teller="Ana")

    assert nan_equal(long.teller, wide.teller)
    assert nan_equal(long.listeners, wide.listeners)
    assert (long.names, long.fs) == (("Ben",), 1.0)


def test_semicolons_come_with_decimal_commas():
    told = read_tidy("t;teller;Ben\n0;0,5;1\n0,5;1,5;2\n1;2,5;3\n")

    assert told.fs == 2.0
    assert nan_equal(told.teller, [0.5, 1.5, 2.5])


def test_milliseconds_are_known_by_name():
    assert read_tidy("time_ms,teller,Ben\n0,1,1\n250,2,2\n500,3,3\n").fs == 4.0


def test_a_value_holds_for_two_seconds_and_not_longer():
    told = read_tidy("t,teller,Ben\n0,1,4\n1,2,5\n2,3,6\n3,4,7\n8,5,8\n9,6,9\n")

    assert nan_equal(told.teller, [1, 2, 3, 4, 4, np.nan, np.nan, np.nan, 5, 6])


def test_another_rate_samples_and_holds():
    text = "t,teller,Ben\n0,1,4\n1,2,5\n2,3,6\n"

    assert nan_equal(read_tidy(text, fs=2).teller, [1, 1, 2, 2, 3])


def test_times_written_with_three_digits_miss_no_tick():
    rows = "\n".join(f"{i / 3:.3f},{i},{i}" for i in range(300))

    told = read_tidy(f"t,teller,Ben\n{rows}\n")

    assert told.fs == 3.0
    assert nan_equal(told.teller, np.arange(300))


def test_only_the_listeners_named_are_read():
    told = read_tidy("t,teller,Ben,Eli\n0,1,2,3\n1,2,3,4\n", listeners=("Eli",))

    assert told.names == ("Eli",)


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("", {}, "the file is empty"),
        ("t,teller,Ben\n0,1,2\n", {}, "there are 1 rows"),
        ("t,teller,Ben\n0,1,2\n1,2\n", {}, "row 3 has 2 cells, the header has 3"),
        ("t,teller,Ben\n0,1,2\n1,two,3\n2,3,3\n", {}, 'row 3, column "teller": "two" is not a number'),
        ("t,teller,Ben\n0,1,2\n1,2,inf\n2,3,3\n", {}, 'row 3, column "Ben": "inf" is not a number'),
        ("t,teller,Ben\n0,1,2\n,2,3\n2,3,3\n", {}, 'row 3, column "t": "" is not a time'),
        ("t,teller,Ben\n0,1,2\n2,2,3\n1,3,3\n", {}, 'row 4, column "t": 1 does not come after 2'),
        ("t,teller,Ben\n0,1,2\n5,2,3\n10,3,3\n", {}, "rows are 5 s apart; one every 2 s is the least"),
        ("t,teller,Ben,Ben\n0,1,2,3\n1,1,2,3\n", {}, 'column "Ben" appears twice'),
        ("a,teller,Ben\n0,1,2\n1,1,2\n", {}, "no time found; say --time with one of: a, teller, Ben"),
        ("t,Ana,Ben\n0,1,2\n1,1,2\n", {}, "no teller found; say --teller with one of: Ana, Ben"),
        ("t,Ana,Ben\n0,1,2\n1,1,2\n", {"teller": "Eli"}, 'no teller "Eli"; there are: Ana, Ben'),
        ("t,teller\n0,1\n1,1\n", {}, 'no listener beside "teller"'),
        ("t,teller,Ben\n0,1,2\n1,1,2\n", {"listeners": ("teller",)}, "cannot be both"),
        ("t,person,value\n0,,2\n1,Ben,2\n", {}, 'row 2, column "person": nobody is named'),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_place(text, options, why):
    with pytest.raises(BadTable) as refused:
        read_tidy(text, **options)

    assert why in str(refused.value)


def test_the_example_prints_a_verdict_its_uncertainty_and_no_grades(capsys):
    code, out, err = run(capsys, EXAMPLE)

    assert (code, err) == (0, "")
    assert (
        "\nIn step. When the teller's story turned, the room turned with it.\n.84, likely between .76 and .90"
        in out
    )
    assert "Unrelated tellers rarely pass .2" in out
    assert "wren      90 %      yes" in out
    assert "p max-T" not in out
    assert out.endswith("This describes this room and this story, not any person.\n")


def test_persons_are_printed_only_when_asked_for(capsys):
    _, out, _ = run(capsys, EXAMPLE, "--persons")

    assert "listener  coverage  highest r  95 % interval  lag    p      p max-T  q      reading" in out


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


def test_tapped_arcs_are_read_from_taps_and_levels(capsys):
    code, out, _ = run(
        capsys, EXAMPLE, "--source", "A", "--taps", "1,40,80,120", "--levels", "900,633,367,100"
    )

    assert code == 0
    assert "other arcs at the same taps, 39 draws" in out


def test_taps_do_without_a_column_of_the_teller(capsys, tmp_path):
    lines = [row.split(",") for row in EXAMPLE.read_text().splitlines()]
    untold = tmp_path / "untold.csv"
    untold.write_text("\n".join(",".join([row[0], *row[2:]]) for row in lines))
    tapped = ("--source", "B", "--taps", "1,40,80,120", "--levels", "900,633,367,100")

    (_, one, _), (_, same, _) = run(capsys, EXAMPLE, *tapped), run(capsys, untold, *tapped)

    assert one == same
    assert "Exploratory" in one


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ((EXAMPLE, "--teller", "Dov"), 'no teller "Dov"'),
        ((EXAMPLE, "--source", "B"), "source B needs --taps and --levels"),
        ((EXAMPLE, "--source", "C", "--taps", "1", "--levels", "1"), "not to C"),
        (
            (EXAMPLE, "--source", "B", "--taps", "1,2", "--levels", "1"),
            "--taps has 2 numbers, --levels has 1",
        ),
        ((EXAMPLE, "--source", "A", "--taps", "1,2,3,4", "--levels", "1,2,3,7"), "it is not ours"),
        (("nowhere.csv",), "nowhere.csv: No such file"),
        ((EXAMPLE, "--plot", "/nowhere/at/all.svg"), "/nowhere/at/all.svg: No such file"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, argv, why):
    code, out, err = run(capsys, *argv)

    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("argv", [("--fs", "0"), ("--fs", "2.5"), ("--seed", "-1"), ("--taps", "a")])
def test_bad_options_are_refused_by_name(capsys, argv):
    with pytest.raises(SystemExit) as refused:
        main([str(EXAMPLE), *argv])

    assert refused.value.code == 2
    assert argv[0] in capsys.readouterr().err


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
