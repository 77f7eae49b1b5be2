"""A producer of which only the offer is known."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.supply import (
    SupplyInput,
    SupplyParams,
    SupplyState,
    supply_horizon_s,
    supply_output,
    supply_power_limits,
    supply_reactive_limit_var,
    supply_step,
)

PLANT = SupplyParams(1000.0, 1250.0, 5.0)
NOW = SupplyState(0.0)


@pytest.mark.parametrize(
    ("offered_w", "limits_w"),
    [
        (-600.0, (-600.0, 0.0)),
        (-1000.0, (-1000.0, 0.0)),
        (-1500.0, (-1000.0, 0.0)),
        (-0.5, (-0.5, 0.0)),
        (0.0, (5.0, 5.0)),
        (20.0, (5.0, 5.0)),
    ],
)
def test_it_offers_up_to_its_rating_and_draws_its_standby_without_an_offer(
    offered_w: float, limits_w: tuple[float, float]
) -> None:
    assert supply_power_limits(PLANT, NOW, SupplyInput(0.0, 0.0, offered_w)) == limits_w


@pytest.mark.parametrize(
    ("set_point_w", "active_w"),
    [(-math.inf, -600.0), (-601.0, -600.0), (-400.0, -400.0), (0.0, 0.0), (9.0, 0.0)],
)
def test_a_set_point_holds_it_back_and_never_drives_it(set_point_w: float, active_w: float) -> None:
    assert supply_output(PLANT, NOW, SupplyInput(set_point_w, 0.0, -600.0)).active_power_w == active_w


@pytest.mark.parametrize(
    ("active_w", "limit_var"),
    [(0.0, 1250.0), (-1000.0, 750.0), (-350.0, 1200.0), (1250.0, 0.0), (-2000.0, 0.0)],
)
def test_reactive_power_is_what_the_apparent_power_leaves(active_w: float, limit_var: float) -> None:
    assert supply_reactive_limit_var(PLANT, active_w) == pytest.approx(limit_var)


@pytest.mark.parametrize(("set_point_var", "given_var"), [(900.0, 750.0), (-900.0, -750.0), (300.0, 300.0)])
def test_reactive_power_keeps_to_it_in_either_direction(set_point_var: float, given_var: float) -> None:
    inp = SupplyInput(-math.inf, set_point_var, -1000.0)
    assert supply_output(PLANT, NOW, inp).reactive_power_var == pytest.approx(given_var)
    assert supply_step(PLANT, NOW, inp, 60.0) == (NOW, supply_output(PLANT, NOW, inp))
    assert supply_horizon_s(PLANT, NOW, inp) == math.inf
