"""Chargers for electric cars, made from what a site file says of them: the device, and the cars that come to it."""

from __future__ import annotations

from ..models.ac import phase_shares
from ..models.charging_point import NO_PHASE, ChargingPointParams
from ..models.electric_car import CURVE_LENGTH, FINAL_RATE_PER_H, ElectricCarParams
from ..models.ev_charger import EvChargerParams, ev_charger_initial_state
from .device_control import Rating
from .graph import grid_key
from .inputs.signal import NEVER, Constant
from .kinds import CHARGING_POINT
from .machine import SET_POINT, Machine
from .presets_ev import car_preset_names, check_car, check_charger, ev_charger_preset
from .sessions.build import session_plan
from .sessions.session import Listed, Session, SessionPlan
from .sessions.signals import session_signals
from .site import Site
from .site_devices import NOMINAL_PHASE_V, Car, EvCharger
from .surroundings import surroundings
from .vocabulary import Bounds, EvChargerType

_SECONDS_TO_FULL = 2.0
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""
_WHOLE_AMPERES = 0.02
"""Rated powers are rounded (32 A make 22.08 kW): the whole current this close to them is meant."""
_USUAL_PRESETS = {
    True: ((30e3, "dc-25kw"), (75e3, "dc-50kw"), (float("inf"), "dc-150kw")),
    False: ((3.7e3, "wallbox-3680w"), (11.1e3, "wallbox-11kw"), (float("inf"), "wallbox-22kw")),
}
"""Of direct and alternating current: up to a rated power [W]."""
_CAR_CURRENT_A = (6.0, 63.0)
_TIME_CONSTANT_S = (30.0, 7200.0)
_SECONDS_PER_HOUR = 3600.0


def ev_charger_machine(site: Site, key: str, charger: EvCharger, start_us: int, seed: int) -> Machine:
    """Make a charger with the sessions of its cars.

    Raises:
        InputError: If a recording of sessions is wrong, or cars would be at the charger at the same time.
    """
    plan = _plan(site, key, charger, start_us, seed)
    signals = session_signals(plan)
    places = {phase: place for place, phase in enumerate(charger.phases)}
    params = ChargingPointParams(
        charger_params(charger, plan.dc_curves_w),
        charger.rated_power_w,
        *(places.get(phase, NO_PHASE) for phase in (1, 2, 3)),
    )
    return Machine(
        CHARGING_POINT,
        params,
        ev_charger_initial_state(params.charger),
        phase_shares(charger.phases),
        (SET_POINT, f"{grid_key(site)}.voltage", f"{key}.cable", *(f"{key}.{name}" for name in signals)),
        {"cable": Constant(1.0), **signals},
        Rating(
            active=Bounds(0.0, charger.rated_power_w),
            reactive=None,
            default_w=charger.rated_power_w,
            ramp_rate_w_per_s=charger.ramp_rate_w_per_s or charger.rated_power_w / _SECONDS_TO_FULL,
            response_delay_s=charger.response_delay_s,
            is_limit=True,
        ),
    )


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
            current_max_a=params.current_max_a * scale * params.phases / phases,
            current_min_a=params.current_min_a * scale * params.phases / phases,
            dc_power_max_w=params.dc_power_max_w * scale,
            conversion_fixed_w=params.conversion_fixed_w * scale,
            standby_w=params.standby_w * scale,
        )
    else:
        current_a = rated_w / (phases * NOMINAL_PHASE_V)
        is_meant = abs(round(current_a) - current_a) <= _WHOLE_AMPERES * current_a
        params = params._replace(current_max_a=float(round(current_a)) if is_meant else current_a)
    least_a = (charger.min_power_w or 0.0) / (phases * NOMINAL_PHASE_V)
    params = params._replace(
        phases=phases, current_min_a=min(max(params.current_min_a, least_a), params.current_max_a)
    )
    check_charger(params)
    return params


def plugged_car(car: Car, phases: int) -> ElectricCarParams:
    """Return the parameters of a car that is given by a few figures.

    Args:
        car: What the site file says.
        phases: Of the charger, which the car uses as far as its current allows.
    """
    while phases > 1 and car.max_power_w < _CAR_CURRENT_A[0] * phases * NOMINAL_PHASE_V:
        phases -= 1
    current_a = _within(car.max_power_w / (phases * NOMINAL_PHASE_V), _CAR_CURRENT_A)
    # The taper begins where the limit at constant voltage has come down to the full power.
    full_per_h = car.efficiency * car.max_power_w / car.capacity_wh
    falling_per_h = max(full_per_h - FINAL_RATE_PER_H, FINAL_RATE_PER_H)
    params = ElectricCarParams(
        capacity_wh=car.capacity_wh,
        ac_phases=phases,
        ac_current_max_a=current_a,
        onboard_loss=1.0 - car.efficiency,
        electronics_w=0.0,
        cv_time_constant_s=_within(
            (1.0 - car.taper_soc) * _SECONDS_PER_HOUR / falling_per_h, _TIME_CONSTANT_S
        ),
        loss_at_1c=0.0,
        dc_curve_w=(car.max_power_w,) * CURVE_LENGTH,
    )
    check_car(params)
    return params


def _plan(site: Site, key: str, charger: EvCharger, start_us: int, seed: int) -> SessionPlan:
    if charger.sessions is not None:
        where = surroundings(site, key, "sessions", start_us=start_us, seed=seed)
        return session_plan(charger.sessions, where)
    if charger.car is None:
        return Listed(())
    car = plugged_car(charger.car, len(charger.phases))
    return Listed((Session(start_us, NEVER, car, arrival_soc=charger.car.initial_soc),))


def _usual_preset(charger: EvCharger) -> str:
    presets = _USUAL_PRESETS[charger.type is EvChargerType.DC]
    return next(name for limit_w, name in presets if charger.rated_power_w <= limit_w)


def _within(value: float, ends: tuple[float, float]) -> float:
    return min(max(value, ends[0]), ends[1])
