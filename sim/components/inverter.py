"""What inverters of all kinds have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from ...models.ac import greatest_reactive_var
from ...models.grid_guard import GridGuardParams
from ...models.inverter import InverterParams, ceil_to_resolution
from ...models.parameter import ParameterError, check_parameters
from ..domain.ranges import NOTHING_BUT_ZERO, Bounds
from ..files.parameters import Number, lacks_part, not_of_parts, overridden, with_part
from ..files.presets import check_at_most, check_own_draws, find_preset, preset_names
from ..files.sections import Phases, Section, refuse, written
from ..files.units import (
    SECOND,
    WATT,
    NonNegativePower,
    PositiveApparentPower,
    PositivePower,
    PositiveRampRate,
    PositiveReactivePower,
    ResponseDelay,
)
from ..inputs.specs import RecordedPower
from .array_spectrum import SPECTRUM
from .grid_code import REACTIVE_CURVES, GridCodeInput, check_grid_guard, grid_guard_params
from .rating import Rating
from .section import Lapsing, at_most_rated, given
from .setting import GridFacts
from .solar_array import ARRAY

GRID_CODE = "grid_code"
INVERTER_PARTS = (ARRAY, GRID_CODE, SPECTRUM)
"""What stands before the names of parameters that are not those of the inverter itself."""


_RatedPower = Annotated[float, WATT.within(lower=1.0)]
_Jitter = Annotated[float, SECOND.within(lower=0.0, upper=60.0)]
_Lag = Annotated[float, SECOND.within(lower=0.0, upper=600.0)]


LOSS_SLOPES = ("no_load_loss_slope", "linear_loss_slope", "quadratic_loss_slope")
"""Parameters that say how losses go with the DC voltage."""
_OF_BATTERIES = ("by_battery_voltage", "keeps_dc_window", "keeps_dc_current")
NOTHING_TO_ADD = "as photovoltaics have nothing to add while frequency is low"
"""Why they have no threshold below the nominal frequency."""


class InverterSection(Lapsing):
    """What a site file says of an inverter of any kind."""

    rated_power_w: _RatedPower = Field(alias="rated_power")
    """AC active power [W]."""
    rated_apparent_power_va: PositiveApparentPower | None = Field(default=None, alias="rated_apparent_power")
    """AC apparent power [VA]; as much as the rated power if not given."""
    preset: str | None = None
    """Name of a set of efficiency and loss parameters."""
    standby_power_w: NonNegativePower | None = Field(default=None, alias="standby_power")
    """Power drawn from the AC side while none is converted [W]; by preset if not given."""
    response_delay_s: ResponseDelay | None = Field(default=None, alias="response_delay")
    """Time from a command to the first movement [s]; by preset if not given."""
    response_jitter_s: _Jitter | None = Field(default=None, alias="response_jitter")
    """Greatest time by which that comes later, evenly distributed from command to command [s]; none if not given."""
    response_lag_s: _Lag | None = Field(default=None, alias="response_lag")
    """Time constant by which active power follows its set-point, within the ramp [s]; the ramp alone if not given."""
    ramp_rate_w_per_s: PositiveRampRate | None = Field(default=None, alias="ramp_rate")
    """Greatest change of active power [W/s]; by preset if not given."""
    resolution_w: PositivePower | None = Field(default=None, alias="resolution")
    """Step of the set-point [W], to which its magnitude is floored; by preset if not given."""
    min_power_factor: Number | None = Field(default=None, ge=0.0, le=1.0)
    """Least power factor at which it gives reactive power; no such limit if not given."""
    max_reactive_power_var: PositiveReactivePower | None = Field(default=None, alias="max_reactive_power")
    """Greatest reactive power, either sign [var]; what the apparent power leaves if not given."""
    grid_code: GridCodeInput | None = None
    """When it leaves the grid and comes back; it keeps to none if not given."""
    phases: Phases = (1, 2, 3)
    """Phases that it is connected to."""

    _within_rating = field_validator("standby_power_w", "resolution_w")(at_most_rated)

    @field_validator("rated_apparent_power_va")
    @classmethod
    def _not_below_rated_power(cls, apparent_va: float | None, info: ValidationInfo) -> float | None:
        power_w = info.data.get("rated_power_w", 0.0)
        if apparent_va is not None and apparent_va < power_w:
            raise refuse(f"at least the rated power, {power_w / 1e3:.6g} kVA")
        return apparent_va


class BuiltInControl(Section):
    """What an inverter does by itself while no client tells it otherwise."""

    self_consumption: str | None = None
    """Key of the component, such as the main meter, whose active power it regulates to 0 W; at rest if not given."""


class StorageInverter(InverterSection, BuiltInControl):
    """What a site file says of an inverter of batteries."""

    min_power_w: NonNegativePower = Field(default=written("0 W"), alias="min_power")
    """Magnitude of AC power below which it rests [W]."""
    min_charge_power_w: NonNegativePower | None = Field(default=None, alias="min_charge_power")
    """The same of what it draws [W]; `min_power` if not given."""
    min_discharge_power_w: NonNegativePower | None = Field(default=None, alias="min_discharge_power")
    """The same of what it delivers [W]; `min_power` if not given."""

    dc_voltage: Literal["nominal", "battery"] = "nominal"
    """Voltage by which its losses go: the nominal one, or the open-circuit voltage of its battery where it has one."""

    _below_rating = field_validator("min_power_w", "min_charge_power_w", "min_discharge_power_w")(
        at_most_rated
    )

    @field_validator("recorded")
    @classmethod
    def _not_told_twice(cls, recorded: RecordedPower | None, info: ValidationInfo) -> RecordedPower | None:
        if recorded is not None and info.data.get("self_consumption") is not None:
            raise refuse("either self_consumption or recorded, not both")
        return recorded

    @property
    def gap(self) -> Bounds:
        """The AC powers between which it rests [W]; 0 and 0 if at none."""
        return Bounds(
            0.0 - given(self.min_discharge_power_w, self.min_power_w),
            given(self.min_charge_power_w, self.min_power_w),
        )


def inverter_preset_names() -> tuple[str, ...]:
    """Return the names that `inverter_preset` accepts."""
    return preset_names("inverters")


def inverter_preset(name: str, rated_power_w: float, rated_apparent_power_va: float) -> InverterParams:
    """Return the parameters of an inverter of a given size.

    Args:
        name: Of the preset; its losses and ramp are scaled to the rated power.
        rated_power_w: AC active power [W], > 0.
        rated_apparent_power_va: AC apparent power [VA], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = find_preset("inverters", "inverter preset", name)
    check_at_most(
        "full_power_ambient_c", values["full_power_ambient_c"], "ambient_max_c", values["ambient_max_c"], "°C"
    )
    no_load, linear, quadratic = values["no_load_loss"], values["linear_loss"], values["quadratic_loss"]
    rated_loss_w = (no_load + linear + quadratic) * rated_power_w
    heat_loss_w_per_k = rated_loss_w / values["temperature_rise_k"]
    params = InverterParams(
        rated_power_w=rated_power_w,
        rated_apparent_power_va=rated_apparent_power_va,
        standby_power_w=values["standby"] * rated_power_w,
        no_load_loss_w=no_load * rated_power_w,
        linear_loss=linear,
        quadratic_loss_per_w=quadratic / rated_power_w,
        ramp_rate_w_per_s=values["ramp_rate_per_s"] * rated_power_w,
        response_delay_s=values["response_delay_s"],
        resolution_w=0.0,
        heat_capacity_j_per_k=values["time_constant_s"] * heat_loss_w_per_k,
        heat_loss_w_per_k=heat_loss_w_per_k,
        no_load_loss_slope=values["no_load_loss_slope"],
        linear_loss_slope=values["linear_loss_slope"],
        quadratic_loss_slope=values["quadratic_loss_slope"],
        nominal_dc_voltage_v=values["nominal_dc_voltage_v"],
        dc_voltage_min_v=values["dc_voltage_min_v"],
        dc_voltage_max_v=values["dc_voltage_max_v"],
        dc_current_max_a=values["dc_current_a_per_kw"] * rated_power_w / 1000.0,
        reactive_power_max_var=math.inf,
        power_factor_min=0.0,
        heat_sink_max_c=values["full_power_ambient_c"] + values["temperature_rise_k"],
        ambient_max_c=values["ambient_max_c"],
    )
    check_parameters(params)
    check_inverter(params)
    return params


