"""Combined heat and power units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from ....models import chp
from ....models.ac import phase_shares
from ....models.chp import (
    ChpInput,
    ChpParams,
    ChpState,
    chp_heat_w,
    chp_initial_state,
    chp_output,
)
from ....models.heat_buffer import HeatBufferParams
from ....models.parameter import ParameterError, check_parameters
from ....models.tables import table_value
from ...domain.categories import Category
from ...domain.ranges import Bounds
from ...files.presets import check_at_most, check_own_draws, find_preset, preset_names
from ...files.sections import Section, refuse, switched, written
from ...files.units import CELSIUS, FRACTION, SECOND, Fraction, Unit
from ...inputs.chance import Chance
from ...inputs.signal import Constant
from ...inputs.specs import ConsumedInput
from ..component_type import AC_PARENTS, Built, ComponentType, Way
from ..device import AMBIENT, SET_POINT, Activity, Machine
from ..device_model import DeviceModel
from ..section import LEAST_LOAD, ProcessMachine
from ..setting import Setting
from .chp_data_sheet import DataSheet, curves, least_load
from .process import (
    SHORTEST_SWING_S,
    RunningTime,
    check_gets_warm,
    check_swing,
    demand_signal,
    process_caption,
    process_rating,
    usual_preset,
)

_LITRE = Unit("l", {"l": 1.0, "m³": 1e3, "m3": 1e3})
_Volume = Annotated[float, _LITRE.within(above=0.0, upper=1e7)]
_BufferTemperature = Annotated[float, CELSIUS.within(lower=0.0, upper=80.0)]


class LoadAcceptance(Section):
    """How much load an engine takes on at once."""

    step: Annotated[float, FRACTION.within(lower=0.05, upper=1.0)] = Field(default=written("34 %"))
    """Part of the rated power that it takes on from a load at which its speed has settled; 34 % if not given."""
    recovery_s: Annotated[float, SECOND.within(lower=0.1, upper=60.0)] = Field(
        default=written("5 s"), alias="recovery"
    )
    """Until its speed has settled after a step, and it takes on more [s]; 5 s if not given."""


class Chp(ProcessMachine):
    """Burns gas for power and heat; produces when told to, or when heat is wanted."""

    category: Literal[Category.CHP]
    data_sheet: DataSheet | None = None
    """Power, heat and fuel at two loads or more, brought to the rated power; those of the preset if not given."""
    heat_demand: ConsumedInput | None = None
    """Heat drawn from its buffer [W]; all that it makes if not given."""
    buffer_l: _Volume | None = Field(default=None, alias="buffer")
    """Water in the buffer [l]; 60 l per kW of heat if not given."""
    initial_temperature_c: _BufferTemperature = Field(default=written("60 °C"), alias="initial_temperature")
    """Initial temperature of the buffer when a run starts [°C]."""
    initial_running_time_s: RunningTime = Field(default=written("0 s"), alias="initial_running_time")
    """Time in operation before the run, of which its wear follows [s]."""
    initial_starts: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 0
    """Starts before the run."""
    heat_led: bool = Field(default=False, strict=True)
    """Whether the buffer starts and stops it; it takes no set-points then."""
    dump_cooler: bool = Field(default=False, strict=True)
    """Whether a cooler takes what a full buffer does not; else a full buffer stops it."""
    load_acceptance: Annotated[
        LoadAcceptance | None,
        BeforeValidator(switched, json_schema_input_type=LoadAcceptance | bool | None),
    ] = None
    """Steps in which it takes on load, in place of the usual ramp; any load, within its ramp, if not given."""
    failed_starts: Fraction = Field(default=written("0 %"))
    """Part of its attempts to start that fail."""

    @field_validator("heat_led")
    @classmethod
    def _not_told(cls, heat_led: bool, info: ValidationInfo) -> bool:
        if heat_led and info.data.get("recorded") is not None:
            raise refuse("either heat_led or recorded, not both")
        return heat_led


_ROOM_C = 20.0
_WATER_J_PER_K_PER_LITRE = 4.1e3
"""At 70 °C: 0.978 kg/l and 4.19 kJ/(kg K)."""
_BUFFER_LITRES_PER_KW = 60.0
"""Per kW of heat: what the German incentive for CHP up to 20 kW asked for (BAFA, Mini-KWK, 2014)."""
_STANDING_LOSS_K = 45.0
"""Tanks are rated at 65 °C in a room of 20 °C (EN 12897)."""
_BUFFER_FULL_C = 80.0
"""Chosen, as the other temperatures of the buffer and engine: 80/60 °C is a common heating circuit."""
_BUFFER_RESTART_C = 60.0
_BUFFER_USEFUL_C = 50.0
_ENGINE_OPERATING_C = 80.0
_ENGINE_COOLING_S = 4.0 * 3600.0
"""Time constant of an engine at rest in its enclosure; chosen."""
_TOUCH = 1e-9
_USUAL_TIMES_AND_DRAWS: Mapping[str, float] = {
    "start_s": 100.0,
    "stop_s": 90.0,
    "starting": 0.034,
    "standby": 0.016,
}
"""What presets of one's own may leave out, as our engines have it: times [s], and powers over the rated one."""
_START_RETRIES = 2
"""Chosen; controllers of such units commonly try three times."""
_RETRY_WAIT_S = 60.0
_SECONDS_TO_FULL = 30.0
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""
_SECONDS_OF_STEPS = 1.0
"""The same where load is taken on in steps: as long as set-points of all of it take to arrive [s]; chosen."""


