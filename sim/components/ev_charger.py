"""Chargers for electric cars, and the cars that come to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ...models import charging_point
from ...models.ac import phase_shares
from ...models.charging_point import NO_PHASE, ChargingPointParams
from ...models.electric_car import (
    CURVE_LENGTH,
    FINAL_RATE_PER_H,
    LONGEST_TAPER_S,
    SHORTEST_TAPER_S,
    ElectricCarParams,
)
from ...models.ev_charger import NOMINAL_V, EvChargerParams, ev_charger_initial_state
from ...models.ev_offer import CURRENT_TOUCH
from ...models.parameter import ParameterError, check_parameters
from ..domain.categories import Category, EvChargerType
from ..domain.ranges import Bounds
from ..files.presets import check_own_draws, find_preset, preset_names
from ..files.sections import Section, refuse, short_for, written
from ..files.units import AMPERE, FRACTION, SECOND, Fraction, PositivePower
from ..inputs.sessions.behaviour import CarBehaviour, CarEnergy, CarPower, refuse_less_than_offered
from ..inputs.sessions.build import session_plan
from ..inputs.sessions.cars import car_preset_names, check_car
from ..inputs.sessions.sections import RecordedSessions, Sessions, StatisticalSessions
from ..inputs.sessions.session import Listed, Session, SessionPlan
from ..inputs.sessions.signals import session_signals
from ..inputs.signal import NEVER, Constant, Signal
from ..inputs.specs import RecordedCharging
from .captions import kilowatts
from .charged_cars import KnownCar, car_by_figures, cars_of_sessions
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .device import ACTIVE_LOWER_BOUND, ACTIVE_UPPER_BOUND, NOTHING, SET_POINT, UPPER_BOUND, Machine
from .device_model import DeviceModel
from .rating import Rating
from .section import FlexibleDevice, MachineWithMinimum
from .setting import Setting

_BeforeFull = Annotated[float, FRACTION.within(lower=0.0, upper=0.99)]
_Efficiency = Annotated[float, FRACTION.within(lower=0.7, upper=1.0)]
LEAST_CURRENT_A = 6.0
"""Least current per phase that a charger may offer a car on alternating current by IEC 61851-1 [A]."""
_GREATEST_POWER_W = 1e6
"""Of any charger [W]. Up to there each takes set-points: some clients know nothing of its rating."""
_GREATEST_CURRENT_A = 1500.0
_OF_CONVERSION = tuple(
    f"charger.{name}" for name in ("conversion_loss", "conversion_fixed_w", "dc_power_max_w")
)
"""Parameters of chargers of direct current alone."""

_OTHERS = 3
"""Further connectors of a station."""


class Car(CarBehaviour):
    """A car at a charging point, by a few figures."""

    capacity_wh: CarEnergy = Field(default=written("60 kWh"), alias="capacity")
    """Energy that its battery holds [Wh]."""
    initial_soc: Fraction = Field(default=written("30 %"))
    """State of charge when a run starts."""
    max_power_w: CarPower = Field(default=written("11 kW"), alias="max_power")
    """Greatest power that the car takes [W], at 230 V on alternating current."""
    phases: Literal[1, 2, 3] | None = None
    """Phases of the onboard charger; one for up to 7.4 kW (32 A), three for more, if not given."""
    taper_soc: _BeforeFull = Field(default=written("80 %"))
    """State of charge at which the car begins to take less."""
    efficiency: _Efficiency = Field(default=written("90 %"))
    """Part of the energy that arrives in the car's battery, on alternating current."""

    @property
    def own_phases(self) -> int:
        """Phases of its onboard charger."""
        return self.phases or (1 if self.max_power_w <= _ONE_PHASE_W else 3)

    @model_validator(mode="after")
    def _takes_the_least_current(self) -> Self:
        refuse_less_than_offered(self.max_power_w, self.own_phases)
        return self


class SwitchingMode(StrEnum):
    """What makes a charger switch phases."""

    AUTOMATIC = "automatic"
    """Its set-point, while no command says otherwise."""
    BY_COMMAND = "by-command"
    """A command alone."""


