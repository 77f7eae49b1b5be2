"""An inverter between a DC and an AC side: losses, ramp, resolution, capability, temperature.

The loss is a second-order polynomial of the AC power's magnitude, `p0 + k1 S + k2 S²`: control and
magnetising loss, semiconductor forward voltages, and ohmic loss in turn (H. Schmidt and D. U. Sauer,
"Wechselrichter-Wirkungsgrade", Sonnenenergie 4/1996). It holds in both directions. With reactive power S is
the apparent power, because the current is what heats (M. Braun, "Reactive Power Supplied by PV Inverters -
Cost-Benefit-Analysis", 22nd European Photovoltaic Solar Energy Conference, Milan 2007). Each coefficient is
linear in the DC voltage, as those of the Sandia model are (D. L. King et al., "Performance Model for
Grid-Connected Photovoltaic Inverters", SAND2007-5036, 2007).

The heat sink is one warm body in air. Until it has reached its greatest temperature the inverter gives full
power; from then on, until it has cooled by 2 K, it holds back as much as keeps it there (SMA, "Temperature
Derating", technical information: power is reduced once monitored components reach the permissible temperature).
In steady state that is full power up to an ambient temperature, and nearly linear derating above it.

Signs: positive power flows away from the grid, so charging is positive on both sides and `dc = ac - loss`
always: AC +10 kW gives DC +9.7 kW, AC -10 kW takes DC -10.3 kW. Inductive reactive power is positive.

Left out: a loss that differs with the direction, tracking error of the maximum power point, overload for a
short time, harmonics, altitude, self-consumption of a fan.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .ac import reactive_limit_beside_var
from .circuit import temperature_after, thermal_body
from .parameter import Parameter
from .timers import SHORTEST_HORIZON_S

_TOUCH_K = 1e-6
"""Closer than this to the greatest temperature counts as having reached it."""
_RELEASE_K = 2.0
"""Below its greatest temperature by so much the heat sink sets the power free again; chosen."""
_MOST_RATINGS = 4.0
"""DC power beyond this many times the rating counts as that much: it may be infinite."""


class InverterParams(NamedTuple):
    """An inverter, for photovoltaics or batteries."""

    rated_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Greatest active power on the AC side, either direction."""
    rated_apparent_power_va: Annotated[float, Parameter("VA", lower=0.0, above=True)]
    """Greatest apparent power: radius of the P-Q circle."""
    standby_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn from the AC side while nothing is converted."""
    no_load_loss_w: Annotated[float, Parameter("W", lower=0.0)]
    """Loss of the running converter at no power and nominal DC voltage."""
    linear_loss: Annotated[float, Parameter("1", lower=0.0, upper=0.5)]
    """Loss per AC power at nominal DC voltage."""
    quadratic_loss_per_w: Annotated[float, Parameter("1/W", lower=0.0)]
    """Loss per squared AC power at nominal DC voltage."""
    ramp_rate_w_per_s: Annotated[float, Parameter("W/s", lower=0.0, above=True, unbounded=True)]
    """Greatest change of active power; infinite for none."""
    response_delay_s: Annotated[float, Parameter("s", 0.0, 600.0, "chosen: ten minutes")]
    """From a command to the first movement."""
    resolution_w: Annotated[float, Parameter("W", lower=0.0)]
    """Step of the set-point; 0 for none."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", lower=1e-3)]
    """Heat capacity of the heat sink."""
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", lower=1e-3)]
    """Heat given to the air per kelvin above it."""
    no_load_loss_slope: Annotated[float, Parameter("1", lower=-20.0, upper=20.0)]
    """Relative change of the no-load loss per relative change of the DC voltage."""
    linear_loss_slope: Annotated[float, Parameter("1", lower=-20.0, upper=20.0)]
    """The same of the linear loss."""
    quadratic_loss_slope: Annotated[float, Parameter("1", lower=-20.0, upper=20.0)]
    """The same of the quadratic loss."""
    nominal_dc_voltage_v: Annotated[float, Parameter("V", lower=0.0, above=True)]
    """DC voltage at which the losses are given."""
    dc_voltage_min_v: Annotated[float, Parameter("V", lower=0.0)]
    """Below this DC voltage the inverter does not run."""
    dc_voltage_max_v: Annotated[float, Parameter("V", lower=0.0, above=True)]
    """Above this DC voltage the inverter does not run."""
    dc_current_max_a: Annotated[float, Parameter("A", lower=0.0, above=True, unbounded=True)]
    """Greatest DC current, either direction; infinite for none."""
    reactive_power_max_var: Annotated[float, Parameter("var", lower=0.0, unbounded=True)]
    """Greatest reactive power, either sign; infinite if only the apparent power limits it."""
    power_factor_min: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Least power factor that may be asked for; 0 for no such limit."""
    heat_sink_max_c: Annotated[float, Parameter("°C", 40.0, 150.0, "chosen: above the air of most days")]
    """Temperature of the heat sink at which power is held back."""
    ambient_max_c: Annotated[float, Parameter("°C", lower=0.0, upper=100.0)]
    """Above this air temperature the inverter does not run."""
    response_jitter_s: Annotated[float, Parameter("s", lower=0.0, upper=60.0)] = 0.0
    """Greatest time by which the first movement comes later than that, evenly distributed from command to command."""
    response_lag_s: Annotated[float, Parameter("s", lower=0.0, upper=600.0)] = 0.0
    """Time constant of the filter by which active power follows its set-point within the ramp; 0 for none."""
    by_battery_voltage: bool = False
    """Whether the losses of an inverter of one battery go by that battery's voltage, rather than by the nominal one."""
    keeps_dc_window: bool = False
    """Whether an inverter of batteries keeps its window of DC voltage; one of an array alone always does."""
    keeps_dc_current: bool = False
    """Whether an inverter of batteries keeps its greatest DC current; one of an array alone always does."""


