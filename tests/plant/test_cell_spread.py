"""Batteries whose cells differ: the first that is full or empty stops them, and balancing gives it back."""

from __future__ import annotations

from typing import Any

import pytest
from support.told_battery import HOUR, ToldBattery

from doppelgrid.models.battery import battery_stored_energy_wh
from doppelgrid.sim.domain.metrics import PowerType


class Running(ToldBattery):
    """A plant with a battery that is told a power."""

    def __init__(self, cells: dict[str, str] | None, **battery: Any) -> None:
        own = {} if cells is None else {"cells": cells}
        super().__init__(**{"preset": "nmc-100kwh", **own, **battery})

    def between_ends(self) -> tuple[float, float]:
        """Return the SoC at which it is full, and then the one at which it is empty."""
        self.tell(40e3, 4.0)
        full = self.plant.readings.battery("bat").soc
        self.tell(-40e3, 4.0)
        return full, self.plant.readings.battery("bat").soc


def test_without_a_section_cells_are_alike() -> None:
    assert Running(None, initial_spread="6 %").between_ends() == pytest.approx((0.9, 0.1), abs=1e-3)


def test_uneven_cells_cost_at_both_ends() -> None:
    full, empty = Running({}, initial_spread="6 %").between_ends()
    assert (full, empty) == pytest.approx((0.87, 0.13), abs=2e-3)


def test_the_smallest_cell_is_empty_first() -> None:
    full, empty = Running({"capacity_spread": "8 %"}).between_ends()
    assert empty == pytest.approx(1.0 - 0.96 * 0.9, abs=2e-3)
    assert full == pytest.approx(1.0 - 1.04 * 0.1, abs=2e-3)


def test_balancing_gives_back_what_uneven_cells_cost() -> None:
    fast = {"bms.balance.rate_per_h": 0.02}
    site = Running({}, initial_spread="5 %", parameters=fast)
    site.tell(40e3, 3.0)
    before = site.plant.readings.battery("bat").soc
    site.tell(40e3, 3.0)
    assert before < site.plant.readings.battery("bat").soc <= 0.9


def test_a_fault_that_unbalances_cells_takes_of_what_is_usable() -> None:
    site = Running({})
    site.plant.impairments.unbalance("bat", 0.1)
    full, empty = site.between_ends()
    assert (full, empty) == pytest.approx((0.85, 0.15), abs=3e-3)


def test_an_error_of_the_count_adds_to_the_spread_but_never_overfills_a_cell() -> None:
    estimate = {"initial_error": "-20 %"}
    own = {"soc_estimate": estimate, "parameters": {"soc_estimate.rest_s": 1e6}}
    site = Running({}, initial_spread="6 %", **own)
    site.tell(40e3, 4.0)
    assert site.plant.readings.battery("bat").soc == pytest.approx(0.97, abs=2e-3)


def test_what_flows_is_stored_or_lost() -> None:
    site = Running({"capacity_spread": "10 %"}, initial_spread="4 %")
    cells = site.plant.equipment.batteries["bat"]
    before_wh, wh = battery_stored_energy_wh(cells, site.plant.readings.battery("bat")), 0.0
    for power_w in (40e3, 40e3, -40e3, -40e3, -40e3):
        site.plant.set_points.send("inv", PowerType.ACTIVE, power_w)
        for _ in range(360):
            dc_w = site.plant.readings.flows().battery_dc_w["bat"]
            until_us = min(site.plant.time_us + 10_000_000, site.plant.operating_point.memory.holds_until_us)
            wh += dc_w * (until_us - site.plant.time_us) / HOUR
            site.plant.advance(until_us)
    grown_wh = battery_stored_energy_wh(cells, site.plant.readings.battery("bat")) - before_wh
    assert wh == pytest.approx(grown_wh + site.plant.operating_point.memory.batteries[0].loss_wh, abs=1e-3)


@pytest.mark.parametrize("spread", ["-1 %", "60 %", "3 A"])
def test_spreads_outside_physics_are_refused(spread: str) -> None:
    with pytest.raises(ValueError, match="capacity_spread"):
        Running({"capacity_spread": spread})
