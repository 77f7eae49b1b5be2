"""What of a site does not suit its place: air beyond the data of its devices, modules that face away from the sun."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ...models.pv_spectrum import GREATEST_WATER_CM, precipitable_water_cm
from ..components.battery import Battery, battery_params
from ..components.component_type import Built
from ..components.hybrid_inverter import HybridInverter
from ..components.pv_inverter import PvInverter
from ..components.registry import type_of
from ..files.presets import own_presets
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from ..inputs.profiles.climate import climate_at
from ..inputs.specs import (
    ClearSky,
    ClimateTemperature,
    FileColumn,
    HumidityInput,
    Inline,
    TemperatureInput,
)
from .environment import INDOOR_C
from .explanation import builder_of
from .site import Site

_TROPIC_DEG = 23.44
"""Nearer to the equator the sun stands in the south for a part of the year [°]."""
_SPREADS = 2.0
"""By how many standard deviations days are warmer or colder than their month, and few are more."""


def climate_notes(site: Site, *, start_us: int) -> Iterator[str]:
    """Yield what the air of a site is beyond, in words: limits that the presets of its devices have from data sheets.

    Args:
        site: A valid site, whose files can be read.
        start_us: When a run would start [µs since the Unix epoch].
    """
    yield from _start_notes(site)
    coldest_c, warmest_c = _air_c(
        INDOOR_C if site.ambient_temperature is None else site.ambient_temperature, site
    )
    # What is recorded of the air need not be of the day of a run.
    built_of = builder_of(site.model_copy(update={"ambient_temperature": None}), start_us)
    for key, component in site.components.items():
        try:
            built = built_of(key, component)
        except InputError:
            continue  # What drives it need not be of that day.
        preset = getattr(component, "preset", None)
        named = f"{key} ({preset})" if preset else key
        unused = type_of(component).unused(component)
        for word, lower_c, upper_c in _limits_c(built, unused):
            beyond = []
            if coldest_c < lower_c:
                beyond.append(f"from {lower_c:g} °C on, and the air is at {coldest_c:g} °C")
            if warmest_c > upper_c:
                beyond.append(f"up to {upper_c:g} °C, and the air is at {warmest_c:g} °C")
            for words in beyond:
                yield f"{named} {word} {words}, outside its data sheet"


def _start_notes(site: Site) -> Iterator[str]:
    """Yield which batteries start warmer or colder than their data sheets reach."""
    for key, component in site.components.items():
        start_c = component.initial_temperature_c if isinstance(component, Battery) else None
        if not isinstance(component, Battery) or start_c is None:
            continue
        with own_presets(site.own_presets):
            cells = battery_params(component)
        for word, limits_c in (
            ("is charged", cells.charge_temperatures_c),
            ("is discharged", cells.discharge_temperatures_c),
        ):
            beyond = f"from {limits_c[0]:g} °C on" if start_c < limits_c[0] else f"up to {limits_c[-1]:g} °C"
            if not limits_c[0] <= start_c <= limits_c[-1]:
                named = f"{key} ({component.preset})"
                yield f"{named} {word} {beyond}, and starts at {start_c:g} °C, outside its data sheet"


def facing_notes(site: Site) -> Iterator[str]:
    """Yield which modules face away from the sun, since the file says of a site in the south no azimuth."""
    latitude = site.microgrid.location.latitude
    if latitude >= -_TROPIC_DEG:
        return
    for key, component in site.components.items():
        if (
            not isinstance(component, PvInverter | HybridInverter)
            or "azimuth_deg" in component.model_fields_set
        ):
            continue
        has_array = component.has_array if isinstance(component, HybridInverter) else component.power is None
        under_sky = component.irradiance is None or isinstance(component.irradiance, ClearSky)
        if has_array and under_sky and component.tilt_deg > 0.0:
            yield (
                f"{key} faces south (azimuth: {component.azimuth_deg:g} °, since the file gives none), "
                f"away from the sun at latitude {latitude:g}; 0 ° is north"
            )


def spectrum_notes(site: Site) -> Iterator[str]:
    """Yield what the water of the air, by which arrays have a spectrum, is made of that the file does not say.

    Args:
        site: A valid site, whose files can be read.
    """
    keys = [
        key
        for key, component in site.components.items()
        if isinstance(component, PvInverter | HybridInverter) and component.spectrum is not None
    ]
    if not keys:
        return
    named, air = ", ".join(keys), site.ambient_temperature
    if air is None:
        air = ClimateTemperature(profile="climate")
        yield (
            f"{named}: spectrum by water of the air as warm as place and season are, since the file gives no "
            "ambient_temperature"
        )
    humidity = _most_humid(site.weather.relative_humidity)
    water_cm = 0.0 if humidity is None else precipitable_water_cm(_air_c(air, site)[1], humidity)
    if water_cm > GREATEST_WATER_CM:
        yield (
            f"{named}: spectrum by at most {GREATEST_WATER_CM:g} cm of water, beyond which its model has no answer; "
            f"the air of the file makes up to {water_cm:.1f} cm"
        )


def _most_humid(air: HumidityInput) -> float | None:
    """Return the greatest relative humidity that a site file names; None of a recording, damp when it is cool."""
    match air:
        case Inline():
            return max(point.value for point in air.points)
        case FileColumn():
            return None
        case _:
            return air


def _limits_c(built: Built, unused: Container[str]) -> Iterator[tuple[str, float, float]]:
    """Yield what a device does, and from and up to which temperature of the air it may [°C]."""
    if built.battery is not None:
        cells = built.battery.params
        yield "is charged", cells.charge_temperatures_c[0], cells.charge_temperatures_c[-1]
        yield "is discharged", cells.discharge_temperatures_c[0], cells.discharge_temperatures_c[-1]
    if built.inverter is not None and "ambient_max_c" not in unused:
        yield "works", float("-inf"), built.inverter.ambient_max_c
        yield "delivers", float("-inf"), built.inverter.heat_sink_max_c


def _air_c(air: TemperatureInput, site: Site) -> tuple[float, float]:
    """Return the least and greatest temperature of the air that a site file names; of a climate, in most years [°C]."""
    match air:
        case Inline():
            values = [point.value for point in air.points]
        case ClimateTemperature():
            place = site.microgrid.location
            climate = climate_at(place.latitude, place.longitude, place.known_altitude)
            reach_k = _SPREADS * climate.spread_k + 0.5 * climate.daily_range_k
            values = [round(mean_c + way * reach_k) for mean_c in climate.temperature_c for way in (-1, 1)]
        case FileColumn():
            values = read_recording(air, site.directory, site.microgrid.location.zone).values.tolist()
        case _:
            values = [air]
    return min(values), max(values)
