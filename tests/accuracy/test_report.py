"""What assessments found is written the same way each time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from accuracy.assessment import AccuracyFigure, Assessment
from accuracy.report import Absent, every_assessment, figure_row, run, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw() -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 3.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([number * number % 97 for number in range(1000)], label="model")
    axes.legend()
    return figure


GOOD = AccuracyFigure("voltage: RMSE", 0.0123456, "V", 0.02)
MISSED = AccuracyFigure("energy: difference", 4.0, "%", 3.0)
TOLD = AccuracyFigure("sessions", 1234.0, "")
ASSESSED = Assessment(
    "cell", "Cell voltage, 1C", "Data of a laboratory; MIT", (GOOD, MISSED, TOLD), "A note.", draw
)


def test_figures_are_told_with_three_digits_their_target_and_whether_it_is_met() -> None:
    assert figure_row(GOOD) == "| voltage: RMSE | 0.0123 V | ≤ 0.02 V | met |"
    assert figure_row(MISSED) == "| energy: difference | 4 % | ≤ 3 % | **missed** |"
    assert figure_row(TOLD) == "| sessions | 1234 |  |  |"


def test_the_page_tells_every_assessment_and_what_was_not_run(tmp_path: Path) -> None:
    page, picture = write(tmp_path, [ASSESSED, Absent("wind.assess", "wind.csv not found")])
    text = page.read_text("utf-8")
    assert text.startswith("# Accuracy\n")
    assert "| [Cell voltage, 1C](#cell-voltage-1c) | Data of a laboratory | 1 of 2 |" in text
    assert "| `wind.assess` | not run: wind.csv not found | |" in text
    assert "![Cell voltage, 1C](../models/cell.png)" in text
    assert picture == tmp_path / "models" / "cell.png"


def test_page_and_pictures_are_the_same_bytes_each_time_and_small(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write(tmp_path, [ASSESSED])]
    assert [path.read_bytes() for path in write(tmp_path, [ASSESSED])] == first
    assert len(first[1]) < 60_000


def test_absent_data_are_named_instead_of_failing(tmp_path: Path) -> None:
    def assess(data: Path) -> Assessment:
        (data / "meter.csv").read_text("utf-8")
        raise AssertionError

    assert run("meter.assess", assess, tmp_path) == Absent("meter.assess", "meter.csv not found")


@pytest.mark.parametrize("name", every_assessment())
def test_assessments_without_their_data_are_absent_or_need_none(name: str, tmp_path: Path) -> None:
    assert isinstance(run(name, every_assessment()[name], tmp_path), Absent | Assessment)
