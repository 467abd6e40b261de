import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.reporting.charts import Effect, bars, forest, loss_curve
from luthier.reporting.svg import Scale, round_ticks

SVG = "{http://www.w3.org/2000/svg}"


def lines_of(svg):
    return {each.get("stroke"): each.get("points") for each in ET.fromstring(svg).iter(f"{SVG}polyline")}


def test_loss_curve_reads_rows_of_a_file_and_of_events():
    rows = [{"step": "5", "train_loss": "2.0", "validation_loss": ""}, {"step": 10, "train_loss": 1.0}]
    (points,) = lines_of(loss_curve(rows)).values()
    assert len(points.split()) == 2


def test_loss_curve_takes_the_last_attempt_of_a_repeated_step():
    rows = [{"step": 5, "train_loss": 9.0}, {"step": 5, "train_loss": 2.0}, {"step": 10, "train_loss": 1.0}]
    assert loss_curve(rows) == loss_curve(rows[1:])


def test_interruptions_are_marked():
    rows = [{"step": step, "train_loss": 1 / step} for step in range(1, 20)]
    assert loss_curve(rows, [7]).count("interrupted") == 1


@pytest.mark.parametrize("rows", [[], [{"step": 1, "train_loss": 0.0}]])
def test_a_curve_of_nothing_or_one_point_is_a_picture(rows):
    assert ET.fromstring(loss_curve(rows)).find(f"{SVG}title").text == "Loss by training step"


def test_names_are_escaped():
    svg = forest("a <b>", [Effect("<script>", 0.1, 0.0, 0.2)]) + ""
    assert "<script>" in [each.text for each in ET.fromstring(svg).iter(f"{SVG}text")]
    assert ET.fromstring(bars("x", {"<g>": {"base": 1.0}}, {"base": "#000000"})) is not None


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_cover_the_values(low, span):
    ticks = round_ticks(low, low + span)
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= low + 1e-3 * span and ticks[-1] >= low + span - 1e-3 * span


def test_scale_runs_from_first_to_last_tick():
    scale = Scale([0.0, 5.0, 10.0], 100, 200)
    assert (scale(0), scale(5), scale(10)) == (100, 150, 200)
