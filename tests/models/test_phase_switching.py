"""A charger that leaves a car one phase of three, by its set-point or by a command."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.ev_charger import EvChargerInput, EvChargerState
from doppelgrid.models.ev_charging import (
    PILOT_B1,
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_step,
    ev_control_pilot,
)
from doppelgrid.sim.components.ev_charger import ev_charger_preset
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.session import Session, numbers_of

CAR = car_preset("compact-58kwh")
BOX = ev_charger_preset("wallbox-11kw")._replace(
    switches_phases=1, switch_delay_s=60.0, switch_pause_s=20.0, switch_dwell_s=300.0
)
ON_ALL = EvChargerState(1, 0.3, 0.0)
ON_ONE = ON_ALL._replace(on_one=1)


def told(set_point_w: float, **changes: float) -> EvChargerInput:
    numbers = numbers_of(Session(0, 1, CAR), 0, 1, 0)
    return EvChargerInput(set_point_w, 230.0, *numbers)._replace(**changes)


def power_w(state: EvChargerState, inp: EvChargerInput) -> float:
    return ev_charger_output(BOX, state, inp).active_power_w


def test_a_power_below_the_least_on_three_phases_is_served_on_one_after_delay_and_pause() -> None:
    inp = told(3000.0)
    assert power_w(ON_ALL, inp) == BOX.standby_w
    switching, _ = ev_charger_step(BOX, ON_ALL, inp, 60.0)
    assert (switching.on_one, switching.pause_s) == (1, 20.0)
    assert power_w(switching, inp) == BOX.standby_w
    assert ev_control_pilot(BOX, switching, inp) == PILOT_B1
    charging, _ = ev_charger_step(BOX, switching, inp, 20.0)
    shown = ev_charger_output(BOX, charging, inp)
    assert shown.current_a == pytest.approx((13.0 * 230.0 - BOX.standby_w) / 230.0)
    assert shown.active_power_w == pytest.approx(13.0 * 230.0)
    assert shown.one_phase_w == shown.active_power_w - BOX.standby_w


@pytest.mark.parametrize(
    ("before", "set_point_w", "wanted"),
    [
        (ON_ALL, 4140.0, 0), (ON_ALL, 4139.0, 1), (ON_ALL, 1380.0, 1), (ON_ALL, 1379.0, 0), (ON_ALL, 0.0, 0),
        (ON_ONE, 4140.0, 0), (ON_ONE, 4139.0, 1), (ON_ONE, 1379.0, 1), (ON_ONE, math.inf, 0),
    ],
)  # fmt: skip
def test_a_set_point_that_neither_can_have_changes_nothing(
    before: EvChargerState, set_point_w: float, wanted: int
) -> None:
    after, _ = ev_charger_step(BOX, before, told(set_point_w), 61.0)
    assert after.on_one == wanted


def test_what_is_wanted_for_less_than_the_delay_is_not_done() -> None:
    state, _ = ev_charger_step(BOX, ON_ALL, told(3000.0), 59.0)
    state, _ = ev_charger_step(BOX, state, told(5000.0), 1.0)
    state, _ = ev_charger_step(BOX, state, told(3000.0), 59.0)
    assert (state.on_one, state.wanted_s) == (0, 59.0)


def test_it_switches_again_only_after_its_dwell_time() -> None:
    state, _ = ev_charger_step(BOX, ON_ALL, told(3000.0), 60.0)
    state, _ = ev_charger_step(BOX, state, told(math.inf), 299.0)
    assert state.on_one == 1
    assert power_w(state, told(math.inf)) == pytest.approx(16.0 * 230.0, abs=10.0)
    state, _ = ev_charger_step(BOX, state, told(math.inf), 21.0)
    assert (state.on_one, power_w(state, told(math.inf))) == (0, pytest.approx(48.0 * 230.0, abs=10.0))


def test_a_command_waits_for_no_delay_and_goes_before_the_set_point() -> None:
    state, _ = ev_charger_step(BOX, ON_ALL, told(math.inf, phases=1), 20.0)
    assert power_w(state, told(math.inf, phases=1)) == pytest.approx(16.0 * 230.0, abs=10.0)
    later, _ = ev_charger_step(BOX, state, told(3000.0, phases=3), 280.0)
    assert (later.on_one, later.pause_s) == (0, 20.0)


def test_a_car_on_one_phase_gives_no_cause_to_switch() -> None:
    inp = told(3000.0, ac_phases=1)
    assert power_w(ON_ALL, inp) == pytest.approx(13.0 * 230.0)
    assert ev_charger_step(BOX, ON_ALL, inp, 600.0)[0].on_one == 0


def test_power_holds_until_the_next_switching_and_pauses_for_no_longer_than_its_pause() -> None:
    assert ev_charger_horizon_s(BOX, ON_ALL, told(3000.0)) == 60.0
    assert ev_charger_horizon_s(BOX, ON_ONE._replace(pause_s=7.0), told(3000.0)) == 7.0
    assert ev_charger_horizon_s(BOX, ON_ALL._replace(dwell_s=90.0), told(3000.0)) == 90.0


def test_bounds_are_of_the_phases_that_a_command_leaves_or_a_set_point_can_have() -> None:
    def greatest_w(state: EvChargerState, inp: EvChargerInput) -> float:
        return ev_charger_power_limits(BOX, state, inp)[1]

    assert greatest_w(ON_ONE, told(0.0)) == 48.0 * 230.0
    assert greatest_w(ON_ONE, told(0.0, phases=1)) == 16.0 * 230.0
    assert greatest_w(ON_ONE._replace(pause_s=10.0), told(0.0, phases=1)) == 16.0 * 230.0
    assert greatest_w(ON_ONE._replace(dwell_s=10.0), told(0.0, phases=3)) == 16.0 * 230.0
