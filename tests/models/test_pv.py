"""From sunshine to AC power; pvlib is the oracle."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pvlib
import pytest
from accuracy.pv import ac_power_available_w, assess
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import data_file

from doppelgrid.models.inverter import dc_from_ac
from doppelgrid.models.pv import (
    PvArrayParams,
    PvInput,
    PvState,
    pv_cell_temperature_c,
    pv_maximum_power_point,
    pv_output,
    pv_point_at,
    pv_step,
)
from doppelgrid.sim.components.inverter import inverter_preset
from doppelgrid.sim.components.solar_array import pv_array_preset, pv_array_preset_names

PRESETS = pv_array_preset_names()
IRRADIANCE = st.floats(0.0, 1400.0)
AIR_C = st.floats(-30.0, 50.0)
WIND = st.floats(0.0, 25.0)


@pytest.mark.parametrize("name", PRESETS)
@given(irradiance=IRRADIANCE, air_c=AIR_C, wind=WIND)
def test_cell_temperature_agrees_with_pvlib(name: str, irradiance: float, air_c: float, wind: float) -> None:
    expected = pvlib.temperature.faiman(irradiance, air_c, wind)
    assert pv_cell_temperature_c(pv_array_preset(name, 1e4), irradiance, air_c, wind) == pytest.approx(
        expected
    )


MODULES = {
    "crystalline-silicon": "JA_Solar_JAM60S01_300_PR",
    "crystalline-silicon-standard": "Canadian_Solar_Inc__CS6K_275P",
    "thin-film": "First_Solar__Inc__FS_6420",
    "thin-film-cigs": "Solar_Frontier_SF170_S",
}
"""Presets by the name of their module in the CEC library."""
CEC = pvlib.pvsystem.retrieve_sam("CECMod")[list(MODULES.values())]


def clean(name: str, peak_w: float = 1e4) -> PvArrayParams:
    """An array without losses."""
    none = {"soiling": 0.0, "shading": 0.0, "mismatch": 0.0, "wiring": 0.0, "degradation": 0.0}
    return pv_array_preset(name, peak_w)._replace(**none)


def dc_power_w(array: PvArrayParams, irradiance: float, cell_c: float) -> float:
    """Return the DC power of an array whose cells have a temperature."""
    air_c = cell_c - pv_cell_temperature_c(array, irradiance, 0.0, 1.0)
    return -pv_output(array, PvState(0.0), PvInput(irradiance, air_c, 1.0)).dc_power_w


def oracle(name: str, irradiance: float, cell_c: float) -> dict[str, float]:
    """The MPP of the module by pvlib."""
    module = CEC[MODULES[name]]
    diode = pvlib.pvsystem.calcparams_cec(
        irradiance,
        cell_c,
        module["alpha_sc"],
        module["a_ref"],
        module["I_L_ref"],
        module["I_o_ref"],
        module["R_sh_ref"],
        module["R_s"],
        module["Adjust"],
    )
    return dict(pvlib.pvsystem.max_power_point(*diode, method="newton"))


def test_every_preset_is_of_the_library() -> None:
    assert set(PRESETS) == set(MODULES)


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=60, deadline=None)
@given(irradiance=st.floats(0.01, 1500.0), cell_c=st.floats(-40.0, 90.0))
def test_the_maximum_power_point_agrees_with_pvlib(name: str, irradiance: float, cell_c: float) -> None:
    expected = oracle(name, irradiance, cell_c)
    found = pv_maximum_power_point(clean(name).module, irradiance, cell_c)
    assert found.power_w == pytest.approx(expected["p_mp"], rel=1e-8)
    assert found.voltage_v == pytest.approx(expected["v_mp"], rel=1e-6)
    assert found.current_a == pytest.approx(expected["i_mp"], rel=1e-6)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize(("irradiance", "cell_c"), [(1000.0, 25.0), (200.0, 25.0), (800.0, 65.0)])
def test_it_agrees_with_the_whole_curve_of_pvlib(name: str, irradiance: float, cell_c: float) -> None:
    module = CEC[MODULES[name]]
    keys = ("alpha_sc", "a_ref", "I_L_ref", "I_o_ref", "R_sh_ref", "R_s", "Adjust")
    curve = pvlib.pvsystem.singlediode(
        *pvlib.pvsystem.calcparams_cec(irradiance, cell_c, *(module[key] for key in keys))
    )
    found = pv_maximum_power_point(clean(name).module, irradiance, cell_c)
    assert found.power_w == pytest.approx(float(curve["p_mp"]), rel=1e-6)


@pytest.mark.parametrize("name", PRESETS)
@given(irradiance=st.floats(-100.0, 1500.0), cell_c=st.floats(-40.0, 90.0))
def test_any_light_and_temperature_has_a_maximum_power_point(
    name: str, irradiance: float, cell_c: float
) -> None:
    found = pv_maximum_power_point(clean(name).module, irradiance, cell_c)
    assert all(math.isfinite(value) for value in found)
    assert min(found) >= 0.0
    assert found.power_w > 0.0 if irradiance > 1e-6 else found.power_w < 1e-6


@pytest.mark.parametrize("name", PRESETS)
def test_an_array_gives_its_peak_power_under_standard_conditions(name: str) -> None:
    assert dc_power_w(clean(name), 1000.0, 25.0) == pytest.approx(1e4, rel=1e-9)


@pytest.mark.parametrize("name", PRESETS)
def test_power_falls_with_temperature_as_the_library_says(name: str) -> None:
    rise = dc_power_w(clean(name), 1000.0, 50.0) / dc_power_w(clean(name), 1000.0, 25.0) - 1.0
    assert 100.0 * rise / 25.0 == pytest.approx(float(CEC[MODULES[name]]["gamma_r"]), abs=0.05)


def test_low_light_costs_efficiency() -> None:
    array = clean("crystalline-silicon-standard")
    assert 0.90 < dc_power_w(array, 100.0, 25.0) / 1e3 < 0.99


def test_losses_multiply() -> None:
    array, full = pv_array_preset("crystalline-silicon", 1e4), clean("crystalline-silicon")
    assert dc_power_w(array, 800.0, 40.0) < dc_power_w(full, 800.0, 40.0)
    shaded = full._replace(mismatch=0.5, wiring=0.5)
    assert dc_power_w(shaded, 800.0, 40.0) == pytest.approx(0.25 * dc_power_w(full, 800.0, 40.0))
    dirty = full._replace(soiling=0.5)
    assert dc_power_w(dirty, 800.0, 40.0) == pytest.approx(dc_power_w(full, 400.0, 40.0))


def test_each_loss_takes_its_share_of_light_current_or_voltage() -> None:
    array = clean("crystalline-silicon")._replace(
        modules_in_series=12.0, soiling=0.02, shading=0.03, mismatch=0.04, wiring=0.05, degradation=0.06
    )
    inp = PvInput(830.0, 17.0, 2.5)
    cell_c = 17.0 + 830.0 / (array.heat_loss_constant + array.heat_loss_per_wind * 2.5)
    point = pv_maximum_power_point(array.module, 830.0 * 0.98 * 0.97, cell_c)
    cell_w = point.power_w * 1e4 / array.module.power_stc_w
    given_w = cell_w * 0.96 * 0.95 * 0.94
    volts = point.voltage_v * 12.0 * 0.95
    expected = (-given_w, volts, -given_w / volts, cell_c, cell_w, cell_w - given_w)
    assert pv_output(array, PvState(0.0), inp) == pytest.approx(expected, rel=1e-12)
    assert pv_step(array, PvState(3.0), inp, 60.0) == (PvState(cell_c), pv_output(array, PvState(3.0), inp))
    assert pv_step(array, PvState(3.0), inp, 0.0)[0] == PvState(3.0)
    assert pv_step(array, PvState(3.0), inp, 0.5)[0] == PvState(cell_c)


def test_in_the_dark_cells_are_as_warm_as_the_air_and_give_nothing() -> None:
    array = clean("crystalline-silicon")
    for light in (0.0, -5.0):
        shown = pv_output(array, PvState(0.0), PvInput(light, 12.0, 3.0))
        assert shown == (0.0, 0.0, 0.0, 12.0, 0.0, 0.0)
        assert pv_maximum_power_point(array.module, light, 20.0) == (0.0, 0.0, 0.0)
    assert pv_maximum_power_point(array.module, 0.5, 20.0).power_w > 0.0


def test_wind_from_nowhere_counts_as_none_and_the_cold_of_no_place_on_earth_as_100_below() -> None:
    array = clean("crystalline-silicon")
    still = pv_cell_temperature_c(array, 800.0, 20.0, 0.0)
    assert still == pv_cell_temperature_c(array, 800.0, 20.0, -3.0)
    assert still == pytest.approx(20.0 + 800.0 / array.heat_loss_constant)
    breeze = pv_cell_temperature_c(array, 800.0, 20.0, 0.5)
    assert breeze == pytest.approx(20.0 + 800.0 / (array.heat_loss_constant + 0.5 * array.heat_loss_per_wind))
    coldest = pv_maximum_power_point(array.module, 800.0, -100.0)
    assert pv_maximum_power_point(array.module, 800.0, -120.0) == coldest
    assert pv_maximum_power_point(array.module, 800.0, -99.0).power_w < coldest.power_w


def test_what_array_and_inverter_give_is_the_direct_current_less_the_losses_at_its_voltage() -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = clean("crystalline-silicon")._replace(modules_in_series=15.0)
    offered = pv_output(array, PvState(0.0), PvInput(600.0, 10.0, 1.0))
    ac_w = ac_power_available_w(array, inverter, 600.0, 10.0)
    voltage_pu = offered.voltage_v / inverter.nominal_dc_voltage_v
    assert dc_from_ac(inverter, ac_w, voltage_pu) == pytest.approx(offered.dc_power_w)
    assert ac_power_available_w(array, inverter, 0.5, 10.0) == 0.0


@given(irradiance=st.floats(0.0, 1400.0), air_c=st.floats(-30.0, 50.0), wind=st.floats(0.0, 25.0))
def test_voltage_times_current_is_the_power(irradiance: float, air_c: float, wind: float) -> None:
    array = pv_array_preset("crystalline-silicon", 1e4, 600.0)
    shown = pv_output(array, PvState(air_c), PvInput(irradiance, air_c, wind))
    assert shown.voltage_v * shown.current_a == pytest.approx(shown.dc_power_w, abs=1e-9)
    assert shown.cell_power_w + shown.dc_power_w == pytest.approx(shown.loss_w, abs=1e-9)
    assert shown.dc_power_w <= 0.0


def test_strings_come_near_the_voltage_that_the_inverter_wants() -> None:
    array = clean("crystalline-silicon")
    for wanted_v in (360.0, 720.0):
        fitted = pv_array_preset("crystalline-silicon", 1e4, wanted_v)
        volts = fitted.modules_in_series * pv_maximum_power_point(array.module, 1000.0, 25.0).voltage_v
        assert abs(volts - wanted_v) < 20.0


def test_the_whole_chain_agrees_with_pvlib() -> None:
    """From plane irradiance and weather to AC power: pvlib's ModelChain with the same module and inverter."""
    times = pd.date_range("2015-11-11", periods=9, freq="h", tz="UTC")
    irradiance = np.array([20.0, 50.0, 150.0, 300.0, 500.0, 700.0, 900.0, 1000.0, 1150.0])
    weather = pd.DataFrame(
        {
            "poa_global": irradiance,
            "poa_direct": irradiance,
            "poa_diffuse": 0.0 * irradiance,
            "temp_air": 12.0,
            "wind_speed": 3.0,
        },
        index=times,
    )
    device = pvlib.pvsystem.retrieve_sam("CECInverter")["SMA_America__STP12000TL_US_10__480V_"]
    name, strings = "crystalline-silicon", 2
    array = pv_array_preset(name, 1.0, 675.0)
    series = int(array.modules_in_series)
    system = pvlib.pvsystem.PVSystem(
        arrays=[
            pvlib.pvsystem.Array(
                pvlib.pvsystem.FixedMount(30.0, 180.0),
                module_parameters=CEC[MODULES[name]],
                temperature_model_parameters={"u0": 25.0, "u1": 6.84},
                modules_per_string=series,
                strings=strings,
            )
        ],
        inverter_parameters=device,
    )
    chain = pvlib.modelchain.ModelChain(
        system,
        pvlib.location.Location(35.0, -106.5),
        dc_model="cec",
        ac_model="sandia",
        aoi_model="no_loss",
        spectral_model="no_loss",
        temperature_model="faiman",
    )
    chain.run_model_from_poa(weather)
    peak_w = series * strings * array.module.power_stc_w
    ours = clean(name, peak_w)._replace(modules_in_series=float(series))
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    found = [-ac_power_available_w(ours, inverter, light, 12.0, 3.0) for light in irradiance.tolist()]
    assert np.abs(np.array(found) - chain.results.ac.clip(lower=0.0).to_numpy()).max() < 0.003 * 12_000.0


