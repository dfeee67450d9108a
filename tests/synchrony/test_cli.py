"""From a CSV file to a page, without the game."""

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from stories.synchrony.__main__ import main
from stories.synchrony.report import report
from stories.synchrony.score import Chance
from stories.synchrony.tidy import BadTable, read_tidy
from stories.synchrony.wording import lower, others_of, upper

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "telling.csv"
README = EXAMPLE.with_name("README.md")
A = ("--source", "A", "--levels", "1,2")


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


@pytest.mark.parametrize("name", ["minutes", "Time (min)", "t_min"])
def test_minutes_are_known_by_name(name):
    told = read_tidy(f"{name},teller,Ben\n0,1,1\n0.025,2,2\n0.05,3,3\n", time=name)

    assert (told.fs, len(told.teller)) == (1.0, 4)


def test_columns_without_a_name_or_a_cell_are_said_to_be_left_out():
    assert read_tidy("t,teller,Ben,,\n0,1,1,,\n1,2,2,,\n").left_out == (
        "column 4 (no name)",
        "column 5 (no name)",
    )


def test_a_value_holds_as_long_as_asked():
    told = read_tidy("t,teller,Ben\n0,1,4\n1,2,5\n6,3,6\n7,4,7\n", hold_s=4)

    assert nan_equal(told.teller, [1, 2, 2, 2, 2, np.nan, 3, 4])


def test_rows_only_at_changes_are_read_when_values_hold():
    told = read_tidy("t,teller,Ben\n0,1,4\n5,2,5\n8,3,6\n", hold_s=10)

    assert nan_equal(told.teller, [1, 1, 1, 1, 1, 2, 2, 2, 3])


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
        ("t,teller,Ben\n0,1,2\n", {}, "1 row under the header, at least 2 are needed"),
        ("t,teller,Ben\n", {}, "0 rows under the header"),
        ("t,teller,Ben\n0,1,2\n1,2\n", {}, "row 3 has 2 cells, the header has 3"),
        ("t,teller,Ben\n0,1,2\n1\n", {}, "row 3 has 1 cell, the header has 3"),
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
        ("t,person,value\n0,Ben,2\n0,Eli,2\n0.0,Ben,3\n", {}, "rows 2 and 4: Ben has two values at 0.0"),
        ("0,1,2\n1,2,3\n2,3,4\n", {}, "the first row must name the columns"),
        ("t,teller,Ben,\n0,1,2,7\n1,1,2,\n", {}, "column 4 has no name"),
        ("t,teller,Ben\n0:00,1,2\n0:01,1,2\n", {}, '"0:00" is not a time; write seconds as a number'),
        ("time,teller,Ben\n0,1,2\n500,1,2\n", {}, 'Is "time" in milliseconds? Then name the column ms'),
        (
            "time,teller,Ben\n0,1,2\n1,1,2\n2,1,2\n99999,1,2\n",
            {},
            'more than six hours. Is "time" in milliseconds?',
        ),
        ("t,teller,Ben\n0,1,2\n1,1,2\n", {"hold_s": 0.5}, "a value that holds for 0.5 s is lost"),
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
    assert "Simulated tellers rarely pass .2" in out
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


def test_levels_may_begin_with_a_minus(capsys):
    code, _, err = run(capsys, EXAMPLE, "--source", "B", "--taps", "1,40,80,120", "--levels", "-1,1,-1,0.5")

    assert (code, err) == (0, 'the column "teller" is replaced by the taps\n')


def dealt_from(tmp_path, *arcs):
    deck = tmp_path / "deck.csv"
    deck.write_text("\n".join(arcs))
    return (EXAMPLE, "--source", "A", "--taps", "1,40,80,120", "--levels", "200,800,300,601", "--deck", deck)


def test_a_deck_without_the_arc_told_is_refused(capsys, tmp_path):
    code, out, err = run(capsys, *dealt_from(tmp_path, "200,800,300,600", "1,2,3,4"))

    assert (code, out) == (2, "")
    assert err == f"{tmp_path}/deck.csv: the deck does not hold the arc 200, 800, 300, 601\n"


def test_a_row_of_the_deck_that_is_no_arc_is_named(capsys, tmp_path):
    _, _, err = run(capsys, *dealt_from(tmp_path, "200,800,300,601", "", "low,high"))

    assert err == f"{tmp_path}/deck.csv: row 3: numbers separated by commas, not 'low,high'\n"


def test_arcs_of_another_length_are_counted_and_few_arcs_judge_nothing(capsys, tmp_path):
    few = dealt_from(tmp_path, "200,800,300,601", "1,2,3", "1,9,3,4", "9,1,5,2")

    code, out, err = run(capsys, *few, "--plot", tmp_path / "out.svg")

    assert code == 0
    assert "Not judged" in (tmp_path / "out.svg").read_text()
    assert f"{tmp_path}/deck.csv: 1 of 4 arcs left out, not 4 levels long\n" in err
    assert "Not judged: only 2 other tellers to hold it against (19 are needed).\n" in out
    assert "chance band" not in out


