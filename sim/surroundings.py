"""The world around a site's devices, as its inputs see it."""

from __future__ import annotations

from ..models.air import pressure_at_altitude_pa
from .inputs.build import Surroundings, build_signal
from .inputs.signal import Constant, Signal
from .site import Site
from .site_devices import WindTurbine

WIND = "site.wind_speed"
AIR_PRESSURE = "site.air_pressure"
HUMIDITY = "site.relative_humidity"
_INDOOR_C = 20.0
"""Air temperature where a site file gives none [°C]; the usual reference of equipment rooms."""


def surroundings(
    site: Site,
    owner: str,
    purpose: str,
    *,
    start_us: int,
    seed: int,
    plane: tuple[float, float] | None = None,
) -> Surroundings:
    """Describe where and when an input of a site plays.

    Args:
        site: Whose location and folder count.
        owner: Key of the component that the input drives.
        purpose: What it drives there; owner and purpose name the random stream.
        start_us: Simulated time at which the run starts [µs].
        seed: Of all noise.
        plane: Tilt and azimuth of a tilted surface [°], for irradiance.
    """
    return Surroundings(
        location=site.microgrid.location,
        directory=site.directory,
        start_us=start_us,
        seed=seed,
        owner=owner,
        purpose=purpose,
        plane=plane,
    )


def wind_inputs(site: Site, *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return the wind of a site with weather [m/s], as `site.wind_speed`; nothing without."""
    if not site.sensors and "weather" not in site.model_fields_set:
        return {}
    return {WIND: wind_signal(site, start_us=start_us, seed=seed)}


def wind_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the wind of a site [m/s]."""
    where = surroundings(site, "site", "wind_speed", start_us=start_us, seed=seed)
    return build_signal(site.weather.wind_speed, where)


def turbine_air(site: Site, *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return what wind turbines need of the air: wind [m/s], pressure [hPa], humidity; nothing without them."""
    turbines = [
        part for part in site.components.values() if isinstance(part, WindTurbine) and part.power is None
    ]
    if not turbines:
        return {}
    air = {
        AIR_PRESSURE: pressure_signal(site, start_us=start_us, seed=seed),
        HUMIDITY: build_signal(
            site.weather.relative_humidity,
            surroundings(site, "site", "relative_humidity", start_us=start_us, seed=seed),
        ),
    }
    if any(turbine.wind_speed is None for turbine in turbines):
        air[WIND] = wind_signal(site, start_us=start_us, seed=seed)
    return air


def pressure_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the pressure of the air at a site [hPa]; that of the standard atmosphere if the file gives none."""
    if site.weather.air_pressure is None:
        return Constant(pressure_at_altitude_pa(site.microgrid.location.altitude) / 100.0)
    where = surroundings(site, "site", "air_pressure", start_us=start_us, seed=seed)
    return build_signal(site.weather.air_pressure, where)


def ambient_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the air temperature around the devices of a site [°C]."""
    if site.ambient_temperature is None:
        return Constant(_INDOOR_C)
    where = surroundings(site, "site", "ambient_temperature", start_us=start_us, seed=seed)
    return build_signal(site.ambient_temperature, where)
