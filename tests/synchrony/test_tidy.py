"""From a CSV file to traces: every usual way to write a table, and a word for every mistake."""

import numpy as np
import pytest

from stories.synchrony.tidy import BadTable, read_tidy


def nan_equal(a, b):
    return np.array_equal(a, np.array(b, dtype=float), equal_nan=True)


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
        ("t,teller,Ben\n0,1,2\n1,2,1e301\n2,3,3\n", {}, 'row 3, column "Ben": "1e301" is not a number'),
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