class InverterState(NamedTuple):
    """What an inverter remembers."""

    heat_sink_c: float
    """Temperature of the heat sink [°C]."""
    held_back: int
    """1 from the moment at which the heat sink has reached its greatest temperature until it is 2 K below it."""


class InverterInput(NamedTuple):
    """What acts on an inverter during a step."""

    set_point_w: float
    """Active power wanted on the AC side, charging positive [W]; 0 (without reactive power) is standby."""
    reactive_set_point_var: float
    """Reactive power wanted, inductive positive [var]; it has what `active_share` leaves it."""
    dc_lower_w: float
    """Least DC power that the DC side allows [W]: what it gives, <= 0; may be infinite."""
    dc_upper_w: float
    """Greatest DC power that the DC side takes [W], >= 0; may be infinite."""
    dc_voltage_v: float
    ambient_c: float
    enabled: int
    """0 if the inverter is told to stand by, or the grid protection holds it off."""
    active_share: float = 1.0
    """Part of the apparent power that active power may have, 0..1; 1 if active power goes first."""


class InverterOutput(NamedTuple):
    """What an inverter shows."""

    active_power_w: float
    """On the AC side, consuming positive [W]."""
    reactive_power_var: float
    """On the AC side, inductive positive [var]."""
    dc_power_w: float
    """On the DC side, charging positive [W]."""
    dc_current_a: float
    """On the DC side, charging positive [A]."""
    loss_w: float
    """Heat, >= 0 [W]."""


def conversion_loss_w(params: InverterParams, ac_power_w: float, dc_voltage_pu: float = 1.0) -> float:
    """Return the loss of the running converter [W], >= 0.

    Args:
        params: The inverter.
        ac_power_w: AC power of either sign [W]; the apparent power where reactive power flows [VA].
        dc_voltage_pu: DC voltage over the nominal one; outside the window the edge of the window counts.
    """
    shift = _voltage_shift(params, dc_voltage_pu)
    magnitude = abs(ac_power_w)
    return (
        params.no_load_loss_w * (1.0 + params.no_load_loss_slope * shift)
        + params.linear_loss * (1.0 + params.linear_loss_slope * shift) * magnitude
        + params.quadratic_loss_per_w * (1.0 + params.quadratic_loss_slope * shift) * magnitude * magnitude
    )


def _voltage_shift(params: InverterParams, dc_voltage_pu: float) -> float:
    """Return how far the DC voltage is from the nominal one, over the nominal one, within the window."""
    if dc_voltage_pu == 1.0:
        return 0.0
    nominal = params.nominal_dc_voltage_v
    return min(max(dc_voltage_pu, params.dc_voltage_min_v / nominal), params.dc_voltage_max_v / nominal) - 1.0


