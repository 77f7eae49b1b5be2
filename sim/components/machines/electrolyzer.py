"""Water electrolysers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ....models import electrolyzer
from ....models.ac import phase_shares
from ....models.electrolyzer import (
    ElectrolyzerInput,
    ElectrolyzerParams,
    ElectrolyzerState,
    electrolyzer_initial_state,
    electrolyzer_output,
)
from ....models.parameter import check_parameters
from ...domain.categories import Category
from ...domain.ranges import Bounds
from ...files.presets import check_at_most, check_own_draws, find_preset, preset_names
from ...files.sections import written
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import AMBIENT, SET_POINT, Activity, Machine
from ..device_model import DeviceModel
from ..section import ProcessMachine
from ..setting import Setting
from .polarisation import Polarisation, stack_efficiency
from .process import RunningTime, process_caption, process_rating, usual_preset


class Electrolyzer(ProcessMachine):
    """Makes hydrogen; consumes when told to."""

    category: Literal[Category.ELECTROLYZER]
    polarisation: Polarisation | None = None
    """Voltage of its cells over current at two currents or more, full load last; that of the preset if not given."""
    initial_running_time_s: RunningTime = Field(default=written("0 s"), alias="initial_running_time")
    """Time in operation before the run, of which its wear follows [s]."""
    initial_starts: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 0
    """Starts before the run."""


_SECONDS_TO_FULL = 10.0
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""


def electrolyzer_preset_names() -> tuple[str, ...]:
    """Return the names that `electrolyzer_preset` accepts."""
    return preset_names("electrolyzers")


def electrolyzer_preset(name: str, rated_power_w: float) -> ElectrolyzerParams:
    """Return the parameters of an electrolyser of a given size.

    Args:
        name: Of the preset; powers and heat are scaled to the rated power.
        rated_power_w: AC [W], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the size cannot exist.
    """
    values = find_preset("electrolyzers", "electrolyzer preset", name)
    params = ElectrolyzerParams(
        rated_power_w=rated_power_w,
        minimum_power_w=values["minimum_load"] * rated_power_w,
        loading_w_per_s=rated_power_w / _SECONDS_TO_FULL,
        auxiliary_power_w=values["auxiliary"] * rated_power_w,
        rectifier_efficiency=values["rectifier_efficiency"],
        reactive_per_active=values["reactive_per_active"],
        stack_efficiency=tuple(values["stack_efficiency"]),
        efficiency_per_k=values["efficiency_per_k"],
        operating_c=values["operating_c"],
        heat_capacity_j_per_k=values["heat_capacity_j_per_k_per_w"] * rated_power_w,
        heat_loss_w_per_k=values["heat_loss_per_k"] * rated_power_w,
        heater_power_w=values["heater"] * rated_power_w,
        holding_c=values["holding_c"],
        standby_power_w=values["standby"] * rated_power_w,
        standby_s=values["standby_s"],
        off_power_w=values["off"] * rated_power_w,
        cold_start_s=values["cold_start_s"],
        warm_start_s=values["warm_start_s"],
    )
    check_parameters(params)
    check_electrolyzer(params)
    return params


def check_electrolyzer(params: ElectrolyzerParams) -> None:
    """Hold the temperatures of an electrolyser to each other, and what it draws for itself to its least or rated power.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_at_most("holding_c", params.holding_c, "operating_c", params.operating_c, "°C")
    least_w = params.minimum_power_w
    check_at_most("auxiliary_power_w", params.auxiliary_power_w, "minimum_power_w", least_w, "W")
    rated_w = params.rated_power_w
    check_own_draws(params, ("heater_power_w", "standby_power_w", "off_power_w"), rated_w)
    for besides in ("auxiliary_power_w", "standby_power_w"):
        left_w = rated_w - getattr(params, besides)
        check_at_most("heater_power_w", params.heater_power_w, f"rated_power_w less {besides}", left_w, "W")


_USUAL_ELECTROLYZERS = ((1e6, "pem"), (float("inf"), "alkaline"))
_ELECTROLYZER_ACTIVITIES = {
    electrolyzer.OFF: Activity.RESTING,
    electrolyzer.STANDBY: Activity.RESTING,
    electrolyzer.COLD_START: Activity.STARTING,
    electrolyzer.WARM_START: Activity.STARTING,
    electrolyzer.RUNNING: Activity.WORKING,
}
ELECTROLYZER = DeviceModel(
    "electrolyzer", electrolyzer.ElectrolyzerInput, electrolyzer.electrolyzer_output,
    electrolyzer.electrolyzer_horizon_s, electrolyzer.electrolyzer_step,
    electrolyzer.electrolyzer_power_limits, limits_by_now=electrolyzer.electrolyzer_limits_by_now,
)  # fmt: skip


def build(unit: Electrolyzer, setting: Setting) -> Built:
    """Make an electrolyser, off and as warm as the air."""
    params = electrolyzer_params(unit)
    machine = Machine(
        ELECTROLYZER,
        params,
        electrolyzer_initial_state(params, setting.ambient_c)._replace(
            starts=unit.initial_starts, run_s=unit.initial_running_time_s
        ),
        phase_shares(unit.phases),
        (SET_POINT, AMBIENT),
        rating=process_rating(
            unit, Bounds(0.0, unit.rated_power_w), params.minimum_power_w, seconds_to_full=_SECONDS_TO_FULL
        ),
        activity=_electrolyzer_activity,
    )
    return Built(machine=machine)


def electrolyzer_params(unit: Electrolyzer) -> ElectrolyzerParams:
    """Return the parameters of an electrolyser: those of its preset at its size, with what the site file says."""
    name = unit.preset or usual_preset(_USUAL_ELECTROLYZERS, unit.rated_power_w)
    params = electrolyzer_preset(name, unit.rated_power_w)
    if unit.polarisation is not None:
        auxiliary = _auxiliary_w(unit, params) / params.rated_power_w
        params = params._replace(stack_efficiency=stack_efficiency(unit.polarisation, auxiliary))
    return params._replace(
        minimum_power_w=unit.min_power_w or params.minimum_power_w,
        loading_w_per_s=unit.ramp_rate_w_per_s or params.loading_w_per_s,
    )


def _auxiliary_w(unit: Electrolyzer, params: ElectrolyzerParams) -> float:
    """Return what auxiliaries draw [W]: what a site file sets, where that can be, or what the preset has."""
    given = unit.parameters.get("auxiliary_power_w")
    if isinstance(given, float | int) and 0.0 <= given < unit.rated_power_w:
        return float(given)
    return params.auxiliary_power_w


def _electrolyzer_activity(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> Activity:
    return _ELECTROLYZER_ACTIVITIES[electrolyzer_output(params, state, inp).phase]


TYPE = ComponentType(
    name=Category.ELECTROLYZER,
    category=Category.ELECTROLYZER,
    way=Way.CONSUMES,
    section=Electrolyzer,
    sdk_class="Electrolyzer",
    behind=AC_PARENTS,
    build=build,
    params=lambda unit, _grid: electrolyzer_params(unit),
    check=check_electrolyzer,
    presets=electrolyzer_preset_names,
    least_w=lambda unit: electrolyzer_params(unit).minimum_power_w,
    caption=process_caption,
)
