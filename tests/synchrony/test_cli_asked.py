"""What the command is asked: its options, its input, its help, and what it refuses in one sentence."""

import io
import sys

import pytest

from tests.synchrony.command import EXAMPLE, main, run

A = ("--source", "A", "--levels", "1,2")


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
