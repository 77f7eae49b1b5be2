"""Machines that turn power into something to store, or fuel into power and heat, made from what a site file says."""

from __future__ import annotations

from ..models import chp, electrolyzer
from ..models.ac import phase_shares
from ..models.chp import ChpInput, ChpParams, ChpState, chp_initial_state, chp_output
from ..models.electrolyzer import (
    ElectrolyzerInput,
    ElectrolyzerParams,
    ElectrolyzerState,
    electrolyzer_initial_state,
    electrolyzer_output,
)
from ..models.steam_boiler import SteamBoilerParams, steam_boiler_initial_state
from .device_control import Rating
from .inputs.build import build_signal
from .inputs.chance import Chance
from .inputs.limited import AtLeast
from .inputs.signal import Constant, Signal
from .inputs.specs import LoadInput
from .kinds import CHP, ELECTROLYZER, STEAM_BOILER
from .machine import AMBIENT, SET_POINT, Activity, Machine
from .presets_machines import chp_preset, electrolyzer_preset, steam_boiler_preset
from .site import Site
from .site_devices import Chp, Electrolyzer, SteamBoiler
from .surroundings import ambient_signal, surroundings
from .vocabulary import Bounds

_USUAL_CHPS = (
    (10e3, "ecopower-5kw"), (35e3, "gas-20kw"), (90e3, "gas-50kw"), (180e3, "gas-140kw"),
    (float("inf"), "gas-250kw"),
)  # fmt: skip
_USUAL_ELECTROLYZERS = ((1e6, "pem"), (float("inf"), "alkaline"))
_USUAL_STEAM_BOILERS = ((2e6, "resistive"), (float("inf"), "electrode"))
"""Up to a rated power [W]; chosen: a preset is made for it, or the technology is common there."""
_SECONDS_TO_FULL = {Chp: 30.0, Electrolyzer: 10.0, SteamBoiler: 5.0}
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""
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
_ELECTROLYZER_ACTIVITIES = {
    electrolyzer.OFF: Activity.RESTING,
    electrolyzer.STANDBY: Activity.RESTING,
    electrolyzer.COLD_START: Activity.STARTING,
    electrolyzer.WARM_START: Activity.STARTING,
    electrolyzer.RUNNING: Activity.WORKING,
}


def chp_machine(site: Site, key: str, unit: Chp, start_us: int, seed: int) -> Machine:
    """Make a CHP with its buffer; one led by heat takes no set-points.

    Without a heat demand, its heat goes to a network that takes all of it.

    Raises:
        InputError: If a recorded demand cannot drive it.
    """
    params = chp_params(unit)
    room_c = ambient_signal(site, start_us=start_us, seed=seed).at(start_us)
    most_heat_w = params.thermal_efficiency[-1] * params.rated_power_w / params.electrical_efficiency[-1]
    where = surroundings(site, key, "failed_starts", start_us=start_us, seed=seed)
    rating = (
        None if unit.heat_led else process_rating(unit, Bounds(-unit.rated_power_w, 0.0), params.minimum_power_w)
    )
    return Machine(
        CHP,
        params,
        chp_initial_state(params, unit.initial_temperature_c, room_c),
        phase_shares(unit.phases),
        (SET_POINT, f"{key}.heat_demand", AMBIENT, f"{key}.start_fails", f"{key}.acknowledge"),
        {
            "heat_demand": demand_signal(site, key, "heat_demand", unit.heat_demand, most_heat_w, start_us, seed),
            "start_fails": Chance(unit.failed_starts, step_us=_ATTEMPT_US, key=where.key),
            "acknowledge": Constant(0.0),
        },
        rating,
        activity=_chp_activity,
    )