def chp_preset_names() -> tuple[str, ...]:
    """Return the names that `chp_preset` accepts."""
    return preset_names("chps")


def chp_preset(
    name: str,
    rated_power_w: float,
    buffer_litres: float | None = None,
    heat_led: bool = False,
    dump_cooler: bool = False,
    data_sheet: DataSheet | None = None,
) -> ChpParams:
    """Return the parameters of a CHP of a given size, with its buffer.

    Args:
        name: Of the preset; powers and heat capacities are scaled to the rated power.
        rated_power_w: Electric [W], > 0.
        buffer_litres: Water in the buffer, > 0; 60 l per kW of heat if not given.
        heat_led: Whether the buffer starts and stops it instead of the set-point.
        dump_cooler: Whether a cooler takes what a full buffer does not.
        data_sheet: Whose curves and least load take the place of those of the preset.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the size cannot exist.
    """
    values = {**_USUAL_TIMES_AND_DRAWS, **find_preset("chps", "CHP preset", name)}
    if data_sheet is not None:
        electrical, thermal = curves(data_sheet)
        values |= {
            "electrical_efficiency": electrical,
            "thermal_efficiency": thermal,
            "minimum_load": max(least_load(data_sheet), LEAST_LOAD),
        }
    fuel_w = rated_power_w / values["electrical_efficiency"][-1]
    rated_heat_w = values["thermal_efficiency"][-1] * fuel_w
    minimum_w = values["minimum_load"] * rated_power_w
    capacity = _engine_heat_capacity_j_per_k(_least_heat_w(values, minimum_w), values["warm_up_s"])
    litres = _BUFFER_LITRES_PER_KW * rated_heat_w / 1e3 if buffer_litres is None else buffer_litres
    params = ChpParams(
        rated_power_w=rated_power_w,
        minimum_power_w=minimum_w,
        loading_w_per_s=rated_power_w / _SECONDS_TO_FULL,
        electrical_efficiency=tuple(values["electrical_efficiency"]),
        thermal_efficiency=tuple(values["thermal_efficiency"]),
        reactive_per_active=0.0,
        start_s=values["start_s"],
        starting_power_w=values["starting"] * rated_power_w,
        stop_s=values["stop_s"],
        stopping_power_w=values["starting"] * rated_power_w,
        standby_power_w=values["standby"] * rated_power_w,
        minimum_run_s=values["minimum_run_s"],
        minimum_pause_s=values["minimum_pause_s"],
        start_retries=_START_RETRIES,
        retry_wait_s=_RETRY_WAIT_S,
        engine_heat_capacity_j_per_k=capacity,
        engine_heat_loss_w_per_k=capacity / _ENGINE_COOLING_S,
        engine_operating_c=_ENGINE_OPERATING_C,
        buffer=hot_water_buffer(litres),
        buffer_full_c=_BUFFER_FULL_C,
        buffer_restart_c=_BUFFER_RESTART_C,
        heat_led=heat_led,
        dump_cooler=dump_cooler,
    )
    check_parameters(params)
    check_chp(params)
    return params