def check_inverter(params: InverterParams) -> None:
    """Hold the voltages of an inverter's direct current side to each other, and its losses to its rating.

    Raises:
        ParameterError: Naming what is wrong.
    """
    nominal_v, rated_w = params.nominal_dc_voltage_v, params.rated_power_w
    check_at_most("dc_voltage_min_v", params.dc_voltage_min_v, "nominal_dc_voltage_v", nominal_v, "V")
    check_at_most("nominal_dc_voltage_v", nominal_v, "dc_voltage_max_v", params.dc_voltage_max_v, "V")
    check_own_draws(params, ("standby_power_w", "no_load_loss_w"), rated_w)
    if params.quadratic_loss_per_w * rated_w > 1.0:
        accepted = f"at most {1.0 / rated_w:g} 1/W, which loses rated_power_w at that power (physics)"
        raise ParameterError("quadratic_loss_per_w", f"{params.quadratic_loss_per_w:g} 1/W", accepted)
    losses = (params.no_load_loss_w, params.linear_loss, params.quadratic_loss_per_w)
    for name, loss in zip(LOSS_SLOPES, losses, strict=True):
        slope = getattr(params, name)
        for edge in ("dc_voltage_min_v", "dc_voltage_max_v"):
            shift = getattr(params, edge) / nominal_v - 1.0
            if loss > 0.0 and slope != 0.0 and shift != 0.0 and slope * shift < -1.0:
                way = "at most" if shift < 0.0 else "at least"
                accepted = f"{way} {-1.0 / shift:g}, beyond which nothing is lost at {edge} (physics)"
                raise ParameterError(name, f"{slope:g}", accepted)


