"""Where SoC stops in a pack of unequal cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.cell_spread import CellSpreadParams, least_mean_soc, most_mean_soc, most_spread

SHARE = st.floats(0.0, 1.0)
PACKS = st.builds(CellSpreadParams, st.floats(0.0, 0.5), SHARE)
SPREADS = st.floats(0.0, 0.2)


def extremes(params: CellSpreadParams, spread: float, mean: float) -> tuple[float, float]:
    """Return the SoC of the emptiest and of the fullest cell, cell by cell."""
    way, half = mean - params.balanced_soc, 0.5 * params.capacity_spread
    cells = [params.balanced_soc + way / (1.0 + each) for each in (-half, half)]
    return min(cells) - 0.5 * spread, max(cells) + 0.5 * spread


@given(PACKS, SPREADS, SHARE)
def test_the_emptiest_cell_is_empty_where_it_is_said(
    params: CellSpreadParams, spread: float, least: float
) -> None:
    mean = least_mean_soc(params, spread, least)
    assert extremes(params, spread, mean)[0] == pytest.approx(least, abs=1e-12)


@given(PACKS, SPREADS, SHARE)
def test_the_fullest_cell_is_full_where_it_is_said(
    params: CellSpreadParams, spread: float, most: float
) -> None:
    mean = most_mean_soc(params, spread, most)
    assert extremes(params, spread, mean)[1] == pytest.approx(most, abs=1e-12)


def test_equal_cells_stop_together() -> None:
    equal = CellSpreadParams(0.0)
    assert (least_mean_soc(equal, 0.0, 0.1), most_mean_soc(equal, 0.0, 0.95)) == pytest.approx((0.1, 0.95))


def test_a_pack_that_is_balanced_full_loses_what_its_smallest_cell_lacks() -> None:
    params = CellSpreadParams(0.06)
    assert most_mean_soc(params, 0.0, 1.0) == 1.0
    assert least_mean_soc(params, 0.0, 0.0) == pytest.approx(0.03)


def test_what_is_not_balanced_is_lost_at_both_ends() -> None:
    params = CellSpreadParams(0.0)
    assert (least_mean_soc(params, 0.04, 0.1), most_mean_soc(params, 0.04, 0.9)) == pytest.approx(
        (0.12, 0.88)
    )


@pytest.mark.parametrize("soc", [0.2, 0.5, 0.99])
@pytest.mark.parametrize("capacity_spread", [0.0, 0.1])
@pytest.mark.parametrize("balanced_soc", [1.0, 0.5])
def test_with_the_greatest_spread_one_cell_is_just_empty_or_full(
    soc: float, capacity_spread: float, balanced_soc: float
) -> None:
    params = CellSpreadParams(capacity_spread, balanced_soc)
    spread = most_spread(params, soc)
    gaps = soc - least_mean_soc(params, spread, 0.0), most_mean_soc(params, spread, 1.0) - soc
    assert min(gaps) == pytest.approx(0.0, abs=1e-12)
    assert max(gaps) >= 0.0


def test_cells_of_unlike_capacity_cannot_all_be_at_an_soc_where_one_is_beyond_empty() -> None:
    assert most_spread(CellSpreadParams(0.5), 0.2) < 0.0
