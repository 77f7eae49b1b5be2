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


def test_it_offers_up_to_its_rating_and_draws_its_standby_without_an_offer() -> None:
    for offered_w, limits_w in (
        (-600.0, (-600.0, 0.0)),
        (-1000.0, (-1000.0, 0.0)),
        (-1500.0, (-1000.0, 0.0)),
        (-0.5, (-0.5, 0.0)),
        (0.0, (5.0, 5.0)),
        (20.0, (5.0, 5.0)),
    ):
        assert supply_power_limits(PLANT, NOW, SupplyInput(0.0, 0.0, offered_w)) == limits_w


def test_a_set_point_holds_it_back_to_its_standby_and_never_drives_it() -> None:
    for set_point_w, active_w in (
        (-math.inf, -600.0),
        (-601.0, -600.0),
        (-400.0, -400.0),
        (0.0, 5.0),
        (9.0, 5.0),
    ):
        assert supply_output(PLANT, NOW, SupplyInput(set_point_w, 0.0, -600.0)).active_power_w == active_w


def test_reactive_power_is_what_the_apparent_power_leaves() -> None:
    for active_w, limit_var in (
        (0.0, 1250.0),
        (-1000.0, 750.0),
        (-350.0, 1200.0),
        (1250.0, 0.0),
        (-2000.0, 0.0),
    ):
        assert supply_reactive_limit_var(PLANT, active_w) == pytest.approx(limit_var)


def test_reactive_power_keeps_to_a_fixed_limit_and_to_a_least_power_factor() -> None:
    limited = PLANT._replace(reactive_power_max_var=300.0)
    by_factor = PLANT._replace(power_factor_min=0.8)
    for plant, active_w, limit_var in (
        (limited, -1000.0, 300.0),
        (limited, 5.0, 300.0),
        (by_factor, -400.0, 300.0),
        (by_factor, -1200.0, 350.0),
        (by_factor, 5.0, 0.0),
    ):
        assert supply_reactive_limit_var(plant, active_w) == pytest.approx(limit_var)


def test_reactive_power_keeps_to_it_in_either_direction() -> None:
    for set_point_var, given_var in (
        (900.0, 750.0),
        (-900.0, -750.0),
        (300.0, 300.0),
    ):
        inp = SupplyInput(-math.inf, set_point_var, -1000.0)
        assert supply_output(PLANT, NOW, inp).reactive_power_var == pytest.approx(given_var)
        assert supply_step(PLANT, NOW, inp, 60.0) == (NOW, supply_output(PLANT, NOW, inp))
        assert supply_horizon_s(PLANT, NOW, inp) == math.inf
