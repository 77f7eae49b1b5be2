"""Parts that a component type of another package could build, and what is said against them, for tests."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import doppelgrid
from doppelgrid.hardware import (
    AC_PARENTS,
    SET_POINT,
    Bounds,
    Built,
    Category,
    ComponentType,
    Machine,
    Rating,
    Setting,
    phase_shares,
)
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.site.environment import ambient_signal, settings
from support.own_machine import MODEL, Params, Section, State

START_US = 1_750_000_000_000_000
SECTION = Section.model_validate({"id": 11, "category": "own", "behind": "grid", "rated_power": "5 kW"})
RATING = Rating(Bounds(-5e3, 5e3), None, 0.0, math.inf, 1.0)
MACHINE = Machine(MODEL, Params(5e3), State(0.0), phase_shares((1, 2, 3)), (SET_POINT,), rating=RATING)
TYPE = ComponentType("own", Category.CHP, Section, "Chp", AC_PARENTS, lambda _s, _t: Built(machine=MACHINE))


@cache
def all_settings() -> dict[str, Setting]:
    """Return the setting of each component of the bundled site of all categories."""
    site = doppelgrid.load_site("all-categories")
    return settings(site, ambient_signal(site, start_us=START_US, seed=0), start_us=START_US, seed=0)


def own_setting() -> Setting:
    """Return a setting for a component whose key is `own`."""
    return replace(next(iter(all_settings().values())), key="own")


@cache
def first_built() -> dict[Category, Built]:
    """Return what is built of the first component of each category."""
    built: dict[Category, Built] = {}
    for key, section in doppelgrid.load_site("all-categories").components.items():
        kind = type_of(section)
        built.setdefault(kind.category, kind.build(section, all_settings()[key]))
    return built


def told(built: Built, setting: Setting, category: Category = Category.CHP) -> str:
    """Return what is said against something built; nothing if it passes."""
    kind = replace(TYPE, category=category, build=lambda _section, _setting: built)
    try:
        assert guarded(kind, "evil 0.1").build(SECTION, setting) is built
    except PackageError as refused:
        return str(refused).removeprefix("package evil 0.1: component type 'own' builds own with ")
    return ""


def of_machine(setting: Setting, **changes: Any) -> str:
    return told(Built(machine=replace(MACHINE, **changes)), setting)
