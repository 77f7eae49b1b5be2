"""A pack of equal cells, worked out by hand."""

from __future__ import annotations

import pytest

from doppelgrid.models.battery_pack import CellParams, PackParams, battery_of_cells, check_battery
from doppelgrid.models.parameter import ParameterError

CELL = CellParams(
    charge_capacity_ah=5.0,
    ocv_v=(3.0, 4.0),
    ocv_slope_v_per_k=(-0.0005, 0.001),
    r0_ohm=(0.02, 0.04),
    r1_ohm=(0.01, 0.03),
    r2_ohm=(0.004, 0.012),
    rc1_time_constant_s=30.0,
    rc2_time_constant_s=600.0,
    r0_activated_share=0.1,
    r1_activated_share=0.2,
    r2_activated_share=0.3,
    r0_activation_k=1000.0,
    r1_activation_k=2000.0,
    r2_activation_k=3000.0,
    voltage_min_v=2.5,
    voltage_max_v=4.2,
    charge_rate_max_per_h=0.5,
    discharge_rate_max_per_h=2.0,
    charge_temperatures_c=(0.0, 10.0, 40.0, 50.0),
    discharge_temperatures_c=(-20.0, -10.0, 50.0, 60.0),
    heat_capacity_j_per_k=50.0,
    heat_loss_w_per_k=0.1,
    self_discharge_per_month=0.036,
    diffusion_gain_h=0.02,
    diffusion_time_constant_s=200.0,
    diffusion_activation_k=2500.0,
    charging_ohm=(0.0, 0.08),
    charge_acceptance=(0.9, 0.5),
    hysteresis_v=(0.02, 0.03),
    hysteresis_rate=20.0,
)
PACK = PackParams(10.0, 700.0, 400.0, 1500.0, 0.1, 0.9, 0.05)
"""Ten cells of 17.5 Wh in series, and so four strings."""


def test_a_pack_is_so_many_cells_in_series_and_strings_in_parallel() -> None:
    expected = {
        "capacity_wh": 700.0,
        "charge_capacity_ah": 20.0,
        "ocv_v": (30.0, 40.0),
        "ocv_slope_v_per_k": (-0.005, 0.01),
        "r0_ohm": (0.05, 0.1),
        "r1_ohm": (0.025, 0.075),
        "r2_ohm": (0.01, 0.03),
        "c1_f": 30.0 / 0.05,
        "c2_f": 600.0 / 0.02,
        "r0_activated_share": 0.1,
        "r1_activated_share": 0.2,
        "r2_activated_share": 0.3,
        "r0_activation_k": 1000.0,
        "r1_activation_k": 2000.0,
        "r2_activation_k": 3000.0,
        "voltage_min_v": 25.0,
        "voltage_max_v": 42.0,
        "charge_current_max_a": 10.0,
        "discharge_current_max_a": 40.0,
        "charge_power_max_w": 400.0,
        "discharge_power_max_w": 1500.0,
        "soc_lower": 0.1,
        "soc_upper": 0.9,
        "soc_derating_width": 0.05,
        "charge_temperatures_c": (0.0, 10.0, 40.0, 50.0),
        "discharge_temperatures_c": (-20.0, -10.0, 50.0, 60.0),
        "heat_capacity_j_per_k": 2000.0,
        "heat_loss_w_per_k": 4.0,
        "self_discharge_a": 0.001,
        "diffusion_gain_h": 0.02,
        "diffusion_time_constant_s": 200.0,
        "diffusion_activation_k": 2500.0,
        "charging_ohm": (0.0, 0.2),
        "charge_acceptance": (0.9, 0.5),
        "hysteresis_v": (0.2, 0.3),
        "hysteresis_f": 20.0 * 3600.0 / (20.0 * 0.25),
    }
    found = battery_of_cells(CELL, PACK)._asdict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12), name


def test_a_pair_without_resistance_has_no_capacitor_to_charge() -> None:
    params = battery_of_cells(CELL._replace(r1_ohm=(0.0, 0.0)), PACK)
    assert (params.c1_f, params.c2_f) == (0.0, pytest.approx(30_000.0))


def test_the_energy_of_charge_and_voltage_may_differ_from_the_nominal_by_rounding_alone() -> None:
    params = battery_of_cells(CELL, PACK)
    check_battery(params._replace(capacity_wh=700.0 * (1.0 + 0.9e-6)))
    for wrong_wh in (700.0 * (1.0 + 1.1e-6), 700.0 * (1.0 - 1.1e-6)):
        with pytest.raises(ParameterError, match="capacity_wh"):
            check_battery(params._replace(capacity_wh=wrong_wh))


@pytest.mark.parametrize(
    ("ocv_v", "where"),
    [((30.0, 29.0, 31.0), r"\[1\] \(SoC 0\.5\)"), ((30.0, 31.0, 32.0, 31.0), r"\[3\] \(SoC 1\)")],
)
def test_where_the_voltage_falls_is_told_as_state_of_charge(ocv_v: tuple[float, ...], where: str) -> None:
    with pytest.raises(ParameterError, match=f"^ocv_v{where} is"):
        check_battery(battery_of_cells(CELL, PACK)._replace(ocv_v=ocv_v))


def test_limits_at_their_very_ends_can_exist() -> None:
    """The open-circuit voltage is 31 V at the lower limit of charge and 39 V at the upper one."""
    params = battery_of_cells(CELL, PACK)
    check_battery(params._replace(voltage_min_v=31.0, voltage_max_v=39.0, soc_derating_width=0.4))
    check_battery(params._replace(voltage_min_v=19.5))
    flat = params._replace(ocv_v=(35.0, 35.0), charge_temperatures_c=(10.0, 10.0, 10.0, 10.0))
    check_battery(flat)
    for change in ({"voltage_min_v": 31.001}, {"voltage_max_v": 38.999}, {"voltage_min_v": 19.499}):
        with pytest.raises(ParameterError, match=next(iter(change))):
            check_battery(params._replace(**change))
