"""Wind turbines, HVAC, crypto miners and capacitor banks, made from what a site file says of them."""

from __future__ import annotations

import math

from ..models import crypto_miner, wind_turbine
from ..models.ac import phase_shares
from ..models.air import SEA_LEVEL_PRESSURE_PA, pressure_at_altitude_pa
from ..models.capacitor_bank import (
    CapacitorBankParams,
    capacitor_bank_initial_state,
    capacitor_bank_reactive_limits_var,
)
from ..models.crypto_miner import (
    CryptoMinerInput,
    CryptoMinerParams,
    CryptoMinerState,
    crypto_miner_initial_state,
)
from ..models.hvac import HvacParams, hvac_initial_state
from ..models.supply import SupplyParams, SupplyState
from ..models.wind_plant import WindPlantInput, WindPlantParams
from ..models.wind_turbine import (
    WindTurbineParams,
    WindTurbineState,
    wind_turbine_initial_state,
    wind_turbine_reactive_limit_var,
)
from .device_control import Rating
from .graph import grid_key
from .inputs.build import build_signal
from .inputs.signal import Constant, Signal
from .kinds import CAPACITOR_BANK, CRYPTO_MINER, HVAC, SUPPLY, WIND_PLANT
from .machine import AMBIENT, REACTIVE_SET_POINT, SET_POINT, Activity, Machine
from .presets_devices import check_hvac, crypto_miner_preset, hvac_preset, wind_turbine_preset
from .site import GridConnectionPoint, Site
from .site_devices import CapacitorBank, CryptoMiner, Hvac, WindTurbine
from .surroundings import AIR_PRESSURE, HUMIDITY, WIND, ambient_signal, surroundings, wind_signal
from .vocabulary import Bounds

_USUAL_TURBINES = (
    (30e3, "bergey-excel-10kw"), (500e3, "northern-power-100kw"), (float("inf"), "senvion-mm82-2050kw"),
)  # fmt: skip
"""Up to a rated power [W]; chosen: the preset of the nearest class."""
_SECONDS_TO_FULL = 10.0
"""Of a wind turbine, from nothing to the rating where a site file gives no ramp [s]; chosen."""
_USUAL_MINER = "antminer-s19-pro"
_CAPACITOR_LOSS = 0.0005
"""Loss over reactive power [W/var]; common data sheets."""
_TOUCH_W = 1e-3
_TURBINE_ACTIVITIES = {
    wind_turbine.STOPPED: Activity.WAITING,
    wind_turbine.STORM: Activity.WAITING,
    wind_turbine.STARTING: Activity.STARTING,
    wind_turbine.RUNNING: Activity.WORKING,
}


def wind_turbine_machine(site: Site, key: str, turbine: WindTurbine, start_us: int, seed: int) -> Machine:
    """Make a wind turbine that has long been in the wind; that of the site's weather if it has none of its own.

    Raises:
        InputError: If a recorded wind, or a recorded power in its place, cannot drive it.
    """
    if turbine.power is not None:
        return _wind_supply(site, key, turbine, start_us, seed)
    params = wind_plant_params(turbine)
    where = surroundings(site, key, "wind_speed", start_us=start_us, seed=seed)
    own = None if turbine.wind_speed is None else build_signal(turbine.wind_speed, where)
    wind = wind_signal(site, start_us=start_us, seed=seed) if own is None else own
    return Machine(
        WIND_PLANT,
        params,
        wind_turbine_initial_state(params.turbine, wind.at(start_us) * params.wind_ratio),
        phase_shares(turbine.phases),
        (
            SET_POINT,
            REACTIVE_SET_POINT,
            WIND if own is None else f"{key}.wind_speed",
            AMBIENT,
            AIR_PRESSURE,
            HUMIDITY,
        ),
        {} if own is None else {"wind_speed": own},
        _wind_rating(turbine, params.turbine.reactive_power_max_var),
        lambda plant, active_w: wind_turbine_reactive_limit_var(plant.turbine, active_w),
        activity=_turbine_activity,
    )


def hvac_machine(site: Site, key: str, hvac: Hvac, start_us: int, seed: int) -> Machine:
    """Make a room or building with its machine, which has rested.

    Raises:
        InputError: If recorded gains cannot drive it.
    """
    params = hvac_params(hvac)
    least_w, most_w = params.standby_power_w, params.standby_power_w + params.rated_power_w
    gains: Signal = Constant(0.0)
    if hvac.gains is not None:
        where = surroundings(site, key, "gains", start_us=start_us, seed=seed)
        gains = build_signal(hvac.gains, where)
    return Machine(
        HVAC,
        params,
        hvac_initial_state(params, _first_room_c(hvac, params)),
        phase_shares(hvac.phases),
        (SET_POINT, AMBIENT, f"{key}.gains"),
        {"gains": gains},
        upper_limit_rating(least_w, most_w, hvac.response_delay_s),
    )


def crypto_miner_machine(site: Site, miner: CryptoMiner, start_us: int, seed: int) -> Machine:
    """Make a miner, or a hall of like ones, whose boards have just come on."""
    params = crypto_miner_preset(miner.preset or _USUAL_MINER, miner.machines or 1)
    ambient_c = ambient_signal(site, start_us=start_us, seed=seed).at(start_us)
    most_w = params.base_power_w + params.boards * params.board_power_w
    return Machine(
        CRYPTO_MINER,
        params,
        crypto_miner_initial_state(params, ambient_c, math.inf),
        phase_shares(miner.phases),
        (SET_POINT, AMBIENT),
        rating=upper_limit_rating(params.base_power_w, most_w, miner.response_delay_s),
        activity=_miner_activity,
    )


