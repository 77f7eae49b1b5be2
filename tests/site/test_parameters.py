"""Parameters that a site file sets itself: by name, in range, and found on loading."""

from __future__ import annotations

import pytest

from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.battery import battery_params, battery_preset
from doppelgrid.sim.components.inverter import inverter_params
from doppelgrid.sim.components.solar_array import pv_array_preset
from doppelgrid.sim.files.parameters import overridden
from doppelgrid.sim.site.reader import SiteError, parse_site

SITE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  main: {id: 2, category: meter, behind: grid}
  inv:  {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW, parameters: INVERTER}
  bat:  {id: 4, category: battery, behind: inv, parameters: BATTERY}
"""


def site_text(battery: str = "{}", inverter: str = "{}") -> str:
    return SITE.replace("BATTERY", battery).replace("INVERTER", inverter)


def test_a_parameter_replaces_that_of_the_preset() -> None:
    site = parse_site(site_text("{heat_loss_w_per_k: 12.5}", "{standby_power_w: 99}"), "site.yaml")
    assert battery_params(site.components["bat"]).heat_loss_w_per_k == 12.5  # type: ignore[arg-type]
    assert inverter_params(site.components["inv"]).standby_power_w == 99.0  # type: ignore[arg-type]


def test_a_set_within_is_reached_by_its_name() -> None:
    array = overridden(pv_array_preset("crystalline-silicon", 10e3), {"module.series_ohm": 0.5})
    assert array.module.series_ohm == 0.5


@pytest.mark.parametrize(
    ("battery", "message"),
    [
        ("{heat_loss: 3}", "heat_loss is unknown; accepted: .*heat_loss_w_per_k"),
        ("{heat_capacity_j_per_k: -5}", "heat_capacity_j_per_k is -5 J/K; accepted: > 0"),
        ("{r0_ohm: 0.1}", "r0_ohm is a number; accepted: a list of"),
        ("{soc_derating_width: [0.1, 0.2]}", "soc_derating_width is a list; accepted: a number"),
        ("{r0_ohm: [0.1, -0.1]}", r"r0_ohm\[1\] is -0.1 Ω; accepted: "),
        ("{ocv_v: [700, 600]}", "ocv_v"),
    ],
)
def test_what_cannot_be_is_refused_by_line_name_and_range(battery: str, message: str) -> None:
    with pytest.raises(SiteError, match=f"site.yaml:7: bat.parameters.{message}"):
        parse_site(site_text(battery), "site.yaml")


def test_what_has_a_key_of_its_own_is_set_by_that() -> None:
    site = SITE.replace(
        "  bat:  {",
        "  mill: {id: 5, category: chp, behind: main, rated_power: 50 kW, parameters: {rated_power_w: 9}}\n  bat:  {",
    )
    site = site.replace("BATTERY", "{}").replace("INVERTER", "{}")
    with pytest.raises(
        SiteError, match=r"mill\.parameters\.rated_power_w is set by a key of the component itself"
    ):
        parse_site(site, "site.yaml")


def test_a_table_of_another_length_is_a_finer_or_coarser_one() -> None:
    params = overridden(battery_preset("lfp-92kwh"), {"r0_ohm": (0.1, 0.2, 0.1)})
    assert params.r0_ohm == (0.1, 0.2, 0.1)


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(ParameterError, match="two numbers or more"):
        overridden(battery_preset("lfp-92kwh"), {"r0_ohm": (0.1,)})
