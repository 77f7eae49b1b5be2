"""A power transformer: ratio, losses, magnetising current, voltage drop, and how warm its oil gets.

The equivalent circuit has a shunt at the primary (iron loss and magnetising current, both as at rated voltage times
v²) and the short-circuit impedance r + jx in series, per unit of the rating. With the primary voltage u1 and the power
p + jq at the secondary, the secondary voltage is the upper root of

    u2⁴ - (u1² - 2 (r p + x q)) u2² + (r² + x²)(p² + q²) = 0

which is Kapp's triangle without its usual approximation. The oil follows IEC 60076-7:2018 with one time constant: its
rise settles at `Δθ ((1 + R K²) / (1 + R))^x` for a load K and a ratio R of the losses, and the hot spot is `H g K^y`
above it.

Left out: tap changers, saturation and inrush, unbalance and zero sequence, the winding's own time constant.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter


class TransformerParams(NamedTuple):
    """A transformer with two windings."""

    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0, 1e9, "physics", above=True)]
    primary_voltage_v: Annotated[float, Parameter("V", 0.0, 1e6, "physics", above=True)]
    """Rated, line to line."""
    secondary_voltage_v: Annotated[float, Parameter("V", 0.0, 1e6, "physics", above=True)]
    """Rated, line to line, without load."""
    no_load_loss_w: Annotated[float, Parameter("W", 0.0, 1e6, "IEC 60076-1")]
    load_loss_w: Annotated[float, Parameter("W", 0.0, 1e7, "IEC 60076-1")]
    """At rated current, windings at their reference temperature."""
    no_load_current_pu: Annotated[float, Parameter("1", 0.0, 0.1, "IEC 60076-1")]
    """Over the rated current; at least the no-load loss over the rated power."""
    short_circuit_voltage_pu: Annotated[float, Parameter("1", 0.01, 0.25, "IEC 60076-5, table 1")]
    """At least the load loss over the rated power."""
    oil_rise_k: Annotated[float, Parameter("K", 1.0, 90.0, "IEC 60076-2: 60 K")]
    """Of the top oil above the air at rated load."""
    hot_spot_gradient_k: Annotated[float, Parameter("K", 0.0, 60.0, "IEC 60076-7")]
    """Of the hot spot above the top oil at rated load."""
    oil_time_constant_s: Annotated[float, Parameter("s", 60.0, 36000.0, "IEC 60076-7")]
    oil_exponent: Annotated[float, Parameter("1", 0.5, 1.0, "IEC 60076-7")]
    winding_exponent: Annotated[float, Parameter("1", 1.0, 2.0, "IEC 60076-7")]


class TransformerState(NamedTuple):
    """What a transformer remembers."""

    oil_rise_k: float
    """Of the top oil above the air."""


class TransformerInput(NamedTuple):
    """What acts on a transformer during a step."""

    active_power_w: float
    """Drawn at the secondary; fed back negative."""
    reactive_power_var: float
    voltage_pu: float
    """Of the primary over its rated voltage."""
    ambient_c: float


class TransformerOutput(NamedTuple):
    """What a transformer shows at its primary terminals, and inside."""

    active_power_w: float
    reactive_power_var: float
    loss_w: float
    secondary_voltage_v: float
    """Line to line."""
    served_power_w: float
    """What really flows at the secondary: all that is wanted, unless the primary is dead."""
    oil_c: float
    hot_spot_c: float


def transformer_initial_state(params: TransformerParams, load_pu: float) -> TransformerState:
    """Return a transformer that has long had a load, over its rated apparent power."""
    return TransformerState(_oil_rise_k(params, load_pu))


def transformer_secondary_pu(
    params: TransformerParams, active_w: float, reactive_var: float, voltage_pu: float
) -> float:
    """Return the secondary voltage over its rated value.

    Args:
        params: The transformer.
        active_w: Drawn at the secondary [W].
        reactive_var: Drawn at the secondary [var].
        voltage_pu: Of the primary over its rated value.

    Returns:
        The upper of the two voltages at which the power can flow; beyond the most that the impedance lets through,
        the voltage at that most.
    """
    rated = params.rated_apparent_power_va
    r, x = _series(params)
    p, q = active_w / rated, reactive_var / rated
    b = voltage_pu * voltage_pu - 2.0 * (r * p + x * q)
    root = b * b - 4.0 * (r * r + x * x) * (p * p + q * q)
    return math.sqrt(max(0.5 * (b + math.sqrt(max(root, 0.0))), 0.0))


def transformer_kapp_drop_pu(params: TransformerParams, load_pu: float, power_factor: float) -> float:
    """Return Kapp's approximation of the voltage drop per unit, for an inductive load at rated voltage."""
    r, x = _series(params)
    sine = math.sqrt(max(1.0 - power_factor * power_factor, 0.0))
    along, across = load_pu * (r * power_factor + x * sine), load_pu * (x * power_factor - r * sine)
    return along + 0.5 * across * across


