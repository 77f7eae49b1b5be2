"""A combined heat and power unit: a gas engine with generator, its sequence of states, and a buffer tank.

The engine goes through the sequence that its controls impose:

    STOPPED -> STARTING -> WARMING_UP -> RUNNING -> STOPPING -> STOPPED
                  |  ^
                  v  | after a wait
               RETRYING -> FAULT when the attempts are used up, until acknowledged

`STARTING` cranks, purges and synchronises on auxiliary power. `WARMING_UP` generates at minimum load while the
engine's own mass takes up the heat; only a warm engine heats the buffer. A hot engine that starts again warms up in
no time. From synchronisation on it takes on load by and by (`loading`), and is rid of it at once; all the time it takes
on no more at once than a step, if it has one (`load_steps`). It keeps running for
its minimum run time, at minimum load if nobody asks for power, and after a stop it pauses. A full buffer
stops it at once, or a dump cooler takes what is too much.

Fuel and heat follow from the efficiencies at the electric load (tables from data sheets), all per lower heating
value, and at steady state:

    fuel = P / eta_el(load)      heat = eta_th(load) * fuel      the rest is lost with exhaust and radiation

Starts and time in operation are counted; the fuel of a worn engine grows with its equivalent hours (`wear`), which
goes into its exhaust.

This is the steady part of the engine model of IEA ECBCS Annex 42 (I. Beausoleil-Morrison and N. Kelly (eds.),
"Specifications for Modelling Fuel Cell and Combustion-Based Residential Cogeneration Devices within Whole-Building
Simulation Programs", 2007), with one warm mass for its dynamics. First law, to rounding:

    fuel + auxiliary power = generated + delivered + dumped + loss + growth of engine and buffer heat

Left out: dependence of efficiency on return temperature and intake air, heat that the coolant still carries over
after a stop, the dip of speed at a step of load and starts cut short by an oversized one, island operation, repair.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .heat_buffer import (
    HeatBufferInput,
    HeatBufferParams,
    HeatBufferState,
    delivered_w,
    has_reached,
    heat_buffer_time_to_s,
    tank_after,
    time_constant_s,
    time_to_temperature_s,
    warming_over,
    warming_rate_k_per_s,
)
from .load_steps import accepted_w, recovering_for_s, steadied
from .loading import loaded_limit_w, loading_s, next_load_s
from .parameter import Parameter, Under
from .tables import table_value
from .timers import SHORTEST_HORIZON_S, TOUCH_S, time_left_s
from .wear import equivalent_s, worn_factor

STOPPED = 0
STARTING = 1
WARMING_UP = 2
RUNNING = 3
STOPPING = 4
RETRYING = 5
FAULT = 6


class ChpParams(NamedTuple):
    """An engine with its buffer tank. Tables run over the electric load 0..1 of rated power, in even steps."""

    rated_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Net electric power at full load."""
    minimum_power_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Least net electric power in operation, at most the rated power."""
    loading_w_per_s: Annotated[float, Parameter("W/s", lower=0.0, above=True, unbounded=True)]
    """Electric power that it takes on in a second once synchronised; infinite for no limit."""
    electrical_efficiency: Annotated[
        tuple[float, ...], Parameter("1", lower=0.01, upper=0.6, source="engines")
    ]
    """Net electric power over fuel."""
    thermal_efficiency: Annotated[tuple[float, ...], Parameter("1", lower=0.0, upper=0.99, source="engines")]
    """Useful heat over fuel; with the electrical efficiency at most 1."""
    reactive_per_active: Annotated[float, Parameter("1", lower=-1.0, upper=1.0, source="VDE-AR-N 4105")]
    """Reactive over active power of the generator; positive where it draws both or gives both."""
    start_s: Annotated[float, Parameter("s", lower=0.1)]
    """From the start command until synchronised."""
    starting_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn while starting."""
    stop_s: Annotated[float, Parameter("s", lower=0.0)]
    """Cooling down after a run, with pumps and fans on."""
    stopping_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn while cooling down."""
    standby_power_w: Annotated[float, Parameter("W", lower=0.0)]
    """Drawn by the controls when stopped."""
    minimum_run_s: Annotated[float, Parameter("s", lower=0.0)]
    """Least time from synchronisation to a stop."""
    minimum_pause_s: Annotated[float, Parameter("s", lower=0.0)]
    """Least time from the end of cooling down to the next start."""
    start_retries: Annotated[int, Parameter("1", lower=0.0, upper=20.0, source="chosen")]
    """Further attempts after a failed start."""
    retry_wait_s: Annotated[float, Parameter("s", lower=0.0), Under("start_retries", off=0.0)]
    """Between two attempts."""
    engine_heat_capacity_j_per_k: Annotated[float, Parameter("J/K", lower=0.0, above=True)]
    engine_heat_loss_w_per_k: Annotated[float, Parameter("W/K", lower=0.0)]
    """From the engine to the room while it warms up or stands; in operation it is part of the efficiencies."""
    engine_operating_c: Annotated[float, Parameter("°C", lower=30.0, upper=120.0, source="engine coolant")]
    """The engine heats the buffer from this temperature on."""
    buffer: HeatBufferParams
    buffer_full_c: Annotated[float, Parameter("°C", lower=30.0, upper=120.0, source="hot water systems")]
    """The buffer takes no more heat."""
    buffer_restart_c: Annotated[float, Parameter("°C", lower=0.0, upper=120.0, source="hot water systems")]
    """Once full, it takes heat again from this temperature down; below the full temperature."""
    heat_led: bool
    """Whether the buffer starts and stops the engine, which then runs at rated power; else the set-point does."""
    dump_cooler: bool
    """Whether a cooler keeps a full buffer from overheating; else a full buffer stops the engine."""
    start_wear_s: Annotated[
        float, Parameter("s", lower=0.0, upper=3.6e5), Under("fuel_growth_per_h", off=0.0)
    ] = 0.0
    """Time in operation that wears as much as a start."""
    fuel_growth_per_h: Annotated[float, Parameter("1/h", lower=0.0, upper=1e-4)] = 0.0
    """Share by which its fuel grows in an hour of wear."""
    load_step_w: Annotated[float, Parameter("W", lower=0.0, above=True, unbounded=True)] = math.inf
    """Electric power that it takes on at once while synchronised; infinite for any."""
    recovery_s: Annotated[
        float,
        Parameter("s", 0.1, 60.0, "MAN, B 21 01 1, of ISO 8528-5: 5 s"),
        Under("load_step_w", off=math.inf),
    ] = 5.0
    """After a step, until it takes on more."""


class ChpState(NamedTuple):
    """What a CHP remembers."""

    phase: int
    """One of `STOPPED` .. `FAULT`."""
    wait_s: float
    """Left of the start, the minimum run, the cooling down, the pause or the wait between attempts [s]."""
    failures: int
    """Failed attempts in a row."""
    buffer_takes: int
    """0 from when the buffer was full until it has cooled to the restart temperature."""
    engine_c: float
    buffer_c: float
    loaded_s: float = math.inf
    """For how long it has taken on load since it was synchronised; counts up to where it may have what it wants [s]."""
    starts: int = 0
    """How often it has been synchronised."""
    run_s: float = 0.0
    """For how long it has been so, in all [s]."""
    steady_w: float = 0.0
    """Load at which its speed has settled, where it takes on load in steps [W]."""
    recovering_s: float = 0.0
    """Left of the recovery from a step [s]."""
    taken_w: float = 0.0
    """Load from which it recovers [W]."""


class ChpInput(NamedTuple):
    """What acts on a CHP during a step."""

    set_point_w: float
    """Active power wanted [W], production negative; weaker than the minimum load means stop."""
    heat_demand_w: float
    """Drawn from the buffer, >= 0 [W]."""
    room_c: float
    start_fails: int
    """1: attempts to start fail."""
    acknowledge: int
    """1: a fault is acknowledged."""


class ChpOutput(NamedTuple):
    """What a CHP shows; powers are means over the step, the rest is at its end."""

    active_power_w: float
    """Passive sign: production negative [W]."""
    reactive_power_var: float
    fuel_w: float
    """Lower heating value, >= 0 [W]."""
    heat_w: float
    """From the engine into the buffer, >= 0 [W]."""
    delivered_w: float
    """From the buffer to the demand, >= 0 [W]."""
    dumped_w: float
    """By the dump cooler, >= 0 [W]."""
    loss_w: float
    """To exhaust and room [W]."""
    supply_c: float
    """Temperature that the buffer supplies [°C]."""
    engine_c: float
    phase: int
    """As in the state."""


class _Flows(NamedTuple):
    """Constant flows between two events."""

    active_w: float
    fuel_w: float
    heat_w: float
    engine_heat_w: float
    """Into the engine's own mass [W]."""
    delivered_w: float
    dumped_w: float


