"""A battery that cannot exist is refused, and the refusal names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.models.battery_pack import check_battery
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names, cells_in_series

PARAMS = battery_preset("lfp-92kwh")


@pytest.mark.parametrize("name", battery_preset_names())
def test_every_preset_can_exist(name: str) -> None:
    check_battery(battery_preset(name))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r1_ohm": (0.1, -0.2, 0.1)}, r"r1_ohm\[1\] is -0.2 Ω; accepted: 0\.\.1e\+09 Ω"),
        ({"ocv_slope_v_per_k": (0.0, 20.0)}, r"ocv_slope_v_per_k\[1\] is 20 V/K"),
        ({"ocv_slope_v_per_k": (0.0,)}, "ocv_slope_v_per_k is a table of 1; accepted: at least 2"),
        ({"r0_ohm": (0.1,)}, "r0_ohm is a table of 1; accepted: at least 2"),
        ({"ocv_v": (600.0, 700.0, 690.0)}, r"ocv_v\[2\] \(SoC 1\) is 690 V; accepted: >= 700 V"),
        ({"voltage_min_v": 730.0}, "voltage_min_v is 730; accepted: <= .*open-circuit voltage at soc_lower"),
        ({"voltage_min_v": 100.0}, "voltage_min_v is 100; accepted: >= .*half of the open-circuit voltage"),
        ({"voltage_max_v": 700.0}, "voltage_max_v is 700; accepted: >= .*open-circuit voltage at soc_upper"),
        ({"soc_lower": 0.97}, "soc_lower is 0.97; accepted: less than soc_upper, which is 0.95"),
        ({"soc_lower": 0.9}, "soc_derating_width is 0.03; accepted: <= .*half of soc_upper - soc_lower"),
        ({"charge_temperatures_c": (0.0, 10.0, 5.0, 60.0)}, r"charge_temperatures_c\[2\] is 5 °C"),
        ({"charging_ohm": (0.0,)}, "charging_ohm is a table of 1; accepted: at least 2"),
        ({"charge_acceptance": (1.0, 0.0)}, r"charge_acceptance\[1\] is 0; accepted: above 0\.\.1"),
        (
            {"hysteresis_v": (0.1, 0.0)},
            r"hysteresis_v\[1\] is 0 V; accepted: > 0 V where hysteresis_f is above 0",
        ),
        (
            {"ocv_slope_v_per_k": (0.25, -0.25)},
            r"ocv_slope_v_per_k\[0\] is 0.25 V/K; accepted: -0\.2453\.\.0\.2453 V/K, .* 0\.1 of the mean of ocv_v",
        ),
        (
            {"hysteresis_v": (7.0, 74.0)},
            r"hysteresis_v\[1\] is 74 V; accepted: 0\.\.73\.13 V, 0\.1 of the mean of ocv_v",
        ),
        ({"capacity_wh": 50_000.0}, "capacity_wh is 50000 Wh; accepted: 92000 Wh"),
    ],
)
def test_what_cannot_exist_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_battery(PARAMS._replace(**change))


@pytest.mark.parametrize("name", ["lfp-5kwh", "lfp-10kwh", "lfp-92kwh"])
def test_the_range_of_reversible_heat_and_of_hysteresis_is_as_wide_for_each_cell_of_any_pack(
    name: str,
) -> None:
    """Cells of iron phosphate rest at 3.27 V in the mean: 1.1 mV/K for 298 K, and 327 mV, are a tenth of that."""
    pack = battery_preset(name)
    series = cells_in_series(name)
    check_battery(
        pack._replace(
            ocv_slope_v_per_k=(0.00109 * series, -0.00109 * series), hysteresis_v=(0.32 * series,) * 2
        )
    )
    for change in (
        {"ocv_slope_v_per_k": (0.0, -0.00111 * series)},
        {"hysteresis_v": (0.33 * series,) * 2},
    ):
        with pytest.raises(ParameterError):
            check_battery(pack._replace(**change))
