"""What an array gives in a year of the default weather, beside what such systems are known to give.

The bounds are what is generally held of systems with an optimal tilt, within 6 %; they were read from no data set.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from accuracy.pv import ac_power_available_w

from doppelgrid.sim.components.inverter import inverter_preset
from doppelgrid.sim.components.solar_array import pv_array_preset
from doppelgrid.sim.inputs.daily import Day, midnight_us
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles.outdoors import OutdoorDays
from doppelgrid.sim.inputs.profiles.sky import SkyDays
from doppelgrid.sim.inputs.specs import ClearSky

PEAK_W = 10_000.0
HALF_HOUR_US = 1_800_000_000
PLACES = {
    "Berlin": (52.5, 13.4, 40.0, 38.0, 1000.0),
    "Madrid": (40.4, -3.7, 660.0, 35.0, 1590.0),
    "Rome": (41.9, 12.5, 20.0, 35.0, 1470.0),
    "London": (51.5, -0.1, 20.0, 38.0, 1000.0),
    "Cairo": (30.05, 31.2, 20.0, 27.0, 1730.0),
    "Nairobi": (-1.3, 36.8, 1700.0, 5.0, 1530.0),
    "Johannesburg": (-26.2, 28.0, 1700.0, 28.0, 1760.0),
    "Delhi": (28.6, 77.2, 220.0, 28.0, 1440.0),
    "Tokyo": (35.7, 139.7, 20.0, 33.0, 1300.0),
    "Phoenix": (33.45, -112.0, 340.0, 32.0, 1780.0),
    "Toronto": (43.7, -79.4, 100.0, 36.0, 1260.0),
    "São Paulo": (-23.55, -46.6, 760.0, 22.0, 1370.0),
    "Sydney": (-33.9, 151.2, 20.0, 31.0, 1520.0),
    "Singapore": (1.35, 103.8, 15.0, 5.0, 1260.0),
}


def yearly_yield(latitude: float, longitude: float, altitude: float, tilt_deg: float) -> float:
    """Return what an array towards the equator gives in a year [kWh/kWp]."""
    place = Location(latitude=latitude, longitude=longitude, altitude=altitude)
    plane = (tilt_deg, 180.0 if latitude > 0.0 else 0.0)
    spec = ClearSky.model_validate({"step": "30 min"})
    sky = SkyDays(spec, place, plane, "1/roof/irradiance", "1/weather", is_glazed=True)
    air = OutdoorDays(place, "1/weather")
    array, inverter = (
        pv_array_preset("crystalline-silicon", PEAK_W),
        inverter_preset("pv-10kw", PEAK_W, PEAK_W),
    )
    energy_wh = 0.0
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        begin_us, end_us = (midnight_us(each, place.zone) for each in (day, day + timedelta(days=1)))
        light, warmth = (each.steps(Day(day, begin_us, end_us, place.zone)) for each in (sky, air))
        for time_us in range(begin_us, end_us, HALF_HOUR_US):
            irradiance = light.at(time_us)
            if irradiance > 1.0:
                energy_wh -= 0.5 * ac_power_available_w(array, inverter, irradiance, warmth.at(time_us))
    return energy_wh / PEAK_W


@pytest.mark.slow
@pytest.mark.parametrize("name", PLACES)
def test_a_year_gives_what_such_systems_are_known_to_give(name: str) -> None:
    *where, known = PLACES[name]
    assert yearly_yield(*where) == pytest.approx(known, rel=0.06)