def chp_initial_state(_params: ChpParams, buffer_c: float, room_c: float) -> ChpState:
    """Return a stopped, cold CHP that may start at once, with a buffer of a temperature [°C]."""
    return ChpState(STOPPED, 0.0, 0, 1, room_c, buffer_c, 0.0)


def chp_fuel_w(params: ChpParams, power_w: float) -> float:
    """Return the fuel [W] for a net electric power >= 0 [W] of a warm engine."""
    if power_w <= 0.0:
        return 0.0
    return power_w / table_value(params.electrical_efficiency, power_w / params.rated_power_w)


def chp_heat_w(params: ChpParams, power_w: float) -> float:
    """Return the useful heat [W] at a net electric power >= 0 [W] of a warm engine."""
    efficiency = table_value(params.thermal_efficiency, power_w / params.rated_power_w)
    return efficiency * chp_fuel_w(params, power_w)


def _wants(params: ChpParams, state: ChpState, inp: ChpInput) -> bool:
    """Say whether the engine should run now or start."""
    if params.heat_led:
        return state.buffer_takes != 0
    asked = -inp.set_point_w >= params.minimum_power_w
    return asked and not _is_refused(params, state)


def _latched(params: ChpParams, state: ChpState) -> int:
    if has_reached(state.buffer_c, params.buffer_full_c):
        return 0
    if has_reached(params.buffer_restart_c, state.buffer_c):
        return 1
    return state.buffer_takes


