"""Multiples of a step are the floats next to their decimals."""

from __future__ import annotations

import pytest

from doppelgrid.models.resolution import in_steps


@pytest.mark.parametrize(
    ("count", "step", "shown"),
    [(217, 0.1, 21.7), (-3, 0.1, -0.3), (7, 0.05, 0.35), (3, 1.0, 3.0), (3, 50.0, 150.0), (5, 0.7, 3.5)],
)
def test_so_many_steps_are_their_decimal(count: int, step: float, shown: float) -> None:
    assert in_steps(count, step) == shown