def dc_from_ac(params: InverterParams, ac_power_w: float, dc_voltage_pu: float = 1.0) -> float:
    """Return the DC power [W] of the running converter at an AC power [W]; both charging positive.

    At little charging power the DC side still discharges: it carries the no-load loss.
    """
    return ac_power_w - conversion_loss_w(params, ac_power_w, dc_voltage_pu)


def ac_from_dc(params: InverterParams, dc_power_w: float, dc_voltage_pu: float = 1.0) -> float:
    """Return the AC power [W] that goes with a DC power [W]; both charging positive.

    The exact inverse of `dc_from_ac` up to the AC power at which more would no longer raise the DC power
    (far above any rating); charging beyond that stays there.
    """
    shift = _voltage_shift(params, dc_voltage_pu)
    linear = params.linear_loss * (1.0 + params.linear_loss_slope * shift)
    quadratic = params.quadratic_loss_per_w * (1.0 + params.quadratic_loss_slope * shift)
    through = dc_power_w + params.no_load_loss_w * (1.0 + params.no_load_loss_slope * shift)
    slope = 1.0 - linear if through > 0.0 else 1.0 + linear
    root = math.sqrt(max(slope * slope - 4.0 * quadratic * through, 0.0))
    if through > 0.0 and root == 0.0:
        return slope / (2.0 * quadratic)
    return 2.0 * through / (slope + root)


def ac_beside_reactive(
    params: InverterParams, dc_power_w: float, reactive_power_var: float, dc_voltage_pu: float = 1.0
) -> float:
    """Return the AC power [W] that goes with a DC power [W] beside a reactive power [var].

    DC power is a concave, rising function of AC power, so Newton's steps from below never pass the root.
    """
    shift = _voltage_shift(params, dc_voltage_pu)
    linear = params.linear_loss * (1.0 + params.linear_loss_slope * shift)
    quadratic = params.quadratic_loss_per_w * (1.0 + params.quadratic_loss_slope * shift)
    active_w = ac_from_dc(params, dc_power_w, dc_voltage_pu)
    for _ in range(8):
        apparent_va = math.sqrt(active_w * active_w + reactive_power_var * reactive_power_var)
        if apparent_va == 0.0:
            return active_w
        short_w = dc_power_w - active_w + conversion_loss_w(params, apparent_va, dc_voltage_pu)
        slope = 1.0 - linear * active_w / apparent_va - 2.0 * quadratic * active_w
        if slope <= 0.0 or abs(short_w) <= 1e-14 * params.rated_power_w:
            return active_w
        active_w += short_w / slope
    return active_w


def ramp_towards(ramp_w_per_s: float, power_w: float, target_w: float, dt_s: float) -> float:
    """Return the power after `dt_s` [s] on the way from `power_w` to `target_w` [W] at the ramp rate."""
    if dt_s <= 0.0:
        return power_w
    reach = ramp_w_per_s * dt_s
    if abs(target_w - power_w) <= reach:
        return target_w
    return power_w + math.copysign(reach, target_w - power_w)


def lag_towards(lag_s: float, power_w: float, target_w: float, near_w: float, dt_s: float) -> float:
    """Return the power after `dt_s` [s] on the way from `power_w` to `target_w` [W] by a first-order filter.

    Args:
        lag_s: Time constant [s]; 0 for no filter.
        power_w: Where it is.
        target_w: Where it is going.
        near_w: Closer than this it arrives.
        dt_s: Time.
    """
    left_w = target_w - power_w
    if lag_s <= 0.0 or abs(left_w) <= near_w:
        return target_w
    return target_w - left_w * math.exp(-dt_s / lag_s)


def floor_to_resolution(power_w: float, resolution_w: float) -> float:
    """Return a set-point as the device takes it: magnitude floored to whole steps, sign kept.

    With steps of 88 W: 100 becomes 88, -100 becomes -88, 50 becomes 0.

    Args:
        power_w: Asked for [W]. A value short of a step by no more than single precision can tell (1e-7 of
            it) counts as that step and is returned as it is.
        resolution_w: Step [W]; 0 for none, and so are steps finer than a float can count.

    Returns:
        Power [W], never of greater magnitude than asked.
    """
    if abs(power_w) >= 1e15 * resolution_w:
        return power_w
    steps = math.floor(abs(power_w) / resolution_w * (1.0 + 1e-7))
    if steps == 0:
        return 0.0
    return math.copysign(min(steps * resolution_w, abs(power_w)), power_w)


