"""Uninterruptible power supplies."""

from __future__ import annotations

from typing import Literal

from ...models.parameter import check_parameters
from ...models.throughput import ThroughputParams
from ..domain.categories import Category
from ..files.presets import find_preset, preset_names
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .setting import GridFacts, Setting
from .throughput import Throughput, throughput_caption, throughput_params


class UninterruptiblePowerSupply(Throughput):
    """Feeds what is behind it by double conversion."""

    category: Literal[Category.UNINTERRUPTIBLE_POWER_SUPPLY]


_NO_LOAD_SHARE, _LOAD_SHARE = 0.02, 0.03
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


def ups_preset_names() -> tuple[str, ...]:
    """Return the names that `ups_preset` accepts."""
    return preset_names("ups")


def ups_preset(name: str, rated_apparent_power_va: float) -> ThroughputParams:
    """Return what a UPS of a given size takes.

    Args:
        name: Of the preset; its losses grow with the size.
        rated_apparent_power_va: > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a UPS that cannot exist; names the parameter.
    """
    values = find_preset("ups", "UPS preset", name)
    params = ThroughputParams(
        rated_apparent_power_va=rated_apparent_power_va,
        no_load_loss_w=values["no_load_loss"] * rated_apparent_power_va,
        load_loss_w=values["quadratic_loss"] * rated_apparent_power_va,
        linear_loss=values["linear_loss"],
        reactive_share=values["reactive_share"],
    )
    check_parameters(params)
    return params


def ups_params(ups: UninterruptiblePowerSupply, _grid: GridFacts) -> ThroughputParams:
    """Return what a UPS of a site takes of the power that passes through it."""
    return throughput_params(ups, ups_preset, no_load_share=_NO_LOAD_SHARE, load_share=_LOAD_SHARE)


def build(ups: UninterruptiblePowerSupply, setting: Setting) -> Built:
    """Make what is taken of the power that passes through."""
    return Built(throughput=ups_params(ups, setting.grid))


TYPE = ComponentType(
    name=Category.UNINTERRUPTIBLE_POWER_SUPPLY,
    category=Category.UNINTERRUPTIBLE_POWER_SUPPLY,
    way=Way.NONE,
    section=UninterruptiblePowerSupply,
    sdk_class=None,
    behind=AC_PARENTS,
    build=build,
    params=ups_params,
    presets=ups_preset_names,
    caption=throughput_caption,
    is_passage=True,
)
