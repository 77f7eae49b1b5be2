"""Lead-acid batteries: what a cycle returns, and what charging costs near full."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest

from doppelgrid.models.battery import BatteryInput, BatteryParams, battery_initial_state, battery_stored_a
from doppelgrid.models.battery_limits import battery_power_limits
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset

PACK = battery_preset("lead-acid-10kwh")
CELLS = 24.0
EDGE = 0.002


class Cycle(NamedTuple):
    """What a cycle takes and gives."""

    energy_share: float
    """Energy given over energy taken."""
    charge_share: float
    """The same of charge."""


def cycled(params: BatteryParams, charge_per_h: float, discharge_per_h: float) -> Cycle:
    """Return what comes back from a cycle between the limits of SoC, at rates over capacity, after one like it."""
    state = battery_initial_state(params, params.soc_lower, 25.0)
    wh, ah = [0.0, 0.0], [0.0, 0.0]
    for _ in range(2):
        wh, ah = [0.0, 0.0], [0.0, 0.0]
        for way, rate in enumerate((charge_per_h, discharge_per_h)):
            while state.soc < params.soc_upper - EDGE if way == 0 else state.soc > params.soc_lower + EDGE:
                lower_w, upper_w = battery_power_limits(params, state)
                wanted_w = rate * params.capacity_wh
                power_w = min(wanted_w, upper_w) if way == 0 else max(-wanted_w, lower_w)
                state, shown = battery_step(params, state, BatteryInput(power_w, 25.0), 60.0)
                wh[way] += abs(shown.power_w) / 60.0
                ah[way] += abs(shown.current_a) / 60.0
    return Cycle(wh[1] / wh[0], ah[1] / ah[0])


@pytest.mark.parametrize(("charge_per_h", "discharge_per_h"), [(0.1, 0.1), (0.1, 0.2), (0.08, 0.15)])
def test_at_usual_rates_75_to_85_percent_of_the_energy_come_back(
    charge_per_h: float, discharge_per_h: float
) -> None:
    found = cycled(PACK, charge_per_h, discharge_per_h)
    assert 0.75 <= found.energy_share <= 0.85
    assert 0.88 <= found.charge_share <= 0.95


def test_slower_cycles_return_more() -> None:
    shares = [cycled(PACK, rate, rate).energy_share for rate in (0.02, 0.05, 0.1)]
    assert shares[0] > shares[1] > shares[2]


def test_at_low_charge_more_than_95_percent_of_a_current_are_kept_and_less_near_full() -> None:
    kept = [battery_stored_a(PACK, soc, 100.0) + PACK.self_discharge_a for soc in (0.3, 0.7, 0.8, 0.9, 1.0)]
    assert kept[0] > 95.0
    assert all(later < earlier for earlier, later in pairwise(kept))
    assert battery_stored_a(PACK, 0.9, -100.0) == -100.0 - PACK.self_discharge_a


def test_charging_slows_near_full() -> None:
    powers = [
        battery_power_limits(PACK, battery_initial_state(PACK, soc, 25.0))[1]
        for soc in (0.5, 0.89, 0.90, 0.91)
    ]
    assert powers[0] == PACK.charge_power_max_w
    assert powers[0] > powers[1] > powers[2] > powers[3] > 0.0


def test_what_is_not_kept_is_lost() -> None:
    """Besides the resistances: a tenth of 20 A at the open-circuit voltage."""
    gassing = PACK._replace(charge_acceptance=(0.9, 0.9), charging_ohm=(0.0, 0.0), self_discharge_a=0.0)
    state = battery_initial_state(gassing, 0.5, 25.0)
    tight = gassing._replace(charge_acceptance=(1.0, 1.0))
    lost_w = [battery_terminal(params, state, 1000.0).loss_w for params in (gassing, tight)]
    current_a = battery_terminal(gassing, state, 1000.0).current_a
    assert lost_w[0] - lost_w[1] == pytest.approx(0.1 * current_a * table_value(gassing.ocv_v, 0.5))
    after, shown = battery_step(gassing, state, BatteryInput(1000.0, 25.0), 1.0)
    assert (after.soc - 0.5) * gassing.charge_capacity_ah * 3600.0 == pytest.approx(0.9 * shown.current_a)


@pytest.mark.parametrize(
    ("soc", "discharging_ohm_ah", "charging_ohm_ah"), [(0.5, 0.712, 0.792), (0.9, 0.701, 3.744)]
)
def test_its_resistances_are_those_of_its_source(
    soc: float, discharging_ohm_ah: float, charging_ohm_ah: float
) -> None:
    """J. Schiffer et al. (2007): 0.699 (1 + 0.0464 D / (1.75 - D)), and 0.42 (1 + 0.888 SoC / (1.001 - SoC))."""
    tables = (PACK.r0_ohm, PACK.r1_ohm, PACK.r2_ohm)
    per_cell = PACK.charge_capacity_ah / CELLS
    total = sum(table_value(table, soc) for table in tables)
    assert total * per_cell == pytest.approx(discharging_ohm_ah, rel=0.01)
    assert (total + table_value(PACK.charging_ohm, soc)) * per_cell == pytest.approx(
        charging_ohm_ah, rel=0.01
    )
