"""Ageing of a battery: capacity lost and resistance gained, by time (calendar) and by use (cycles).

Semi-empirical laws, fitted to years of measurements by their authors, in one form. At constant conditions a loss grows
with a power `z` of time `t` [d] or of full equivalent cycles `n`:

    calendar:  L = [k f(soc) a(T)]          t^z        a(T) = exp(-B (1/T - 1/T25))
    cycles:    L = [(r0 + r1 c) (g(d) + h(m)) a(T)] n^z

with the C-rate `c`, the depth `d` of the half cycle and its mean SoC `m`. Where conditions change, the law is carried
on from the loss reached so far, as its authors do. That is the same as adding up

    y = ∫ [k f(soc) a(T)]^(1/z) dt        L = y^z

and the state holds `y`: linear in time while conditions hold, so a step of any length is exact. Losses of time and of
use add up (M. Naumann et al. 2020; J. Schmalstieg et al. 2014), and so do the gains of resistance.

**Half cycles.** The depth of a half cycle is the net charge moved between two turns. A turn counts once the charge has
come back by more than a gap: smaller swings add their charge to the half cycle that they interrupt, not a cycle of
their own. What the half cycle under way has done so far is in the result at any time.

References: M. Naumann, M. Schimpe, P. Keil, H. C. Hesse, A. Jossen, "Analysis and modeling of calendar aging of a
commercial LiFePO4/graphite cell", J. Energy Storage 17 (2018) 153-169, doi:10.1016/j.est.2018.01.019. M. Naumann, F.
Spingler, A. Jossen, "Analysis and modeling of cycle aging of a commercial LiFePO4/graphite cell", J. Power Sources
451 (2020) 227666, doi:10.1016/j.jpowsour.2019.227666. J. Schmalstieg, S. Käbitz, M. Ecker, D. U. Sauer, "A holistic
aging model for Li(NiMnCo)O2 based 18650 lithium-ion batteries", J. Power Sources 257 (2014) 325-334,
doi:10.1016/j.jpowsour.2014.02.012.

Left out: the knee before the end of life, lithium plating in the cold, recovery of capacity, swelling, differences
between cells, cycles within cycles larger than the gap (a rainflow count).
"""

from __future__ import annotations

import math
from typing import Annotated, Any, NamedTuple

from .parameter import Parameter, ParameterError
from .tables import table_value

_KELVIN = 273.15
_REFERENCE_K = 298.15
_COLDEST_C = -60.0
_TOUCH = 1e-12
"""A swing back by just the gap is none, however it was added up."""
_SECONDS_PER_HOUR = 3600.0
_SECONDS_PER_DAY = 86400.0
_HOURS_PER_DAY = 24.0
_ACTIVATION = Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")


class CalendarParams(NamedTuple):
    """A law of time."""

    rate: Annotated[float, Parameter("1/d^z", lower=0.0)]
    """Loss after the first day at 25 °C and a stress of 1."""
    exponent: Annotated[float, Parameter("1", lower=0.2, upper=2.0, source="published: 0.5 to 1")]
    activation_k: Annotated[float, _ACTIVATION]
    """Activation energy over the gas constant."""
    soc_stress: Annotated[tuple[float, ...], Parameter("1", lower=0.0)]
    """Over SoC 0..1, in even steps."""


class CycleParams(NamedTuple):
    """A law of use."""

    rate: Annotated[float, Parameter("1", lower=0.0)]
    """Loss after the first full cycle at a small current, 25 °C and a stress of 1."""
    rate_per_c: Annotated[float, Parameter("h")]
    """What a C-rate of 1/h adds to it, or takes away; together they are never below 0."""
    exponent: Annotated[float, Parameter("1", lower=0.2, upper=2.0, source="published: 0.5 to 1")]
    activation_k: Annotated[float, _ACTIVATION]
    depth_stress: Annotated[tuple[float, ...], Parameter("1")]
    """Over the depth of a half cycle 0..1, in even steps; the sum with the next counts as 0 where it is below, and is
    not below at full depth."""
    soc_stress: Annotated[tuple[float, ...], Parameter("1")]
    """Over the mean SoC of a half cycle 0..1, in even steps."""


class AgeingParams(NamedTuple):
    """How a battery ages."""

    pace: Annotated[float, Parameter("1", lower=0.0)]
    """1: as published; 0: not at all; more: as if time and charge went by that much faster."""
    capacity_by_time: CalendarParams
    capacity_by_use: CycleParams
    resistance_by_time: CalendarParams
    resistance_by_use: CycleParams
    turn_gap: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """A swing back by more than this ends a half cycle, in parts of the rated capacity."""


