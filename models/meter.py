"""A meter between what flows and what is read: errors of its class, wiring mistakes, windows, registers.

Each of three elements multiplies a voltage with a current and takes the mean. With the voltage `V_k` of its terminal,
at the angle `-(k - 1) 2π/3`, and the current of the phase `j` that its transformer sits on, the measured power is

    S_k = V_k conj(I_j) = S_j (V_k / V_j) exp(i (j - k) 2π/3)

so that `j = k` measures what flows, a current transformer put on round the other way turns the sign, and one on the
wrong phase turns active into reactive power. The errors of the instrument and its transformers come on top, as a gain
and an angle by which the current appears to lead: `S (1 + e) exp(-iδ)`.

Powers are shown as means over windows that follow each other without a gap, counted from the epoch; registers add up
what the elements measure, without noise.

References: IEC 62053-21:2020 and IEC 62053-22:2020 (static meters, classes 0.5 to 2 and 0.1 S to 0.5 S); Directive
2014/32/EU (MID), annex V (classes A, B, C).

Left out: harmonics, the change of errors with temperature and current, the phase sequence of an element's voltage under
unbalance (phases stand a third of a turn apart).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .ac import ThreePhase
from .parameter import Parameter
from .resolution import in_steps
from .timers import SHORTEST_HORIZON_S, TOUCH_S

SUM_OF_PHASES = 0
"""One pair of registers for the sum of the phases at each instant (in German: saldierend)."""
EACH_PHASE = 1
"""What each phase consumes and what each delivers count for themselves, even at the same instant."""
RUNS_BACKWARDS = 2
"""One register that delivered energy turns back, as an induction meter without a ratchet."""

SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 0.02, 86_400.0
"""A period of the grid; a day is chosen."""
_THIRD_COS = -0.5
_THIRD_SIN = 0.5 * math.sqrt(3.0)
_SECONDS_PER_HOUR = 3600.0
_SAME = 1e-12
"""Means that differ by less than this part of themselves differ by rounding only."""


class MeterParams(NamedTuple):
    """A meter with its transformers and wires; tuples hold one value per element, in the order L1, L2, L3."""

    gain_errors: Annotated[tuple[float, float, float], Parameter("1", -0.5, 0.5, "chosen: more is a fault")]
    """Relative errors of the power at unity power factor, such as 0.005 for 0.5 %."""
    angle_errors_rad: Annotated[
        tuple[float, float, float], Parameter("rad", -0.2, 0.2, "chosen: more is a fault")
    ]
    """By which the current appears to lead [rad]."""
    ratio_factors: Annotated[tuple[float, float, float], Parameter("1", 0.0, 1000.0, "physics")]
    """Set ratio of the current transformers over the built-in one; 1 is right, 0 is no transformer."""
    directions: Annotated[
        tuple[float, float, float], Parameter("1", source="two ways round", choices=(1.0, -1.0))
    ]
    """1 for a current transformer that sits as it should, -1 for one that is turned round."""
    current_phases: Annotated[
        tuple[float, float, float], Parameter("1", source="three phases", choices=(1.0, 2.0, 3.0))
    ]
    """Phase on which each element's current transformer sits: 1, 2 or 3."""
    voltage_phases: Annotated[
        tuple[float, float, float], Parameter("1", source="three phases", choices=(0.0, 1.0, 2.0, 3.0))
    ]
    """Phase to which each element's voltage terminal is wired: 1, 2 or 3; 0 for none."""
    starting_current_a: Annotated[float, Parameter("A", 0.0)]
    """Less than this counts as none [A]."""
    window_s: Annotated[float, Parameter("s", 0.0, LONGEST_WINDOW_S, "chosen: a day")]
    """Powers are means over windows of this length; 0 for none [s]."""
    power_resolution_w: Annotated[float, Parameter("W, var", 0.0, 1e6, "chosen: of a large plant")]
    """Powers are shown as multiples of this; 0 for all digits."""
    voltage_resolution_v: Annotated[float, Parameter("V", 0.0, 1e3, "chosen: of medium voltage")]
    current_resolution_a: Annotated[float, Parameter("A", 0.0, 1e3, "chosen: of a large plant")]
    register_resolution_wh: Annotated[float, Parameter("Wh", 0.0, 1e6, "chosen: of a large plant")]
    """Registers are shown cut to multiples of this [Wh]."""
    registers: Annotated[int, Parameter("1", source="the kinds that there are", choices=(0.0, 1.0, 2.0))]
    """`SUM_OF_PHASES`, `EACH_PHASE` or `RUNS_BACKWARDS`."""


