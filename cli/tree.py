"""Draws a site as a tree: the grid at the root, everything behind it with its ratings and inputs."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from ..sim.graph import children, grid_key
from ..sim.site import Battery, BatteryInverter, Component, GridConnectionPoint, Meter, PvInverter, Site


def site_tree(site: Site) -> Tree:
    """Return the drawing of a valid site; what is behind several components appears behind each of them."""
    grid = grid_key(site)
    tree = Tree(_label(site, grid, None))
    _grow(tree, site, grid)
    return tree


def _grow(tree: Tree, site: Site, parent: str) -> None:
    for key in children(site, parent):
        _grow(tree.add(_label(site, key, parent)), site, key)


def _label(site: Site, key: str, parent: str | None) -> Text:
    component = site.components[key]
    others = [f"also behind {other}" for other in component.behind if other != parent]
    details = ", ".join([*_ratings(component), *_inputs(component), *others])
    return Text.assemble(
        (key, "bold"),
        f" #{component.id} ",
        (component.category.value, "cyan"),
        f"  {details}" if details else "",
    )


def _ratings(component: Component) -> list[str]:
    match component:
        case GridConnectionPoint():
            rating = f"{component.rated_fuse_current_a:g} A"
            return [rating, f"{component.voltage_v:g} V", f"{component.frequency_hz:g} Hz"]
        case Battery():
            capacity = [] if component.capacity_wh is None else [f"{component.capacity_wh / 1e3:g} kWh"]
            return [component.preset, *capacity, f"{100 * component.initial_soc:g} %"]
        case PvInverter():
            peak_w = component.peak_power_w or component.rated_power_w
            plane = f"{component.tilt_deg:g}° towards {component.azimuth_deg:g}°"
            return [_kilowatts(component.rated_power_w), f"{peak_w / 1e3:g} kWp", plane]
        case BatteryInverter():
            return [_kilowatts(component.rated_power_w)]
    return []


def _inputs(component: Component) -> list[str]:
    match component:
        case Meter(load=load) if load is not None:
            factor = "" if component.power_factor == 1.0 else f" at power factor {component.power_factor:g}"
            return [f"load {_source(load, 'W')}{factor}"]
        case PvInverter(power=power) if power is not None:
            return [f"power {_source(power, 'W')}"]
        case PvInverter(irradiance=irradiance):
            return [f"irradiance {'clear-sky' if irradiance is None else _source(irradiance, 'W/m²')}"]
    return []


def _source(given: object, unit: str) -> str:
    """Say where an input comes from: a value, a profile with its size, or a file."""
    if isinstance(given, int | float):
        return _kilowatts(given) if unit == "W" else f"{given:g} {unit}"
    if file := getattr(given, "file", None):
        return f"from {file}"
    profile = str(getattr(given, "profile", ""))
    if annual_wh := getattr(given, "annual_energy_wh", None):
        return f"{profile} {annual_wh / 1e6:g} MWh a year"
    if isinstance(value := getattr(given, "value", None), float):
        return _kilowatts(value)
    return profile


def _kilowatts(power_w: float) -> str:
    return f"{power_w / 1e3:g} kW"
