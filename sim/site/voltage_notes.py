"""What `check` tells of voltages: of batteries outside of an inverter's window, of grid codes, and of chargers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...models.ev_charger import NOMINAL_V
from ...models.tables import table_value
from ..components.battery import Battery, battery_params
from ..components.ev_charger import LEAST_CURRENT_A, EvCharger
from ..components.grid_connection_point import GridConnectionPoint, grid_impedances
from ..components.inverter import InverterSection, StorageInverter, inverter_params
from ..domain.categories import EvChargerType
from ..files.presets import own_presets
from .environment import grids_seen
from .lines import has_lines
from .relations import in_front
from .site import Site

_USUAL = 1.1
"""Of the nominal voltage of chargers: above that a grid has another one; chosen."""


def voltage_notes(site: Site) -> Iterator[str]:
    """Yield what the voltages of a site make of its inverters and chargers."""
    yield from _window_notes(site)
    yield from _rise_notes(site)
    yield from _least_notes(site)


def _window_notes(site: Site) -> Iterator[str]:
    """Yield which inverters do not run at a voltage that their only battery has."""
    behind: dict[str, list[Battery]] = {}
    for key, component in site.components.items():
        if isinstance(component, Battery):
            for inverter in in_front(site, key):
                behind.setdefault(inverter, []).append(component)
    for key, batteries in behind.items():
        component = site.components[key]
        if not isinstance(component, StorageInverter) or len(batteries) != 1:
            continue
        with own_presets(site.own_presets):
            params, cells = inverter_params(component), battery_params(batteries[0])
        least_v, most_v = (table_value(cells.ocv_v, soc) for soc in (cells.soc_lower, cells.soc_upper))
        if params.keeps_dc_window and (least_v < params.dc_voltage_min_v or most_v > params.dc_voltage_max_v):
            window = f"{params.dc_voltage_min_v:g} V to {params.dc_voltage_max_v:g} V"
            yield f"{key} runs from {window} alone, and its battery has {least_v:.0f} V to {most_v:.0f} V at rest"


def _rise_notes(site: Site) -> Iterator[str]:
    """Yield which grid codes do not see the voltage that the site itself makes behind an impedance."""
    if has_lines(site):
        return
    has_impedance = any(
        isinstance(component, GridConnectionPoint) and grid_impedances(component.voltages)
        for component in site.components.values()
    )
    guarded = [
        key
        for key, component in site.components.items()
        if isinstance(component, InverterSection) and component.grid_code is not None
    ]
    if has_impedance and guarded:
        yield (
            f"protection and Q(U) of {', '.join(guarded)} go by the voltage before the grid's impedance: what the "
            "site itself adds to it is measured, and neither trips them nor moves their reactive power"
        )


def _least_notes(site: Site) -> Iterator[str]:
    """Yield what chargers draw at their least current where the voltage of the site is above that of usual chargers."""
    by_voltage: dict[float, list[str]] = {}
    for key, grid in grids_seen(site).items():
        component, nominal_v = site.components[key], grid.voltage_v / math.sqrt(3.0)
        if (
            isinstance(component, EvCharger)
            and component.type is EvChargerType.AC
            and nominal_v > _USUAL * NOMINAL_V
        ):
            by_voltage.setdefault(nominal_v, []).append(key)
    for nominal_v, chargers in by_voltage.items():
        told_w, drawn_w = (LEAST_CURRENT_A * volts for volts in (NOMINAL_V, nominal_v))
        yield (
            f"{', '.join(chargers)}: powers are told by {NOMINAL_V:g} V a phase, as by other systems, and the site has "
            f"{nominal_v:.0f} V: told {told_w:.0f} W a phase, a car draws {drawn_w:.0f} W"
        )