@pytest.mark.measured
def test_a_measured_day_is_met_within_3_percent_of_energy_and_6_percent_of_rating() -> None:
    found = assess(data_file("pv_sandia_6kw_1min").parent)
    assert all(figure.is_met for figure in found.figures), [f for f in found.figures if not f.is_met]


@given(irradiance=st.floats(-50.0, 2000.0), air_c=AIR_C, wind=WIND)
def test_available_power_is_production_within_the_rating(
    irradiance: float, air_c: float, wind: float
) -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 18_000.0)
    assert -12_000.0 <= ac_power_available_w(array, inverter, irradiance, air_c, wind) <= 0.0


def test_no_sun_no_power() -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 12_000.0)
    assert ac_power_available_w(array, inverter, 0.0, 20.0) == 0.0


def test_a_big_array_is_clipped_by_its_inverter() -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 24_000.0)
    assert ac_power_available_w(array, inverter, 1000.0, 20.0) == -12_000.0


@given(air_c=AIR_C, irradiance=st.tuples(IRRADIANCE, IRRADIANCE))
def test_more_sun_never_gives_less_in_common_weather(air_c: float, irradiance: tuple[float, float]) -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 12_000.0)
    less, more = (ac_power_available_w(array, inverter, sun, air_c) for sun in sorted(irradiance))
    assert more <= less + 1e-9