class PhaseSwitching(Section):
    """How a charger leaves a car one phase of several."""

    mode: SwitchingMode = SwitchingMode.AUTOMATIC
    """`automatic` by the set-point: one phase below the least power on all of them; or `by-command`."""
    delay_s: Annotated[float, SECOND.within(lower=0.0, upper=3600.0)] = Field(
        default=written("2 min"), alias="delay"
    )
    """For how long its set-point must want other phases before it switches [s]; a command need not wait."""
    pause_s: Annotated[float, SECOND.within(lower=0.0, upper=600.0)] = Field(
        default=written("30 s"), alias="pause"
    )
    """For how long no current flows when it switches [s]."""
    dwell_s: Annotated[float, SECOND.within(lower=0.0, upper=7200.0)] = Field(
        default=written("10 min"), alias="dwell"
    )
    """Least time from one switching to the next [s]."""


def _as_switching(value: object) -> object:
    if value is False or value == "off":
        return None
    if value is True:
        return {}
    return short_for("mode")(value)


class _ChargesCars(FlexibleDevice):
    type: EvChargerType = EvChargerType.AC
    """What it gives to cars; one with both outlets charges on alternating current here."""


class EvCharger(MachineWithMinimum, _ChargesCars):
    """A charging point for cars. Cars on fewer phases than it has load the first of `phases`."""

    category: Literal[Category.EV_CHARGER]
    preset: str | None = None
    """Name of a set of parameters; by type and rated power if not given."""
    station_power_w: PositivePower | None = Field(default=None, alias="station_power")
    """What the station of a DC charger draws at most with all of its connectors [W]; beside `shares_power_with`."""
    shares_power_with: Annotated[tuple[str, ...], Field(max_length=_OTHERS)] = ()
    """Keys of the other connectors of its station, which share `station_power` while cars are there."""
    car: Car | None = None
    """A car that is plugged in all the time."""
    phase_switching: Annotated[
        PhaseSwitching | None,
        BeforeValidator(_as_switching, json_schema_input_type=PhaseSwitching | str | bool | None),
    ] = None
    """How it leaves a car one phase of several: `automatic`, `by-command`, or a section; not at all if not given."""
    sessions: Sessions | None = None
    """Which cars come; none if neither this nor `car` is given."""
    recorded: RecordedCharging | None = None
    """The most that cars may draw, from a recording, while no client tells it otherwise; its rating if not given."""

    @field_validator("rated_power_w")
    @classmethod
    def _can_charge(cls, power_w: float, info: ValidationInfo) -> float:
        phases = info.data.get("phases")
        if phases is None:
            return power_w
        greatest_w = min(_GREATEST_POWER_W, _GREATEST_CURRENT_A * NOMINAL_V * len(phases))
        if power_w > greatest_w:
            raise refuse(f"at most {greatest_w / 1e3:g} kW on {len(phases)} phase{'s'[: len(phases) > 1]}")
        least_w = _least_power_w(info)
        if power_w < least_w:
            raise refuse(
                f"at least {least_w / 1e3:g} kW on {len(phases)} phase{'s'[: len(phases) > 1]}"
                f" ({LEAST_CURRENT_A:g} A at {NOMINAL_V:g} V on each of `phases`)"
            )
        return power_w

    @field_validator("min_power_w")
    @classmethod
    def _offers_six_amperes(cls, power_w: float | None, info: ValidationInfo) -> float | None:
        least_w = _least_power_w(info)
        if power_w is not None and power_w < least_w:
            raise refuse(f"at least {least_w / 1e3:g} kW ({LEAST_CURRENT_A:g} A on each of `phases`)")
        return power_w

    @field_validator("preset")
    @classmethod
    def _of_its_type(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name in ev_charger_preset_names() and "type" in info.data:
            is_dc = info.data["type"] is EvChargerType.DC
            fitting = [each for each in ev_charger_preset_names() if ev_charger_preset(each).is_dc == is_dc]
            if name not in fitting:
                raise refuse(f"with type {info.data['type'].value}: {', '.join(fitting)}")
        return name

    @field_validator("shares_power_with")
    @classmethod
    def _is_of_a_station(cls, others: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if others and info.data.get("type") is not EvChargerType.DC:
            raise refuse("nothing beside alternating current; connectors of `type: dc` share power")
        if others and "station_power_w" in info.data and info.data["station_power_w"] is None:
            raise refuse("`station_power` beside it")
        if len(set(others)) < len(others):
            raise refuse("each connector once")
        return others

    @field_validator("phase_switching")
    @classmethod
    def _has_phases_to_switch(
        cls, switching: PhaseSwitching | None, info: ValidationInfo
    ) -> PhaseSwitching | None:
        if switching is not None and info.data.get("type") is EvChargerType.DC:
            raise refuse("nothing, chargers of direct current switch no phases")
        if switching is not None and len(info.data.get("phases", (1, 2, 3))) == 1:
            raise refuse("nothing on one phase; several `phases` beside it")
        recorded = info.data.get("recorded")
        if switching is not None and recorded is not None and recorded.unit in AMPERE.factors:
            raise refuse("nothing beside a recorded current of each phase; phases switch by a recorded power")
        return switching

    @field_validator("type")
    @classmethod
    def _has_phases(cls, kind: EvChargerType, info: ValidationInfo) -> EvChargerType:
        recorded = info.data.get("recorded")
        if kind is EvChargerType.DC and recorded is not None and recorded.unit in AMPERE.factors:
            raise refuse("ac or hybrid beside a recorded current; dc beside a recorded power")
        return kind

    @field_validator("sessions")
    @classmethod
    def _instead_of_car(cls, sessions: Sessions | None, info: ValidationInfo) -> Sessions | None:
        if sessions is not None and info.data.get("car") is not None:
            raise refuse("either car or sessions, not both")
        return sessions


def _least_power_w(info: ValidationInfo) -> float:
    if "type" not in info.data or info.data["type"] is EvChargerType.DC:
        return 0.0
    return LEAST_CURRENT_A * NOMINAL_V * len(info.data.get("phases", ()))


def ev_charger_preset_names() -> tuple[str, ...]:
    """Return the names that `ev_charger_preset` accepts."""
    return preset_names("ev_chargers")


def ev_charger_preset(name: str, dc_curves_w: tuple[float, ...] = ()) -> EvChargerParams:
    """Return the parameters of a charger.

    Args:
        name: Of the preset.
        dc_curves_w: Of the cars that come to it (`SessionPlan.dc_curves_w`).

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    charger = EvChargerParams(
        **find_preset("ev_chargers", "EV charger preset", name),
        dc_curves_w=dc_curves_w or (0.0,) * CURVE_LENGTH,
    )
    check_charger(charger)
    return charger


def check_charger(charger: EvChargerParams, within: str = "") -> None:
    """Hold a charger to the ranges of its parameters, and its least current to its greatest.

    Args:
        charger: Its parameters.
        within: What stands before the names in an error, with a dot.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_parameters(charger, within)
    if charger.current_min_a > charger.current_max_a:
        raise ParameterError(
            f"{within}current_min_a",
            f"{charger.current_min_a:g} A",
            f"at most current_max_a, {charger.current_max_a:g} A",
        )
    if charger.is_dc == 0 and charger.current_min_a < 6.0:
        raise ParameterError(
            f"{within}current_min_a",
            f"{charger.current_min_a:g} A",
            ">= 6 A on alternating current (IEC 61851-1)",
        )


_SECONDS_TO_FULL = 2.0
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""
_WHOLE_AMPERES = 0.02
"""Rated powers are rounded (32 A make 22.08 kW): the whole current this close to them is meant."""
_USUAL_PRESETS = {
    True: ((30e3, "dc-25kw"), (75e3, "dc-50kw"), (float("inf"), "dc-150kw")),
    False: ((3.7e3, "wallbox-3680w"), (11.1e3, "wallbox-11kw"), (float("inf"), "wallbox-22kw")),
}
"""Kinds of direct and alternating current, each up to a rated power [W]."""
_CAR_CURRENT_A = 63.0
"""Greatest current of a car on a phase [A]."""
_ONE_PHASE_W = 32.5 * NOMINAL_V
"""Onboard chargers up to 7.4 kW have one phase: 32 A at 230 V is the most that is common on one."""
_SECONDS_PER_HOUR = 3600.0
CHARGING_POINT = DeviceModel(
    "charging_point", charging_point.ChargingPointInput, charging_point.charging_point_output,
    charging_point.charging_point_horizon_s, charging_point.charging_point_step,
    charging_point.charging_point_power_limits, by_phase=True,
)  # fmt: skip


def build(charger: EvCharger, setting: Setting) -> Built:
    """Make a charger with the sessions of its cars.

    Raises:
        InputError: If a recording of sessions is wrong, or cars would be at the charger at the same time.
    """
    plan = _plan(charger, setting)
    signals = session_signals(plan)
    params = charging_point_params(charger, plan.dc_curves_w)
    commanded, choices = _phases_by_command(charger)
    machine = Machine(
        CHARGING_POINT,
        params,
        ev_charger_initial_state(params.charger),
        phase_shares(charger.phases),
        (
            SET_POINT,
            *(f"{setting.grid.key}.voltage_{phase}" for phase in (1, 2, 3)),
            f"{setting.key}.cable",
            *(f"{setting.key}.{name}" for name in signals),
            f"{setting.key}.phases" if choices else NOTHING,
            UPPER_BOUND,
            *(f"{other}.session_id" for other in charger.shares_power_with),
            *(NOTHING,) * (_OTHERS - len(charger.shares_power_with)),
            ACTIVE_LOWER_BOUND,
            ACTIVE_UPPER_BOUND,
        ),
        {"cable": Constant(1.0), **signals, **commanded},
        Rating(
            active=Bounds(0.0, charger.rated_power_w),
            reactive=None,
            default_w=charger.rated_power_w,
            ramp_rate_w_per_s=charger.ramp_rate_w_per_s or charger.rated_power_w / _SECONDS_TO_FULL,
            response_delay_s=charger.response_delay_s,
            rest_w=params.charger.standby_w,
            step_w=params.charger.current_step_a * NOMINAL_V * len(charger.phases),
            told_at_v=0.0 if params.charger.is_dc else NOMINAL_V,
            is_limit=True,
            most_told_w=_GREATEST_POWER_W,
        ),
        steps_w=charging_point.charging_point_steps_w,
        choices=choices,
    )
    return Built(machine=machine)


def _phases_by_command(charger: EvCharger) -> tuple[dict[str, Signal], dict[str, tuple[float, ...]]]:
    """Return the input by which a charger is told its phases, and what that may be; nothing if it has all always."""
    if charger.phase_switching is None:
        return {}, {}
    count = float(len(charger.phases))
    if charger.phase_switching.mode is SwitchingMode.BY_COMMAND:
        return {"phases": Constant(count)}, {"phases": (1.0, count)}
    return {"phases": Constant(0.0)}, {"phases": (0.0, 1.0, count)}


def check_charging_point(point: ChargingPointParams) -> None:
    """Hold a charger to `check_charger`, and what it draws for itself to its rated power.

    Raises:
        ParameterError: Naming what is wrong.
    """
    check_charger(point.charger, "charger.")
    check_own_draws(point.charger, ("standby_w", "conversion_fixed_w"), point.rated_power_w, "charger.")


def charging_point_params(charger: EvCharger, dc_curves_w: tuple[float, ...] = ()) -> ChargingPointParams:
    """Return the parameters of a charger on its phases; see `charger_params`."""
    places = {phase: place for place, phase in enumerate(charger.phases)}
    params = ChargingPointParams(
        charger_params(charger, dc_curves_w),
        charger.rated_power_w,
        places.get(1, NO_PHASE),
        places.get(2, NO_PHASE),
        places.get(3, NO_PHASE),
        math.inf if charger.station_power_w is None else charger.station_power_w,
        1 + len(charger.shares_power_with),
    )
    check_charging_point(params)
    return params


def charger_params(charger: EvCharger, dc_curves_w: tuple[float, ...]) -> EvChargerParams:
    """Return the parameters of a charger: those of its preset, brought to its rating and phases.

    Args:
        charger: What the site file says.
        dc_curves_w: Of the cars that come to it (`SessionPlan.dc_curves_w`).
    """
    rated_w, phases = charger.rated_power_w, len(charger.phases)
    # All chargers have curves of one length, which is part of the type of what is compiled.
    curves_w = dc_curves_w + (0.0,) * (CURVE_LENGTH * len(car_preset_names()) - len(dc_curves_w))
    params = ev_charger_preset(charger.preset or _usual_preset(charger), curves_w)
    if params.is_dc == 1:
        drawn_w = (params.dc_power_max_w + params.conversion_fixed_w) / (1.0 - params.conversion_loss)
        scale = rated_w / drawn_w
        params = params._replace(
            current_max_a=min(params.current_max_a * scale * params.phases / phases, _GREATEST_CURRENT_A),
            current_min_a=params.current_min_a * scale * params.phases / phases,
            dc_power_max_w=params.dc_power_max_w * scale,
            conversion_fixed_w=params.conversion_fixed_w * scale,
            standby_w=params.standby_w * scale,
        )
    else:
        current_a = rated_w / (phases * NOMINAL_V)
        is_meant = abs(round(current_a) - current_a) <= _WHOLE_AMPERES * current_a
        params = params._replace(current_max_a=float(round(current_a)) if is_meant else current_a)
    least_a = (charger.min_power_w or 0.0) / (phases * NOMINAL_V)
    params = params._replace(
        phases=phases, current_min_a=min(max(params.current_min_a, least_a), params.current_max_a)
    )
    switching = charger.phase_switching
    if switching is not None:
        params = params._replace(
            switches_phases=1,
            switch_delay_s=switching.delay_s,
            switch_pause_s=switching.pause_s,
            switch_dwell_s=switching.dwell_s,
        )
    return params


def greatest_current_a(charger: EvCharger) -> float:
    """Return the greatest current of a charger on a phase [A]."""
    return float(TYPE.with_parameters(charging_point_params(charger), charger).charger.current_max_a)


def greatest_offer_a(charger: EvCharger) -> float:
    """Return the greatest current that a charger offers a car on a phase [A], in whole steps."""
    params = TYPE.with_parameters(charging_point_params(charger), charger).charger
    most_a, step_a = float(params.current_max_a), float(params.current_step_a)
    return most_a if step_a <= 0.0 else step_a * math.floor(most_a / step_a + CURRENT_TOUCH)


def _unused(charger: EvCharger) -> Mapping[str, str]:
    """Return the parameters that do nothing in a charger, as `ComponentType.unused` wants."""
    if charger.type is EvChargerType.DC:
        return {}
    return dict.fromkeys(
        _OF_CONVERSION, "nothing on alternating current, which this charger does not convert"
    )


def _least_w(charger: EvCharger) -> float:
    """Return the least set-point at which a car charges [W]: of cars that may come, one on the fewest phases."""
    params = TYPE.with_parameters(charging_point_params(charger), charger).charger
    phases: int = params.phases
    least_a: float = params.current_min_a
    if params.is_dc == 0:
        car = None if params.switches_phases else charger.car
        phases = 1 if car is None else plugged_car(car, phases).ac_phases
        least_a = max(least_a, 0.0 if car is None else car.min_current_a)
    return float(phases * least_a * NOMINAL_V)


def plugged_car(car: Car, phases: int, *, is_dc: bool = False) -> ElectricCarParams:
    """Return the parameters of a car that is given by a few figures.

    Args:
        car: What the site file says.
        phases: Of the charger; the car uses no more.
        is_dc: Whether the charger gives direct current, of which the car's onboard charger loses nothing.
    """
    current_a = greatest_power_w(car, is_dc=False) / (car.own_phases * NOMINAL_V)
    falling_per_h = taper_falls_per_h(car, is_dc=is_dc)
    taper_s = math.inf
    if falling_per_h > 0.0:
        taper_s = (1.0 - car.taper_soc) * _SECONDS_PER_HOUR / falling_per_h
    params = ElectricCarParams(
        capacity_wh=car.capacity_wh,
        ac_phases=min(car.own_phases, phases),
        ac_current_max_a=current_a,
        onboard_loss=1.0 - car.efficiency,
        electronics_w=0.0,
        cv_time_constant_s=_as_taper_s(taper_s),
        loss_at_1c=0.0,
        dc_curve_w=(car.max_power_w,) * CURVE_LENGTH,
    )
    params = car.behaving(params)
    params = params._replace(cv_time_constant_s=_as_taper_s(params.cv_time_constant_s))
    check_car(params)
    return params


def taper_falls_per_h(car: Car, *, is_dc: bool) -> float:
    """Return what a car's power into store falls by from the beginning of its taper to full, over its capacity [1/h].

    Not above 0 where its greatest power is none above that at which charging ends: such a car does not taper.
    """
    arriving = 1.0 if is_dc else car.efficiency
    return arriving * greatest_power_w(car, is_dc=is_dc) / car.capacity_wh - FINAL_RATE_PER_H


def greatest_power_w(car: Car, *, is_dc: bool) -> float:
    """Return the most that a car takes [W]: on alternating current no more than its plug carries."""
    return car.max_power_w if is_dc else min(car.max_power_w, car.own_phases * NOMINAL_V * _CAR_CURRENT_A)


def taper_socs(car: Car, *, is_dc: bool) -> tuple[float, float]:
    """Return between which states of charge a car of this power and capacity can begin its taper."""
    falling_per_h = taper_falls_per_h(car, is_dc=is_dc)
    longest, shortest = (
        1.0 - falling_per_h * taper_s / _SECONDS_PER_HOUR for taper_s in (LONGEST_TAPER_S, SHORTEST_TAPER_S)
    )
    return max(longest, 0.0), shortest


def _as_taper_s(time_constant_s: float) -> float:
    return min(max(time_constant_s, SHORTEST_TAPER_S), LONGEST_TAPER_S)


def _plugged_in(charger: EvCharger, car: Car) -> ElectricCarParams:
    return plugged_car(car, len(charger.phases), is_dc=charger.type is EvChargerType.DC)


def _known_cars(charger: EvCharger) -> tuple[KnownCar, ...]:
    if charger.car is None:
        return cars_of_sessions(charger.sessions)
    return (car_by_figures(charger.car, _plugged_in(charger, charger.car)),)


def _plan(charger: EvCharger, setting: Setting) -> SessionPlan:
    if charger.sessions is not None:
        return session_plan(charger.sessions, setting.of_input("sessions"), len(charger.phases))
    if charger.car is None:
        return Listed(())
    car = _plugged_in(charger, charger.car)
    return Listed((Session(setting.start_us, NEVER, car, arrival_soc=charger.car.initial_soc),))


def _usual_preset(charger: EvCharger) -> str:
    presets = _USUAL_PRESETS[charger.type is EvChargerType.DC]
    return next(name for limit_w, name in presets if charger.rated_power_w <= limit_w)


def _caption(charger: EvCharger) -> list[str]:
    return [charger.type.value, kilowatts(charger.rated_power_w), _cars_caption(charger)]


def _cars_caption(charger: EvCharger) -> str:
    match charger.sessions:
        case StatisticalSessions(profile=profile):
            return f"cars by the profile {profile}"
        case RecordedSessions(file=file):
            return f"cars from {file}"
        case tuple() as cars:
            return f"{len(cars)} car{'s'[: len(cars) != 1]} by the site file"
    return "no car" if charger.car is None else f"car at {100 * charger.car.initial_soc:g} %"


TYPE = ComponentType(
    name=Category.EV_CHARGER,
    category=Category.EV_CHARGER,
    way=Way.CONSUMES,
    section=EvCharger,
    sdk_class="AcEvCharger",
    behind=AC_PARENTS,
    build=build,
    params=lambda charger, _grid: charging_point_params(charger),
    check=check_charging_point,
    presets=ev_charger_preset_names,
    least_w=_least_w,
    inputs={"car": None, "sessions": None},
    caption=_caption,
    cars=_known_cars,
    unused=_unused,
    identity=lambda charger: {"ev_charger_type": charger.type},
)
