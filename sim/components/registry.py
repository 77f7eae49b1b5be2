"""All component types: those of this package, and those of others that are installed beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union, get_args

from pydantic import Field, TypeAdapter

from ..domain.categories import Category
from ..domain.states import StateCode
from ..files.packages import BrokenPackage, brought
from ..files.problems import with_article
from .component_type import ComponentType, Way, nothing_built
from .ours import OURS
from .package_check import guarded
from .section import ComponentSection

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OURS_ALONE = frozenset(
    {
        Category.GRID_CONNECTION_POINT,
        Category.EV_CHARGER,
    }
)
"""A site has one grid, and cars charge at points of this package: presets of one's own serve these."""
_FOR_PACKAGES = "Category.X, X one of " + ", ".join(
    category.name for category in Category if category not in _OURS_ALONE
)
GROUP = "doppelgrid.component_types"
"""Entry points of other packages: each a `ComponentType`, or a sequence of them."""


class _Known(NamedTuple):
    types: Mapping[str, ComponentType]
    broken: tuple[BrokenPackage, ...]


@cache
def _known() -> _Known:
    types = {each.name: each for each in OURS}
    homes = dict.fromkeys(types, "this package")
    found, broken = brought(GROUP, _checked)
    for package, theirs in found.items():
        for each in theirs:
            home = homes.get(each.name)
            if home is None:
                types[each.name], homes[each.name] = guarded(_with_way(each), package), package
            elif home == package:
                problem = f"name is given twice; accepted: one component type that is called {each.name}"
                broken.append(BrokenPackage(package, each.name, problem))
            else:
                accepted = f"a name of its own; {each.name} is that of {home}"
                broken.append(BrokenPackage(package, each.name, f"name is taken; accepted: {accepted}"))
    return _Known(types, tuple(broken))


def _with_way(offered: ComponentType) -> ComponentType:
    if offered.way is not None:
        return offered
    return replace(offered, way=next(ours.way for ours in OURS if ours.category is offered.category))


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
        raise ValueError(
            f"is {with_article(type(offered).__name__)}; accepted: a ComponentType, or a list of them"
        )
    for each in types:
        _check_type(each)
    return list(types)


def _check_type(offered: ComponentType) -> None:
    what = f"component type {offered.name!r}"
    if not isinstance(offered.name, str) or not _NAME.fullmatch(offered.name):
        raise ValueError(f"{what}: name is {offered.name!r}; accepted: lower-case letters, digits and _")
    if not isinstance(offered.category, Category):
        raise ValueError(f"{what}: category is {offered.category!r}; accepted: {_FOR_PACKAGES}")
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
    _check_section(section)
    if offered.category in _OURS_ALONE:
        raise ValueError(
            f"{what}: category is {offered.category.name}, whose devices are this package's alone;"
            f" accepted: {_FOR_PACKAGES}"
        )
    _check_place(what, offered)
    _check_functions(what, offered)
    if offered.category is Category.BATTERY:
        _check_battery(what, offered)
    if not isinstance(offered.inputs, Mapping):
        raise ValueError(f"{what}: inputs is {offered.inputs!r}; accepted: a mapping of fields to values")
    for name in offered.inputs:
        if name not in section.model_fields:
            fields = ", ".join(section.model_fields)
            raise ValueError(f"{what}: input {name!r} is no field of its section; accepted: {fields}")


def _check_place(what: str, offered: ComponentType) -> None:
    """Hold what a type says of the graph to what the graph knows."""
    if not isinstance(offered.behind, tuple) or not all(
        isinstance(each, Category) for each in offered.behind
    ):
        raise ValueError(
            f"{what}: behind is {offered.behind!r}; accepted: a tuple of categories, such as AC_PARENTS"
        )
    classes = sorted({each.sdk_class for each in OURS if each.sdk_class is not None})
    if offered.sdk_class is not None and offered.sdk_class not in classes:
        raise ValueError(f"{what}: sdk_class is {offered.sdk_class!r}; accepted: None, {', '.join(classes)}")
    needed = offered.needs_behind_it
    if needed is not None and not (isinstance(needed, str) and needed and needed.isprintable()):
        raise ValueError(f"{what}: needs_behind_it is {needed!r}; accepted: printable words, or None")
    for name in ("is_passage", "measures"):
        if not isinstance(getattr(offered, name), bool):
            raise ValueError(f"{what}: {name} is {getattr(offered, name)!r}; accepted: True, False")
    if not isinstance(offered.sdk_fields, Mapping):
        raise ValueError(
            f"{what}: sdk_fields is {offered.sdk_fields!r}; accepted: a mapping of names to values"
        )
    for each in OURS:
        if each.sdk_class == offered.sdk_class is not None and {*each.sdk_fields} != {*offered.sdk_fields}:
            accepted = ", ".join(each.sdk_fields) or "none"
            raise ValueError(f"{what}: sdk_fields is {offered.sdk_fields!r}; accepted: {accepted}")


def _check_functions(what: str, offered: ComponentType) -> None:
    for name in ("build", "caption", "identity", "check", "switchgear", "least_w"):
        if not callable(getattr(offered, name)):
            raise ValueError(f"{what}: {name} is {getattr(offered, name)!r}; accepted: a function")
    if offered.build is nothing_built and not offered.is_passage:
        raise ValueError(
            f"{what}: build is not given; accepted: a function that returns a Built, or is_passage=True of"
            " what power merely passes through"
        )
    if offered.way is not None and not isinstance(offered.way, Way):
        raise ValueError(f"{what}: way is {offered.way!r}; accepted: Way.X, or None for that of its category")
    if offered.resting_state is not None and not isinstance(offered.resting_state, StateCode):
        raise ValueError(
            f"{what}: resting_state is {offered.resting_state!r}; accepted: StateCode.X, or None"
        )
    for name in ("params", "presets", "least_delivered_w"):
        given = getattr(offered, name)
        if given is not None and not callable(given):
            raise ValueError(f"{what}: {name} is {given!r}; accepted: a function, or None")


def _check_section(section: type[ComponentSection]) -> None:
    """Build what readers and the schema of site files build of a section, beside one of ours.

    Raises:
        Exception: Of pydantic, if it is of no use there.
    """
    union: Any = Annotated[Union[OURS[0].section, section], Field(discriminator="category")]  # noqa: UP007
    TypeAdapter(union).json_schema(by_alias=True, mode="validation")


def _check_battery(what: str, offered: ComponentType) -> None:
    """Hold a battery to what a replay needs to let it begin where its recording does."""
    for name in ("initial_soc", "initial_temperature_c"):
        if name not in offered.section.model_fields:
            raise ValueError(
                f"{what}: its section is without {name}, with which a replay begins;"
                f" accepted: a field of this name in the section of every battery"
            )
    if offered.params is None:
        raise ValueError(f"{what}: params is None; accepted: a function, as batteries have parameters")


if TYPE_CHECKING:
    Component = ComponentSection
else:
    Component = Annotated[
        Union[tuple(each.section for each in component_types().values())],  # noqa: UP007 - made at run time
        Field(discriminator="category"),
    ]
"""The section of any component of a site file."""
