"""Named sets of parameters of the public grid: fuse links, synchronous areas, outages."""

from __future__ import annotations

import math
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from ..models.frequency import FrequencyParams
from ..models.fuse import FuseParams
from ..models.parameter import check_parameters
from .inputs.frequency import Area, Trading
from .inputs.outages import OutageStatistics
from .preset_files import find_preset, preset_names


def fuse_preset_names() -> tuple[str, ...]:
    """Return the names that `fuse_preset` accepts."""
    return preset_names("fuses")


def area_preset_names() -> tuple[str, ...]:
    """Return the names that `area_preset` accepts."""
    return preset_names("grid_areas")


def outage_preset_names() -> tuple[str, ...]:
    """Return the names that `outage_preset` accepts."""
    return preset_names("grid_outages")


@cache
def fuse_preset(name: str) -> FuseParams:
    """Return the parameters of a fuse link.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = find_preset("fuses", "fuse preset", name)
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    params = FuseParams(**fields)
    check_parameters(params)
    return params


@cache
def fuse_for(rated_current_a: float) -> FuseParams:
    """Return a gG fuse link for any rated current [A], > 0: the nearest preset with its currents scaled."""
    links = [fuse_preset(name) for name in fuse_preset_names()]
    nearest = min(links, key=lambda link: abs(math.log(link.rated_current_a / rated_current_a)))
    ratio = rated_current_a / nearest.rated_current_a
    return nearest._replace(
        rated_current_a=rated_current_a, melting_current_a=nearest.melting_current_a * ratio
    )


@cache
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
    return Area(params, trading, zone)


@cache
def outage_preset(name: str) -> OutageStatistics:
    """Return how often, and for how long, a grid goes.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    return OutageStatistics(**find_preset("grid_outages", "outage preset", name))
