"""All component types: those of this package, and those of others that are installed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from . import (
    battery,
    battery_inverter,
    breaker,
    converter,
    ev_charger,
    grid_connection_point,
    hybrid_inverter,
    meter,
    plc,
    power_transformer,
    precharger,
    pv_inverter,
    static_transfer_switch,
    uninterruptible_power_supply,
)
from .component_type import ComponentType
from .machines import capacitor_bank, chp, crypto_miner, electrolyzer, hvac, steam_boiler, wind_turbine
from .section import ComponentSection

_OURS = (
    grid_connection_point.TYPE,
    meter.TYPE,
    battery_inverter.TYPE,
    pv_inverter.TYPE,
    hybrid_inverter.TYPE,
    battery.TYPE,
    ev_charger.TYPE,
    chp.TYPE,
    electrolyzer.TYPE,
    steam_boiler.TYPE,
    wind_turbine.TYPE,
    capacitor_bank.TYPE,
    hvac.TYPE,
    crypto_miner.TYPE,
    plc.TYPE,
    power_transformer.TYPE,
    uninterruptible_power_supply.TYPE,
    static_transfer_switch.TYPE,
    breaker.TYPE,
    precharger.TYPE,
    converter.TYPE,
)


@cache
def component_types() -> Mapping[str, ComponentType]:
    """Return all component types by what a site file says as `category`."""
    return {each.name: each for each in _OURS}


@cache
def _types_by_section() -> Mapping[type[ComponentSection], ComponentType]:
    return {each.section: each for each in component_types().values()}


def type_of(section: ComponentSection) -> ComponentType:
    """Return the type of a component of a site."""
    return _types_by_section()[type(section)]


if TYPE_CHECKING:
    Component = ComponentSection
else:
    Component = Annotated[
        Union[tuple(each.section for each in component_types().values())],  # noqa: UP007 - made at run time
        Field(discriminator="category"),
    ]
"""The section of any component of a site file."""
