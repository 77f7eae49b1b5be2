"""A charger for electric cars: an AC wallbox or a DC charger, and the car that is plugged into it.

Alternating current (IEC 61851-1:2017, mode 3): the charger offers a current per phase, never below 6 A, and the car
draws up to that on the phases that both have; a set-point below the minimum pauses. Conversion happens in the car.
Direct current (mode 4): the charger converts, and the car bounds the power over its state of charge.

    AC:  P = P0 + P_cable                      P_cable = P_el + P_battery / (1 - a)
    DC:  P = P0 + (P_cable + P_c) / (1 - c)     P_cable = P_el + P_battery

with the charger's standby draw `P0` and conversion losses `P_c`, `c`, the car's electronics `P_el` and onboard losses
`a`; `electric_car` says what of `P_battery` is stored. The set-point bounds the whole of `P`. `ev_offer` says what it
leaves the car, `ev_phases` on which phases, `ev_flow` what the car takes of that, and `ev_charging` how time passes.

The model gets a car by its input: all figures of a session stand there, and the state starts anew whenever
`session_id` changes. Session 0 is no car.

Left out: the seconds of the handshake (ISO 15118, DIN 70121), a car that is late to draw less, reactive power and
harmonics of the rectifiers, the heat of charger and cable, discharging into the site.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

UNPLUGGED, PLUGGED, LOCKED = 0, 1, 2
"""What an end of the cable is."""
NOMINAL_V = 230.0
"""By which rated powers are turned into currents, between phase and neutral [V]."""

_SOC_TOUCH = 1e-12
_ENERGY_TOUCH_WH = 1e-6
"""Closer than this counts as delivered."""


class EvChargerParams(NamedTuple):
    """A charger with one outlet."""

    is_dc: Annotated[int, Parameter("1", 0, 1)]
    """Whether it gives direct current (1) or alternating current (0)."""
    phases: Annotated[int, Parameter("1", 1, 3)]
    """Phases of its supply."""
    current_max_a: Annotated[float, Parameter("A", 0.0, 1500.0)]
    """Greatest current per phase."""
    current_min_a: Annotated[float, Parameter("A", 0.0, 500.0, "IEC 61851-1: 6 A for alternating current")]
    """Least current per phase that it offers; below, it pauses. Of direct current, its least power at 230 V."""
    current_step_a: Annotated[float, Parameter("A", 0.0, 16.0)]
    """Steps in which it offers current, rounded down; 0 for none."""
    dc_power_max_w: Annotated[float, Parameter("W", 0.0, 1e6)]
    """Greatest power into the cable of a DC charger."""
    conversion_fixed_w: Annotated[float, Parameter("W", 0.0, 1e4)]
    """Lost by a DC charger while it converts, whatever the power."""
    conversion_loss: Annotated[float, Parameter("1", 0.0, 0.3)]
    """Part that a DC charger loses of what it draws."""
    standby_w: Annotated[float, Parameter("W", 0.0, 2000.0)]
    """Drawn at all times."""
    is_tethered: Annotated[int, Parameter("1", 0, 1)]
    """Whether the cable is fixed to the charger (1) or has a plug at both ends (0)."""
    dc_curves_w: Annotated[tuple[float, ...], Parameter("W", 0.0, 1e6)]
    """Power over state of charge of the cars that come here, as `electric_car` lays them end to end."""
    switches_phases: Annotated[int, Parameter("1", 0, 1)] = 0
    """Whether it can leave a car one phase of several (1) or not (0)."""
    switch_delay_s: Annotated[float, Parameter("s", 0.0, 3600.0)] = 120.0
    """For how long its set-point must want other phases before it switches."""
    switch_pause_s: Annotated[float, Parameter("s", 0.0, 600.0)] = 30.0
    """For how long no current flows when it switches."""
    switch_dwell_s: Annotated[float, Parameter("s", 0.0, 7200.0)] = 600.0
    """Least time from one switching to the next."""


class EvChargerState(NamedTuple):
    """What a charger and its car remember."""

    session_id: int
    """Whose figures these are; 0 for none."""
    soc: float
    """State of charge of the car, 0..1; 0 without one."""
    delivered_wh: float
    """Through the cable in this session [Wh]."""
    on_one: int = 0
    """Whether the car has one phase (1) or all of the supply (0)."""
    wanted_s: float = 0.0
    """For how long the other of these has been wanted [s]."""
    pause_s: float = 0.0
    """Until current may flow again after switching [s]."""
    dwell_s: float = 0.0
    """Until it may switch again [s]."""
    followed_a: float = 0.0
    """Offer on each phase that a car follows that takes its time [A]."""
    behind_s: float = 0.0
    """For how long more than that has been offered [s]."""


class EvChargerInput(NamedTuple):
    """What acts on a charger during a step: the set-point, the grid, and the session."""

    set_point_w: float
    """Greatest power to draw while a car charges, standby included [W]; may be infinite."""
    voltage_v: float
    """Between phase and neutral, mean of the phases in use, > 0 [V]."""
    session_id: int
    """Number of the session, from 1 on; 0 without a car."""
    plugged_at_station: int
    """Whether the cable is in the charger's socket (1) or not (0); a tethered one always is."""
    plugged_at_car: int
    """Whether the cable is in the car's inlet (1) or not (0)."""
    authorised: int
    """Whether the charger may feed this car (1) or not (0)."""
    car_pauses: int
    """Whether the car pauses by itself (1), as on a timer of its own, or not (0)."""
    arrival_soc: float
    """State of charge when the session began, 0..1."""
    target_soc: float
    """State of charge at which the car stops, 0..1."""
    wanted_energy_wh: float
    """Through the cable, at which the car stops, >= 0 [Wh]; may be infinite."""
    capacity_wh: float
    """Capacity of the car's battery, > 0 [Wh]."""
    ac_phases: int
    """Phases of the car's onboard charger, 1..3."""
    ac_current_max_a: float
    """Greatest current of the car on each of them [A]."""
    onboard_loss: float
    """As in `ElectricCarParams`."""
    electronics_w: float
    """As in `ElectricCarParams` [W]."""
    cv_time_constant_s: float
    """As in `ElectricCarParams` [s]."""
    loss_at_1c: float
    """As in `ElectricCarParams`."""
    dc_curve: int
    """Number of the car's curve among the charger's; -1 if the car takes no direct current."""
    ac_current_min_a: float = 0.0
    """As in `ElectricCarParams` [A]."""
    offer_share: float = 1.0
    """As in `ElectricCarParams`, > 0."""
    reaction_s: float = 0.0
    """As in `ElectricCarParams` [s]."""
    phases: int = 0
    """Phases that a command leaves the car: 1, or more for all; 0 where the set-point says."""
    bound_w: float = math.inf
    """What it never draws more than, whatever the set-point [W]."""
    first_voltage_v: float = 0.0
    """Of the phase that a car has alone after switching [V]; 0 for the mean."""
    least_voltage_v: float = 0.0
    """Lowest of the phases in use [V]; 0 for the mean."""
    around_lower_w: float = -math.inf
    around_upper_w: float = math.inf
    """Ends of the range that bounds leave around the set-point [W], in which a charger of steps keeps its offer."""


