"""Sources A and B from a table: taps, levels, and the deck an arc was dealt from."""

from tests.synchrony.command import EXAMPLE, run


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