def _settled(params: ChpParams, state: ChpState, inp: ChpInput) -> ChpState:
    """Return the state after all transitions that are due at this instant."""
    takes = _latched(params, state)
    state = ChpState(
        state.phase, state.wait_s, state.failures, takes, state.engine_c, state.buffer_c, state.loaded_s,
        state.starts, state.run_s, state.steady_w, state.recovering_s, state.taken_w,
    )  # fmt: skip
    for _ in range(8):  # the longest chain is shorter: each start takes its time
        phase, wait_s, failures = _next(params, state, inp)
        if phase == state.phase and failures == state.failures:
            return state
        starts = state.starts + (1 if state.phase == STARTING and phase == WARMING_UP else 0)
        state = ChpState(
            phase,
            wait_s,
            failures,
            takes,
            state.engine_c,
            state.buffer_c,
            state.loaded_s,
            starts,
            state.run_s,
            state.steady_w,
            state.recovering_s,
            state.taken_w,
        )
    return state


def _next(params: ChpParams, state: ChpState, inp: ChpInput) -> tuple[int, float, int]:
    """Return phase, wait and failed attempts after at most one transition."""
    wants = _wants(params, state, inp)
    if _is_synchronised(state.phase):
        return _next_synchronised(params, state, wants)
    over = state.wait_s <= TOUCH_S
    if state.phase == FAULT:
        over = inp.acknowledge != 0
    to = (state.phase, state.wait_s, state.failures)
    if _is_attempting(state.phase) and not wants:
        to = (STOPPED, 0.0, 0)
    elif over and state.phase == STARTING:
        to = _after_start(params, state, inp)
    elif over and wants and state.phase == STOPPED:
        to = (STARTING, params.start_s, 0)
    elif over and state.phase == RETRYING:
        to = (STARTING, params.start_s, state.failures)
    elif over and state.phase == STOPPING:
        to = (STOPPED, params.minimum_pause_s, 0)
    elif over and state.phase == FAULT:
        to = (STOPPED, 0.0, 0)
    return to


def _is_synchronised(phase: int) -> bool:
    return WARMING_UP <= phase <= RUNNING


def _is_attempting(phase: int) -> bool:
    return phase in (STARTING, RETRYING)


def _is_refused(params: ChpParams, state: ChpState) -> bool:
    """Say whether a full buffer keeps the engine from running."""
    return not params.dump_cooler and state.buffer_takes == 0