class EvChargerOutput(NamedTuple):
    """What a charger shows; over a step, means."""

    active_power_w: float
    """From the grid, standby included, >= 0 [W]."""
    reactive_power_var: float
    """0 [var]."""
    current_a: float
    """On the first phase, for the car [A]; as much on each of the others in use."""
    cable_power_w: float
    """Through the cable [W]."""
    stored_power_w: float
    """Into the store of the car's battery [W]."""
    loss_w: float
    """Heat in charger and car [W]."""
    one_phase_w: float
    """From the grid for the car while it has one phase of several [W]."""
    all_phases_w: float
    """The same while it has all that both have [W]."""


def ev_charger_initial_state(_params: EvChargerParams) -> EvChargerState:
    """Return a charger without a car, which would have all phases."""
    return EvChargerState(0, 0.0, 0.0, 0, 0.0, 0.0, 0.0)


def ev_is_connected(params: EvChargerParams, inp: EvChargerInput) -> bool:
    """Say whether a car is connected at both ends of the cable."""
    return (
        inp.session_id > 0 and inp.plugged_at_car == 1 and (inp.plugged_at_station + params.is_tethered) > 0
    )


def ev_is_finished(state: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the car of the session has what it wants: its energy or its state of charge."""
    now = in_session(state, inp)
    full = now.soc >= min(inp.target_soc, 1.0) - _SOC_TOUCH
    return full or inp.wanted_energy_wh - now.delivered_wh <= _ENERGY_TOUCH_WH


def ev_phases_in_use(params: EvChargerParams, on_one: int, ac_phases: int) -> int:
    """Return on how many phases the charger draws for the car of the session.

    Args:
        params: The charger.
        on_one: Whether it leaves the car one phase (1) or all of its supply (0).
        ac_phases: Of the car.
    """
    if params.is_dc == 1:
        return params.phases
    return min(1 if on_one == 1 else params.phases, ac_phases)


def ev_cable_at_station(params: EvChargerParams, inp: EvChargerInput) -> int:
    """Return `UNPLUGGED`, `PLUGGED` or `LOCKED` for the charger's end of the cable.

    A plug is locked while an authorised car is connected (a charger lets no current flow before), a tethered cable
    always (so report for example the plug states of KEBA's P30 by its UDP Programmers Guide V2.01, section 3).
    """
    if params.is_tethered == 1:
        return LOCKED
    if inp.plugged_at_station != 1:
        return UNPLUGGED
    return LOCKED if ev_is_connected(params, inp) and inp.authorised == 1 else PLUGGED


def ev_cable_at_car(params: EvChargerParams, inp: EvChargerInput) -> int:
    """Return `UNPLUGGED`, `PLUGGED` or `LOCKED` for the car's end of the cable."""
    if inp.session_id <= 0 or inp.plugged_at_car != 1:
        return UNPLUGGED
    return LOCKED if ev_is_connected(params, inp) and inp.authorised == 1 else PLUGGED


def in_session(state: EvChargerState, inp: EvChargerInput) -> EvChargerState:
    """Return the state as that of the session in the input, which starts anew if it is another one."""
    if inp.session_id > 0 and state.session_id == inp.session_id:
        return state
    session_id, soc = 0, 0.0
    if inp.session_id > 0:
        session_id, soc = inp.session_id, min(max(inp.arrival_soc, 0.0), 1.0)
    return EvChargerState(
        session_id, soc, 0.0, state.on_one, state.wanted_s, state.pause_s, state.dwell_s, 0.0, 0.0
    )