def ceil_to_resolution(power_w: float, resolution_w: float) -> float:
    """Return the least power that a device can be told and that is not below a power.

    Args:
        power_w: >= 0 [W]. A value beyond a step by no more than 1e-9 steps counts as that step.
        resolution_w: Step [W]; 0 for none.

    Returns:
        A whole number of steps [W]; the power itself without steps.
    """
    return resolution_w * math.ceil(power_w / resolution_w - 1e-9) if resolution_w > 0.0 else power_w


def reactive_limit_var(params: InverterParams, active_power_w: float) -> float:
    """Return the greatest reactive power, either sign [var], beside an active power [W].

    The least of: the kVA circle, the least power factor, and the fixed limit.
    """
    return reactive_limit_within_var(params, params.rated_apparent_power_va, active_power_w)


def reactive_limit_within_var(params: InverterParams, apparent_va: float, active_power_w: float) -> float:
    """Return the same [var] where only so much apparent power [VA] is left, as in the heat."""
    return reactive_limit_beside_var(
        apparent_va, active_power_w, params.power_factor_min, params.reactive_power_max_var
    )


def inverter_temperature(
    params: InverterParams, temperature_c: float, loss_w: float, ambient_c: float, dt_s: float
) -> float:
    """Return the temperature of the heat sink [°C] after `dt_s` [s] with a constant loss [W], first order."""
    return temperature_after(thermal_body(params), temperature_c, loss_w, ambient_c, dt_s)


def inverter_initial_state(_params: InverterParams, ambient_c: float) -> InverterState:
    """Return an inverter that has been off for long in air of `ambient_c` [°C]."""
    return InverterState(ambient_c, 0)


def inverter_apparent_limit_va(
    params: InverterParams, state: InverterState, ambient_c: float, dc_voltage_pu: float = 1.0
) -> float:
    """Return the apparent power that the heat sink allows now [VA].

    The rating until the heat sink has reached its greatest temperature; then, until it has cooled by 2 K, the
    power whose loss the air carries away at that temperature. Nothing above the greatest ambient temperature.
    """
    if ambient_c > params.ambient_max_c:
        return 0.0
    if not _is_hot(params, state):
        return params.rated_apparent_power_va
    shift = _voltage_shift(params, dc_voltage_pu)
    spare_w = params.heat_loss_w_per_k * (params.heat_sink_max_c - ambient_c)
    spare_w -= params.no_load_loss_w * (1.0 + params.no_load_loss_slope * shift)
    if spare_w <= 0.0:
        return 0.0
    linear = params.linear_loss * (1.0 + params.linear_loss_slope * shift)
    quadratic = params.quadratic_loss_per_w * (1.0 + params.quadratic_loss_slope * shift)
    return min(_apparent_at_va(linear, quadratic, spare_w), params.rated_apparent_power_va)


def reactive_at_loss_var(
    params: InverterParams, loss_w: float, active_power_w: float, dc_voltage_pu: float = 1.0
) -> float:
    """Return the reactive power [var], >= 0, beside which an active power [W] loses so much [W].

    0 where it loses that by itself; infinite where no power does.
    """
    shift = _voltage_shift(params, dc_voltage_pu)
    spare_w = loss_w - params.no_load_loss_w * (1.0 + params.no_load_loss_slope * shift)
    if spare_w <= 0.0:
        return 0.0
    linear = params.linear_loss * (1.0 + params.linear_loss_slope * shift)
    quadratic = params.quadratic_loss_per_w * (1.0 + params.quadratic_loss_slope * shift)
    apparent_va = _apparent_at_va(linear, quadratic, spare_w)
    return math.sqrt(max(apparent_va * apparent_va - active_power_w * active_power_w, 0.0))


def _apparent_at_va(linear: float, quadratic: float, spare_w: float) -> float:
    """Return the apparent power [VA] that loses so much, > 0, beyond the loss without load [W]; may be infinite."""
    divisor = linear + math.sqrt(linear * linear + 4.0 * quadratic * spare_w)
    return 2.0 * spare_w / divisor if divisor > 0.0 else math.inf


