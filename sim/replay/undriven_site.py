"""A site without the inputs of what is replayed, set to where its recording begins."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from ..components.component_type import Way
from ..components.grid_connection_point import GridConnectionPoint
from ..components.hybrid_inverter import HybridInverter
from ..components.registry import Component, type_of
from ..components.section import Lapsing
from ..components.setting import GridFacts
from ..domain.categories import Category
from ..domain.messages import Reading
from ..domain.metrics import Metric
from ..files.presets import own_presets
from ..site.environment import grids_seen
from ..site.site import Site


def offers_power(component: Component) -> bool:
    """Say whether a component has an input for what it could produce."""
    kind = type_of(component)
    return kind.way is Way.PRODUCES and "power" in kind.inputs


def undriven_site(site: Site, simulated: Collection[str], recorded: Mapping[str, Reading]) -> Site:
    """Return a site in which only what is simulated depends on inputs, so that no other files are needed.

    Args:
        site: A valid site.
        simulated: Keys of what keeps its inputs. What producers offer comes from the recording if it is there.
        recorded: What the components reported when the replay starts, by key; batteries begin with it.
    """
    grids = grids_seen(site)
    with own_presets(site.own_presets):
        components = {
            key: _undriven(component, key in simulated, recorded.get(key), grids[key])
            for key, component in site.components.items()
        }
    changes: dict[str, Any] = {"components": components}
    if not simulated:
        changes["ambient_temperature"] = None
    return site.model_copy(update=changes)


def _undriven(
    component: Component, is_simulated: bool, recorded: Reading | None, grid: GridFacts
) -> Component:
    if is_simulated and recorded is not None and type_of(component).category is Category.BATTERY:
        return _beginning(component, recorded, grid)
    if is_simulated and not (recorded is not None and offers_power(component)):
        return component
    return _at_rest(component)


def _at_rest(component: Component) -> Component:
    update: dict[str, Any] = dict(type_of(component).inputs)
    if isinstance(component, Lapsing):
        update["recorded"] = None
    if isinstance(component, GridConnectionPoint):
        update["fuse"] = None
        if isinstance(component.frequency, float):
            del update["frequency"]
    if {"irradiance", "power"} <= update.keys():
        update["irradiance"] = None
    if isinstance(component, HybridInverter) and not component.has_array:
        del update["irradiance"]
    return component.model_copy(update=update)


def _beginning(battery: Component, recorded: Reading, grid: GridFacts) -> Component:
    update: dict[str, float] = {}
    params_of = type_of(battery).params
    soc_pct = recorded.values.get(Metric.BATTERY_SOC_PCT, math.nan)
    if not math.isnan(soc_pct) and params_of is not None:
        params = params_of(battery, grid)
        update["initial_soc"] = min(max(soc_pct / 100.0, params.soc_lower), params.soc_upper)
    temperature_c = recorded.values.get(Metric.BATTERY_TEMPERATURE, math.nan)
    if not math.isnan(temperature_c):
        update["initial_temperature_c"] = temperature_c
    return battery.model_copy(update=update)
