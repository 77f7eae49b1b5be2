"""Named statistics of synchronous areas and of outages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ....models.frequency import FrequencyParams
from ....models.parameter import check_parameters
from ...files.presets import find_preset, params_of_preset, preset_cache, preset_names
from .frequency import Area, Trading
from .outages import OutageStatistics


def area_preset_names() -> tuple[str, ...]:
    """Return the names that `area_preset` accepts."""
    return preset_names("grid_areas")


def outage_preset_names() -> tuple[str, ...]:
    """Return the names that `outage_preset` accepts."""
    return preset_names("grid_outages")


@preset_cache
def area_preset(name: str) -> Area:
    """Return how the frequency of a synchronous area moves.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = dict(find_preset("grid_areas", "grid area", name))
    zone = ZoneInfo(values.pop("timezone"))
    trading = Trading(**{field: values.pop(field) for field in Trading._fields})
    params = FrequencyParams(**values)
    check_parameters(params)
    check_parameters(trading)
    return Area(params, trading, zone)


@preset_cache
def outage_preset(name: str) -> OutageStatistics:
    """Return how often, and for how long, a grid goes.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If one is out of its range; names it.
    """
    return params_of_preset(OutageStatistics, "grid_outages", "outage preset", name)