class Measured(NamedTuple):
    """What the three elements measure: powers, voltages and squares of currents, so that means are exact."""

    p1_w: float
    p2_w: float
    p3_w: float
    q1_var: float
    q2_var: float
    q3_var: float
    v1_v: float
    v2_v: float
    v3_v: float
    i1_a2: float
    i2_a2: float
    i3_a2: float


class MeterState(NamedTuple):
    """What a meter remembers."""

    into_window_s: float
    """How much of the present window is over [s]."""
    sums: Measured
    """What was measured in it, times seconds."""
    shown: Measured
    """Means of the last whole window."""
    consumed_wh: float
    delivered_wh: float


class MeterInput(NamedTuple):
    """What flows through a meter during a step."""

    active_w: ThreePhase
    """Passive sign convention [W]."""
    reactive_var: ThreePhase
    """Inductive positive [var]."""
    voltage_v: ThreePhase
    """Line to neutral [V]; 0 on a dead phase, which carries no power."""


class MeterOutput(NamedTuple):
    """What a meter shows: powers, voltages and currents, and its registers."""

    active_power_w: float
    """Sum of the phases as shown [W]."""
    reactive_power_var: float
    active_w: ThreePhase
    reactive_var: ThreePhase
    voltage_v: ThreePhase
    current_a: ThreePhase
    """Root mean square, >= 0 [A]."""
    consumed_wh: float
    delivered_wh: float


class MeterNoise(NamedTuple):
    """Relative deviations of the powers that a reading shows, one per element."""

    l1: float
    l2: float
    l3: float