def _series(params: TransformerParams) -> tuple[float, float]:
    """Return the short-circuit resistance and reactance per unit."""
    r = params.load_loss_w / params.rated_apparent_power_va
    z = params.short_circuit_voltage_pu
    return r, math.sqrt(max(z * z - r * r, 0.0))


def _oil_rise_k(params: TransformerParams, load_pu: float) -> float:
    """Return the rise that the top oil settles at [K]."""
    losses = params.no_load_loss_w + params.load_loss_w
    if losses <= 0.0:
        return 0.0
    share = (params.no_load_loss_w + params.load_loss_w * load_pu * load_pu) / losses
    return params.oil_rise_k * math.pow(share, params.oil_exponent)


def transformer_output(
    params: TransformerParams, state: TransformerState, inp: TransformerInput
) -> TransformerOutput:
    """Return what a transformer shows at this instant; its powers hold for as long as the inputs do."""
    return _shown(params, state.oil_rise_k, inp)


def _current_pu(params: TransformerParams, inp: TransformerInput, secondary_pu: float) -> float:
    if secondary_pu <= 0.0:
        return 0.0
    squared = inp.active_power_w * inp.active_power_w + inp.reactive_power_var * inp.reactive_power_var
    return math.sqrt(squared) / (params.rated_apparent_power_va * secondary_pu)


def _shown(params: TransformerParams, oil_rise_k: float, inp: TransformerInput) -> TransformerOutput:
    oil_c = inp.ambient_c + oil_rise_k
    if inp.voltage_pu <= 0.0:
        return TransformerOutput(0.0, 0.0, 0.0, 0.0, 0.0, oil_c, oil_c)
    rated = params.rated_apparent_power_va
    secondary = transformer_secondary_pu(params, inp.active_power_w, inp.reactive_power_var, inp.voltage_pu)
    current = _current_pu(params, inp, secondary)
    _, x = _series(params)
    iron_pu = params.no_load_loss_w / rated
    magnetising_pu = math.sqrt(
        max(params.no_load_current_pu * params.no_load_current_pu - iron_pu * iron_pu, 0.0)
    )
    square = inp.voltage_pu * inp.voltage_pu
    loss_w = params.no_load_loss_w * square + params.load_loss_w * current * current
    reactive = inp.reactive_power_var + rated * (magnetising_pu * square + x * current * current)
    hot_spot_c = oil_c + params.hot_spot_gradient_k * math.pow(current, params.winding_exponent)
    return TransformerOutput(
        inp.active_power_w + loss_w,
        reactive,
        loss_w,
        secondary * params.secondary_voltage_v,
        inp.active_power_w,
        oil_c,
        hot_spot_c,
    )


def transformer_horizon_s(
    _params: TransformerParams, _state: TransformerState, _inp: TransformerInput
) -> float:
    """Return how long the powers hold [s]: for ever, as the oil does not act back on them."""
    return math.inf


def transformer_step(
    params: TransformerParams, state: TransformerState, inp: TransformerInput, dt_s: float
) -> tuple[TransformerState, TransformerOutput]:
    """Carry a transformer across `dt_s` [s]; returns the state and the output, with the temperatures at the end."""
    if dt_s <= 0.0:
        return state, transformer_output(params, state, inp)
    settled_k = 0.0
    if inp.voltage_pu > 0.0:
        secondary = transformer_secondary_pu(
            params, inp.active_power_w, inp.reactive_power_var, inp.voltage_pu
        )
        settled_k = _oil_rise_k(params, _current_pu(params, inp, secondary))
    decay = decay_over(dt_s, params.oil_time_constant_s)
    end_k = settled_k + (state.oil_rise_k - settled_k) * decay.end
    return TransformerState(end_k), _shown(params, end_k, inp)