class AgeingState(NamedTuple):
    """What ageing remembers. Sums over charge are in parts of the rated capacity."""

    capacity_by_time: float
    """The `y` of the law of the same name; those of use are without the half cycle under way."""
    resistance_by_time: float
    """The same of its law."""
    capacity_by_use: float
    """The same of its law."""
    resistance_by_use: float
    """The same of its law."""
    swing: float
    """Net charge since the last turn, charging positive."""
    reach: float
    """The extreme of it: where the next turn will have been."""
    leg_charge: float
    """Charge moved from the last turn to the extreme, whichever way."""
    leg_soc: float
    """∫ SoC of the same."""
    leg_capacity: float
    """∫ [(r0 + r1 c) a(T)]^(1/z) of the same, for the capacity."""
    leg_resistance: float
    """The same for the resistance."""
    back_charge: float
    """Charge moved since the extreme, whichever way."""
    back_soc: float
    """∫ SoC of the same."""
    back_capacity: float
    """As on the way there."""
    back_resistance: float
    """As on the way there."""
    full_cycles: float
    """Charge moved in all, over two rated capacities."""


class AgeingInput(NamedTuple):
    """What a battery is put through during a step."""

    soc: float
    """Mean over the step, 0..1."""
    c_rate: float
    """Current over the rated charge capacity, charging positive [1/h]."""
    temperature_c: float


class AgeingOutput(NamedTuple):
    """How far a battery has aged."""

    cycles_per_day: float
    """Full cycles that the use during the step amounts to [1/d]."""
    capacity_share: float
    """Share that is left of the charge capacity when new, 0..1."""
    resistance_factor: float
    """Resistance over that when new, >= 1."""
    calendar_loss: float
    """Part of the capacity lost by time."""
    cycle_loss: float
    """Part of the capacity lost by use."""
    full_cycles: float
    """Charge moved in all, over two rated capacities."""