def _next_synchronised(params: ChpParams, state: ChpState, wants: bool) -> tuple[int, float, int]:
    over = state.wait_s <= TOUCH_S
    if _is_refused(params, state) or (over and not wants):
        return (STOPPING, params.stop_s, 0)
    if state.phase == WARMING_UP and has_reached(state.engine_c, params.engine_operating_c):
        return (RUNNING, state.wait_s, 0)
    return (state.phase, state.wait_s, 0)


def _after_start(params: ChpParams, state: ChpState, inp: ChpInput) -> tuple[int, float, int]:
    if inp.start_fails == 0:
        return (WARMING_UP, params.minimum_run_s, 0)
    failures = state.failures + 1
    if failures > params.start_retries:
        return (FAULT, 0.0, failures)
    return (RETRYING, params.retry_wait_s, failures)


def _idle_power_w(params: ChpParams, phase: int) -> float:
    """Return what is drawn in a phase without generation [W], >= 0."""
    if phase == STARTING:
        return params.starting_power_w
    return params.stopping_power_w if phase == STOPPING else params.standby_power_w


def _generated_w(params: ChpParams, state: ChpState, inp: ChpInput) -> float:
    """Return the electric power generated in a settled state [W], >= 0."""
    if not _is_synchronised(state.phase):
        return 0.0
    return min(_wanted_w(params, state, inp), _most_load_w(params, state))


def _wanted_w(params: ChpParams, state: ChpState, inp: ChpInput) -> float:
    """Return what a synchronised engine would generate with all the load that it is to have [W], > 0."""
    if state.phase == WARMING_UP:
        return params.minimum_power_w
    if params.heat_led:
        return params.rated_power_w if state.buffer_takes != 0 else params.minimum_power_w
    return min(max(-inp.set_point_w, params.minimum_power_w), params.rated_power_w)


def _most_load_w(params: ChpParams, state: ChpState) -> float:
    """Return the greatest load that a synchronised engine has taken on by now [W]."""
    return min(_loaded_limit_w(params, state), accepted_w(params.load_step_w, state.steady_w))


def _loaded_limit_w(params: ChpParams, state: ChpState) -> float:
    return loaded_limit_w(0.0, params.rated_power_w, params.loading_w_per_s, state.loaded_s)


def _loaded_s(params: ChpParams, state: ChpState, dt_s: float) -> float:
    """Return for how long a settled engine has taken on load after a time [s].

    One that is to have its least load, or shed the rest, has taken on no more than that.
    """
    if not _is_synchronised(state.phase):
        return 0.0
    is_least = state.phase == WARMING_UP or (params.heat_led and state.buffer_takes == 0)
    most_w = params.minimum_power_w if is_least else params.rated_power_w
    return min(state.loaded_s + dt_s, loading_s(0.0, most_w, params.loading_w_per_s))


def _buffer_input(inp: ChpInput, heat_w: float) -> HeatBufferInput:
    return HeatBufferInput(heat_w, inp.heat_demand_w, inp.room_c)


def _flows(params: ChpParams, state: ChpState, inp: ChpInput) -> _Flows:
    generated = _generated_w(params, state, inp)
    recovered = chp_heat_w(params, generated)
    heat = recovered if state.phase == RUNNING else 0.0
    delivered = delivered_w(params.buffer, state.buffer_c, _buffer_input(inp, heat))
    dumped = 0.0
    if params.dump_cooler and has_reached(state.buffer_c, params.buffer_full_c):
        spare = heat - delivered - params.buffer.heat_loss_w_per_k * (state.buffer_c - inp.room_c)
        dumped = max(spare, 0.0)
    active = -generated if generated > 0.0 else _idle_power_w(params, state.phase)
    return _Flows(active, chp_fuel_w(params, generated), heat, recovered - heat, delivered, dumped)


def _worn(params: ChpParams, state: ChpState, flows: _Flows, ahead_s: float) -> _Flows:
    """Return flows with the fuel that a settled engine needs as worn as it is, as a mean over a time [s]."""
    worn_s = equivalent_s(state.run_s, state.starts, params.start_wear_s)
    factor = worn_factor(params.fuel_growth_per_h, worn_s, ahead_s)
    return _Flows(
        flows.active_w,
        flows.fuel_w * factor,
        flows.heat_w,
        flows.engine_heat_w,
        flows.delivered_w,
        flows.dumped_w,
    )