QUIET = MeterNoise(0.0, 0.0, 0.0)
_NOTHING = Measured(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def meter_initial_state(params: MeterParams, inp: MeterInput, into_window_s: float = 0.0) -> MeterState:
    """Return a meter with empty registers that has seen an input for a whole window.

    Args:
        params: The meter.
        inp: What flows.
        into_window_s: How much of the first window lies before the start, 0..window [s].
    """
    measured = meter_measured(params, inp)
    return MeterState(into_window_s, _scaled(measured, into_window_s), measured, 0.0, 0.0)


def meter_measured(params: MeterParams, inp: MeterInput) -> Measured:
    """Return what the elements measure at this instant."""
    p1_w, q1_var, v1_v, i1_a = _element(params, 0, inp)
    p2_w, q2_var, v2_v, i2_a = _element(params, 1, inp)
    p3_w, q3_var, v3_v, i3_a = _element(params, 2, inp)
    return Measured(
        p1_w, p2_w, p3_w, q1_var, q2_var, q3_var, v1_v, v2_v, v3_v, i1_a * i1_a, i2_a * i2_a, i3_a * i3_a
    )


def _element(params: MeterParams, k: int, inp: MeterInput) -> tuple[float, float, float, float]:
    """Return active and reactive power, voltage and current of an element."""
    current_phase, voltage_phase = int(params.current_phases[k]) - 1, int(params.voltage_phases[k]) - 1
    own_v = inp.voltage_v[current_phase]
    voltage_v = 0.0 if voltage_phase < 0 else inp.voltage_v[voltage_phase]
    if own_v <= 0.0:
        return 0.0, 0.0, voltage_v, 0.0
    p, q = inp.active_w[current_phase], inp.reactive_var[current_phase]
    scale = params.ratio_factors[k] * (1.0 + params.gain_errors[k])
    current_a = math.sqrt(p * p + q * q) / own_v
    if current_a < params.starting_current_a:
        return 0.0, 0.0, voltage_v, 0.0
    if voltage_phase < 0:
        return 0.0, 0.0, 0.0, scale * current_a
    gain = scale * params.directions[k] * voltage_v / own_v
    p, q = _turned(p, q, current_phase - voltage_phase)
    angle = params.angle_errors_rad[k]
    if angle == 0.0:
        return gain * p, gain * q, voltage_v, scale * current_a
    cos, sin = math.cos(angle), math.sin(angle)
    return gain * (p * cos + q * sin), gain * (q * cos - p * sin), voltage_v, scale * current_a


def _turned(p: float, q: float, thirds: int) -> tuple[float, float]:
    """Return a complex power times `exp(i thirds 2π/3)`; `thirds` is -2..2."""
    if thirds == 0:
        return p, q
    sin = _THIRD_SIN if thirds in (1, -2) else -_THIRD_SIN
    return _THIRD_COS * p - sin * q, _THIRD_COS * q + sin * p


def _scaled(one: Measured, factor: float) -> Measured:
    return Measured(
        one.p1_w * factor, one.p2_w * factor, one.p3_w * factor,
        one.q1_var * factor, one.q2_var * factor, one.q3_var * factor,
        one.v1_v * factor, one.v2_v * factor, one.v3_v * factor,
        one.i1_a2 * factor, one.i2_a2 * factor, one.i3_a2 * factor,
    )  # fmt: skip


def _added(one: Measured, other: Measured) -> Measured:
    return Measured(
        one.p1_w + other.p1_w, one.p2_w + other.p2_w, one.p3_w + other.p3_w,
        one.q1_var + other.q1_var, one.q2_var + other.q2_var, one.q3_var + other.q3_var,
        one.v1_v + other.v1_v, one.v2_v + other.v2_v, one.v3_v + other.v3_v,
        one.i1_a2 + other.i1_a2, one.i2_a2 + other.i2_a2, one.i3_a2 + other.i3_a2,
    )  # fmt: skip


def meter_output(params: MeterParams, state: MeterState, inp: MeterInput) -> MeterOutput:
    """Return what a meter shows at this instant, without noise."""
    return meter_reading(params, state, inp, QUIET)


def meter_reading(params: MeterParams, state: MeterState, inp: MeterInput, noise: MeterNoise) -> MeterOutput:
    """Return what a meter shows at this instant.

    Args:
        params: The meter.
        state: Now.
        inp: What flows.
        noise: Of this reading.
    """
    now = state.shown if params.window_s > 0.0 else meter_measured(params, inp)
    step_w, step_v, step_a = (
        params.power_resolution_w,
        params.voltage_resolution_v,
        params.current_resolution_a,
    )
    consumed_wh, delivered_wh = state.consumed_wh, state.delivered_wh
    if params.registers == RUNS_BACKWARDS:
        consumed_wh, delivered_wh = consumed_wh - delivered_wh, 0.0
    active_w = ThreePhase(
        meter_rounded(now.p1_w * (1.0 + noise.l1), step_w),
        meter_rounded(now.p2_w * (1.0 + noise.l2), step_w),
        meter_rounded(now.p3_w * (1.0 + noise.l3), step_w),
    )
    reactive_var = ThreePhase(
        meter_rounded(now.q1_var * (1.0 + noise.l1), step_w),
        meter_rounded(now.q2_var * (1.0 + noise.l2), step_w),
        meter_rounded(now.q3_var * (1.0 + noise.l3), step_w),
    )
    return MeterOutput(
        active_w.l1 + active_w.l2 + active_w.l3,
        reactive_var.l1 + reactive_var.l2 + reactive_var.l3,
        active_w,
        reactive_var,
        ThreePhase(
            meter_rounded(now.v1_v, step_v), meter_rounded(now.v2_v, step_v), meter_rounded(now.v3_v, step_v)
        ),
        ThreePhase(
            meter_rounded(math.sqrt(now.i1_a2), step_a),
            meter_rounded(math.sqrt(now.i2_a2), step_a),
            meter_rounded(math.sqrt(now.i3_a2), step_a),
        ),
        _cut(consumed_wh, params.register_resolution_wh),
        _cut(delivered_wh, params.register_resolution_wh),
    )


def meter_rounded(value: float, step: float) -> float:
    """Return a value as a display of this step shows it; a step of 0 shows all digits."""
    return in_steps(math.floor(value / step + 0.5), step) if step > 0.0 else value


def _cut(value: float, step: float) -> float:
    return in_steps(math.floor(value / step), step) if step > 0.0 else value


def meter_horizon_s(params: MeterParams, state: MeterState, inp: MeterInput) -> float:
    """Return how long what a meter shows of powers, voltages and currents will not change [s].

    That is until the window is over, or for ever where the next mean will be what is shown already.
    """
    if params.window_s <= 0.0:
        return math.inf
    now = meter_measured(params, inp)
    if _same(now, state.shown) and _same(_scaled(now, state.into_window_s), state.sums):
        return math.inf
    return max(params.window_s - state.into_window_s, SHORTEST_HORIZON_S)


def _same(one: Measured, other: Measured) -> bool:
    for field in range(12):  # noqa: SIM110 - Numba knows no generators
        if abs(one[field] - other[field]) > _SAME * (abs(one[field]) + abs(other[field])):
            return False
    return True


def meter_step(
    params: MeterParams, state: MeterState, inp: MeterInput, dt_s: float
) -> tuple[MeterState, MeterOutput]:
    """Carry a meter across `dt_s` of constant flow; exact for powers that are constant between steps.

    Args:
        params: The meter.
        state: At the start.
        inp: What flows.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and what the meter shows then.
    """
    if dt_s <= 0.0:
        return state, meter_output(params, state, inp)
    measured = meter_measured(params, inp)
    consumed_w, delivered_w = _register_powers(params, measured)
    hours = dt_s / _SECONDS_PER_HOUR
    into_s, sums, shown = _windows(params, state, measured, dt_s)
    state = MeterState(
        into_s, sums, shown, state.consumed_wh + consumed_w * hours, state.delivered_wh + delivered_w * hours
    )
    return state, meter_output(params, state, inp)


def _register_powers(params: MeterParams, measured: Measured) -> tuple[float, float]:
    """Return the powers by which the two registers grow [W], both >= 0."""
    p1, p2, p3 = measured.p1_w, measured.p2_w, measured.p3_w
    if params.registers == EACH_PHASE:
        consumed_w = max(p1, 0.0) + max(p2, 0.0) + max(p3, 0.0)
        return consumed_w, max(-p1, 0.0) + max(-p2, 0.0) + max(-p3, 0.0)
    total_w = p1 + p2 + p3
    return max(total_w, 0.0), max(-total_w, 0.0)


def _windows(
    params: MeterParams, state: MeterState, measured: Measured, dt_s: float
) -> tuple[float, Measured, Measured]:
    """Return how far into a window a step ends, what was measured in it, and the means of the last whole one."""
    window_s = params.window_s
    if window_s <= 0.0:
        return 0.0, _NOTHING, measured
    missing_s = window_s - state.into_window_s
    if dt_s < missing_s - TOUCH_S:
        return state.into_window_s + dt_s, _added(state.sums, _scaled(measured, dt_s)), state.shown
    first = _scaled(_added(state.sums, _scaled(measured, missing_s)), 1.0 / window_s)
    rest_s = max(dt_s - missing_s, 0.0)
    whole = math.floor(rest_s / window_s + TOUCH_S)
    rest_s = max(rest_s - whole * window_s, 0.0)
    return rest_s, _scaled(measured, rest_s), measured if whole >= 1 else first


def meter_window_us(params: MeterParams) -> int:
    """Return the length of a meter's windows [µs]; 0 for none."""
    return math.floor(params.window_s * 1e6 + 0.5)