def nearest_inverter_preset(family: str, rated_power_w: float) -> str:
    """Return the name of the preset of a family, `battery` or `pv`, whose class is nearest to a rating by ratio."""
    classes = {
        name: float(name.removeprefix(f"{family}-").removesuffix("kw")) * 1000.0
        for name in inverter_preset_names()
        if name.startswith(f"{family}-")
    }
    return min(classes, key=lambda name: abs(math.log(classes[name] / rated_power_w)))


def inverter_params(inverter: InverterSection, family: str = "battery") -> InverterParams:
    """Return the parameters of an inverter; `family` of its usual presets: `battery` or `pv`."""
    rated_w = inverter.rated_power_w
    preset = inverter.preset or nearest_inverter_preset(family, rated_w)
    params = inverter_preset(preset, rated_w, inverter.rated_apparent_power_va or rated_w)
    params = params._replace(
        standby_power_w=given(inverter.standby_power_w, params.standby_power_w),
        response_delay_s=given(inverter.response_delay_s, params.response_delay_s),
        response_jitter_s=given(inverter.response_jitter_s, params.response_jitter_s),
        response_lag_s=given(inverter.response_lag_s, params.response_lag_s),
        ramp_rate_w_per_s=given(inverter.ramp_rate_w_per_s, params.ramp_rate_w_per_s),
        resolution_w=given(inverter.resolution_w, params.resolution_w),
        power_factor_min=given(inverter.min_power_factor, params.power_factor_min),
        reactive_power_max_var=given(inverter.max_reactive_power_var, params.reactive_power_max_var),
        by_battery_voltage=isinstance(inverter, StorageInverter) and inverter.dc_voltage == "battery",
        keeps_dc_window=_gives(inverter, "dc_voltage_min_v", "dc_voltage_max_v"),
        keeps_dc_current=_gives(inverter, "dc_current_max_a"),
    )
    return overridden(params, not_of_parts(inverter.parameters, INVERTER_PARTS))


def _gives(inverter: InverterSection, *limits: str) -> bool:
    """Say whether a file gives one of some limits of an inverter of batteries: itself, or by naming a preset.

    Where the preset is found by size alone, the device may be another one, for batteries of another voltage.
    """
    is_given = inverter.preset is not None or not inverter.parameters.keys().isdisjoint(limits)
    return isinstance(inverter, StorageInverter) and is_given


