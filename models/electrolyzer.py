"""A water electrolyser with rectifier: states, hydrogen, and the warmth of its stack.

    OFF -> COLD_START -> RUNNING <-> STANDBY -> OFF
                            ^-- WARM_START --'

Off, it is cold and without pressure; a start from there takes the time of a cold start. In standby it is kept under
pressure and at least at a holding temperature, and starts again quickly; after a while nobody asks for it, it
switches off. It takes on load by and by (`loading`); in operation the power wanted at the AC terminals is met; less
than the minimum load means standby, for the sake of gas purity.

The energy in the hydrogen (higher heating value: what an ideal stack at rest would need in all) follows from the DC
power and an efficiency that depends on load and, linearly, on the temperature of the stack:

    hydrogen = eta(load) (1 + g (T - T_operating)) * DC power

A worn stack needs more voltage for the same current, so its efficiency falls with the voltage:

    eta(load, t_eq) = eta(load) / (1 + d t_eq)

with the equivalent hours t_eq of operation and starts (`wear`), counted in whole ones, between which it is constant.

The table eta and the slope g come from polarisation curves, such as that of Ø. Ulleberg, "Modeling of advanced alkaline
electrolyzers: a system simulation approach", Int. J. Hydrogen Energy 28 (2003) 21-33,
doi:10.1016/S0360-3199(02)00033-2, from which the lumped heat balance of the stack is as well:

    C dT/dt = DC power - hydrogen + heater - U A (T - ambient) - cooling

As both terms in T are linear, temperature and hydrogen have closed forms over any step. Cooling holds the stack at its
operating temperature. First law, to rounding: AC power = hydrogen + cooling + loss + growth of heat in the stack.

Left out: ramp limits once it has its load (set-points arrive ramped), voltage limits of a cold stack, crossover and
purging of gas, heat that leaves with the gases, pressure, compressors after the electrolyser, degradation at rest.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .heat_buffer import Warming, has_reached, time_constant_s, time_to_temperature_s, warming_over
from .loading import loaded_limit_w, loading_s, next_load_s
from .parameter import Parameter, Under
from .tables import table_value
from .timers import SHORTEST_HORIZON_S, TOUCH_S, time_left_s
from .wear import equivalent_s

OFF = 0
COLD_START = 1
WARM_START = 2
RUNNING = 3
STANDBY = 4

HYDROGEN_HHV_J_PER_KG = 141.8e6
"""Higher heating value, 39.4 kWh/kg (ISO 6976 gives 285.83 kJ/mol at 25 °C)."""

_SECONDS_PER_HOUR = 3600.0
_AS_SENT = 1.0 - 1e-6
"""Part of a power that is left of it as a 32-bit float on its way, at least."""


class ElectrolyzerParams(NamedTuple):
    """An electrolyser. The table runs over the AC load 0..1 of rated power, in even steps."""

    rated_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """AC power at full load, auxiliaries included."""
    minimum_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Least AC power in operation; above the auxiliaries."""
    loading_w_per_s: Annotated[float, Parameter("W/s", lower=0.0, above=True, unbounded=True)]
    """AC power that it takes on in a second after a start; infinite for no limit."""
    auxiliary_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Pumps and controls in operation; also drawn while starting."""
    rectifier_efficiency: Annotated[float, Parameter("1", lower=0.5, upper=1.0, source="rectifiers")]
    """DC over AC power, auxiliaries apart."""
    reactive_per_active: Annotated[float, Parameter("1", lower=0.0, upper=1.0, source="rectifiers")]
    """Reactive over active power; a thyristor rectifier draws inductive power."""
    stack_efficiency: Annotated[
        tuple[float, ...], Parameter("1", lower=0.1, upper=1.0, source="polarisation")
    ]
    """Higher heating value of the hydrogen over DC power, at the operating temperature."""
    efficiency_per_k: Annotated[float, Parameter("1/K", lower=0.0, upper=0.006, source="polarisation")]
    """Share by which the efficiency grows per kelvin."""
    operating_c: Annotated[float, Parameter("°C", lower=20.0, upper=120.0, source="stacks")]
    """Cooling keeps the stack from getting warmer."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", lower=0.0, above=True)]
    """Heat capacity of stack and electrolyte."""
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", lower=0.0)]
    heater_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Warms the stack up to the holding temperature, in standby and while starting."""
    holding_c: Annotated[
        float, Parameter("°C", lower=0.0, upper=120.0, source="stacks"), Under("heater_power_w", off=0.0)
    ]
    """At most the operating temperature."""
    standby_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn in standby besides the heater."""
    standby_s: Annotated[float, Parameter("s", lower=0.0)]
    """In standby for longer than this, it switches off."""
    off_power_w: Annotated[float, Parameter("W", lower=0.0)]
    cold_start_s: Annotated[float, Parameter("s", lower=0.1)]
    """From off to operation."""
    warm_start_s: Annotated[float, Parameter("s", lower=0.1)]
    """From standby to operation."""
    start_wear_s: Annotated[
        float, Parameter("s", lower=0.0, upper=3.6e5), Under("voltage_growth_per_h", off=0.0)
    ] = 0.0
    """Time in operation that wears as much as a start."""
    voltage_growth_per_h: Annotated[float, Parameter("1/h", lower=0.0, upper=1e-4)] = 0.0
    """Share by which the voltage of its cells grows in an hour of wear."""