DUSKY = pv_array_preset("crystalline-silicon", 1e4, 600.0)._replace(
    soiling=0.0, shading=0.0, start_w_per_m2=20.0, stop_w_per_m2=10.0
)


@pytest.mark.parametrize(
    ("light", "is_awake", "works"),
    [(19.9, 0, 0), (20.0, 0, 1), (19.9, 1, 1), (10.0, 1, 1), (9.9, 1, 0), (0.0, 1, 0), (15.0, 0, 0)],
)
def test_the_tracker_wakes_in_more_light_than_it_falls_asleep_in(
    light: float, is_awake: int, works: int
) -> None:
    state, shown = pv_step(DUSKY, PvState(10.0, is_awake), PvInput(light, 10.0, 1.0), 60.0)
    assert state.is_awake == works
    assert (shown.dc_power_w < 0.0) == (works == 1)
    if works:
        expected = pv_output(
            DUSKY._replace(start_w_per_m2=0.0, stop_w_per_m2=0.0), PvState(10.0), PvInput(light, 10.0, 1.0)
        )
        assert shown == expected


def test_dirt_and_shade_count_before_the_tracker_wakes() -> None:
    dirty = DUSKY._replace(soiling=0.5)
    assert pv_step(dirty, PvState(10.0, 0), PvInput(39.9, 10.0, 1.0), 60.0)[0].is_awake == 0
    assert pv_step(dirty, PvState(10.0, 0), PvInput(40.0, 10.0, 1.0), 60.0)[0].is_awake == 1