def electrolyzer_machine(site: Site, unit: Electrolyzer, start_us: int, seed: int) -> Machine:
    """Make an electrolyser, off and as warm as the air."""
    params = electrolyzer_params(unit)
    ambient_c = ambient_signal(site, start_us=start_us, seed=seed).at(start_us)
    return Machine(
        ELECTROLYZER,
        params,
        electrolyzer_initial_state(params, ambient_c),
        phase_shares(unit.phases),
        (SET_POINT, AMBIENT),
        rating=process_rating(unit, Bounds(0.0, unit.rated_power_w), params.minimum_power_w),
        activity=_electrolyzer_activity,
    )


def steam_boiler_machine(site: Site, key: str, boiler: SteamBoiler, start_us: int, seed: int) -> Machine:
    """Make a steam boiler, kept warm so far; without a demand, all steam that it makes is taken.

    Raises:
        InputError: If a recorded demand cannot drive it.
    """
    params = steam_boiler_params(boiler)
    rated_w = boiler.rated_power_w
    return Machine(
        STEAM_BOILER,
        params,
        steam_boiler_initial_state(params, params.keep_warm_c),
        phase_shares(boiler.phases),
        (SET_POINT, f"{key}.steam_demand", AMBIENT),
        {"steam_demand": demand_signal(site, key, "steam_demand", boiler.steam_demand, rated_w, start_us, seed)},
        process_rating(boiler, Bounds(0.0, rated_w), params.minimum_power_w),
    )


def chp_params(unit: Chp) -> ChpParams:
    """Return the parameters of a CHP: those of its preset at its size, with what the site file says."""
    name = unit.preset or usual_preset(_USUAL_CHPS, unit.rated_power_w)
    params = chp_preset(name, unit.rated_power_w, unit.buffer_l, unit.heat_led, unit.dump_cooler)
    return params._replace(minimum_power_w=unit.min_power_w or params.minimum_power_w)


def electrolyzer_params(unit: Electrolyzer) -> ElectrolyzerParams:
    """Return the parameters of an electrolyser: those of its preset at its size, with what the site file says."""
    name = unit.preset or usual_preset(_USUAL_ELECTROLYZERS, unit.rated_power_w)
    params = electrolyzer_preset(name, unit.rated_power_w)
    return params._replace(minimum_power_w=unit.min_power_w or params.minimum_power_w)


def steam_boiler_params(boiler: SteamBoiler) -> SteamBoilerParams:
    """Return the parameters of a boiler: those of its preset at its size, with what the site file says."""
    name = boiler.preset or usual_preset(_USUAL_STEAM_BOILERS, boiler.rated_power_w)
    params = steam_boiler_preset(name, boiler.rated_power_w)
    return params._replace(minimum_power_w=boiler.min_power_w or params.minimum_power_w)


def process_rating(unit: Chp | Electrolyzer | SteamBoiler, active: Bounds, minimum_w: float) -> Rating:
    """Return what a machine with a minimum load can be told."""
    return Rating(
        active=active,
        reactive=None,
        default_w=0.0,
        ramp_rate_w_per_s=unit.ramp_rate_w_per_s or unit.rated_power_w / _SECONDS_TO_FULL[type(unit)],
        response_delay_s=unit.response_delay_s,
        minimum_w=minimum_w,
    )


def demand_signal(
    site: Site, key: str, purpose: str, spec: LoadInput | None, without_w: float, start_us: int, seed: int
) -> Signal:
    """Return a demand of heat [W], >= 0; a constant one if the site file gives none."""
    if spec is None:
        return Constant(without_w)
    where = surroundings(site, key, purpose, start_us=start_us, seed=seed)
    return AtLeast(build_signal(spec, where), 0.0)


def usual_preset(presets: tuple[tuple[float, str], ...], rated_w: float) -> str:
    """Return the preset of the smallest class that holds a rated power [W]."""
    return next(name for limit_w, name in presets if rated_w <= limit_w)


def _chp_activity(params: ChpParams, state: ChpState, inp: ChpInput) -> Activity:
    return _CHP_ACTIVITIES[chp_output(params, state, inp).phase]


def _electrolyzer_activity(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> Activity:
    return _ELECTROLYZER_ACTIVITIES[electrolyzer_output(params, state, inp).phase]
