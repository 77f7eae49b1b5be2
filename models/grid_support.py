"""How a generator supports voltage and frequency, as grid codes ask: Q(U), Q(P), cos φ(P), and P(f).

Characteristic curves, each off unless `enabled`. A storage moves from the active power that it had when frequency left
its band, by a share of its rated power that grows with the deviation: above the band it delivers less, comes to
nothing and charges; below it charges less, comes to nothing and delivers. What it could do anyway in that direction
stays its own affair (KACO, "blueplanet gridsave 110 TL3-S", manual, 10.2.2: a greatest feed-in at over-frequency, a
greatest charging power at under-frequency). Photovoltaics deliver a part of what they delivered then, at
over-frequency alone: without storage there is nothing that they could add.

Voltages are over the nominal one. Signs are those of the passive convention: inductive reactive power is positive and
lowers the voltage.

Q(U) may take its time: reactive power approaches what its curve asks for as a first-order system, exact for a voltage
that is constant between steps. What it is at the beginning of a step holds until the end, a tenth of the time constant
at most.

Left out: hysteresis, and a slower return once frequency is back in its band; response times of Q(P), cos φ(P) and P(f).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

_STANDARD = "VDE-AR-N 4105:2018-11"


class VoltVarParams(NamedTuple):
    """Q(U): reactive power over the rated apparent power, by voltage; piecewise linear through four corners."""

    enabled: bool = False
    low_pu: Annotated[float, Parameter("1", 0.5, 1.0, _STANDARD)] = 0.93
    """Full capacitive power here and below."""
    dead_low_pu: Annotated[float, Parameter("1", 0.5, 1.0, _STANDARD)] = 0.97
    """Capacitive power below."""
    dead_high_pu: Annotated[float, Parameter("1", 1.0, 1.5, _STANDARD)] = 1.03
    """Inductive power above."""
    high_pu: Annotated[float, Parameter("1", 1.0, 1.5, _STANDARD)] = 1.07
    """Full inductive power here and above."""
    reactive_share: Annotated[float, Parameter("1", 0.0, 1.0, _STANDARD)] = 0.436
    """Greatest reactive power over the rated apparent power: sin(arccos 0.9)."""
    time_constant_s: Annotated[float, Parameter("s", 0.0, 60.0, 'Fronius, "GEN24", manual, p. 63')] = 0.0
    """With which reactive power follows the voltage, to 95 % in three of it; 0 for at once."""


_SETTLED = 1e-3
"""Part of the rated apparent power by which reactive power may still differ when it counts as settled."""
_STEP = 0.1
"""Part of the time constant for which reactive power holds on its way."""


def volt_var_after(params: VoltVarParams, share: float, goal: float, dt_s: float) -> float:
    """Return what reactive power over the rated apparent power has come to `dt_s` [s] later.

    Args:
        params: Of the curve.
        share: Where it is.
        goal: What the curve asks for meanwhile.
        dt_s: Time.
    """
    if params.time_constant_s <= 0.0:
        return goal
    return share + (goal - share) * -math.expm1(-dt_s / params.time_constant_s)


def volt_var_now(share: float, goal: float) -> float:
    """Return the reactive power over the rated apparent power, given where it is and what the curve asks for."""
    return goal if abs(share - goal) <= _SETTLED else share


def volt_var_horizon_s(params: VoltVarParams, share: float, goal: float) -> float:
    """Return for how long reactive power holds [s]; infinite once it has settled."""
    if params.time_constant_s <= 0.0 or abs(share - goal) <= _SETTLED:
        return math.inf
    return _STEP * params.time_constant_s


def volt_var_share(params: VoltVarParams, voltage_pu: float) -> float:
    """Return the reactive power over the rated apparent power, inductive positive, at a voltage; 0 if not enabled.

    High voltage asks for inductive power, which lowers it.
    """
    if not params.enabled:
        return 0.0
    if voltage_pu > params.dead_high_pu:
        way = _way(voltage_pu - params.dead_high_pu, params.high_pu - params.dead_high_pu)
        return params.reactive_share * way
    if voltage_pu < params.dead_low_pu:
        way = _way(params.dead_low_pu - voltage_pu, params.dead_low_pu - params.low_pu)
        return -params.reactive_share * way
    return 0.0


def _way(gone: float, whole: float) -> float:
    return 1.0 if gone >= whole else gone / whole


class WattVarParams(NamedTuple):
    """Q(P): inductive power over the rated apparent power, by what is delivered over the rated power; three corners.

    The defaults are those that Beckhoff, "TwinCAT 3 Power Control" (TF8360), "ReactiveByActive", has for
    VDE-AR-N 4110, there over the rated active power.
    """

    enabled: bool = False
    start_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.5
    """No reactive power here and below."""
    knee_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.6
    knee_reactive_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.05
    """Reactive power at the knee, over the rated apparent power."""
    end_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.9
    """Full reactive power here and above."""
    reactive_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.33
    """Full reactive power over the rated apparent power."""


def watt_var_share(params: WattVarParams, delivered: float) -> float:
    """Return the inductive power over the rated apparent power at a production over the rated power; 0 if off."""
    if not params.enabled or delivered <= params.start_share:
        return 0.0
    knee = params.knee_reactive_share
    if delivered < params.knee_share:
        return knee * (delivered - params.start_share) / (params.knee_share - params.start_share)
    way = _way(delivered - params.knee_share, params.end_share - params.knee_share)
    return knee + (params.reactive_share - knee) * way


class WattPfParams(NamedTuple):
    """cos φ(P): power factor, inductive, by what is delivered over the rated power; linear between two corners.

    The defaults are the curve that SolaX, "X3-IES", manual, shows for VDE-AR-N 4105, of more than 4.6 kW.
    """

    enabled: bool = False
    start_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.5
    """Power factor 1 here and below."""
    end_share: Annotated[float, Parameter("1", 0.0, 1.0)] = 1.0
    """The power factor below here and above."""
    power_factor: Annotated[float, Parameter("1", 0.1, 1.0, "chosen: less is a choke")] = 0.9


def watt_pf_tangent(params: WattPfParams, delivered: float) -> float:
    """Return the inductive power over the active power at a production over the rated power; 0 if off."""
    if not params.enabled or delivered <= params.start_share:
        return 0.0
    way = _way(delivered - params.start_share, params.end_share - params.start_share)
    factor = 1.0 - (1.0 - params.power_factor) * way
    return math.sqrt(1.0 - factor * factor) / factor


class FreqWattParams(NamedTuple):
    """P(f): active power that falls as frequency rises, and of storage rises as it falls."""

    enabled: bool = False
    threshold_hz: Annotated[float, Parameter("Hz", 50.0, 70.0, _STANDARD)] = 50.2
    """Upper end of the band of frequency; beyond it less is delivered, and storage charges in the end."""
    droop: Annotated[float, Parameter("1", 0.02, 0.12, "EN 50549-1:2019")] = 0.05
    """Relative change of frequency over which power would change by all of its reference: 5 % is 40 % per Hz."""
    nominal_hz: Annotated[float, Parameter("Hz", 45.0, 65.0)] = 50.0
    lower_threshold_hz: Annotated[float, Parameter("Hz", 40.0, 60.0)] = 49.8
    """Lower end of the band; beyond it storage charges less, and delivers in the end."""


def freq_watt_shift(params: FreqWattParams, frequency_hz: float) -> float:
    """Return by how much of its reference power a generator delivers less at a frequency, or more if negative.

    0 within the band, and if not enabled.
    """
    if not params.enabled:
        return 0.0
    if frequency_hz > params.threshold_hz:
        return (frequency_hz - params.threshold_hz) / (params.droop * params.nominal_hz)
    if frequency_hz < params.lower_threshold_hz:
        return (frequency_hz - params.lower_threshold_hz) / (params.droop * params.nominal_hz)
    return 0.0


def freq_watt_share(params: FreqWattParams, frequency_hz: float) -> float:
    """Return the greatest production over what it was when frequency left its band, 0..1; 1 if not enabled."""
    return min(max(1.0 - freq_watt_shift(params, frequency_hz), 0.0), 1.0)