def check_chp(params: ChpParams) -> None:
    """Hold the curves of a CHP to the first law, and its loads, draws, losses and temperatures to each other.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_at_most("minimum_power_w", params.minimum_power_w, "rated_power_w", params.rated_power_w, "W")
    check_own_draws(params, ("starting_power_w", "stopping_power_w", "standby_power_w"), params.rated_power_w)
    check_at_most("buffer_restart_c", params.buffer_restart_c, "buffer_full_c", params.buffer_full_c, "°C")
    # A buffer that stops the engine has to cool down to where it starts it again.
    limit = "buffer_restart_c" if params.heat_led or not params.dump_cooler else "buffer_full_c"
    check_at_most("buffer.useful_c", params.buffer.useful_c, limit, getattr(params, limit), "°C")
    _check_warms_up(params)
    if params.heat_led or not params.dump_cooler:
        _check_cycle(params)
    for load in _knots(params):
        electrical = table_value(params.electrical_efficiency, load)
        check_at_most(
            f"thermal_efficiency at {100.0 * load:g} % of load",
            table_value(params.thermal_efficiency, load),
            "what the electrical efficiency leaves",
            1.0 - electrical + _TOUCH,
            "",
        )


def _check_warms_up(params: ChpParams) -> None:
    """Hold what a warm engine loses to the heat that warms it."""
    least_w, rated_w = params.minimum_power_w, params.rated_power_w
    for power_w, place in ((least_w, least_w / rated_w), (rated_w, 1.0)):
        if chp_heat_w(params, power_w) <= 0.0:
            name = f"thermal_efficiency at {100.0 * place:g} % of load"
            raise ParameterError(name, "0", "more than 0, as its heat warms up engine and buffer (physics)")
    check_gets_warm(
        "engine_heat_loss_w_per_k",
        params.engine_heat_loss_w_per_k,
        "engine_operating_c",
        params.engine_operating_c,
        "the heat at minimum_power_w",
        chp_heat_w(params, least_w),
    )


def _check_cycle(params: ChpParams) -> None:
    """Hold a unit that its buffer stops and starts to a time from one start to the next."""
    times_s = params.start_s + params.minimum_run_s + params.stop_s + params.minimum_pause_s
    if times_s < SHORTEST_SWING_S:
        check_swing(
            "buffer.heat_capacity_j_per_k",
            params.buffer.heat_capacity_j_per_k,
            params.buffer_full_c - params.buffer_restart_c,
            chp_heat_w(params, params.rated_power_w),
            "the heat at rated_power_w heats from buffer_restart_c to buffer_full_c",
        )
        check_at_most(
            "buffer_restart_c",
            params.buffer_restart_c,
            "buffer_full_c - 0.1",
            params.buffer_full_c - 0.1,
            "°C",
        )


def _knots(params: ChpParams) -> list[float]:
    """Return the loads of the entries of both curves, between which their sum is linear."""
    tables = (params.electrical_efficiency, params.thermal_efficiency)
    return sorted({place / (len(table) - 1) for table in tables for place in range(len(table))})


def hot_water_buffer(litres: float) -> HeatBufferParams:
    """Return a tank of a volume [l], > 0, for hot water.

    Its loss is the greatest that Regulation (EU) 814/2013 allows for a tank: 16.66 + 8.33 V^0.4 W, for up to
    2000 l; carried on beyond.
    """
    standing_loss_w = 16.66 + 8.33 * litres**0.4
    return HeatBufferParams(
        heat_capacity_j_per_k=litres * _WATER_J_PER_K_PER_LITRE,
        heat_loss_w_per_k=standing_loss_w / _STANDING_LOSS_K,
        useful_c=_BUFFER_USEFUL_C,
    )


def _least_heat_w(values: dict[str, Any], minimum_w: float) -> float:
    """Return the heat at minimum load [W], which is what warms up the engine."""
    load = values["minimum_load"]
    heat_per_fuel = table_value(tuple(values["thermal_efficiency"]), load)
    return heat_per_fuel * minimum_w / table_value(tuple(values["electrical_efficiency"]), load)


def _engine_heat_capacity_j_per_k(heat_w: float, warm_up_s: float) -> float:
    """Return the capacity [J/K] with which a heat [W] warms an engine from the room in a time [s]."""
    lost = -math.expm1(-warm_up_s / _ENGINE_COOLING_S)
    return heat_w * _ENGINE_COOLING_S * lost / (_ENGINE_OPERATING_C - _ROOM_C)


_USUAL_CHPS = (
    (10e3, "ecopower-5kw"), (35e3, "gas-20kw"), (90e3, "gas-50kw"), (180e3, "gas-140kw"),
    (float("inf"), "gas-250kw"),
)  # fmt: skip
_ATTEMPT_US = 160_000_000
"""An attempt to start and the wait after it take about as long as this, so each has a chance of its own [µs]."""
_CHP_ACTIVITIES = {
    chp.STOPPED: Activity.RESTING,
    chp.STARTING: Activity.STARTING,
    chp.RETRYING: Activity.STARTING,
    chp.WARMING_UP: Activity.WARMING_UP,
    chp.RUNNING: Activity.WORKING,
    chp.STOPPING: Activity.STOPPING,
    chp.FAULT: Activity.FAULT,
}
CHP = DeviceModel(
    "chp", chp.ChpInput, chp.chp_output, chp.chp_horizon_s, chp.chp_step, chp.chp_power_limits,
    limits_by_now=chp.chp_limits_by_now,
)  # fmt: skip


def build(unit: Chp, setting: Setting) -> Built:
    """Make a CHP with its buffer; one led by heat takes no set-points.

    Without a heat demand, its heat goes to a network that takes all of it.

    Raises:
        InputError: If a recorded demand cannot drive it.
    """
    params = chp_params(unit)
    room_c = setting.ambient_c
    most_heat_w = params.thermal_efficiency[-1] * params.rated_power_w / params.electrical_efficiency[-1]
    where = setting.of_input("failed_starts")
    rating = (
        None
        if unit.heat_led
        else process_rating(
            unit,
            Bounds(-unit.rated_power_w, 0.0),
            params.minimum_power_w,
            seconds_to_full=_seconds_to_full(unit),
        )
    )
    machine = Machine(
        CHP,
        params,
        chp_initial_state(params, unit.initial_temperature_c, room_c)._replace(
            starts=unit.initial_starts, run_s=unit.initial_running_time_s
        ),
        phase_shares(unit.phases),
        (
            SET_POINT,
            f"{setting.key}.heat_demand",
            AMBIENT,
            f"{setting.key}.start_fails",
            f"{setting.key}.acknowledge",
        ),
        {
            "heat_demand": demand_signal("heat_demand", unit.heat_demand, most_heat_w, setting),
            "start_fails": Chance(unit.failed_starts, step_us=_ATTEMPT_US, key=where.key),
            "acknowledge": Constant(0.0),
        },
        rating,
        activity=_chp_activity,
    )
    return Built(machine=machine)


def chp_params(unit: Chp) -> ChpParams:
    """Return the parameters of a CHP: those of its preset at its size, with what the site file says.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    name = unit.preset or usual_preset(_USUAL_CHPS, unit.rated_power_w)
    params = chp_preset(
        name, unit.rated_power_w, unit.buffer_l, unit.heat_led, unit.dump_cooler, unit.data_sheet
    )
    params = params._replace(
        minimum_power_w=unit.min_power_w or params.minimum_power_w,
        loading_w_per_s=unit.ramp_rate_w_per_s or unit.rated_power_w / _seconds_to_full(unit),
    )
    if not unit.parameters:
        check_chp(params)
    steps = unit.load_acceptance
    if steps is None:
        return params
    return params._replace(load_step_w=steps.step * unit.rated_power_w, recovery_s=steps.recovery_s)