def grid_guard(
    inverter: InverterSection, grid: GridFacts, *, follows_production: bool = False
) -> GridGuardParams | None:
    """Return what the grid code asks of an inverter; None if it keeps to none.

    Args:
        inverter: Of the site file.
        grid: That it is at.
        follows_production: Whether P(f) counts from what was delivered when frequency rose, as of photovoltaics.

    Raises:
        ParameterError: If its limits contradict each other or the nominal frequency of the grid.
    """
    if inverter.grid_code is None:
        return None
    params = grid_guard_params(
        inverter.grid_code,
        rated_power_w=inverter.rated_power_w,
        rated_apparent_power_va=inverter.rated_apparent_power_va or inverter.rated_power_w,
        nominal_hz=grid.frequency_hz,
        follows_production=follows_production,
    )
    made = with_part(params, inverter.parameters, GRID_CODE, check_grid_guard)
    check_grid_guard(made)
    return made


def grid_code_part(inverter: InverterSection, grid: GridFacts) -> GridGuardParams:
    """Return the same for its parameters in a site file.

    Raises:
        ParameterError: If they cannot be, or it keeps to no grid code.
    """
    guard = grid_guard(inverter, grid)
    if guard is None:
        lacks_part(inverter.parameters, GRID_CODE, "this inverter keeps to no grid_code")
    return guard


def asks_for_reactive_power(inverter: InverterSection) -> bool:
    """Say whether a curve of its grid code asks an inverter for reactive power."""
    return any(
        inverter.parameters.get(f"{GRID_CODE}.{curve}.enabled", getattr(inverter.grid_code, curve, None))
        for curve in REACTIVE_CURVES
    )


def unused_by_inverter(inverter: InverterSection) -> Mapping[str, str]:
    """Return the parameters that do nothing in an inverter, and what is accepted, as `ComponentType.unused` wants."""
    unused = {}
    if not asks_for_reactive_power(inverter):
        unused[f"{GRID_CODE}.reactive_first"] = "nothing, as no curve of grid_code asks for reactive power"
    if isinstance(inverter, StorageInverter):
        if not inverter.parameters.get("by_battery_voltage", inverter.dc_voltage == "battery"):
            unused |= dict.fromkeys(
                LOSS_SLOPES, "nothing beside the dc_voltage nominal, at which losses are then"
            )
    else:
        unused |= dict.fromkeys(
            _OF_BATTERIES,
            "nothing, as an inverter of an array alone goes by the array's voltage and keeps its limits",
        )
        unused[f"{GRID_CODE}.freq_watt.lower_threshold_hz"] = f"nothing, {NOTHING_TO_ADD}"
    return unused


def storage_rating(inverter: StorageInverter) -> Rating:
    """Return what an inverter of batteries can be told, without the powers at which it rests."""
    return inverter_rating(inverter_params(inverter), gap=inverter.gap)


def inverter_rating(
    params: InverterParams, *, produces_only: bool = False, gap: Bounds = NOTHING_BUT_ZERO[0]
) -> Rating:
    """Return what an inverter can be told; as the most that it may produce, if it does nothing else.

    Args:
        params: Of the inverter.
        produces_only: Whether it has photovoltaics alone.
        gap: Between which active powers it rests [W].
    """
    rated_w = params.rated_power_w
    most_var = greatest_reactive_var(
        rated_w, params.rated_apparent_power_va, params.power_factor_min, params.reactive_power_max_var
    )
    return Rating(
        active=Bounds(-rated_w, 0.0 if produces_only else rated_w),
        reactive=Bounds(0.0 - most_var, most_var),
        default_w=-rated_w if produces_only else 0.0,
        ramp_rate_w_per_s=params.ramp_rate_w_per_s,
        response_delay_s=params.response_delay_s,
        response_jitter_s=params.response_jitter_s,
        response_lag_s=params.response_lag_s,
        resolution_w=params.resolution_w,
        minimum_w=ceil_to_resolution(gap.upper, params.resolution_w),
        minimum_delivered_w=ceil_to_resolution(-gap.lower, params.resolution_w),
        rest_w=params.standby_power_w,
        is_limit=produces_only,
    )