def _engine_rate_k_per_s(params: ChpParams, state: ChpState, inp: ChpInput, engine_heat_w: float) -> float:
    """Return how fast an engine warms that is not in operation; one that is, the coolant holds at its temperature."""
    return warming_rate_k_per_s(
        params.engine_heat_capacity_j_per_k,
        params.engine_heat_loss_w_per_k,
        state.engine_c,
        engine_heat_w,
        inp.room_c,
    )


def _event_s(params: ChpParams, state: ChpState, inp: ChpInput, flows: _Flows) -> float:
    """Return the time until the flows of a settled state change [s], > 0."""
    event = state.wait_s if state.wait_s > TOUCH_S else math.inf
    if state.phase == WARMING_UP:
        rate = _engine_rate_k_per_s(params, state, inp, flows.engine_heat_w)
        tau = time_constant_s(params.engine_heat_capacity_j_per_k, params.engine_heat_loss_w_per_k)
        event = min(event, time_to_temperature_s(rate, tau, state.engine_c, params.engine_operating_c))
    if _is_synchronised(state.phase) and _wanted_w(params, state, inp) > _loaded_limit_w(params, state):
        event = min(event, next_load_s(state.loaded_s))
    if params.load_step_w < math.inf and -flows.active_w > state.steady_w:
        load_w = -flows.active_w
        event = min(event, recovering_for_s(params.recovery_s, state.recovering_s, state.taken_w, load_w))
    if flows.dumped_w > 0.0:
        return event
    tank = HeatBufferState(state.buffer_c)
    into = _buffer_input(inp, flows.heat_w)
    event = min(event, heat_buffer_time_to_s(params.buffer, tank, into, params.buffer.useful_c))
    event = min(event, heat_buffer_time_to_s(params.buffer, tank, into, params.buffer_full_c))
    return min(event, heat_buffer_time_to_s(params.buffer, tank, into, params.buffer_restart_c))


def chp_power_limits(params: ChpParams, state: ChpState, inp: ChpInput) -> tuple[float, float]:
    """Return the active power that the CHP could have, or be sent to, now [W].

    Lower is `-rated_power_w` where it may start or runs, else 0; upper is what it draws when it does not
    generate, and minus the minimum load, or what it has taken on of that, while the minimum run time binds it. A
    heat-led one has what it has. The present set-point does not count.
    """
    has_load = _is_synchronised(state.phase)
    set_point_w = -params.rated_power_w if has_load or _is_attempting(state.phase) else 0.0
    state = _settled(params, state, _told(inp, set_point_w))
    if params.heat_led:
        active = _flows(params, state, inp).active_w
        return active, active
    if has_load and _is_synchronised(state.phase):
        bound_to_run = state.wait_s > TOUCH_S
        least_w = min(params.minimum_power_w, _most_load_w(params, state))
        return -params.rated_power_w, -least_w if bound_to_run else params.stopping_power_w
    pausing = state.phase == STOPPED and state.wait_s > TOUCH_S
    barred = pausing or _is_refused(params, state) or state.phase in (STOPPING, FAULT)
    idle_w = _idle_power_w(params, state.phase)
    if barred:
        return 0.0, idle_w
    return -params.rated_power_w, max(idle_w, params.starting_power_w)


def chp_limits_by_now(params: ChpParams, state: ChpState, inp: ChpInput) -> tuple[float, float]:
    """Return what of its limits it could come to before it is warm [W]: at most the minimum load; else infinite."""
    if _settled(params, state, inp).phase == WARMING_UP:
        return -params.minimum_power_w, math.inf
    return -math.inf, math.inf


def _told(inp: ChpInput, set_point_w: float) -> ChpInput:
    return ChpInput(set_point_w, inp.heat_demand_w, inp.room_c, inp.start_fails, inp.acknowledge)


def chp_output(params: ChpParams, state: ChpState, inp: ChpInput) -> ChpOutput:
    """Return what the CHP shows at this instant."""
    state = _settled(params, state, inp)
    flows = _worn(params, state, _flows(params, state, inp), 0.0)
    buffer_loss = params.buffer.heat_loss_w_per_k * (state.buffer_c - inp.room_c)
    engine_loss = params.engine_heat_loss_w_per_k * (state.engine_c - inp.room_c)
    loss = _steady_loss_w(flows) + buffer_loss + (0.0 if state.phase == RUNNING else engine_loss)
    return _shown(params, state, flows, loss)


