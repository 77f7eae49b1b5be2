# ruff: noqa: ARG001, F821 - the templates below are bound to names of each model, and called with the same arguments
# mypy: disable-error-code=name-defined
"""Machines: devices on the AC side that a model describes by itself, whatever the model.

The first functions are templates: written once, and bound to each model's own (`bound`), so what they call
`power_limits`, `output`, `horizon_s`, `step`, `besides`, `place` and `given` are that model's. Those after them carry
the machines of all models along, in pairs of the functions bound to a model and its machines; compiled runs have
these written out for the models of their site.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any, get_type_hints

from ..components.device_model import LEAST_HORIZON_S, DeviceModel
from .ac_bus import is_live, node_v, put_beside_dc, put_by_phase, put_by_shares
from .client_limits import (
    held_w,
    least_around_var,
    least_around_w,
    most_around_var,
    most_around_w,
    most_w,
    reactive_aim_var,
)
from .layout import (
    BOUNDS,
    FIRST_ARRAY,
    FIRST_BOUND,
    FIRST_VOLTAGE,
    NO_SOURCE,
    SET_POINT_VAR,
    SET_POINT_W,
    Layout,
    Machines,
)
from .memory import Memory

_SQRT3 = math.sqrt(3.0)


def find_limits(layout: Layout, memory: Memory, machines: Machines) -> None:
    """Find the active power that each machine could have now, beside the reactive power that it is told."""
    for machine in range(len(machines.component)):
        control = machines.control[machine]
        if control >= 0:
            now = given(memory, machines, machine, 0.0, reactive_aim_var(memory, control))
            lower_w, upper_w = power_limits(machines.params[machine], machines.states[machine], now)
            memory.controls[control].reach_lower_w = lower_w
            memory.controls[control].reach_upper_w = upper_w


def find_reach_of_starting(layout: Layout, memory: Memory, machines: Machines) -> None:
    """Find the same of a model that says what it could come to before it has started or warmed up."""
    find_limits(layout, memory, machines)
    for machine in range(len(machines.component)):
        control = machines.control[machine]
        if control >= 0:
            now = present(memory, machines, machine)
            lower_w, upper_w = limits_by_now(machines.params[machine], machines.states[machine], now)
            memory.controls[control].by_now_lower_w = lower_w
            memory.controls[control].by_now_upper_w = upper_w


def draw(layout: Layout, memory: Memory, machines: Machines) -> None:
    """Let each machine draw what it does now."""
    for machine in range(len(machines.component)):
        now = present(memory, machines, machine)
        shown = output(machines.params[machine], machines.states[machine], now)
        place(layout, memory, machines.component[machine], shown)


def shortest_horizon_s(layout: Layout, memory: Memory, machines: Machines, horizon: float) -> float:
    """Return how long all machines go on as they do [s], at most the time given."""
    for machine in range(len(machines.component)):
        if is_live(memory, machines.component[machine]):
            now = present(memory, machines, machine)
            horizon = min(horizon, horizon_s(machines.params[machine], machines.states[machine], now))
    return horizon


def shortest_horizon_of_others_s(layout: Layout, memory: Memory, machines: Machines, horizon: float) -> float:
    """Return the same of a model of another package, which time passes by even if it says that none may."""
    for machine in range(len(machines.component)):
        if is_live(memory, machines.component[machine]):
            now = present(memory, machines, machine)
            own_s = horizon_s(machines.params[machine], machines.states[machine], now)
            # Written so that no number, too, counts as the least one.
            horizon = min(horizon, own_s if own_s >= LEAST_HORIZON_S else LEAST_HORIZON_S)
    return horizon


def step_all(layout: Layout, memory: Memory, machines: Machines, dt_s: float) -> None:
    """Carry each machine along; one that is switched off or cut off stands still."""
    for machine in range(len(machines.component)):
        if is_live(memory, machines.component[machine]):
            now = present(memory, machines, machine)
            state, _ = step(machines.params[machine], machines.states[machine], now, dt_s)
            machines.states[machine] = state


def note(machines: Machines, table: Any, row: int) -> None:
    """Write down what each machine reports besides its powers, in the place of its component."""
    for machine in range(len(machines.component)):
        table[row, machines.component[machine]] = besides(machines.params[machine], machines.states[machine])


def present(memory: Memory, machines: Machines, machine: int) -> Any:
    """Return what acts on a machine now, its set-points among it."""
    control = machines.control[machine]
    if control < 0:
        return given(memory, machines, machine, 0.0, 0.0)
    own = memory.controls[control]
    set_point_w = min(max(held_w(memory, control, own.setting_w), own.reach_lower_w), own.reach_upper_w)
    return given(memory, machines, machine, set_point_w, reactive_aim_var(memory, control))


def pick(memory: Memory, source: int, set_point_w: float, set_point_var: float) -> float:
    """Return one number of an input."""
    if source >= 0:
        return memory.inputs[source]
    if source == SET_POINT_W:
        return set_point_w
    if source == SET_POINT_VAR:
        return set_point_var
    if source == NO_SOURCE:
        return 0.0
    if source <= FIRST_BOUND:
        return bound_left(memory, FIRST_BOUND - source, set_point_w, set_point_var)
    return from_solution(memory, source)


def from_solution(memory: Memory, source: int) -> float:
    """Return one of what nodes and arrays have [V], [W]; see `FIRST_VOLTAGE` and `FIRST_ARRAY`."""
    if source <= FIRST_VOLTAGE:
        return voltage_of_node(memory, FIRST_VOLTAGE - source)
    array = memory.arrays[(FIRST_ARRAY - source) // 2]
    return array.power_w if (FIRST_ARRAY - source) % 2 == 0 else array.voltage_v


def voltage_of_node(memory: Memory, number: int) -> float:
    """Return one of all voltages of nodes [V]; see `FIRST_VOLTAGE`."""
    node, which = number // 4, number % 4
    if which < 3:
        return node_v(memory, node, which)
    own = memory.nodes[node]
    return (own.v_1 + own.v_2 + own.v_3) / 3.0 * _SQRT3


def bound_left(memory: Memory, number: int, set_point_w: float, set_point_var: float) -> float:
    """Return one of all bounds of controls [W], [var] or [1]; see `BOUNDS`."""
    control, which = number // BOUNDS, number % BOUNDS
    if which == 0:
        return most_w(memory, control)
    if which == 1:
        return least_around_var(memory, control, set_point_var)
    if which == 3:
        return memory.controls[control].active_share
    if which == 4:
        return least_around_w(memory, control, set_point_w)
    if which == 5:
        return most_around_w(memory, control, set_point_w)
    return most_around_var(memory, control, set_point_var)


def find_machine_reach(layout: Layout, memory: Memory, machines: Any) -> None:
    """Find the active power that each machine could have now."""
    for functions, members in machines:
        functions.find_reach(layout, memory, members)


def draw_machines(layout: Layout, memory: Memory, machines: Any) -> None:
    """Let each machine draw what it does now."""
    for functions, members in machines:
        functions.draw(layout, memory, members)


def machines_horizon_s(layout: Layout, memory: Memory, machines: Any, horizon_s: float) -> float:
    """Return how long all machines go on as they do [s], at most the time given."""
    for functions, members in machines:
        horizon_s = functions.shortest_horizon_s(layout, memory, members, horizon_s)
    return horizon_s


def step_machines(layout: Layout, memory: Memory, machines: Any, dt_s: float) -> None:
    """Carry each machine along."""
    for functions, members in machines:
        functions.step_all(layout, memory, members, dt_s)


def note_machines(machines: Any, table: Any, row: int) -> None:
    """Write down what all machines report besides their powers."""
    for functions, members in machines:
        functions.note(members, table, row)


def nothing_besides(params: Any, state: Any) -> float:
    """Return 0, of a machine that reports its powers alone."""
    return 0.0


def templates(model: DeviceModel) -> dict[str, Any]:
    """Return what is bound to a model, by the name that it is called by."""
    is_ours = model.horizon_s.__module__.partition(".")[0] == __name__.partition(".")[0]
    return {
        "find_limits": find_limits,
        "find_reach": find_limits if model.limits_by_now is None else find_reach_of_starting,
        "draw": draw,
        "shortest_horizon_s": shortest_horizon_s if is_ours else shortest_horizon_of_others_s,
        "step_all": step_all,
        "note": note,
        "present": present,
    }


def bind(model: DeviceModel) -> SimpleNamespace:
    """Return the functions of this module, bound to a model."""
    names = {
        **globals(),
        **model._asdict(),
        "besides": model.besides or nothing_besides,
        "place": placed_by(model),
        "given": giver(model),
    }
    made = {
        name: FunctionType(template.__code__, names, template.__name__, template.__defaults__)
        for name, template in templates(model).items()
    }
    names.update(made)
    return SimpleNamespace(**made, besides=names["besides"], names=names)


bound = cache(bind)
"""The same, bound once to each model."""


def placed_by(model: DeviceModel) -> Callable[[Layout, Memory, int, Any], None]:
    """Return the function that brings what a model shows onto phases."""
    if model.has_dc_side:
        return put_beside_dc
    return put_by_phase if model.by_phase else put_by_shares


def giver(model: DeviceModel) -> FunctionType:
    """Return the function that gathers the input of a model: a call with as many arguments as it has fields."""
    hints = get_type_hints(model.input)
    count = len(hints)
    picks = [
        f"{'int' if hint is int else ''}(pick(memory, machines.sources[{count} * machine + {place}], w, var))"
        for place, hint in enumerate(hints.values())
    ]
    text = f"lambda memory, machines, machine, w, var: Input({', '.join(picks)})"
    made: FunctionType = eval(text, {"__name__": __name__, "Input": model.input, "pick": pick, "int": int})
    return made
