"""Where the air of a site is warmer or colder than the data of its devices reach."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.component_type import Built
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from ..inputs.profiles.climate import climate_at
from ..inputs.specs import ClimateTemperature, FileColumn, Inline, TemperatureInput
from .explanation import builder_of
from .site import Site

_SPREADS = 2.0
"""By how many standard deviations days are warmer or colder than their month, and few are more."""


def climate_notes(site: Site, *, start_us: int) -> Iterator[str]:
    """Yield what the air of a site is beyond, in words: limits that the presets of its devices have from data sheets.

    Args:
        site: A valid site, whose files can be read.
        start_us: When a run would start [µs since the Unix epoch].
    """
    if site.ambient_temperature is None:
        return  # All data reach the air of a room.
    coldest_c, warmest_c = _air_c(site.ambient_temperature, site)
    # What is recorded of the air need not be of the day of a run.
    built_of = builder_of(site.model_copy(update={"ambient_temperature": None}), start_us)
    for key, component in site.components.items():
        try:
            built = built_of(key, component)
        except InputError:
            continue  # What drives it need not be of that day.
        preset = getattr(component, "preset", None)
        named = f"{key} ({preset})" if preset else key
        for word, lower_c, upper_c in _limits_c(built):
            beyond = []
            if coldest_c < lower_c:
                beyond.append(f"from {lower_c:g} °C on, and the air is at {coldest_c:g} °C")
            if warmest_c > upper_c:
                beyond.append(f"up to {upper_c:g} °C, and the air is at {warmest_c:g} °C")
            for words in beyond:
                yield f"{named} {word} {words}, outside its data sheet"


def _limits_c(built: Built) -> Iterator[tuple[str, float, float]]:
    """Yield what a device does, and from and up to which temperature of the air it may [°C]."""
    if built.battery is not None:
        cells = built.battery.params
        yield "is charged", cells.charge_temperatures_c[0], cells.charge_temperatures_c[-1]
        yield "is discharged", cells.discharge_temperatures_c[0], cells.discharge_temperatures_c[-1]
    if built.inverter is not None:
        yield "works", float("-inf"), built.inverter.ambient_max_c


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
