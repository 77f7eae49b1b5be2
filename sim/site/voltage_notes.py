"""What `check` tells of voltages: batteries outside of an inverter's window, and protection that sees no own rise."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.tables import table_value
from ..components.battery import Battery, battery_params
from ..components.grid_connection_point import GridConnectionPoint, grid_impedances
from ..components.inverter import InverterSection, StorageInverter, inverter_params
from ..files.presets import own_presets
from .relations import in_front
from .site import Site


def voltage_notes(site: Site) -> Iterator[str]:
    """Yield what the voltages of a site make of its inverters."""
    yield from _window_notes(site)
    yield from _rise_notes(site)


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