class ElectrolyzerState(NamedTuple):
    """What an electrolyser remembers."""

    phase: int
    """One of `OFF` .. `STANDBY`."""
    wait_s: float
    """Left of a start or of the time in standby [s]."""
    stack_c: float
    loaded_s: float = math.inf
    """Since it took on load; counts up to where it may have all of it [s]."""
    starts: int = 0
    """How often operation has begun, from off or from standby."""
    run_s: float = 0.0
    """In operation, in all [s]."""


class ElectrolyzerInput(NamedTuple):
    """What acts on an electrolyser during a step."""

    set_point_w: float
    """Active power wanted [W], consuming positive; less than the minimum load means no operation."""
    ambient_c: float


class ElectrolyzerOutput(NamedTuple):
    """What an electrolyser shows; powers and flows are means over the step, the rest is at its end."""

    active_power_w: float
    reactive_power_var: float
    hydrogen_w: float
    """Higher heating value [W]."""
    hydrogen_kg_per_s: float
    cooling_w: float
    """Heat taken by the coolant, which may be of use [W], >= 0."""
    loss_w: float
    """Loss of rectifier and auxiliaries, and from the stack to the air [W]."""
    stack_c: float
    phase: int
    """As in the state."""


class _Flows(NamedTuple):
    """What is constant between two events."""

    active_w: float
    dc_w: float
    heater_w: float
    cooling_w: float
    efficiency: float
    """At the operating temperature."""


def electrolyzer_initial_state(_params: ElectrolyzerParams, ambient_c: float) -> ElectrolyzerState:
    """Return an electrolyser that is off and as warm as the air."""
    return ElectrolyzerState(OFF, 0.0, ambient_c, 0.0)


def _stack(params: ElectrolyzerParams, power_w: float) -> tuple[float, float]:
    """Return DC power [W] and efficiency at the operating temperature."""
    dc_w = max(power_w - params.auxiliary_power_w, 0.0) * params.rectifier_efficiency
    return dc_w, table_value(params.stack_efficiency, power_w / params.rated_power_w)


def _warm_factor(params: ElectrolyzerParams, stack_c: float) -> float:
    return 1.0 + params.efficiency_per_k * (stack_c - params.operating_c)


