"""A battery management system: protections that trip and latch, relays with precharge, warnings, cell balancing.

Derating by SoC, voltage and temperature is `battery_power_limits` in `models/battery_limits.py`; what is here acts when
derating was not enough, and switches the pack on and off.

**Protections** (`models/bms_protection.py`). Each watches one quantity. Beyond a threshold for longer than its delay
it trips: the relays open, and the trip is latched until it is acknowledged *and* its cause has gone, that is, the
quantity has come back past a release value. A warning with its own hysteresis comes before.

**Relays.** Wanted closed, they charge the DC link through a resistor first (`models/bms_link.py`) and close once it
is near the pack voltage; if it does not get there in time, that is a trip.

**Balancing** (`models/bms_balance.py`). The cells drift apart with use and time; near full they are brought together.

Every event has a closed form, so a step of any length ends on the same state as many short ones while its input
holds.

Left out: the heat of balancing resistors, wear of contacts, insulation monitoring, single cells (thresholds see the
average one), errors of measuring and estimating.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple, TypeAlias

from .bms_balance import (
    BalanceParams,
    balances,
    check_balance,
    spread_after,
    spread_event_s,
    warns_of_imbalance,
)
from .bms_link import LinkParams, LinkPart, link_after, link_joined, link_rise_s
from .bms_protection import (
    TOUCH,
    ProtectionParams,
    Watch,
    check_protection,
    due_s,
    exceeded_after,
    is_due,
    is_released,
    warns,
    way_ahead,
)
from .circuit import ThermalBody
from .parameter import Parameter, ParameterError, Watched
from .timers import SHORTEST_HORIZON_S, TOUCH_S

RELAYS_OPEN = 0
RELAYS_PRECHARGING = 1
RELAYS_CLOSING = 2
RELAYS_CLOSED = 3
RELAYS_OPENING = 4

NO_TRIP = 0
TRIP_OVERVOLTAGE = 1
TRIP_UNDERVOLTAGE = 2
TRIP_OVERCURRENT_CHARGING = 3
TRIP_OVERCURRENT_DISCHARGING = 4
TRIP_OVERTEMPERATURE_CHARGING = 5
TRIP_OVERTEMPERATURE = 6
TRIP_UNDERTEMPERATURE_CHARGING = 7
TRIP_PRECHARGE = 8

WARNING_IMBALANCE = 128

TRIPS: tuple[tuple[str, str], ...] = (
    ("", ""),
    ("OVERVOLTAGE", "cell voltage too high"),
    ("UNDERVOLTAGE", "cell voltage too low"),
    ("OVERCURRENT_CHARGING", "charging current too high"),
    ("OVERCURRENT_DISCHARGING", "discharging current too high"),
    ("OVERTEMPERATURE", "too hot to charge"),
    ("OVERTEMPERATURE", "too hot"),
    ("UNDERTEMPERATURE", "too cold to charge"),
    ("PRECHARGE_ERROR", "DC link did not reach the pack voltage in time"),
)
"""Diagnostic code of the Microgrid API (without its prefix) and message, by trip code."""

WARNINGS: tuple[tuple[str, str], ...] = (
    ("OVERVOLTAGE", "cell voltage near its upper limit"),
    ("UNDERVOLTAGE", "cell voltage near its lower limit"),
    ("OVERCURRENT_CHARGING", "charging current near its limit"),
    ("OVERCURRENT_DISCHARGING", "discharging current near its limit"),
    ("OVERTEMPERATURE", "nearly too hot to charge"),
    ("OVERTEMPERATURE", "nearly too hot"),
    ("UNDERTEMPERATURE", "nearly too cold to charge"),
    ("BATTERY_IMBALANCE", "cells need balancing"),
)
"""The same of each warning, by the number of its bit."""

_WATCHED = 7
_CHANGES_AT_ONCE = 8
"""More than can follow from each other in no time."""
_Watched: TypeAlias = tuple[Watch, Watch, Watch, Watch, Watch, Watch, Watch]


class BmsParams(NamedTuple):
    """A battery management system and the switchgear of its pack."""

    cells_in_series: Annotated[float, Parameter("1", lower=1.0)]
    overvoltage: Annotated[ProtectionParams, Watched("V")]
    """Overvoltage threshold on the average cell [V]."""
    undervoltage: Annotated[ProtectionParams, Watched("V")]
    """Undervoltage threshold on the average cell [V]."""
    overcurrent_charging: Annotated[ProtectionParams, Watched("A")]
    """Current of the pack [A]."""
    overcurrent_discharging: Annotated[ProtectionParams, Watched("A")]
    """Current out of the pack [A], positive."""
    overtemperature_charging: Annotated[ProtectionParams, Watched("°C")]
    """Only while the pack is charged [°C]."""
    overtemperature: Annotated[ProtectionParams, Watched("°C")]
    """At any current, none included [°C]."""
    undertemperature_charging: Annotated[ProtectionParams, Watched("°C")]
    """Only while the pack is charged [°C]."""
    link: LinkParams
    precharge_timeout_s: Annotated[float, Parameter("s", lower=0.0, above=True)]
    relay_s: Annotated[float, Parameter("s", lower=1e-3, source="contactors take milliseconds")]
    """To close or open the main relay and see that it did."""
    balance: BalanceParams


class BmsState(NamedTuple):
    """What a management system remembers."""

    relays: int
    """One of `RELAYS_…`."""
    relays_s: float
    """For how long the relays have been precharging, closing or opening [s]; 0 while open or closed."""
    link_voltage_v: float
    trip: int
    """`NO_TRIP`, or which protection has latched: one of `TRIP_…`."""
    warnings: int
    """Sum of the bits of `WARNINGS` that hold."""
    overvoltage_s: float
    """For how long the threshold has been exceeded, its delay at most [s]; and so on for each protection."""
    undervoltage_s: float
    overcurrent_charging_s: float
    overcurrent_discharging_s: float
    overtemperature_charging_s: float
    overtemperature_s: float
    undertemperature_charging_s: float
    spread: float
    """SoC of the fullest cell less that of the emptiest, 0..1."""
    balancing: int
    """1 while charge is taken from the fullest cells."""


class BmsInput(NamedTuple):
    """What a management system measures and is told; it holds during a step."""

    voltage_v: float
    """Voltage of the pack, before the relays, > 0 [V]."""
    current_a: float
    """Charging positive [A]."""
    temperature_c: float
    """Temperature of the cells."""
    soc: float
    """0..1."""
    wanted_relays: int
    """`RELAYS_CLOSED`, or anything else for open."""
    acknowledge: int
    """1 while a client asks to clear a trip."""
    link_load_s: float
    """Conductance across the DC link besides its bleeder while the relays are not closed: a load or a fault [S]."""


class BmsOutput(NamedTuple):
    """What a management system shows; power flows through the pack only while the relays are closed."""

    link_power_w: float
    """What the DC link takes from the pack to be charged [W]."""
    link_loss_w: float
    """What of it, or of what the link has stored, becomes heat [W], >= 0."""
    relays: int
    """One of `RELAYS_…`."""
    trip: int
    """`NO_TRIP` or one of `TRIP_…`."""
    warnings: int
    """Sum of the bits of `WARNINGS` that hold."""
    balancing: int
    """1 while charge is taken from the fullest cells."""
    link_voltage_v: float
    spread: float
    """SoC of the fullest cell less that of the emptiest, 0..1."""


def bms_initial_state(_params: BmsParams, relays: int, voltage_v: float, spread: float) -> BmsState:
    """Return a system without trip or warning.

    Args:
        _params: The system.
        relays: `RELAYS_OPEN`, with an empty link, or `RELAYS_CLOSED`.
        voltage_v: Of the pack [V].
        spread: Of SoC between cells, 0..1.
    """
    link_v = voltage_v if relays == RELAYS_CLOSED else 0.0
    return BmsState(relays, 0.0, link_v, NO_TRIP, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, spread, 0)


def bms_output(params: BmsParams, state: BmsState, inp: BmsInput) -> BmsOutput:
    """Return what the system shows at this instant, with every change that the input makes at once.

    Its states hold for `bms_horizon_s`; the power of the link decays within it.
    """
    return _shown(params, _settled(params, state, inp, _watched(params, inp)), inp)


def bms_horizon_s(params: BmsParams, state: BmsState, inp: BmsInput) -> float:
    """Return the time until the system changes by itself [s]: a trip, a relay, the precharge, the balancing.

    At least 1e-3; infinite if nothing will change while the input holds. When the *input* is going to cross a
    threshold, `bms_temperature_horizon_s` and `bms_voltage_horizon_s` say.
    """
    watched = _watched(params, inp)
    now = _settled(params, state, inp, watched)
    return max(_event_s(params, now, inp, watched), SHORTEST_HORIZON_S)


def bms_step(params: BmsParams, state: BmsState, inp: BmsInput, dt_s: float) -> tuple[BmsState, BmsOutput]:
    """Carry the system across `dt_s` with a constant input.

    Args:
        params: The system.
        state: At the start.
        inp: Measured and told.
        dt_s: Any length [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, with what changes at that instant; and the output then, its two powers as means over
        the step.
    """
    if dt_s <= 0.0:
        return state, bms_output(params, state, inp)
    watched = _watched(params, inp)
    state = _settled(params, state, inp, watched)
    left_s, drawn_j, loss_j = dt_s, 0.0, 0.0
    while left_s > 0.0:
        part_s = min(left_s, _event_s(params, state, inp, watched))
        link = _link_over(params, state, inp, part_s)
        drawn_j += link.drawn_j
        loss_j += link.loss_j
        state = _advanced(params, state, inp, watched, link.voltage_v, part_s)
        state = _settled(params, state, inp, watched)
        left_s -= part_s
    end = _shown(params, state, inp)
    return state, BmsOutput(
        drawn_j / dt_s,
        loss_j / dt_s,
        end.relays,
        end.trip,
        end.warnings,
        end.balancing,
        end.link_voltage_v,
        end.spread,
    )


def bms_temperature_horizon_s(
    params: BmsParams, body: ThermalBody, temperature_c: float, heat_w: float, ambient_c: float
) -> float:
    """Return when a pack that drifts under constant heat next reaches a threshold of temperature [s].

    Thresholds are those of trips, releases and warnings, whether or not the pack is charging. The closed form is the
    inverse of `temperature_after` in `models/circuit.py`.

    Args:
        params: The system.
        body: The pack.
        temperature_c: Now [°C].
        heat_w: Set free in the pack [W].
        ambient_c: Of the air [°C].

    Returns:
        Time [s], at least 1e-3; infinite if no threshold is ahead.
    """
    if body.heat_loss_w_per_k <= 0.0:
        way_k = _temperature_ahead(params, temperature_c, heat_w)
        return _time_at_rate(way_k, heat_w / body.heat_capacity_j_per_k)
    whole_k = ambient_c + heat_w / body.heat_loss_w_per_k - temperature_c
    way_k = _temperature_ahead(params, temperature_c, whole_k)
    if way_k >= abs(whole_k):
        return math.inf
    time_constant_s = body.heat_capacity_j_per_k / body.heat_loss_w_per_k
    return max(-time_constant_s * math.log1p(-way_k / abs(whole_k)), SHORTEST_HORIZON_S)


def bms_voltage_horizon_s(params: BmsParams, voltage_v: float, voltage_v_per_s: float) -> float:
    """Return when a pack voltage that moves at a constant rate next reaches a threshold [s].

    Args:
        params: The system.
        voltage_v: Of the pack, now [V].
        voltage_v_per_s: Its rate [V/s].

    Returns:
        Time [s], at least 1e-3; infinite if no threshold is ahead.
    """
    cell_v = voltage_v / params.cells_in_series
    way_v = min(
        way_ahead(params.overvoltage, cell_v, voltage_v_per_s),
        way_ahead(params.undervoltage, cell_v, voltage_v_per_s),
    )
    return _time_at_rate(way_v, voltage_v_per_s / params.cells_in_series)


def check_bms(params: BmsParams) -> None:
    """Refuse values that contradict each other; the range of each alone is for `check_parameters`.

    Raises:
        ParameterError: Naming the parameter, what was found and what would be accepted.
    """
    check_protection("overvoltage", 1.0, params.overvoltage)
    check_protection("undervoltage", -1.0, params.undervoltage)
    check_protection("overcurrent_charging", 1.0, params.overcurrent_charging)
    check_protection("overcurrent_discharging", 1.0, params.overcurrent_discharging)
    check_protection("overtemperature_charging", 1.0, params.overtemperature_charging)
    check_protection("overtemperature", 1.0, params.overtemperature)
    check_protection("undertemperature_charging", -1.0, params.undertemperature_charging)
    for low, high in (
        ("undervoltage", "overvoltage"),
        ("undertemperature_charging", "overtemperature_charging"),
    ):
        found, limit = getattr(params, low).warning_release, getattr(params, high).warning_release
        if not found < limit:
            raise ParameterError(
                f"{low}.warning_release", f"{found:g}", f"below {high}.warning_release, which is {limit:g}"
            )
    check_balance(params.balance)
    rise_s = link_rise_s(params.link, 0.0, 1.0, 0.0)
    if not rise_s < params.precharge_timeout_s:
        raise ParameterError(
            "precharge_timeout_s",
            f"{params.precharge_timeout_s:g} s",
            f"more than the {rise_s:g} s that an empty link without load takes",
        )


def _watched(params: BmsParams, inp: BmsInput) -> _Watched:
    """Return what each protection sees, in the order of trip codes and of the bits of warnings."""
    cell_v = inp.voltage_v / params.cells_in_series
    charging = inp.current_a > 0.0
    return (
        Watch(params.overvoltage, cell_v, 1.0, True),
        Watch(params.undervoltage, cell_v, -1.0, True),
        Watch(params.overcurrent_charging, inp.current_a, 1.0, True),
        Watch(params.overcurrent_discharging, -inp.current_a, 1.0, True),
        Watch(params.overtemperature_charging, inp.temperature_c, 1.0, charging),
        Watch(params.overtemperature, inp.temperature_c, 1.0, True),
        Watch(params.undertemperature_charging, inp.temperature_c, -1.0, charging),
    )


def _exceeded_s(state: BmsState) -> tuple[float, float, float, float, float, float, float]:
    return (
        state.overvoltage_s,
        state.undervoltage_s,
        state.overcurrent_charging_s,
        state.overcurrent_discharging_s,
        state.overtemperature_charging_s,
        state.overtemperature_s,
        state.undertemperature_charging_s,
    )


def _shown(params: BmsParams, now: BmsState, inp: BmsInput) -> BmsOutput:
    """Return what a settled state shows."""
    link_v, power_w, loss_w = now.link_voltage_v, 0.0, 0.0
    if now.relays == RELAYS_CLOSED:
        link_v = inp.voltage_v
    else:
        loss_w = link_v * link_v * (inp.link_load_s + 1.0 / params.link.discharge_resistance_ohm)
    if _is_fed(now.relays):
        drop_v = inp.voltage_v - link_v
        power_w = inp.voltage_v * drop_v / params.link.precharge_resistance_ohm
        loss_w += drop_v * drop_v / params.link.precharge_resistance_ohm
    return BmsOutput(power_w, loss_w, now.relays, now.trip, now.warnings, now.balancing, link_v, now.spread)


def _settled(params: BmsParams, state: BmsState, inp: BmsInput, watched: _Watched) -> BmsState:
    """Return the state after everything that changes in no time; a second pass would change nothing more."""
    for _ in range(_CHANGES_AT_ONCE):
        following = _followed(params, state, inp, watched)
        if following.relays == state.relays and following.trip == state.trip:
            return following
        state = following
    return state


def _followed(params: BmsParams, state: BmsState, inp: BmsInput, watched: _Watched) -> BmsState:
    """Return the state one change on: a trip found or cleared, and where the relays go from there."""
    trip = state.trip
    if trip == NO_TRIP:
        trip = _found(params, state, inp, watched)
    elif state.relays == RELAYS_OPEN and inp.acknowledge == 1 and _has_gone(params, trip, inp, watched):
        trip = NO_TRIP
    relays = _relays_next(params, state, inp, trip == NO_TRIP and inp.wanted_relays == RELAYS_CLOSED)
    return BmsState(
        relays,
        state.relays_s if relays == state.relays else 0.0,
        state.link_voltage_v,
        trip,
        _warnings(params, state, watched),
        state.overvoltage_s,
        state.undervoltage_s,
        state.overcurrent_charging_s,
        state.overcurrent_discharging_s,
        state.overtemperature_charging_s,
        state.overtemperature_s,
        state.undertemperature_charging_s,
        state.spread,
        1 if balances(params.balance, state.spread, state.balancing == 1, inp.soc) else 0,
    )


def _found(params: BmsParams, state: BmsState, inp: BmsInput, watched: _Watched) -> int:
    """Return the first protection whose threshold has been exceeded for its delay, or the precharge."""
    exceeded_s = _exceeded_s(state)
    for i in range(_WATCHED):
        if is_due(watched[i], exceeded_s[i]):
            return i + 1
    is_late = state.relays == RELAYS_PRECHARGING and state.relays_s >= params.precharge_timeout_s - TOUCH_S
    return TRIP_PRECHARGE if is_late and not _is_charged(params, state, inp) else NO_TRIP


def _has_gone(params: BmsParams, trip: int, inp: BmsInput, watched: _Watched) -> bool:
    """Say whether the cause of a trip has gone; that of a failed precharge, once another would succeed."""
    if trip == TRIP_PRECHARGE:
        return link_rise_s(params.link, 0.0, inp.voltage_v, inp.link_load_s) < params.precharge_timeout_s
    return is_released(watched[trip - 1])


def _warnings(params: BmsParams, state: BmsState, watched: _Watched) -> int:
    warnings = 0
    for i in range(_WATCHED):
        bit = 1 << i
        if warns(watched[i], state.warnings & bit != 0):
            warnings += bit
    if warns_of_imbalance(params.balance, state.spread, state.warnings & WARNING_IMBALANCE != 0):
        warnings += WARNING_IMBALANCE
    return warnings


def _relays_next(params: BmsParams, state: BmsState, inp: BmsInput, wanted: bool) -> int:
    relays, has_moved = state.relays, state.relays_s >= params.relay_s - TOUCH_S
    if relays == RELAYS_OPENING:
        return RELAYS_OPEN if has_moved else RELAYS_OPENING
    if relays == RELAYS_OPEN:
        return RELAYS_PRECHARGING if wanted else RELAYS_OPEN
    if not wanted:
        return RELAYS_OPENING
    if relays == RELAYS_PRECHARGING and _is_charged(params, state, inp):
        return RELAYS_CLOSING
    return RELAYS_CLOSED if relays == RELAYS_CLOSING and has_moved else relays


def _is_fed(relays: int) -> bool:
    """Say whether the precharge relay is closed."""
    return relays in (RELAYS_PRECHARGING, RELAYS_CLOSING)


def _is_charged(params: BmsParams, state: BmsState, inp: BmsInput) -> bool:
    return state.link_voltage_v >= params.link.charged_share * inp.voltage_v - TOUCH


def _event_s(params: BmsParams, state: BmsState, inp: BmsInput, watched: _Watched) -> float:
    """Return the time until a settled state changes by itself [s], > 0."""
    event_s = spread_event_s(params.balance, state.spread, inp.current_a, state.balancing == 1)
    if state.trip == NO_TRIP:
        exceeded_s = _exceeded_s(state)
        for i in range(_WATCHED):
            event_s = min(event_s, due_s(watched[i], exceeded_s[i]))
    if state.relays == RELAYS_PRECHARGING:
        rise_s = link_rise_s(params.link, state.link_voltage_v, inp.voltage_v, inp.link_load_s)
        event_s = min(event_s, rise_s, params.precharge_timeout_s - state.relays_s)
    elif state.relays in (RELAYS_CLOSING, RELAYS_OPENING):
        event_s = min(event_s, params.relay_s - state.relays_s)
    return max(event_s, TOUCH_S)


def _link_over(params: BmsParams, state: BmsState, inp: BmsInput, dt_s: float) -> LinkPart:
    if state.relays == RELAYS_CLOSED:
        return link_joined(params.link, state.link_voltage_v, inp.voltage_v)
    fed = _is_fed(state.relays)
    return link_after(params.link, state.link_voltage_v, inp.voltage_v, inp.link_load_s, fed, dt_s)


def _advanced(
    params: BmsParams, state: BmsState, inp: BmsInput, watched: _Watched, link_voltage_v: float, dt_s: float
) -> BmsState:
    """Return the state after a time without event."""
    exceeded_s = _exceeded_s(state)
    is_resting = state.relays in (RELAYS_OPEN, RELAYS_CLOSED)
    return BmsState(
        state.relays,
        0.0 if is_resting else state.relays_s + dt_s,
        link_voltage_v,
        state.trip,
        state.warnings,
        exceeded_after(watched[0], exceeded_s[0], dt_s),
        exceeded_after(watched[1], exceeded_s[1], dt_s),
        exceeded_after(watched[2], exceeded_s[2], dt_s),
        exceeded_after(watched[3], exceeded_s[3], dt_s),
        exceeded_after(watched[4], exceeded_s[4], dt_s),
        exceeded_after(watched[5], exceeded_s[5], dt_s),
        exceeded_after(watched[6], exceeded_s[6], dt_s),
        spread_after(params.balance, state.spread, inp.current_a, state.balancing == 1, dt_s),
        state.balancing,
    )


def _temperature_ahead(params: BmsParams, temperature_c: float, direction: float) -> float:
    """Return how far ahead the next threshold of temperature is [K], > 0; infinite if there is none."""
    return min(
        way_ahead(params.overtemperature, temperature_c, direction),
        way_ahead(params.overtemperature_charging, temperature_c, direction),
        way_ahead(params.undertemperature_charging, temperature_c, direction),
    )


def _time_at_rate(way: float, rate_per_s: float) -> float:
    if rate_per_s == 0.0 or math.isinf(way):
        return math.inf
    return max(way / abs(rate_per_s), SHORTEST_HORIZON_S)