@pytest.mark.parametrize("name", PRESETS)
@given(irradiance=st.floats(5.0, 1400.0), cell_c=st.floats(-30.0, 85.0), share=st.floats(0.0, 1.1))
def test_the_power_at_a_voltage_agrees_with_pvlib(
    name: str, irradiance: float, cell_c: float, share: float
) -> None:
    """At a share of the voltage of the maximum power point, up to where the open circuit is near."""
    module = clean(name).module
    voltage_v = share * pv_maximum_power_point(module, irradiance, cell_c).voltage_v
    library = CEC[MODULES[name]]
    keys = ("alpha_sc", "a_ref", "I_L_ref", "I_o_ref", "R_sh_ref", "R_s", "Adjust")
    diode = pvlib.pvsystem.calcparams_cec(irradiance, cell_c, *(library[key] for key in keys))
    expected_a = max(float(pvlib.pvsystem.i_from_v(voltage_v, *diode)), 0.0)
    found = pv_point_at(module, irradiance, cell_c, voltage_v)
    # As for the maximum power point: the preset's numbers have six digits.
    assert found.current_a == pytest.approx(expected_a, rel=1e-5, abs=2e-5 * irradiance / 100.0)
    assert found.power_w == found.voltage_v * found.current_a


def test_at_and_above_its_open_circuit_voltage_a_module_gives_nothing() -> None:
    module = clean("crystalline-silicon").module
    assert pv_point_at(module, 800.0, 25.0, 60.0) == (0.0, 60.0, 0.0)
    assert pv_point_at(module, 0.0, 25.0, 10.0) == (0.0, 10.0, 0.0)


