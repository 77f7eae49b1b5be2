"""Draws a site as a tree: the grid at the root, everything behind it with its ratings and inputs."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from ..sim.graph import children, grid_key
from ..sim.site import (
    Battery,
    BatteryInverter,
    Component,
    GridConnectionPoint,
    HybridInverter,
    Meter,
    PvInverter,
    Site,
)
from ..sim.site_devices import (
    CapacitorBank,
    Chp,
    Consumer,
    Electrolyzer,
    EvCharger,
    PowerTransformer,
    SteamBoiler,
    UninterruptiblePowerSupply,
    WindTurbine,
)
from ..sim.site_sessions import RecordedSessions, StatisticalSessions
from ..sim.vocabulary import UNSUPPORTED_BY_SDK


def site_tree(site: Site) -> Tree:
    """Return the drawing of a valid site; what is behind several components appears behind each of them."""
    grid = grid_key(site)
    tree = Tree(_label(site, grid, None))
    _grow(tree, site, grid)
    return tree


def unsupported_notes(site: Site) -> str:
    """Say what becomes of components that today's Python clients do not know; nothing if there are none."""
    named = [
        f"{key} ({part.category})"
        for key, part in site.components.items()
        if part.category in UNSUPPORTED_BY_SDK
    ]
    if not named:
        return ""
    if site.microgrid.list_unsupported:
        return (
            f"An SDK app does not start here, since it does not know all that is listed: {', '.join(named)}"
        )
    return (
        f"Left out of lists, since SDK apps do not know them and would not start: {', '.join(named)}\n"
        "(microgrid.list_unsupported: true lists them for other clients)"
    )


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
            given = component.frequency
            frequency = (
                _source(given, "Hz") if isinstance(given, float) else f"frequency {_source(given, 'Hz')}"
            )
            return [rating, f"{component.voltage_v:g} V", frequency]
        case Battery():
            capacity = [] if component.capacity_wh is None else [f"{component.capacity_wh / 1e3:g} kWh"]
            return [component.preset, *capacity, f"{100 * component.initial_soc:g} %"]
        case PvInverter():
            peak_w = component.peak_power_w or component.rated_power_w
            plane = f"{component.tilt_deg:g}° towards {component.azimuth_deg:g}°"
            return [_kilowatts(component.rated_power_w), f"{peak_w / 1e3:g} kWp", plane]
        case HybridInverter(peak_power_w=peak_w) if peak_w is not None:
            return [_kilowatts(component.rated_power_w), f"{peak_w / 1e3:g} kWp"]
        case BatteryInverter() | HybridInverter():
            return [_kilowatts(component.rated_power_w)]
    return _device_ratings(component)


def _device_ratings(component: Component) -> list[str]:
    match component:
        case CapacitorBank():
            return [f"{component.rated_reactive_power_var / 1e3:g} kvar in {component.steps} steps"]
        case PowerTransformer() | UninterruptiblePowerSupply():
            return [f"{component.rated_apparent_power_va / 1e3:g} kVA"]
        case EvCharger():
            return [component.type.value, _kilowatts(component.rated_power_w), _cars(component)]
        case Chp() | WindTurbine() | SteamBoiler() | Electrolyzer():
            return [_kilowatts(component.rated_power_w)]
    return []


def _cars(charger: EvCharger) -> str:
    match charger.sessions:
        case StatisticalSessions(profile=profile):
            return f"cars by the profile {profile}"
        case RecordedSessions(file=file):
            return f"cars from {file}"
        case tuple() as cars:
            return f"{len(cars)} car{'s'[: len(cars) != 1]} by the site file"
    return "no car" if charger.car is None else f"car at {100 * charger.car.initial_soc:g} %"


def _inputs(component: Component) -> list[str]:
    match component:
        case Meter(load=load) | Consumer(load=load) if load is not None:
            factor = "" if component.power_factor == 1.0 else f" at power factor {component.power_factor:g}"
            return [f"load {_source(load, 'W')}{factor}"]
        case PvInverter(power=power) | WindTurbine(power=power) if power is not None:
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