def capacitor_bank_machine(site: Site, bank: CapacitorBank) -> Machine:
    """Make a capacitor bank, off and discharged."""
    grid = grid_key(site)
    connection = site.components[grid]
    assert isinstance(connection, GridConnectionPoint)
    step_var = bank.rated_reactive_power_var / bank.steps
    params = CapacitorBankParams(
        bank.steps, step_var, _CAPACITOR_LOSS, bank.discharge_time_s, connection.voltage_v
    )
    return Machine(
        CAPACITOR_BANK,
        params,
        capacitor_bank_initial_state(params),
        phase_shares(bank.phases),
        (REACTIVE_SET_POINT, f"{grid}.voltage"),
        rating=Rating(
            active=None,
            reactive=Bounds(-bank.rated_reactive_power_var, 0.0),
            default_w=0.0,
            ramp_rate_w_per_s=math.inf,
            response_delay_s=bank.response_delay_s,
            resolution_w=step_var,
        ),
        reactive_range_var=capacitor_bank_reactive_limits_var,
    )


def _wind_supply(site: Site, key: str, turbine: WindTurbine, start_us: int, seed: int) -> Machine:
    """Make a turbine without a model: what the wind offers it is given as a power."""
    assert turbine.power is not None
    where = surroundings(site, key, "power", start_us=start_us, seed=seed)
    return Machine(
        SUPPLY,
        SupplyParams(turbine.rated_power_w, turbine.rated_power_w, 0.0),
        SupplyState(0.0),
        phase_shares(turbine.phases),
        (SET_POINT, REACTIVE_SET_POINT, f"{key}.power"),
        {"power": build_signal(turbine.power, where)},
        _wind_rating(turbine, 0.0),
    )


def _wind_rating(turbine: WindTurbine, most_var: float) -> Rating:
    """Return what a turbine can be told: the most that it may produce, and reactive power up to a limit [var]."""
    rated_w = turbine.rated_power_w
    return Rating(
        active=Bounds(-rated_w, 0.0),
        reactive=Bounds(-most_var, most_var) if most_var > 0.0 else None,
        default_w=-rated_w,
        ramp_rate_w_per_s=turbine.ramp_rate_w_per_s or rated_w / _SECONDS_TO_FULL,
        response_delay_s=turbine.response_delay_s,
        is_limit=True,
    )


def hvac_params(hvac: Hvac) -> HvacParams:
    """Return the parameters of a building with its machine: those of its preset, scaled to its rated power."""
    assert hvac.preset is not None
    params = hvac_preset(hvac.preset)
    scale = 1.0 if hvac.rated_power_w is None else hvac.rated_power_w / params.rated_power_w
    heating_c, cooling_c = hvac.heating_temperature_c, hvac.cooling_temperature_c
    params = params._replace(
        rated_power_w=params.rated_power_w * scale,
        minimum_power_w=params.minimum_power_w * scale,
        standby_power_w=params.standby_power_w * scale,
        heat_capacity_j_per_k=params.heat_capacity_j_per_k * scale,
        heat_loss_w_per_k=params.heat_loss_w_per_k * scale,
        heating_set_point_c=params.heating_set_point_c if heating_c is None else heating_c,
        cooling_set_point_c=params.cooling_set_point_c if cooling_c is None else cooling_c,
    )
    check_hvac(params)
    return params


def wind_plant_params(turbine: WindTurbine) -> WindPlantParams:
    """Return the parameters of a turbine: those of its preset, its powers scaled to its rating, and its place."""
    name = turbine.preset or next(
        name for limit_w, name in _USUAL_TURBINES if turbine.rated_power_w <= limit_w
    )
    wind_ratio = 1.0
    if turbine.shear_exponent is not None:
        wind_ratio = (turbine.hub_height_m / turbine.wind_height_m) ** turbine.shear_exponent
    pressure_ratio = pressure_at_altitude_pa(turbine.hub_height_m) / SEA_LEVEL_PRESSURE_PA
    return WindPlantParams(
        _scaled(wind_turbine_preset(name), turbine.rated_power_w), wind_ratio, pressure_ratio
    )


def _scaled(params: WindTurbineParams, rated_w: float) -> WindTurbineParams:
    scale = rated_w / params.rated_power_w
    return params._replace(
        rated_power_w=rated_w,
        power_curve_w=tuple(min(power_w * scale, rated_w) for power_w in params.power_curve_w),
        standby_power_w=params.standby_power_w * scale,
        apparent_power_va=params.apparent_power_va * scale,
        reactive_power_max_var=params.reactive_power_max_var * scale,
    )


def _first_room_c(hvac: Hvac, params: HvacParams) -> float:
    if hvac.initial_temperature_c is not None:
        return hvac.initial_temperature_c
    return params.heating_set_point_c if params.can_heat else params.cooling_set_point_c


def upper_limit_rating(least_w: float, most_w: float, response_delay_s: float) -> Rating:
    """Return the rating of a consumer that takes a set-point as the most that it may draw."""
    return Rating(
        active=Bounds(least_w, most_w),
        reactive=None,
        default_w=most_w,
        ramp_rate_w_per_s=math.inf,
        response_delay_s=response_delay_s,
        is_limit=True,
    )


def _turbine_activity(_params: WindPlantParams, state: WindTurbineState, _inp: WindPlantInput) -> Activity:
    return _TURBINE_ACTIVITIES[state.mode]


def _miner_activity(params: CryptoMinerParams, state: CryptoMinerState, inp: CryptoMinerInput) -> Activity:
    if state.heat_mode == crypto_miner.TRIPPED:
        return Activity.TOO_HOT
    drawn_w = params.base_power_w + state.boards * params.board_power_w
    if drawn_w > max(inp.set_point_w, params.base_power_w) + _TOUCH_W:
        return Activity.STEPPING
    return Activity.WORKING if state.boards > 0 else Activity.RESTING