def _steady_loss_w(flows: _Flows) -> float:
    """Return what is lost besides the heat from engine and buffer to the room [W]."""
    return flows.fuel_w + flows.active_w - flows.heat_w - flows.engine_heat_w


def _shown(params: ChpParams, state: ChpState, flows: _Flows, loss_w: float) -> ChpOutput:
    generated = min(flows.active_w, 0.0)
    return ChpOutput(
        flows.active_w,
        generated * params.reactive_per_active,
        flows.fuel_w,
        flows.heat_w,
        flows.delivered_w,
        flows.dumped_w,
        loss_w,
        state.buffer_c,
        state.engine_c,
        state.phase,
    )


def chp_horizon_s(params: ChpParams, state: ChpState, inp: ChpInput) -> float:
    """Return how long the output holds [s], at least 1 ms.

    That is until a phase or a wait ends, the engine is warm or takes on more load, or the buffer reaches one of its
    thresholds.
    """
    state = _settled(params, state, inp)
    return max(_event_s(params, state, inp, _flows(params, state, inp)), SHORTEST_HORIZON_S)


def chp_step(params: ChpParams, state: ChpState, inp: ChpInput, dt_s: float) -> tuple[ChpState, ChpOutput]:
    """Carry a CHP across any `dt_s`.

    Returns:
        The state at the end, and the output: powers are means over the step, temperatures and phase are those
        at its end.
    """
    if dt_s <= 0.0:
        return state, chp_output(params, state, inp)
    left_s, loss_j, reactive_j = dt_s, 0.0, 0.0
    active_j, fuel_j, heat_j, delivered_j, dumped_j = 0.0, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        state = _settled(params, state, inp)
        flows = _flows(params, state, inp)
        part_s = min(left_s, _event_s(params, state, inp, flows))
        flows = _worn(params, state, flows, part_s)
        state, lost_j = _advanced(params, state, inp, flows, part_s)
        active_j += flows.active_w * part_s
        reactive_j += min(flows.active_w, 0.0) * params.reactive_per_active * part_s
        fuel_j += flows.fuel_w * part_s
        heat_j += flows.heat_w * part_s
        delivered_j += flows.delivered_w * part_s
        dumped_j += flows.dumped_w * part_s
        loss_j += lost_j
        left_s -= part_s
    state = _settled(params, state, inp)
    return state, ChpOutput(
        active_j / dt_s,
        reactive_j / dt_s,
        fuel_j / dt_s,
        heat_j / dt_s,
        delivered_j / dt_s,
        dumped_j / dt_s,
        loss_j / dt_s,
        state.buffer_c,
        state.engine_c,
        state.phase,
    )


def _advanced(
    params: ChpParams, state: ChpState, inp: ChpInput, flows: _Flows, dt_s: float
) -> tuple[ChpState, float]:
    """Return a settled state after a time with constant flows, and the loss [J]."""
    net_w = flows.heat_w - flows.delivered_w - flows.dumped_w
    tank, loss_j = tank_after(params.buffer, HeatBufferState(state.buffer_c), net_w, inp.room_c, dt_s)
    loss_j += _steady_loss_w(flows) * dt_s
    engine_c = state.engine_c
    if state.phase != RUNNING:
        capacity, per_k = params.engine_heat_capacity_j_per_k, params.engine_heat_loss_w_per_k
        rate = _engine_rate_k_per_s(params, state, inp, flows.engine_heat_w)
        warming = warming_over(rate, time_constant_s(capacity, per_k), engine_c, dt_s)
        engine_c = warming.end_c
        loss_j += per_k * (warming.mean_c - inp.room_c) * dt_s
    run_s = state.run_s + (dt_s if _is_synchronised(state.phase) else 0.0)
    load_w = max(-flows.active_w, 0.0)
    steady_w, recovering_s, taken_w = steadied(
        params.load_step_w, params.recovery_s, state.steady_w, state.recovering_s, state.taken_w, load_w, dt_s
    )
    after = ChpState(
        state.phase, time_left_s(state.wait_s, dt_s), state.failures, state.buffer_takes, engine_c, tank.temperature_c,
        _loaded_s(params, state, dt_s), state.starts, run_s, steady_w, recovering_s, taken_w,
    )  # fmt: skip
    return after, loss_j
