"""Uninterruptible power supplies."""

from __future__ import annotations

from typing import Literal

from ...models.ups import UpsParams
from ..domain.categories import Category
from ..files.presets import params_of_preset, preset_cache, preset_names
from .component_type import AC_PARENTS, Built, ComponentType
from .setting import Setting
from .throughput import Throughput, throughput_caption, throughput_params


class UninterruptiblePowerSupply(Throughput):
    """Feeds what is behind it by double conversion."""

    category: Literal[Category.UNINTERRUPTIBLE_POWER_SUPPLY]


_NO_LOAD_SHARE, _LOAD_SHARE = 0.02, 0.03
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


def ups_preset_names() -> tuple[str, ...]:
    """Return the names that `ups_preset` accepts."""
    return preset_names("ups")


@preset_cache
def ups_preset(name: str) -> UpsParams:
    """Return the parameters of a UPS.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a UPS that cannot exist; names the parameter.
    """
    return params_of_preset(UpsParams, "ups", "UPS preset", name)


def build(ups: UninterruptiblePowerSupply, _setting: Setting) -> Built:
    """Make what is lost of the power that passes through."""
    return Built(throughput=throughput_params(ups, no_load_share=_NO_LOAD_SHARE, load_share=_LOAD_SHARE))


TYPE = ComponentType(
    name=Category.UNINTERRUPTIBLE_POWER_SUPPLY,
    category=Category.UNINTERRUPTIBLE_POWER_SUPPLY,
    section=UninterruptiblePowerSupply,
    sdk_class=None,
    behind=AC_PARENTS,
    build=build,
    caption=throughput_caption,
    is_passage=True,
)