@pytest.mark.parametrize("light", [800.0, 25.0])
def test_outside_of_the_window_the_strings_work_at_its_edge_and_give_less(light: float) -> None:
    inp, state = PvInput(light, 20.0, 2.0), PvState(20.0)
    free = pv_output(DUSKY, state, inp)
    for edge in (0.9, 1.05):
        narrow = DUSKY._replace(
            voltage_min_v=edge * free.voltage_v if edge > 1.0 else 0.0,
            voltage_max_v=edge * free.voltage_v if edge < 1.0 else math.inf,
        )
        held = pv_output(narrow, state, inp)
        assert held.voltage_v == pytest.approx(edge * free.voltage_v)
        assert 0.8 * free.dc_power_w > held.dc_power_w > free.dc_power_w
        module_v = edge * pv_maximum_power_point(DUSKY.module, light, free.cell_temperature_c).voltage_v
        point = pv_point_at(DUSKY.module, light, free.cell_temperature_c, module_v)
        assert held.cell_power_w / free.cell_power_w == pytest.approx(
            point.power_w / pv_maximum_power_point(DUSKY.module, light, free.cell_temperature_c).power_w
        )
    wide = DUSKY._replace(voltage_min_v=0.99 * free.voltage_v, voltage_max_v=1.01 * free.voltage_v)
    assert pv_output(wide, state, inp) == free


@pytest.mark.parametrize("light", [1.0, 3.0])
def test_in_the_least_light_strings_below_the_window_work_at_its_edge_as_well(light: float) -> None:
    """A module has less than a watt; dim light has lower voltages than the window."""
    params = DUSKY._replace(start_w_per_m2=0.0, stop_w_per_m2=0.0)
    inp, state = PvInput(light, 20.0, 2.0), PvState(20.0)
    free = pv_output(params, state, inp)
    held = pv_output(params._replace(voltage_min_v=1.05 * free.voltage_v), state, inp)
    assert held.voltage_v == pytest.approx(1.05 * free.voltage_v)
    assert 0.0 > held.dc_power_w > free.dc_power_w


def test_strings_whose_open_circuit_voltage_is_below_the_window_give_nothing() -> None:
    high = DUSKY._replace(voltage_min_v=2000.0)
    assert pv_output(high, PvState(20.0), PvInput(800.0, 20.0, 2.0)).dc_power_w == 0.0