def _settled(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> ElectrolyzerState:
    """Return the state after all transitions that are due at this instant."""
    for _ in range(4):
        phase, wait_s = _next(params, state, inp)
        if phase == state.phase:
            return state
        starts = state.starts + (1 if phase == RUNNING else 0)
        state = ElectrolyzerState(phase, wait_s, state.stack_c, state.loaded_s, starts, state.run_s)
    return state


def _next(params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput) -> tuple[int, float]:
    """Return phase and wait after at most one transition."""
    wants = inp.set_point_w >= params.minimum_power_w
    over = state.wait_s <= TOUCH_S
    stay = (state.phase, state.wait_s)
    if _is_starting(state.phase) and not wants and _may_go_on(params, state, inp):
        return stay
    if state.phase == OFF:
        return (COLD_START, params.cold_start_s) if wants else stay
    if state.phase == STANDBY:
        if wants:
            return (WARM_START, params.warm_start_s)
        return (OFF, 0.0) if over else stay
    if not wants:
        return (OFF, 0.0) if state.phase == COLD_START else (STANDBY, params.standby_s)
    return (RUNNING, 0.0) if state.phase != RUNNING and over else stay


def _is_starting(phase: int) -> bool:
    return phase in (COLD_START, WARM_START)


def _may_go_on(params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput) -> bool:
    """Say whether one that starts is told what that draws, by which it goes on, and is held ready then."""
    return inp.set_point_w >= (params.auxiliary_power_w + _heater_w(params, state, inp)) * _AS_SENT


def _heater_w(params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput) -> float:
    """Return the power of the heater: all below the holding temperature, what holds it there, none above."""
    if not has_reached(state.stack_c, params.holding_c):
        return params.heater_power_w
    if not has_reached(params.holding_c, state.stack_c):
        return 0.0
    hold_w = params.heat_loss_w_per_k * (state.stack_c - inp.ambient_c)
    return min(params.heater_power_w, max(hold_w, 0.0))


def _flows(params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput) -> _Flows:
    if state.phase == OFF:
        return _Flows(params.off_power_w, 0.0, 0.0, 0.0, 0.0)
    if state.phase != RUNNING:
        heater = _heater_w(params, state, inp)
        besides = params.standby_power_w if state.phase == STANDBY else params.auxiliary_power_w
        return _Flows(besides + heater, 0.0, heater, 0.0, 0.0)
    most_w = loaded_limit_w(
        params.minimum_power_w, params.rated_power_w, params.loading_w_per_s, state.loaded_s
    )
    active = min(inp.set_point_w, most_w)
    dc, efficiency = _stack(params, active)
    efficiency /= 1.0 + params.voltage_growth_per_h * math.floor(_worn_h(params, state) + TOUCH_S)
    cooling = 0.0
    if has_reached(state.stack_c, params.operating_c):
        hydrogen = dc * efficiency * _warm_factor(params, state.stack_c)
        cooling = dc - hydrogen - params.heat_loss_w_per_k * (state.stack_c - inp.ambient_c)
        cooling = max(cooling, 0.0)
    return _Flows(active, dc, 0.0, cooling, efficiency)


def _worn_h(params: ElectrolyzerParams, state: ElectrolyzerState) -> float:
    """Return the equivalent time in operation [h]."""
    return equivalent_s(state.run_s, state.starts, params.start_wear_s) / _SECONDS_PER_HOUR


def _loaded_s(params: ElectrolyzerParams, state: ElectrolyzerState, dt_s: float) -> float:
    """Return for how long a settled electrolyser has taken on load after a time [s]; 0 out of operation."""
    if state.phase != RUNNING:
        return 0.0
    full_s = loading_s(params.minimum_power_w, params.rated_power_w, params.loading_w_per_s)
    return min(state.loaded_s + dt_s, full_s)


def _rate_and_time_constant(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput, flows: _Flows
) -> tuple[float, float]:
    """Return how fast the stack warms [K/s], and the time constant of its approach to rest [s]."""
    hydrogen = flows.dc_w * flows.efficiency * _warm_factor(params, state.stack_c)
    heat = flows.dc_w - hydrogen + flows.heater_w - flows.cooling_w
    rate = heat - params.heat_loss_w_per_k * (state.stack_c - inp.ambient_c)
    per_k = params.heat_loss_w_per_k
    if flows.cooling_w <= 0.0:
        per_k += flows.dc_w * flows.efficiency * params.efficiency_per_k
    return rate / params.heat_capacity_j_per_k, time_constant_s(params.heat_capacity_j_per_k, per_k)


def _event_s(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput, flows: _Flows
) -> float:
    """Return the time until the flows of a settled state change [s], > 0."""
    event = state.wait_s if state.wait_s > TOUCH_S else math.inf
    if state.phase == RUNNING and min(inp.set_point_w, params.rated_power_w) > flows.active_w:
        event = min(event, next_load_s(state.loaded_s))
    if state.phase == RUNNING and params.voltage_growth_per_h > 0.0:
        worn_h = _worn_h(params, state)
        event = min(event, (math.floor(worn_h + TOUCH_S) + 1.0 - worn_h) * _SECONDS_PER_HOUR)
    if flows.cooling_w > 0.0 or state.phase == OFF:
        return event
    rate, tau = _rate_and_time_constant(params, state, inp, flows)
    target_c = params.operating_c if state.phase == RUNNING else params.holding_c
    return min(event, time_to_temperature_s(rate, tau, state.stack_c, target_c))


def electrolyzer_power_limits(
    params: ElectrolyzerParams, _state: ElectrolyzerState, _inp: ElectrolyzerInput
) -> tuple[float, float]:
    """Return the active power that the electrolyser could have, or be sent to, now [W]: 0 to rated."""
    return 0.0, params.rated_power_w


def electrolyzer_limits_by_now(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> tuple[float, float]:
    """Return what of its limits it could come to while it starts [W]: what it draws so, or told 0; else infinite."""
    state = _settled(params, state, inp)
    if not _is_starting(state.phase) or state.wait_s <= TOUCH_S:
        return -math.inf, math.inf
    told_0 = _settled(params, state, ElectrolyzerInput(0.0, inp.ambient_c))
    least_w = _flows(params, told_0, ElectrolyzerInput(0.0, inp.ambient_c)).active_w
    most_w = _flows(params, state, inp).active_w
    return min(least_w, most_w), most_w


def electrolyzer_output(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> ElectrolyzerOutput:
    """Return what the electrolyser shows at this instant."""
    state = _settled(params, state, inp)
    flows = _flows(params, state, inp)
    hydrogen_w = flows.dc_w * flows.efficiency * _warm_factor(params, state.stack_c)
    loss_w = _electric_loss_w(flows) + params.heat_loss_w_per_k * (state.stack_c - inp.ambient_c)
    return _shown(params, state, flows.active_w, hydrogen_w, flows.cooling_w, loss_w)


def _electric_loss_w(flows: _Flows) -> float:
    return flows.active_w - flows.dc_w - flows.heater_w


def _shown(
    params: ElectrolyzerParams,
    state: ElectrolyzerState,
    active_w: float,
    hydrogen_w: float,
    cooling_w: float,
    loss_w: float,
) -> ElectrolyzerOutput:
    return ElectrolyzerOutput(
        active_w,
        active_w * params.reactive_per_active,
        hydrogen_w,
        hydrogen_w / HYDROGEN_HHV_J_PER_KG,
        cooling_w,
        loss_w,
        state.stack_c,
        state.phase,
    )


def electrolyzer_horizon_s(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput
) -> float:
    """Return how long the active power holds [s], at least 1 ms.

    That is until a start or the time in standby is over, it takes on more load, or the stack reaches the temperature
    at which cooling or the heater changes. Hydrogen and heat drift with the temperature meanwhile.
    """
    state = _settled(params, state, inp)
    return max(_event_s(params, state, inp, _flows(params, state, inp)), SHORTEST_HORIZON_S)


def electrolyzer_step(
    params: ElectrolyzerParams, state: ElectrolyzerState, inp: ElectrolyzerInput, dt_s: float
) -> tuple[ElectrolyzerState, ElectrolyzerOutput]:
    """Carry an electrolyser across any `dt_s`.

    Returns:
        The state at the end, and the output: powers and flows are means over the step, temperature and phase are
        those at its end.
    """
    if dt_s <= 0.0:
        return state, electrolyzer_output(params, state, inp)
    left_s, active_j, hydrogen_j, cooling_j, loss_j = dt_s, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        flows = _flows(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp, flows))
        warming = _warming(params, state, inp, flows, part_s)
        active_j += flows.active_w * part_s
        hydrogen_j += flows.dc_w * flows.efficiency * _warm_factor(params, warming.mean_c) * part_s
        cooling_j += flows.cooling_w * part_s
        to_air_w = params.heat_loss_w_per_k * (warming.mean_c - inp.ambient_c)
        loss_j += (_electric_loss_w(flows) + to_air_w) * part_s
        wait_s = time_left_s(state.wait_s, part_s)
        loaded_s = _loaded_s(params, state, part_s)
        run_s = state.run_s + (part_s if state.phase == RUNNING else 0.0)
        state = ElectrolyzerState(state.phase, wait_s, warming.end_c, loaded_s, state.starts, run_s)
        left_s -= part_s
    state = _settled(params, state, inp)
    return state, _shown(params, state, active_j / dt_s, hydrogen_j / dt_s, cooling_j / dt_s, loss_j / dt_s)


def _warming(
    params: ElectrolyzerParams,
    state: ElectrolyzerState,
    inp: ElectrolyzerInput,
    flows: _Flows,
    dt_s: float,
) -> Warming:
    if flows.cooling_w > 0.0:
        return Warming(state.stack_c, state.stack_c)
    rate, tau = _rate_and_time_constant(params, state, inp, flows)
    return warming_over(rate, tau, state.stack_c, dt_s)
