"""Pictures are text: well-formed, escaped, clipped, and the same every time."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from stories.synchrony.charts import Chart
from stories.synchrony.charts.axes import named_ticks, round_ticks
from stories.synchrony.charts.ink import STYLES, Frame, number, path, runs

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart):
    return ET.fromstring(chart.svg())


def said(tree):
    return [element.text for element in tree.iter(f"{SVG}text")]


def everything(title="A telling"):
    chart = Chart(title, columns=2)
    t = np.arange(50.0)
    chart.panel(title="one", x_label="time (s)", y_label="feeling").band(t, t - 3, t + 3, label="half").line(
        t, t, style=1, label="room", name="Ana"
    )
    chart.panel(y=(2.5, -0.5), y_ticks={0: "white", 1: "trend"}).points(
        [0.1, 0.4], [0, 1], low=[0.0, 0.3], high=[0.2, 0.5], across=True, style=2, label="pool"
    ).region(x=(0.035, 0.065), label="target").reference(x=0.05)
    chart.panel().bars([0, 1], [3, 4], style=3, label="ms").reference(y=0.5, label="aim").note(2, 1, "here")
    return chart


def test_a_picture_says_what_it_is_to_those_who_cannot_see_it():
    tree = drawn(Chart("Five tests", describe="Only one keeps its promise."))

    assert (tree.tag, tree.get("role")) == (f"{SVG}svg", "img")
    assert tree.find(f"{SVG}title").text == "Five tests"
    assert tree.find(f"{SVG}desc").text == "Only one keeps its promise."


def test_a_picture_brings_its_own_paper_as_large_as_itself():
    tree = drawn(everything())

    paper = next(tree.iter(f"{SVG}rect"))

    _, _, width, height = tree.get("viewBox").split()
    assert (paper.get("width"), paper.get("height"), paper.get("fill")) == (width, height, "#ffffff")
    assert (tree.get("width"), tree.get("height")) == (width, height)


def test_words_are_escaped_wherever_they_come_from():
    rude = "<b>&\"'\x00"
    chart = Chart(rude, note=rude, describe=rude)
    panel = chart.panel(title=rude, x_label=rude, y_label=rude, x_ticks={0: rude}, y_ticks={0: rude})
    panel.line([0, 1], [0, 1], label=rude, name=rude).reference(x=0, label=rude).note(0, 0, rude)

    words = said(drawn(chart))

    assert len(words) == 11
    assert set(words) == {"<b>&\"'"}


def test_the_same_drawing_is_the_same_text():
    assert everything().svg() == everything().svg()


def test_no_number_is_longer_than_a_hundredth_of_a_pixel():
    text = re.sub(r">[^<]*<", "><", everything().svg())

    assert not re.findall(r"\d\.\d{3}|nan|inf|e-\d", text)


def test_styles_differ_without_colour():
    assert len({style.colour for style in STYLES}) == len(STYLES)
    assert len({style.shape for style in STYLES}) == len(STYLES)
    assert len({(style.dash, style.shape) for style in STYLES}) == len(STYLES)


def test_silence_is_a_gap_in_the_line():
    chart = Chart("gap")
    chart.panel().line([0, 1, 2, 3, 4], [1, 2, np.nan, 4, 5])

    (line,) = drawn(chart).iter(f"{SVG}path")

    assert line.get("d").count("M") == 2


def test_a_band_has_a_gap_where_either_edge_is_silent():
    chart = Chart("gap")
    chart.panel().band([0, 1, 2, 3, 4], [1, 2, np.nan, 4, 5], [2, 3, 4, 5, 6])

    (area,) = drawn(chart).iter(f"{SVG}path")

    assert (area.get("d").count("M"), area.get("d").count("Z")) == (2, 2)


def test_a_held_level_costs_two_points():
    assert path(np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [3.0, 4.0]])) == "M0 5L2 5L3 4"


def test_numbers_land_where_the_axes_say():
    frame = Frame(100, 50, 200, 100, (0, 10), (0, 1))

    (pixels,) = runs(frame, np.array([0.0, 5.0, 10.0]), np.array([0.0, 0.5, 1.0]))

    np.testing.assert_allclose(pixels, [[100, 150], [200, 100], [300, 50]])
    assert (frame.across(5), frame.down(0.25)) == (200, 125)


def test_points_beyond_the_axes_are_not_drawn():
    chart = Chart("far")
    chart.panel(x=(0, 1), y=(0, 1)).points([0.5, 2.0, np.nan], [0.5, 0.5, 0.5])

    assert len(list(drawn(chart).iter(f"{SVG}circle"))) == 1


def test_the_key_names_everything_once():
    chart = Chart("key", columns=2)
    for _ in range(2):
        chart.panel().line([0, 1], [0, 1], label="pool").points([0], [1], style=1, label="phase")

    words = said(drawn(chart))

    assert (words.count("pool"), words.count("phase")) == (1, 1)


@pytest.mark.parametrize(
    ("span", "most", "expected"),
    [
        ((0, 1), 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((0, 266), 6, [0, 50, 100, 150, 200, 250]),
        ((0.5, -0.5), 2, [-0.5, 0, 0.5]),
        ((1e-4, 3e-4), 2, [1e-4, 2e-4, 3e-4]),
    ],
)
def test_ticks_are_round_numbers(span, most, expected):
    assert round_ticks(span, most) == pytest.approx(expected)


def test_ticks_show_as_many_digits_as_they_need():
    assert list(named_ticks([-0.5, 0, 0.25], (0, 1), 5).values()) == ["−0.50", "0.00", "0.25"]
    assert list(named_ticks([3, 5, 30], (0, 30), 5).values()) == ["3", "5", "30"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.001, "0"), (12.345, "12.35"), (7.1, "7.1"), (100.0, "100")]
)
def test_a_pixel_is_written_shortly(value, text):
    assert number(value) == text


def test_nothing_to_draw_is_still_a_picture():
    chart = Chart("empty")
    chart.panel().line([0, 1], [np.nan, np.nan], name="nobody")
    chart.panel()

    assert drawn(chart).tag == f"{SVG}svg"


def test_lengths_that_differ_are_named():
    with pytest.raises(ValueError, match="x has 2 numbers, y has 3"):
        Chart("x").panel().line([0, 1], [0, 1, 2])


def test_a_reference_line_is_either_upright_or_level():
    with pytest.raises(ValueError, match="either x or y"):
        Chart("x").panel().reference()


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ((0, 9e152), ["0", "2e+152", "4e+152", "6e+152", "8e+152"]),
        ((0, 9e-198), ["0", "2e-198", "4e-198", "6e-198", "8e-198"]),
        ((0, 0.9), ["0.0", "0.2", "0.4", "0.6", "0.8"]),
        ((0, 9000), ["0", "2000", "4000", "6000", "8000"]),
    ],
)
def test_ticks_are_written_to_be_read_whatever_the_unit(span, said):
    assert list(named_ticks(None, span, 5).values()) == [word.replace("-", "\u2212") for word in said]