def _is_hot(params: InverterParams, state: InverterState) -> bool:
    """Say whether the heat sink holds power back."""
    below_k = params.heat_sink_max_c - state.heat_sink_c
    return below_k <= _TOUCH_K or (state.held_back != 0 and below_k < _RELEASE_K - _TOUCH_K)


def _voltage_pu(params: InverterParams, dc_voltage_v: float) -> float:
    return dc_voltage_v / params.nominal_dc_voltage_v


def _can_run(params: InverterParams, inp: InverterInput) -> bool:
    within = params.dc_voltage_min_v <= inp.dc_voltage_v <= params.dc_voltage_max_v
    return inp.enabled != 0 and within and inp.ambient_c <= params.ambient_max_c


def _dc_lower_w(params: InverterParams, inp: InverterInput) -> float:
    most_w = min(_MOST_RATINGS * params.rated_power_w, params.dc_current_max_a * inp.dc_voltage_v)
    return min(max(inp.dc_lower_w, -most_w), 0.0)


def inverter_power_limits(
    params: InverterParams, state: InverterState, inp: InverterInput
) -> tuple[float, float]:
    """Return the AC power that the inverter could have now (<= 0 and >= 0) [W].

    The least of: the rating, what the heat sink allows, as far as that is for active power, what the DC side gives or
    takes after losses, those of the reactive power among them, and the greatest DC current. Losses that the DC side
    does not cover it draws in any case. Nothing while it is held off, or the DC voltage or the air is out of range.
    """
    lower_w, upper_w = _limits_alone(params, state, inp)
    lower_w, _ = _beside_reactive(params, state, inp, lower_w)
    upper_w, _ = _beside_reactive(params, state, inp, upper_w)
    return min(lower_w, 0.0), upper_w


def _limits_alone(params: InverterParams, state: InverterState, inp: InverterInput) -> tuple[float, float]:
    """Return the same without reactive power [W]."""
    if not _can_run(params, inp):
        return 0.0, 0.0
    voltage_pu = _voltage_pu(params, inp.dc_voltage_v)
    apparent_va = inverter_apparent_limit_va(params, state, inp.ambient_c, voltage_pu)
    most_w = min(params.rated_power_w, apparent_va * inp.active_share)
    lower_w = max(ac_from_dc(params, _dc_lower_w(params, inp), voltage_pu), -most_w)
    dc_upper_w = min(
        inp.dc_upper_w, _MOST_RATINGS * params.rated_power_w, params.dc_current_max_a * inp.dc_voltage_v
    )
    upper_w = 0.0
    if dc_upper_w > 0.0:
        upper_w = max(min(ac_from_dc(params, dc_upper_w, voltage_pu), most_w), 0.0)
    return min(lower_w, 0.0), upper_w


def inverter_output(params: InverterParams, state: InverterState, inp: InverterInput) -> InverterOutput:
    """Return what the inverter shows at this instant; it holds for `inverter_horizon_s`.

    A set-point beyond the limits is met as far as they allow. Where nothing can be converted (no set-point, no
    sun to cover the losses, held off) the inverter stands by and draws its standby power.
    """
    lower_w, upper_w = _limits_alone(params, state, inp)
    set_w = min(max(inp.set_point_w, lower_w), upper_w)
    active_w, reactive_var = _beside_reactive(params, state, inp, set_w)
    if active_w == 0.0 and reactive_var == 0.0:
        return InverterOutput(params.standby_power_w, 0.0, 0.0, 0.0, params.standby_power_w)
    voltage_pu = _voltage_pu(params, inp.dc_voltage_v)
    loss_w = conversion_loss_w(params, _apparent_va(active_w, reactive_var), voltage_pu)
    dc_w = active_w - loss_w
    return InverterOutput(active_w, reactive_var, dc_w, dc_w / inp.dc_voltage_v, loss_w)


