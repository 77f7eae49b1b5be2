"""The links at the grid connection point, which can melt: what a site file says of them, and their presets."""

from __future__ import annotations

import math
from typing import Annotated, Any

from ...models.fuse import FuseParams
from ...models.parameter import check_parameters
from ..files.presets import check_at_most, find_preset, preset_cache, preset_names, presets_asked
from ..files.sections import Section, one_of_names
from ..files.units import AMPERE

FuseCurrent = Annotated[float, AMPERE.within(lower=1.0, upper=100_000.0)]


def fuse_preset_names() -> tuple[str, ...]:
    """Return the names that `fuse_preset` accepts."""
    return preset_names("fuses")


@preset_cache
def fuse_preset(name: str) -> FuseParams:
    """Return the parameters of a fuse link.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If its currents cannot be, each or together; names what is wrong.
    """
    values = find_preset("fuses", "fuse preset", name)
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    params = FuseParams(**fields)
    check_parameters(params)
    check_fuse(params)
    return params


def check_fuse(params: FuseParams) -> None:
    """Refuse a link that melts at the current that it is to carry.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_at_most(
        "rated_current_a", params.rated_current_a, "melting_current_a", params.melting_current_a, "A"
    )


@preset_cache
def fuse_for(rated_current_a: float) -> FuseParams:
    """Return a gG fuse link for any rated current [A], > 0: the nearest preset with its currents scaled."""
    with presets_asked():  # Those that are merely looked at are not what it is made of.
        rated_a = {name: fuse_preset(name).rated_current_a for name in fuse_preset_names()}
    nearest = fuse_preset(min(rated_a, key=lambda name: abs(math.log(rated_a[name] / rated_current_a))))
    ratio = rated_current_a / nearest.rated_current_a
    return nearest._replace(
        rated_current_a=rated_current_a, melting_current_a=nearest.melting_current_a * ratio
    )


class GridFuse(Section):
    """The fuse links at the connection point, one per phase, that can melt."""

    preset: Annotated[str, one_of_names(fuse_preset_names)] | None = None
    """Name of a set of parameters; a gG link of the rated fuse current if not given."""


def fuse_params(spec: GridFuse, rated_fuse_current_a: float | None) -> FuseParams:
    """Return the links at the connection point, all three alike; a rated current or a preset must be known."""
    if spec.preset is not None:
        return fuse_preset(spec.preset)
    assert rated_fuse_current_a is not None
    return fuse_for(rated_fuse_current_a)


def fuse_links(spec: GridFuse | None, rated_fuse_current_a: float | None) -> list[FuseParams]:
    """Return the three links at the connection point, or none if they cannot melt."""
    return [] if spec is None else [fuse_params(spec, rated_fuse_current_a)] * 3