@pytest.mark.parametrize("heard", ["Ben", "Ben,Eli"])
def test_one_or_two_listeners_are_pointed_to_persons(capsys, heard):
    _, out, _ = run(capsys, EXAMPLE, "--listeners", heard)
    _, persons, _ = run(capsys, EXAMPLE, "--listeners", heard, "--persons")

    assert "No reading: fewer than 3 listeners.\nFor one or two listeners there is --persons" in out
    assert "there is --persons" not in persons
    assert "highest r" in persons


def test_an_interval_is_rounded_outwards():
    assert [lower(0.3499), lower(0.35), lower(-0.121), lower(np.nan)] == [".34", ".35", "−.13", "–"]
    assert [upper(0.501), upper(0.5), upper(-0.129), upper(0.999)] == [".51", ".50", "−.12", "1.00"]


def test_a_pool_with_real_tellers_is_not_called_simulated():
    assert others_of(Chance("pool", 0.2, 0.01, 999, 999, 0)) == "simulated tellers"
    assert others_of(Chance("pool", 0.2, 0.01, 1002, 999, 3)) == "unrelated tellers"


def test_standard_input_is_utf8_whatever_the_machine_reads(capsys, monkeypatch):
    text = EXAMPLE.read_text().replace("Ben", "Zoë", 1)
    typed = io.TextIOWrapper(io.BytesIO(("\ufeff" + text).encode()), encoding="latin-1")
    monkeypatch.setattr(sys, "stdin", typed)

    code, out, _ = run(capsys, "-")

    assert code == 0
    assert "Zoë" in out


def test_another_encoding_is_refused_with_the_way_out(capsys, monkeypatch):
    typed = io.TextIOWrapper(io.BytesIO("t,teller,Zoë\n0,1,2\n1,2,3\n".encode("latin-1")), encoding="latin-1")
    monkeypatch.setattr(sys, "stdin", typed)

    code, out, err = run(capsys, "-")

    assert (code, out) == (2, "")
    assert err == '-: not UTF-8 text (byte 11); save it as "CSV UTF-8"\n'


def commands():
    return [line.split()[3:] for line in README.read_text().splitlines() if line.startswith("    python -m")]


@pytest.mark.parametrize("argv", commands(), ids=" ".join)
def test_every_command_of_the_examples_runs(capsys, monkeypatch, tmp_path, argv):
    monkeypatch.chdir(tmp_path)

    code, out, err = run(capsys, ROOT / argv[0], *argv[1:])

    assert (code, err) == (0, "")
    assert "In step. When the teller's story turned" in out


def test_the_help_shows_how_and_what_the_exit_codes_mean(capsys):
    with pytest.raises(SystemExit) as done:
        main(["--help"])

    out = capsys.readouterr().out
    assert done.value.code == 0
    assert "python -m stories.synchrony room.csv --source A --taps 4,30,58" in out
    assert "exit codes: 0" in out


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ((EXAMPLE, *A, "--taps", "-1,2"), "--taps: -1 is outside the table (0 to 149.5 s)"),
        ((EXAMPLE, *A, "--taps", "1,150"), "--taps: 150 is outside the table (0 to 149.5 s)"),
        ((EXAMPLE, *A, "--taps", "9,9"), "--taps: 9 does not come after 9"),
        ((EXAMPLE, *A, "--taps", "9,8"), "--taps: 8 does not come after 9"),
        ((EXAMPLE, "--source", "D", "--levels", "1"), "--levels belong to the sources A and B, not to D"),
        ((EXAMPLE, "--deck", "x"), "--deck belongs to source A, not to C"),
        ((EXAMPLE, *A, "--taps", "1,9", "--deck", "/nowhere"), "/nowhere: No such file"),
        ((EXAMPLE, "--teller", "Dov"), 'no teller "Dov"'),
        ((EXAMPLE, "--source", "B"), "source B needs --taps and --levels"),
        ((EXAMPLE, "--source", "C", "--taps", "1", "--levels", "1"), "not to C"),
        (
            (EXAMPLE, "--source", "B", "--taps", "1,2", "--levels", "1"),
            "--taps has 2 numbers, --levels has 1",
        ),
        (
            (EXAMPLE, "--source", "A", "--taps", "1,2,3,4", "--levels", "1,2,3,7"),
            "the arc 1, 2, 3, 7: give the one it was dealt from with --deck FILE (one arc a line)",
        ),
        (("nowhere.csv",), "nowhere.csv: No such file"),
        ((EXAMPLE, "--plot", "/nowhere/at/all.svg"), "/nowhere/at/all.svg: No such file"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, argv, why):
    code, out, err = run(capsys, *argv)

    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [("--hold", "0"), ("--hold", "nan"), ("--fs", "0"), ("--fs", "2.5"), ("--seed", "-1"), ("--taps", "a")],
)
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