def _beside_reactive(
    params: InverterParams, state: InverterState, inp: InverterInput, active_w: float
) -> tuple[float, float]:
    """Return what active power [W] there is beside reactive power, and how much of that [var].

    Active power goes first within its share, but for the losses of the reactive power: what of them the DC side does
    not cover is drawn.
    """
    if inp.reactive_set_point_var == 0.0 or not _can_run(params, inp):
        return active_w, 0.0
    voltage_pu, dc_lower_w = _voltage_pu(params, inp.dc_voltage_v), _dc_lower_w(params, inp)
    circle_va = inverter_apparent_limit_va(params, state, inp.ambient_c, voltage_pu)
    reactive_var = _reactive_within(params, circle_va, active_w, inp.reactive_set_point_var)
    loss_w = conversion_loss_w(params, _apparent_va(active_w, reactive_var), voltage_pu)
    if reactive_var != 0.0 and active_w - loss_w < dc_lower_w:
        active_w = ac_beside_reactive(params, dc_lower_w, reactive_var, voltage_pu)
        reactive_var = _reactive_within(params, circle_va, active_w, reactive_var)
    return active_w, reactive_var


def _apparent_va(active_w: float, reactive_var: float) -> float:
    if reactive_var == 0.0:
        return abs(active_w)
    return math.sqrt(active_w * active_w + reactive_var * reactive_var)


def _reactive_within(params: InverterParams, circle_va: float, active_w: float, wanted_var: float) -> float:
    limit_var = reactive_limit_within_var(params, circle_va, active_w)
    return min(max(wanted_var, -limit_var), limit_var)


def inverter_horizon_s(params: InverterParams, state: InverterState, inp: InverterInput) -> float:
    """Return how long the output holds [s]: until the heat sink holds power back, or sets it free.

    The temperature follows an exponential, so the time is known in closed form; infinite if it never does.
    """
    if not _is_hot(params, state):
        voltage_pu = _voltage_pu(params, inp.dc_voltage_v)
        most_w = conversion_loss_w(params, params.rated_apparent_power_va, voltage_pu)
        greatest_w = max(most_w, params.standby_power_w)
        if inp.ambient_c + greatest_w / params.heat_loss_w_per_k <= params.heat_sink_max_c:
            return math.inf  # Not even full power would make it hot.
    return inverter_heat_horizon_s(params, state, inverter_output(params, state, inp).loss_w, inp.ambient_c)


def inverter_heat_horizon_s(
    params: InverterParams, state: InverterState, loss_w: float, ambient_c: float
) -> float:
    """Return how long a constant loss [W] leaves what the heat sink allows as it is [s]; may be infinite."""
    settled_c = ambient_c + loss_w / params.heat_loss_w_per_k
    edge_c = params.heat_sink_max_c
    if _is_hot(params, state):
        edge_c -= _RELEASE_K
        if settled_c >= edge_c:
            return math.inf
    elif settled_c <= edge_c:
        return math.inf
    time_constant_s = params.heat_capacity_j_per_k / params.heat_loss_w_per_k
    return max(
        time_constant_s * math.log((state.heat_sink_c - settled_c) / (edge_c - settled_c)), SHORTEST_HORIZON_S
    )


def inverter_heated(
    params: InverterParams, state: InverterState, loss_w: float, ambient_c: float, dt_s: float
) -> InverterState:
    """Return the state after `dt_s` [s], at most `inverter_heat_horizon_s`, with a constant loss [W]."""
    temperature_c = inverter_temperature(params, state.heat_sink_c, loss_w, ambient_c, dt_s)
    held_back = 1 if _is_hot(params, InverterState(temperature_c, state.held_back)) else 0
    return InverterState(temperature_c, held_back)


def inverter_step(
    params: InverterParams, state: InverterState, inp: InverterInput, dt_s: float
) -> tuple[InverterState, InverterOutput]:
    """Carry an inverter across `dt_s` [s] and return its new state and the means over that time."""
    if dt_s <= 0.0:
        return state, inverter_output(params, state, inp)
    left_s = dt_s
    active_j, reactive_vars, dc_j, charge_c, loss_j = 0.0, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        now = inverter_output(params, state, inp)
        part_s = min(inverter_heat_horizon_s(params, state, now.loss_w, inp.ambient_c), left_s)
        active_j += now.active_power_w * part_s
        reactive_vars += now.reactive_power_var * part_s
        dc_j += now.dc_power_w * part_s
        charge_c += now.dc_current_a * part_s
        loss_j += now.loss_w * part_s
        state = inverter_heated(params, state, now.loss_w, inp.ambient_c, part_s)
        left_s -= part_s
    return state, InverterOutput(
        active_j / dt_s, reactive_vars / dt_s, dc_j / dt_s, charge_c / dt_s, loss_j / dt_s
    )