def _unused(unit: Chp) -> Mapping[str, str]:
    has_cooler = unit.dump_cooler or unit.parameters.get("dump_cooler", False)
    if unit.heat_led or not has_cooler:
        return {}
    return {"buffer_restart_c": "nothing beside dump_cooler without heat_led, as a full buffer stops nothing"}


def _seconds_to_full(unit: Chp) -> float:
    return _SECONDS_TO_FULL if unit.load_acceptance is None else _SECONDS_OF_STEPS


def _chp_activity(params: ChpParams, state: ChpState, inp: ChpInput) -> Activity:
    shown = chp_output(params, state, inp)
    told_w = max(inp.set_point_w, -params.rated_power_w)
    if shown.phase == chp.RUNNING and params.load_step_w < math.inf and told_w < shown.active_power_w:
        return Activity.LOADING
    return _CHP_ACTIVITIES[shown.phase]


TYPE = ComponentType(
    name=Category.CHP,
    category=Category.CHP,
    way=Way.PRODUCES,
    section=Chp,
    sdk_class="Chp",
    behind=AC_PARENTS,
    build=build,
    params=lambda unit, _grid: chp_params(unit),
    check=check_chp,
    unused=_unused,
    presets=chp_preset_names,
    least_w=lambda unit: chp_params(unit).minimum_power_w,
    inputs={"heat_demand": 0.0},
    caption=process_caption,
)
