"""The world around a site's devices, as its inputs see it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from functools import partial

from ...models.air import pressure_at_altitude_pa
from ..components.environment import AIR_PRESSURE, HUMIDITY, OUTDOORS, WIND
from ..components.grid_connection_point import GridConnectionPoint, nominal_frequency_hz
from ..components.setting import GridFacts, Setting
from ..inputs.build import InputSetting, build_signal
from ..inputs.profiles.spectral import Air
from ..inputs.signal import Constant, Signal
from ..inputs.specs import ClearSky, ClimateTemperature
from .graph import grid_key
from .lines import has_lines, line_nodes
from .site import Site

INDOOR_C = 20.0
"""Air temperature where a site file gives none [°C]; the usual reference of equipment rooms."""
_HORIZONTAL = (0.0, 180.0)


def settings(site: Site, ambient: Signal, *, start_us: int, seed: int) -> dict[str, Setting]:
    """Return what each component of a site is built into, by key.

    Args:
        site: A valid site.
        ambient: Temperature of the air around the devices [°C].
        start_us: Simulated time at which the run starts [µs since the Unix epoch].
        seed: Of all noise.
    """
    grids = grids_seen(site)
    return {
        key: Setting(
            key=key,
            location=site.microgrid.location,
            directory=site.directory,
            start_us=start_us,
            seed=seed,
            telemetry_interval_us=round(site.telemetry.interval_s * 1e6),
            grid=grids[key],
            ambient=ambient,
            make_wind=partial(wind_signal, site, start_us=start_us, seed=seed),
            make_air=partial(_air_outdoors, site, ambient, start_us, seed),
            has_climate=site.ambient_temperature is None,
            has_snow=site.ambient_temperature is None
            or isinstance(site.ambient_temperature, ClimateTemperature),
        )
        for key in site.components
    }


def grid_facts(site: Site) -> GridFacts:
    """Return what components know of the public grid."""
    key = grid_key(site)
    grid = site.components[key]
    assert isinstance(grid, GridConnectionPoint)
    return GridFacts(key, grid.voltage_v, nominal_frequency_hz(grid.frequency))


def grids_seen(site: Site) -> dict[str, GridFacts]:
    """Return what each component knows of the public grid, by key: behind a transformer, another nominal voltage."""
    facts = grid_facts(site)
    seen = dict.fromkeys(site.components, facts)
    if has_lines(site):
        nodes, node_of = line_nodes(site)
        for key, node in node_of.items():
            seen[key] = facts._replace(voltage_v=nodes[node].nominal_v * math.sqrt(3.0))
    return seen


def ambient_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the air temperature around the devices of a site [°C]."""
    if site.ambient_temperature is None:
        return Constant(INDOOR_C)
    return build_signal(site.ambient_temperature, _of(site, "ambient_temperature", start_us, seed))


def wind_signal(site: Site, *, start_us: int, seed: int) -> Signal:
    """Return the wind of a site [m/s]."""
    return build_signal(site.weather.wind_speed, _of(site, "wind_speed", start_us, seed))


def air_inputs(site: Site, wanted: Collection[str], *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return the wind [m/s] of a site with weather, and what its devices want of the air, as `site.quantity`.

    Args:
        site: A valid site.
        wanted: Names of inputs; those that are not of the air do not count.
        start_us: Simulated time at which the run starts [µs since the Unix epoch].
        seed: Of all noise.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    of_air: dict[str, Callable[[], Signal]] = {
        AIR_PRESSURE: lambda: _pressure_signal(site, start_us, seed),
        HUMIDITY: lambda: _humidity_signal(site, start_us, seed),
        WIND: lambda: wind_signal(site, start_us=start_us, seed=seed),
        OUTDOORS: lambda: _climate_signal(site, start_us, seed),
    }
    has_weather = bool(site.sensors) or "weather" in site.model_fields_set
    always = {WIND: of_air[WIND]()} if has_weather else {}
    return always | {name: make() for name, make in of_air.items() if name in wanted}


def sensor_inputs(site: Site, *, start_us: int, seed: int) -> dict[str, Signal]:
    """Return the weather that the sensors of a site look at, as `site.quantity`; nothing without sensors.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    if not site.sensors:
        return {}
    weather = site.weather
    specs = {
        "irradiance": weather.irradiance if weather.irradiance is not None else ClearSky(),
        "wind_speed": weather.wind_speed,
        "wind_direction": weather.wind_direction,
        "relative_humidity": weather.relative_humidity,
    }
    return {
        AIR_PRESSURE: _pressure_signal(site, start_us, seed),
        **{
            f"site.{quantity}": build_signal(spec, _of(site, quantity, start_us, seed, plane=_HORIZONTAL))
            for quantity, spec in specs.items()
        },
    }


def _air_outdoors(site: Site, ambient: Signal, start_us: int, seed: int) -> Air:
    """Return the air above a site; warm by place and season if the file gives no temperature."""
    return Air(
        ambient if site.ambient_temperature is not None else _climate_signal(site, start_us, seed),
        _humidity_signal(site, start_us, seed),
        _pressure_signal(site, start_us, seed),
    )


def _climate_signal(site: Site, start_us: int, seed: int) -> Signal:
    """Return the temperature of the air by place and season [°C]."""
    climate = ClimateTemperature(profile="climate")
    return build_signal(climate, _of(site, "outdoor_temperature", start_us, seed))


def _humidity_signal(site: Site, start_us: int, seed: int) -> Signal:
    """Return the relative humidity of the air at a site, 0..1."""
    return build_signal(site.weather.relative_humidity, _of(site, "relative_humidity", start_us, seed))


def _pressure_signal(site: Site, start_us: int, seed: int) -> Signal:
    """Return the pressure of the air at a site [hPa]; that of the standard atmosphere if the file gives none."""
    if site.weather.air_pressure is None:
        return Constant(pressure_at_altitude_pa(site.microgrid.location.altitude) / 100.0)
    return build_signal(site.weather.air_pressure, _of(site, "air_pressure", start_us, seed))


def _of(
    site: Site, quantity: str, start_us: int, seed: int, *, plane: tuple[float, float] | None = None
) -> InputSetting:
    return InputSetting(
        location=site.microgrid.location,
        directory=site.directory,
        start_us=start_us,
        seed=seed,
        owner="site",
        purpose=quantity,
        plane=plane,
    )
