"""Where the air of a site is warmer or colder than the data of its devices reach."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.component_type import Built
from ..inputs.errors import InputError
from ..inputs.files.recording import read_recording
from ..inputs.specs import FileColumn, Inline
from .environment import USUAL_AMBIENT_C
from .explanation import built_component
from .site import Site


def climate_notes(site: Site, *, start_us: int) -> Iterator[str]:
    """Yield what the air of a site is beyond, in words: limits that the presets of its devices have from data sheets.

    Args:
        site: A valid site, whose files can be read.
        start_us: When a run would start [µs since the Unix epoch].
    """
    coldest_c, warmest_c = _air_c(site)
    for key, component in site.components.items():
        try:
            built = built_component(site, key, component, start_us)
        except InputError:
            continue  # What drives it need not be of that day.
        preset = getattr(component, "preset", None)
        named = f"{key} ({preset})" if preset else key
        for word, lower_c, upper_c in _limits_c(built):
            if coldest_c < lower_c:
                yield f"{named} {word} from {lower_c:g} °C on; the air is at {coldest_c:g} °C: what it does there is a guess"
            if warmest_c > upper_c:
                yield f"{named} {word} up to {upper_c:g} °C; the air is at {warmest_c:g} °C: what it does there is a guess"


def _limits_c(built: Built) -> Iterator[tuple[str, float, float]]:
    """Yield what a device does, and from and up to which temperature of the air it may [°C]."""
    if built.battery is not None:
        bms = built.battery.management
        yield "may be charged", bms.undertemperature_charging.trip, bms.overtemperature_charging.trip
        yield "may be used", float("-inf"), bms.overtemperature.trip
    if built.inverter is not None:
        yield "works", float("-inf"), built.inverter.ambient_max_c


def _air_c(site: Site) -> tuple[float, float]:
    """Return the lowest and the highest temperature of the air that a site file names [°C]."""
    air = site.ambient_temperature
    match air:
        case None:
            return USUAL_AMBIENT_C, USUAL_AMBIENT_C
        case Inline():
            values = [point.value for point in air.points]
        case FileColumn():
            values = read_recording(air, site.directory, site.microgrid.location.zone).values.tolist()
        case _:
            values = [air]
    return min(values), max(values)
