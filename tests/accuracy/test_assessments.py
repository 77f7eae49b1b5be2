"""The models meet their targets on measured data, and the committed page says what this version does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from accuracy.assessment import Assessment
from accuracy.report import Absent, every_assessment, figure_row, run
from measured import data_file

PAGE = Path(__file__).parents[2] / "docs" / "explanations" / "accuracy.md"


@pytest.mark.slow
@pytest.mark.measured
@pytest.mark.parametrize(
    ("name", "assess"), [pytest.param(name, assess, id=name) for name, assess in every_assessment().items()]
)
def test_assessment_meets_its_targets_and_is_on_the_page(
    name: str, assess: Callable[[Path], Assessment]
) -> None:
    result = run(name, assess, data_file())
    if isinstance(result, Absent):
        pytest.skip(result.reason)
    missed = [figure for figure in result.figures if not figure.is_met]
    assert not missed
    told = PAGE.read_text("utf-8").splitlines()
    absent = [row for row in map(figure_row, result.figures) if row not in told]
    assert not absent, (
        "run `make accuracy DATA=...`: docs/explanations/accuracy.md does not tell these figures"
    )
