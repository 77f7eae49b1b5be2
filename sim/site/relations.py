"""What a site file says of components that has to fit together: powers to ratings, limits of charge to each other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...models.battery import BatteryParams
from ...models.battery_auxiliary import ELECTRONICS_LEAST_H, check_auxiliary_of, most_draw
from ...models.battery_pack import TABLES
from ...models.parameter import ParameterError
from ...models.tables import MOST_STEPS, common_steps
from ..components.battery import (
    Battery,
    auxiliary_params,
    battery_params,
    battery_preset_names,
    estimate_params,
    initial_soc_within,
    initial_spread_most,
)
from ..components.component_type import Way
from ..components.ev_charger import EvCharger
from ..components.grid_code import REACTIVE_CURVES, grid_code_findings
from ..components.grid_connection_point import GridConnectionPoint
from ..components.hybrid_inverter import HybridInverter
from ..components.inverter import (
    NOTHING_TO_ADD,
    InverterSection,
    StorageInverter,
    asks_for_reactive_power,
    inverter_params,
)
from ..components.lapse import lapse_contradiction
from ..components.machines.wind_power_curve import CurveFile
from ..components.machines.wind_turbine import WindTurbine, speed_contradictions
from ..components.pv_inverter import PvInverter
from ..components.rating import gap_of
from ..components.registry import type_of
from ..components.section import ComponentSection, Lapsing
from ..components.solar_array import ArraySection
from ..domain.ranges import Bounds
from ..files.problems import Finding
from ..files.units import AMPERE, WATT
from ..inputs.specs import ClearSky, shows_all_light
from .charging import charging_findings, station_findings
from .environment import grid_facts
from .lines import line_findings
from .site import Site

_ROUNDING = 1e-9
_OF_A_MODEL = {*ArraySection.model_fields, "tilt_deg", "azimuth_deg", "hub_height_m", "wind_height_m"}
"""Fields of sections that say what makes power of sun or wind."""
_ONLY_BESIDE = {
    "yearly_degradation": "age_years",
    "outage_duration_s": "availability",
    "wind_height_m": "shear_exponent",
}
"""Fields of sections that count only where another is given."""


def relation_findings(site: Site) -> Iterator[Finding]:
    """Find what cannot be together, in a site whose every part is right."""
    for key, component in site.components.items():
        if isinstance(component, Lapsing) and has_known_preset(component):
            yield from _lapse_findings(key, component)
        if isinstance(component, PvInverter | HybridInverter):
            yield from _array_findings(key, component)
            yield from _spectrum_findings(site, key, component)
        if isinstance(component, StorageInverter) and has_known_preset(component):
            yield from _voltage_findings(site, key, component)
        if isinstance(component, WindTurbine) and component.power is None and has_known_preset(component):
            yield from _turbine_findings(key, component)
        yield from _idle_key_findings(key, component)
        if isinstance(component, Battery) and component.preset in battery_preset_names():
            yield from _battery_findings(site, key, component)
        if isinstance(component, InverterSection):
            yield from _grid_code_findings(site, key, component)
        if isinstance(component, EvCharger):
            yield from station_findings(site, key, component)
            if has_known_preset(component):
                yield from charging_findings(key, component)
    yield from _table_findings(site)
    yield from line_findings(site)


def _table_findings(site: Site) -> Iterator[Finding]:
    """Find tables of batteries that cannot be brought to one size: see `with_like_tables`."""
    steps = dict.fromkeys(TABLES, 1)
    for key, component in site.components.items():
        if not isinstance(component, Battery) or component.preset not in battery_preset_names():
            continue
        params = battery_params(component)
        for name in TABLES:
            own, others = len(getattr(params, name)) - 1, steps[name]
            common = common_steps(own, others)
            if common is None:
                found = f"{own + 1} entries beside tables of {others + 1} or fewer"
                accepted = f"as many entries, or numbers of steps with a common multiple up to {MOST_STEPS}"
                yield Finding(("components", key, "parameters", name), found, accepted)
            else:
                steps[name] = common


def _lapse_findings(key: str, component: Lapsing) -> Iterator[Finding]:
    told = _told(component)
    if told is None:
        return
    wrong = lapse_contradiction(component.on_lapse, told, _gap(component))
    if wrong is not None:
        yield Finding(("components", key, "on_lapse"), *wrong)


def _gap(component: Lapsing) -> Bounds:
    kind = type_of(component)
    least_w = kind.least_w(component)
    return gap_of(least_w, None if kind.least_delivered_w is None else kind.least_delivered_w(component))


def has_known_preset(component: ComponentSection) -> bool:
    """Say whether a component names a preset that there is, or none."""
    preset, presets = getattr(component, "preset", None), type_of(component).presets
    return preset is None or presets is None or preset in presets()


def _told(component: Lapsing) -> Bounds | None:
    """Return the active power that a component can be told [W]; None if its section does not say.

    What one of another package can be told is in the rating that it builds, to which its lapse is held there.
    """
    kind, rated_w = type_of(component), getattr(component, "rated_power_w", None)
    if rated_w is None or kind.package is not None:
        return None
    lower_w = -rated_w if kind.way in (Way.PRODUCES, Way.BOTH) else 0.0
    return Bounds(lower_w, 0.0 if kind.way is Way.PRODUCES else rated_w)


def _array_findings(key: str, inverter: PvInverter | HybridInverter) -> Iterator[Finding]:
    if inverter.planes is not None:
        for name in ("tilt", "azimuth"):
            if f"{name}_deg" in inverter.model_fields_set:
                yield Finding(("components", key, name), "given", "nothing beside planes")
    if isinstance(inverter, PvInverter) and inverter.power is not None:
        return  # Nothing is said of the array beside it; see `_idle_key_findings`.
    is_ours = inverter.irradiance is None or isinstance(inverter.irradiance, ClearSky)
    if is_ours:
        return
    # Light that a pyranometer measured loses at the glass of modules what goes with the angle to the sun.
    idle = (
        "planes",
        "horizon",
        "rows",
        *(() if shows_all_light(inverter.irradiance) else ("tilt", "azimuth")),
    )
    for name in idle:
        if {name, f"{name}_deg"} & {
            field for field in inverter.model_fields_set if getattr(inverter, field) is not None
        }:
            accepted = "nothing, as irradiance of the file is that of the whole array, shade and all"
            yield Finding(("components", key, name), "given", accepted)


def _spectrum_findings(site: Site, key: str, inverter: PvInverter | HybridInverter) -> Iterator[Finding]:
    if inverter.spectrum is None or (isinstance(inverter, PvInverter) and inverter.power is not None):
        return
    place = ("components", key, "spectrum")
    if inverter.irradiance is not None and not shows_all_light(inverter.irradiance):
        accepted = (
            "nothing, as irradiance of the file is what cells have of it; under `profile: clear-sky`, and beside a "
            "recording that is `measured_by: pyranometer`, a spectrum counts"
        )
        yield Finding(place, "given", accepted)
    elif "relative_humidity" not in site.weather.model_fields_set:
        yield Finding(
            place, "given", "relative_humidity in weather beside it, which makes the water of the air"
        )


def _grid_code_findings(site: Site, key: str, inverter: InverterSection) -> Iterator[Finding]:
    has_grid = any(isinstance(other, GridConnectionPoint) for other in site.components.values())
    if inverter.grid_code is None or not has_grid:
        return
    place = ("components", key, "grid_code")
    for finding in grid_code_findings(inverter.grid_code, grid_facts(site).frequency_hz):
        yield finding._replace(path=(*place, *finding.path))
    if "priority" in inverter.grid_code.model_fields_set and not asks_for_reactive_power(inverter):
        accepted = f"one of {', '.join(REACTIVE_CURVES)} beside it, without which it does nothing"
        yield Finding((*place, "priority"), "given", accepted)
    band = inverter.grid_code.freq_watt
    if (
        isinstance(inverter, PvInverter)
        and band is not None
        and "lower_threshold_hz" in band.model_fields_set
    ):
        yield Finding((*place, "freq_watt", "lower_threshold"), "given", f"nothing, {NOTHING_TO_ADD}")


def _voltage_findings(site: Site, key: str, inverter: StorageInverter) -> Iterator[Finding]:
    if not inverter_params(inverter).by_battery_voltage:
        return
    batteries = [
        other
        for other, section in site.components.items()
        if isinstance(section, Battery) and key in in_front(site, other)
    ]
    if len(batteries) != 1:
        name = ("dc_voltage",) if inverter.dc_voltage == "battery" else ("parameters", "by_battery_voltage")
        found = f"that of its battery, with {len(batteries)} batteries behind it"
        yield Finding(("components", key, *name), found, "one battery behind it, or the nominal voltage")


def _idle_key_findings(key: str, component: ComponentSection) -> Iterator[Finding]:
    """Find keys that do nothing, for want of another or for one that goes before them."""
    fields = type(component).model_fields
    said = [
        name for name in fields if name in component.model_fields_set and getattr(component, name) is not None
    ]
    for name in said:
        place = ("components", key, fields[name].alias or name)
        other = _ONLY_BESIDE.get(name)
        if getattr(component, "power", None) is not None and name in _OF_A_MODEL:
            yield Finding(place, "given", "nothing beside power, which takes the place of what makes it")
        elif other is not None and getattr(component, other) is None:
            needed = f"{fields[other].alias or other} beside it, without which it does nothing"
            yield Finding(place, "given", needed)


def _turbine_findings(key: str, turbine: WindTurbine) -> Iterator[Finding]:
    if isinstance(turbine.power_curve, CurveFile):
        return  # Its speeds are held to the curve where that is read.
    for name, found, accepted in speed_contradictions(turbine):
        yield Finding(("components", key, name), found, accepted)


def _battery_findings(site: Site, key: str, battery: Battery) -> Iterator[Finding]:
    params = battery_params(battery)
    least, most = params.soc_lower, params.soc_upper
    if battery.soc_lower is not None and battery.soc_upper is None and least >= most:
        accepted = f"less than {100.0 * most:g} %, max_soc of its preset"
        yield Finding(("components", key, "min_soc"), f"{100.0 * least:g} %", accepted)
    if battery.soc_upper is not None and battery.soc_lower is None and least >= most:
        accepted = f"more than {100.0 * least:g} %, min_soc of its preset"
        yield Finding(("components", key, "max_soc"), f"{100.0 * most:g} %", accepted)
    taken_w, given_w = params.charge_power_max_w, params.discharge_power_max_w
    yield from _auxiliary_findings(key, battery, params)
    yield from _charge_findings(key, battery, params)
    for name, least_w, own_w, does in (
        ("min_power", battery.min_power_w, min(taken_w, given_w), "take and give"),
        ("min_charge_power", battery.min_charge_power_w, taken_w, "take"),
        ("min_discharge_power", battery.min_discharge_power_w, given_w, "give"),
    ):
        most_w, because = _greatest(site, key, own_w, does)
        if least_w is not None and least_w > most_w:
            accepted = f"at most {WATT.in_words(most_w)}, {because}"
            yield Finding(("components", key, name), WATT.in_words(least_w), accepted)


def _auxiliary_findings(key: str, battery: Battery, params: BatteryParams) -> Iterator[Finding]:
    """Find what a battery cannot draw itself, and what is said of what does not draw."""
    own, place = auxiliary_params(battery), ("components", key, "auxiliary")
    if own is None or battery.auxiliary is None:
        return
    if most_draw(own) > params.discharge_power_max_w:
        most = WATT.in_words(params.discharge_power_max_w)
        accepted = f"at most {most} of all that draws at once, as it can give no more"
        yield Finding(place, WATT.in_words(most_draw(own)), accepted)
    lasting_w = params.capacity_wh / ELECTRONICS_LEAST_H
    if own.electronics_w > lasting_w:
        accepted = (
            f"at most {WATT.in_words(lasting_w)}, which empties a full battery in {ELECTRONICS_LEAST_H:g} h"
        )
        yield Finding((*place, "electronics"), WATT.in_words(own.electronics_w), accepted)
    try:
        check_auxiliary_of(own, params.heat_capacity_j_per_k)
    except ParameterError as error:
        yield Finding((*place, error.parameter.removesuffix("_w")), error.found, error.accepted)
    if most_draw(own) == 0.0:
        yield Finding(place, "nothing that draws", "electronics, heating or cooling above 0 W")
        return
    heats, cools = own.heating_w > 0.0, own.cooling_w > 0.0
    said = battery.auxiliary.model_fields_set
    for has, field, parameter, needed in (
        (heats, "heating_below_c", "heating_below_c", "heating"),
        (cools, "cooling_above_c", "cooling_above_c", "cooling"),
        (cools, None, "cooling_ratio", "cooling"),
        (heats or cools, None, "band_k", "heating or cooling"),
    ):
        accepted = f"{needed} above 0 W beside it, without which it does nothing"
        if not has and field in said:
            yield Finding((*place, parameter.removesuffix("_c")), "given", accepted)
        if not has and f"auxiliary.{parameter}" in battery.parameters:
            yield Finding(("components", key, "parameters", f"auxiliary.{parameter}"), "given", accepted)


def _charge_findings(key: str, battery: Battery, params: BatteryParams) -> Iterator[Finding]:
    """Find cells beyond empty or full at the start, and sensors that read more than ever flows."""
    most_spread, soc = initial_spread_most(battery), f"{100.0 * battery.initial_soc:g} %"
    if battery.initial_spread > max(most_spread, 0.0) + _ROUNDING:
        most = f"{100.0 * max(most_spread, 0.0):g} %"
        accepted = f"at most {most}, as cells are empty or full beyond at an initial_soc of {soc}"
        yield Finding(
            ("components", key, "initial_spread"), f"{100.0 * battery.initial_spread:g} %", accepted
        )
    elif most_spread < -_ROUNDING:
        lower, upper = (100.0 * end for end in initial_soc_within(battery))
        accepted = f"{lower:g} %..{upper:g} %, beyond which some of its cells are empty or full"
        yield Finding(("components", key, "initial_soc"), soc, accepted)
    estimate = estimate_params(battery)
    most_a = max(params.charge_current_max_a, params.discharge_current_max_a)
    if estimate is not None and abs(estimate.current_offset_a) > most_a:
        parameter = "soc_estimate.current_offset_a"
        inner = (
            ("parameters", parameter)
            if parameter in battery.parameters
            else ("soc_estimate", "current_offset")
        )
        accepted = f"-{most_a:.4g} A to {most_a:.4g} A, the rated current of this battery"
        yield Finding(("components", key, *inner), AMPERE.in_words(estimate.current_offset_a), accepted)


def _greatest(site: Site, key: str, own_w: float, does: str) -> tuple[float, str]:
    """Return the greatest power of a battery [W], and what makes it so.

    Args:
        site: Where it is.
        key: Of the battery.
        own_w: What it can itself [W].
        does: What it does with that, in words.
    """
    inverters = {
        other: section.rated_power_w
        for other in in_front(site, key)
        if isinstance(section := site.components[other], InverterSection)
    }
    rated_w = math.fsum(inverters.values())
    if inverters and rated_w < own_w:
        return rated_w, f"the rated power of {' and '.join(inverters)}"
    return own_w, f"what it can {does}"


def in_front(site: Site, key: str) -> list[str]:
    """Return the keys of what a component is behind, looking through passages."""
    found: list[str] = []
    waiting = [*site.components[key].behind]
    for other in waiting:
        if other not in site.components:
            continue  # Said with everything else.
        if type_of(site.components[other]).is_passage:
            waiting += [each for each in site.components[other].behind if each not in waiting]
        elif other not in found:
            found.append(other)
    return found