def ageing_initial_state(_params: AgeingParams) -> AgeingState:
    """Return a new battery."""
    return AgeingState(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def ageing_output(params: AgeingParams, state: AgeingState, inp: AgeingInput) -> AgeingOutput:
    """Return how far the battery has aged by now, the half cycle under way included."""
    by_use = state.capacity_by_use + _half_cycles_under_way(params.capacity_by_use, state, True)
    gained = state.resistance_by_use + _half_cycles_under_way(params.resistance_by_use, state, False)
    calendar_loss = math.pow(state.capacity_by_time, params.capacity_by_time.exponent)
    cycle_loss = math.pow(by_use, params.capacity_by_use.exponent)
    calendar_gain = math.pow(state.resistance_by_time, params.resistance_by_time.exponent)
    cycle_gain = math.pow(gained, params.resistance_by_use.exponent)
    return AgeingOutput(
        0.5 * params.pace * abs(inp.c_rate) * _HOURS_PER_DAY,
        max(1.0 - calendar_loss - cycle_loss, 0.0),
        1.0 + calendar_gain + cycle_gain,
        calendar_loss,
        cycle_loss,
        state.full_cycles,
    )


def ageing_horizon_s(_params: AgeingParams, _state: AgeingState, _inp: AgeingInput) -> float:
    """Return infinity: ageing has no events, and what it shows moves by itself all the time, slowly."""
    return math.inf


def ageing_step(
    params: AgeingParams, state: AgeingState, inp: AgeingInput, dt_s: float
) -> tuple[AgeingState, AgeingOutput]:
    """Age a battery by `dt_s` under constant conditions.

    Args:
        params: How it ages.
        state: At the start.
        inp: What it is put through.
        dt_s: Any length [s]; nothing moves if it is not positive.

    Returns:
        The state, and how far the battery has aged, at the end.
    """
    if dt_s > 0.0 and params.pace > 0.0:
        state = _used(params, _rested(params, state, inp, dt_s), inp, dt_s)
    return state, ageing_output(params, state, inp)


def check_ageing(params: AgeingParams) -> None:
    """Refuse laws by which a battery would get better; the range of each value alone is for `check_parameters`.

    Raises:
        ParameterError: Naming the parameter, what was found and what would be accepted.
    """
    for law in ("capacity_by_use", "resistance_by_use"):
        cycle: CycleParams = getattr(params, law)
        _check_rising(f"{law}.depth_stress", cycle.depth_stress)
    for name, tables in (
        ("capacity_by_time", ("soc_stress",)),
        ("resistance_by_time", ("soc_stress",)),
        ("capacity_by_use", ("depth_stress", "soc_stress")),
        ("resistance_by_use", ("depth_stress", "soc_stress")),
    ):
        for table in tables:
            _check_length(f"{name}.{table}", getattr(getattr(params, name), table))
    for law in ("capacity_by_use", "resistance_by_use"):
        _check_worn_at_full_depth(law, getattr(params, law))


def _check_rising(name: str, table: tuple[float, ...]) -> None:
    for index in range(1, len(table)):
        if table[index] < table[index - 1]:
            raise ParameterError(
                f"{name}[{index}]",
                f"{table[index]:g}",
                f"at least {table[index - 1]:g}, the entry before: deeper cycles do not age less",
            )


def _check_worn_at_full_depth(law: str, cycle: CycleParams) -> None:
    last, least = len(cycle.depth_stress) - 1, 0.0 - min(cycle.soc_stress)
    if cycle.depth_stress[last] < least:
        raise ParameterError(
            f"{law}.depth_stress[{last}]",
            f"{cycle.depth_stress[last]:g}",
            f"at least {least:g}, so that with soc_stress it is never below 0",
        )


def _check_length(name: str, table: Any) -> None:
    if len(table) < 2:
        raise ParameterError(name, f"a table of {len(table)}", "at least 2")


def _arrhenius(activation_k: float, temperature_c: float) -> float:
    kelvin = max(temperature_c, _COLDEST_C) + _KELVIN
    return math.exp(-activation_k * (1.0 / kelvin - 1.0 / _REFERENCE_K))


def _by_time(law: CalendarParams, inp: AgeingInput) -> float:
    """Return the growth of `y` per day."""
    stress = table_value(law.soc_stress, inp.soc) * _arrhenius(law.activation_k, inp.temperature_c)
    return math.pow(law.rate * stress, 1.0 / law.exponent)


def _rested(params: AgeingParams, state: AgeingState, inp: AgeingInput, dt_s: float) -> AgeingState:
    """Return the state after the time alone has passed."""
    days = params.pace * dt_s / _SECONDS_PER_DAY
    return AgeingState(
        state.capacity_by_time + _by_time(params.capacity_by_time, inp) * days,
        state.resistance_by_time + _by_time(params.resistance_by_time, inp) * days,
        state.capacity_by_use,
        state.resistance_by_use,
        state.swing,
        state.reach,
        state.leg_charge,
        state.leg_soc,
        state.leg_capacity,
        state.leg_resistance,
        state.back_charge,
        state.back_soc,
        state.back_capacity,
        state.back_resistance,
        state.full_cycles,
    )


def _weight(law: CycleParams, inp: AgeingInput) -> float:
    """Return what a unit of charge adds to a half cycle's sum."""
    rate = max(law.rate + law.rate_per_c * abs(inp.c_rate), 0.0)
    return math.pow(rate * _arrhenius(law.activation_k, inp.temperature_c), 1.0 / law.exponent)


def _half_cycle(law: CycleParams, depth: float, charge: float, soc_sum: float, weight_sum: float) -> float:
    """Return what a half cycle adds to `y`; two of them with a charge of 1 each are a full cycle."""
    if charge <= 0.0:
        return 0.0
    stress = table_value(law.depth_stress, min(depth, 1.0)) + table_value(law.soc_stress, soc_sum / charge)
    return 0.5 * weight_sum * math.pow(max(stress, 0.0), 1.0 / law.exponent)


def _half_cycles_under_way(law: CycleParams, state: AgeingState, of_capacity: bool) -> float:
    """Return what the half cycle under way, and the way back from its extreme, have added to `y` so far.

    The way back counts as flat until it has passed the gap or returned to the extreme: what it is part of is open.
    """
    leg = state.leg_capacity if of_capacity else state.leg_resistance
    back = state.back_capacity if of_capacity else state.back_resistance
    way = _half_cycle(law, abs(state.reach), state.leg_charge, state.leg_soc, leg)
    return way + _half_cycle(law, 0.0, state.back_charge, state.back_soc, back)


def _used(params: AgeingParams, state: AgeingState, inp: AgeingInput, dt_s: float) -> AgeingState:
    """Return the state after the charge of a step has been moved.

    The charge joins the way back from the extreme; where it passes the extreme, the way back joins the way there, and
    where it has come back by more than the gap, the way there is over and the way back is the new one.
    """
    hours = dt_s / _SECONDS_PER_HOUR
    charge = params.pace * abs(inp.c_rate) * hours
    swing, reach = state.swing + inp.c_rate * hours, state.reach
    by_use, gained = state.capacity_by_use, state.resistance_by_use
    leg_charge, leg_soc = state.leg_charge, state.leg_soc
    leg_capacity, leg_resistance = state.leg_capacity, state.leg_resistance
    back_charge, back_soc = state.back_charge + charge, state.back_soc + charge * inp.soc
    back_capacity = state.back_capacity + charge * _weight(params.capacity_by_use, inp)
    back_resistance = state.back_resistance + charge * _weight(params.resistance_by_use, inp)
    has_passed = swing * reach >= 0.0 and abs(swing) >= abs(reach)
    if has_passed:
        reach = swing
        leg_charge, leg_soc = leg_charge + back_charge, leg_soc + back_soc
        leg_capacity, leg_resistance = leg_capacity + back_capacity, leg_resistance + back_resistance
    elif abs(swing - reach) > params.turn_gap + _TOUCH:
        by_use += _half_cycle(params.capacity_by_use, abs(reach), leg_charge, leg_soc, leg_capacity)
        gained += _half_cycle(params.resistance_by_use, abs(reach), leg_charge, leg_soc, leg_resistance)
        swing, reach = swing - reach, swing - reach
        leg_charge, leg_soc = back_charge, back_soc
        leg_capacity, leg_resistance = back_capacity, back_resistance
        has_passed = True
    if has_passed:
        back_charge, back_soc, back_capacity, back_resistance = 0.0, 0.0, 0.0, 0.0
    return AgeingState(
        state.capacity_by_time,
        state.resistance_by_time,
        by_use,
        gained,
        swing,
        reach,
        leg_charge,
        leg_soc,
        leg_capacity,
        leg_resistance,
        back_charge,
        back_soc,
        back_capacity,
        back_resistance,
        state.full_cycles + 0.5 * charge,
    )
