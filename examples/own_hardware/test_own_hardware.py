"""Does the bakery's own hardware do what it should: its model alone, in a living site, compiled?

pip install ".[simulate]" pytest ./examples/own_hardware && pytest examples/own_hardware
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from frequenz.quantities import Power
from own_hardware.generator_model import (
    GeneratorInput,
    GeneratorParams,
    GeneratorState,
    generator_horizon_s,
    generator_output,
    generator_step,
)

import doppelgrid
from doppelgrid.testing import SiteHandle

FOLDER = Path(__file__).parent
PARAMS = GeneratorParams(
    rated_power_w=20e3, minimum_power_w=6e3, no_load_l_per_h=0.6, litres_per_kwh=0.24, tank_l=60.0
)
AT_15_KW = 0.6 + 0.24 * 15.0
"""Burnt at that power [l/h]."""
NIGHT_WH = 15e3 * 6.3 / AT_15_KW
"""What the tank of night.yaml holds [Wh]."""


def test_the_model_burns_what_it_delivers() -> None:
    state, shown = generator_step(PARAMS, GeneratorState(60.0), GeneratorInput(-15e3), 3600.0)
    assert shown.active_power_w == -15e3
    assert state.fuel_l == pytest.approx(60.0 - AT_15_KW)


def test_the_model_names_the_instant_at_which_its_tank_is_empty() -> None:
    told = GeneratorInput(-15e3)
    horizon_s = generator_horizon_s(PARAMS, GeneratorState(AT_15_KW), told)
    assert horizon_s == pytest.approx(3600.0)
    state, _ = generator_step(PARAMS, GeneratorState(AT_15_KW), told, horizon_s)
    assert generator_output(PARAMS, state, told).active_power_w == 0.0


@pytest.mark.site("bakery.yaml")
async def test_the_generator_delivers_what_clients_tell_it(site: SiteHandle) -> None:
    site["generator"].command("-15 kW", lasting="10 min")
    await site["generator"].active_power.eventually(at_most=Power.from_kilowatts(-15), within="5 s")


@pytest.mark.site("bakery.yaml")
async def test_it_refuses_more_than_its_rating(site: SiteHandle) -> None:
    with pytest.raises(Exception, match="accepted: -20000 to -6000 W or 0 W"):
        site["generator"].command("-25 kW")


@pytest.mark.site("night.yaml", interval="1 s")
async def test_the_generator_stops_at_the_instant_at_which_its_tank_is_empty(site: SiteHandle) -> None:
    await site.run_for("89 min")
    assert site["generator"].active_power.value == Power.from_kilowatts(-15)
    await site.run_for("2 min")
    assert site["generator"].active_power.value == Power.zero()
    delivered = site["generator"].metric("AC_ENERGY_ACTIVE_DELIVERED").value
    assert delivered.as_watt_hours() == pytest.approx(NIGHT_WH)


@pytest.mark.site("bakery.yaml", start="2026-06-15T01:55", interval="1 s")
async def test_the_ovens_start_at_two(site: SiteHandle) -> None:
    night_w = site["ovens"].active_power.value.as_watts()
    await site.run_until("2026-06-15T02:05")
    assert site["ovens"].active_power.value.as_watts() == pytest.approx(9.0 * night_w)


def test_compiled_it_delivers_the_same() -> None:
    site = doppelgrid.load_site(FOLDER / "night.yaml")
    summary = doppelgrid.simulate(site, timedelta(hours=2), start=datetime(2026, 6, 15, 1, 30))
    delivered_wh = {flow.key: flow.delivered_wh for flow in summary.flows}
    assert delivered_wh["generator"] == pytest.approx(NIGHT_WH)
