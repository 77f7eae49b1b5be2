"""All component types: those of this package, and those of others that are installed beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, NamedTuple, Union, get_args

from pydantic import Field

from ..domain.categories import Category
from ..files.packages import BrokenPackage, brought
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

_NAME = re.compile(r"[a-z][a-z0-9_]*")
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
_OURS_ALONE = frozenset(
    {
        Category.GRID_CONNECTION_POINT,
        Category.EV_CHARGER,
    }
)
"""A site has one grid, and cars charge at points of this package: presets of one's own serve these."""
GROUP = "doppelgrid.component_types"
"""Entry points of other packages: each a `ComponentType`, or a sequence of them."""


class _Known(NamedTuple):
    types: Mapping[str, ComponentType]
    broken: tuple[BrokenPackage, ...]


@cache
def _known() -> _Known:
    types = {each.name: each for each in _OURS}
    homes = dict.fromkeys(types, "this package")
    found, broken = brought(GROUP, _checked)
    for package, theirs in found.items():
        for each in theirs:
            if each.name in types:
                accepted = f"a name of its own; {each.name} is that of {homes[each.name]}"
                broken.append(BrokenPackage(package, each.name, f"name is taken; accepted: {accepted}"))
            else:
                types[each.name], homes[each.name] = each, package
    return _Known(types, tuple(broken))


def component_types() -> Mapping[str, ComponentType]:
    """Return all component types by what a site file says as `category`."""
    return _known().types


def broken_packages() -> tuple[BrokenPackage, ...]:
    """Return what other packages offer as component types and is of no use."""
    return _known().broken


@cache
def _types_by_section() -> Mapping[type[ComponentSection], ComponentType]:
    return {each.section: each for each in component_types().values()}


def type_of(section: ComponentSection) -> ComponentType:
    """Return the type of a component of a site."""
    return _types_by_section()[type(section)]


def _checked(offered: object) -> list[ComponentType]:
    """Hold what a package offers to what a component type is.

    Raises:
        ValueError: If it is none; says what was found and what would be accepted.
    """
    types = [offered] if isinstance(offered, ComponentType) else offered
    if not isinstance(types, list | tuple) or not all(isinstance(each, ComponentType) for each in types):
        raise ValueError(f"is a {type(offered).__name__}; accepted: a ComponentType, or a list of them")
    for each in types:
        _check_type(each)
    return list(types)


def _check_type(offered: ComponentType) -> None:
    what = f"component type {offered.name!r}"
    if not _NAME.fullmatch(offered.name):
        raise ValueError(f"{what}: name is {offered.name!r}; accepted: lower-case letters, digits and _")
    if not isinstance(offered.category, Category):
        known = ", ".join(category.name for category in Category)
        raise ValueError(f"{what}: category is {offered.category!r}; accepted: Category.X, X one of {known}")
    section = offered.section
    if not (isinstance(section, type) and issubclass(section, ComponentSection)):
        raise ValueError(f"{what}: section is {section!r}; accepted: a class derived from ComponentSection")
    section.model_rebuild()
    said = section.model_fields.get("category")
    annotation = None if said is None else said.annotation
    if get_args(annotation) != (offered.name,):
        raise ValueError(
            f"{what}: category of its section is {annotation!r}; accepted: Literal[{offered.name!r}], the name"
        )
    if offered.category in _OURS_ALONE:
        accepted = ", ".join(category.name for category in Category if category not in _OURS_ALONE)
        raise ValueError(
            f"{what}: category is {offered.category.name}, whose devices are this package's alone;"
            f" accepted: Category.X, X one of {accepted}"
        )
    if not isinstance(offered.behind, tuple) or not all(
        isinstance(each, Category) for each in offered.behind
    ):
        raise ValueError(
            f"{what}: behind is {offered.behind!r}; accepted: a tuple of categories, such as AC_PARENTS"
        )
    classes = sorted({each.sdk_class for each in _OURS if each.sdk_class is not None})
    if offered.sdk_class is not None and offered.sdk_class not in classes:
        raise ValueError(f"{what}: sdk_class is {offered.sdk_class!r}; accepted: None, {', '.join(classes)}")
    for name in ("build", "caption", "identity"):
        if not callable(getattr(offered, name)):
            raise ValueError(f"{what}: {name} is {getattr(offered, name)!r}; accepted: a function")
    for name in offered.inputs:
        if name not in section.model_fields:
            fields = ", ".join(section.model_fields)
            raise ValueError(f"{what}: input {name!r} is no field of its section; accepted: {fields}")


if TYPE_CHECKING:
    Component = ComponentSection
else:
    Component = Annotated[
        Union[tuple(each.section for each in component_types().values())],  # noqa: UP007 - made at run time
        Field(discriminator="category"),
    ]
"""The section of any component of a site file."""
