"""From sunshine to AC power; pvlib is the oracle."""

from __future__ import annotations

import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.pv import pv_ac_power_available, pv_cell_temperature_c, pv_dc_power_w
from doppelgrid.sim.presets import inverter_preset, pv_array_preset, pv_array_preset_names

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


@pytest.mark.parametrize("name", PRESETS)
@given(irradiance=IRRADIANCE, cell_c=st.floats(-30.0, 90.0))
def test_dc_power_agrees_with_pvlib(name: str, irradiance: float, cell_c: float) -> None:
    array = pv_array_preset(name, 1e4)
    expected = pvlib.pvsystem.pvwatts_dc(irradiance, cell_c, 1e4, array.gamma_per_c) * 0.86
    assert pv_dc_power_w(array, irradiance, cell_c) == pytest.approx(expected)


@given(irradiance=st.floats(-50.0, 2000.0), air_c=AIR_C, wind=WIND)
def test_available_power_is_production_within_the_rating(
    irradiance: float, air_c: float, wind: float
) -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 18_000.0)
    assert -12_000.0 <= pv_ac_power_available(array, inverter, irradiance, air_c, wind) <= 0.0


def test_no_sun_no_power() -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 12_000.0)
    assert pv_ac_power_available(array, inverter, 0.0, 20.0) == 0.0


def test_a_big_array_is_clipped_by_its_inverter() -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 24_000.0)
    assert pv_ac_power_available(array, inverter, 1000.0, 20.0) == -12_000.0


@given(air_c=AIR_C, irradiance=st.tuples(IRRADIANCE, IRRADIANCE))
def test_more_sun_never_gives_less_in_common_weather(air_c: float, irradiance: tuple[float, float]) -> None:
    inverter = inverter_preset("pv-12kw", 12_000.0, 12_000.0)
    array = pv_array_preset("crystalline-silicon", 12_000.0)
    less, more = (pv_ac_power_available(array, inverter, sun, air_c) for sun in sorted(irradiance))
    assert more <= less + 1e-9
