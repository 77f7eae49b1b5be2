"""How machines of any model are carried along: what acts on them, what they could have, what they draw."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from plant.kernel_bench import flow_through

from doppelgrid.sim.components.device_model import DeviceModel
from doppelgrid.sim.kernel.device_model import (
    bound,
    draw_machines,
    find_machine_reach,
    machines_horizon_s,
    step_machines,
)
from doppelgrid.sim.kernel.layout import SET_POINT_VAR, SET_POINT_W, ComponentLayout
from doppelgrid.sim.kernel.memory import ComponentMemory, ControlMemory


class Acting(NamedTuple):
    set_point_w: float
    set_point_var: float
    sun: float


class Shown(NamedTuple):
    active_power_w: float
    reactive_power_var: float
    active_1_w: float
    active_2_w: float
    active_3_w: float


def output(params: float, state: float, inp: Acting) -> Shown:
    return Shown(inp.set_point_w + params, inp.set_point_var + state, 1.0, 2.0, 3.0)


def horizon_s(params: float, state: float, _inp: Acting) -> float:
    return params + state


def step(_params: float, state: float, inp: Acting, dt_s: float) -> tuple[float, Shown]:
    return state + dt_s * inp.sun, output(0.0, 0.0, inp)


def power_limits(params: float, _state: float, inp: Acting) -> tuple[float, float]:
    """Return limits in which set-points would show."""
    return inp.set_point_w - params, inp.set_point_var + params


for _function in (output, horizon_s, step, power_limits):
    _function.__module__ = "doppelgrid.models.own"
OWN = DeviceModel("own", Acting, output, horizon_s, step, power_limits)


class Hall:
    """Two machines: one without a control, and one that control 0 tells what to do."""

    def __init__(self, model: DeviceModel = OWN) -> None:
        self.layout: Any = SimpleNamespace(
            components=[
                ComponentLayout(1, 0, 0, 0.5, 0.25, 0.25, -1),
                ComponentLayout(1, 0, 0, 0.0, 1.0, 0.0, -1),
            ]
        )
        control = ControlMemory(target_w=0.0, setting_w=40.0, reactive_target_var=7.0)
        control.reach_lower_w, control.reach_upper_w = -100.0, 100.0
        self.memory: Any = SimpleNamespace(
            inputs=[2.0, 5.0],
            components=[ComponentMemory(), ComponentMemory()],
            controls=[control],
            allowed_w=[None],
            allowed_var=[None],
        )
        self.members: Any = SimpleNamespace(
            component=[0, 1],
            control=[-1, 0],
            sources=[SET_POINT_W, SET_POINT_VAR, 0, SET_POINT_W, SET_POINT_VAR, 1],
            params=[10.0, 20.0],
            states=[0.5, 0.25],
        )
        self.machines = ((bound(model), self.members),)

    def flows(self, component: int) -> tuple[float, ...]:
        return flow_through(self.memory, component)


def test_what_a_machine_could_have_goes_by_its_reactive_set_point_alone() -> None:
    hall = Hall()
    find_machine_reach(hall.layout, hall.memory, hall.machines)
    control = hall.memory.controls[0]
    assert (control.reach_lower_w, control.reach_upper_w) == (-20.0, 27.0)


def test_what_acts_on_it_is_its_set_point_within_its_reach() -> None:
    hall = Hall()
    present = hall.machines[0][0].present
    assert present(hall.memory, hall.members, 0) == Acting(0.0, 0.0, 2.0)
    control = hall.memory.controls[0]
    for setting_w, acts_w in ((40.0, 40.0), (140.0, 100.0), (-140.0, -100.0)):
        control.setting_w = setting_w
        assert present(hall.memory, hall.members, 1) == Acting(acts_w, 7.0, 5.0)
    control.held_off_by = 1
    assert present(hall.memory, hall.members, 1) == Acting(-100.0, 0.0, 5.0)


def test_it_draws_on_phases_by_its_shares_while_it_is_reached() -> None:
    hall = Hall()
    draw_machines(hall.layout, hall.memory, hall.machines)
    assert hall.flows(0) == (5.0, 2.5, 2.5, 0.25, 0.125, 0.125)
    assert hall.flows(1) == (0.0, 60.0, 0.0, 0.0, 7.25, 0.0)
    for name, value in (("is_closed", 0), ("is_cut_off", 1)):
        hall = Hall()
        setattr(hall.memory.components[0], name, value)
        draw_machines(hall.layout, hall.memory, hall.machines)
        assert hall.flows(0) == (0.0,) * 6
        assert hall.flows(1) != (0.0,) * 6


def test_one_that_shows_its_power_by_phase_draws_it_there() -> None:
    hall = Hall(OWN._replace(by_phase=True))
    draw_machines(hall.layout, hall.memory, hall.machines)
    assert hall.flows(0) == (1.0, 2.0, 3.0, 0.25, 0.125, 0.125)
    hall = Hall(OWN._replace(by_phase=True))
    hall.memory.components[0].is_closed = 0
    draw_machines(hall.layout, hall.memory, hall.machines)
    assert hall.flows(0) == (0.0,) * 6


def test_all_go_on_as_long_as_the_one_that_changes_first_of_those_that_are_reached() -> None:
    hall = Hall()
    assert machines_horizon_s(hall.layout, hall.memory, hall.machines, 99.0) == 10.5
    assert machines_horizon_s(hall.layout, hall.memory, hall.machines, 5.0) == 5.0
    hall.memory.components[0].is_closed = 0
    assert machines_horizon_s(hall.layout, hall.memory, hall.machines, 99.0) == 20.25
    hall.memory.components[1].is_cut_off = 1
    assert machines_horizon_s(hall.layout, hall.memory, hall.machines, 99.0) == 99.0


def test_time_passes_by_those_that_are_reached() -> None:
    hall = Hall()
    step_machines(hall.layout, hall.memory, hall.machines, 3.0)
    assert hall.members.states == [6.5, 15.25]
    hall.memory.components[1].is_closed = 0
    step_machines(hall.layout, hall.memory, hall.machines, 1.0)
    assert hall.members.states == [8.5, 15.25]
