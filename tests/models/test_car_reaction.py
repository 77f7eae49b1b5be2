"""A car takes its time, a share of its offer, and nothing of too little."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.models.ev_charger import EvChargerInput, EvChargerState
from doppelgrid.models.ev_charging import (
    PILOT_B2,
    PILOT_C,
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_step,
    ev_control_pilot,
)
from doppelgrid.sim.components.ev_charger import ev_charger_preset
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.session import Session, numbers_of

BOX = ev_charger_preset("wallbox-11kw")._replace(standby_w=0.0)
CAR = car_preset("compact-58kwh")._replace(electronics_w=0.0)
NEW = EvChargerState(0, 0.0, 0.0)
SLOW = {"reaction_s": 4.0}
AMPERE_W = 690.0
"""Of one ampere on three phases."""


def offering(ampere: float, **behaviour: float) -> EvChargerInput:
    now = numbers_of(Session(0, 1, CAR._replace(**behaviour)), 0, 1, 0)
    return EvChargerInput(ampere * AMPERE_W, 230.0, *now)


def drawn_a(state: EvChargerState, inp: EvChargerInput) -> float:
    return ev_charger_output(BOX, state, inp).active_power_w / AMPERE_W


def after(state: EvChargerState, inp: EvChargerInput, dt_s: float) -> EvChargerState:
    return ev_charger_step(BOX, state, inp, dt_s)[0]


def test_a_car_begins_when_its_first_offer_has_lasted() -> None:
    assert drawn_a(NEW, offering(16.0, **SLOW)) == 0.0
    assert ev_charger_horizon_s(BOX, NEW, offering(16.0, **SLOW)) == 4.0
    assert drawn_a(after(NEW, offering(16.0, **SLOW), 3.999), offering(16.0, **SLOW)) == 0.0
    assert drawn_a(after(NEW, offering(16.0, **SLOW), 4.0), offering(16.0, **SLOW)) == pytest.approx(16.0)


def test_until_then_the_charger_shows_that_it_offers() -> None:
    inp = offering(16.0, **SLOW)
    assert ev_control_pilot(BOX, NEW, inp) == PILOT_B2
    assert ev_control_pilot(BOX, after(NEW, inp, 4.0), inp) == PILOT_C


def test_energy_of_a_step_is_without_the_time_of_the_reaction() -> None:
    _, shown = ev_charger_step(BOX, NEW, offering(16.0, **SLOW), 16.0)
    assert shown.active_power_w == pytest.approx(0.75 * 16.0 * AMPERE_W)


def test_a_greater_offer_is_followed_late_and_a_smaller_one_at_once() -> None:
    charging = after(NEW, offering(10.0, **SLOW), 10.0)
    assert drawn_a(charging, offering(16.0, **SLOW)) == pytest.approx(10.0)
    assert drawn_a(after(charging, offering(16.0, **SLOW), 4.0), offering(16.0, **SLOW)) == pytest.approx(
        16.0
    )
    assert drawn_a(charging, offering(6.0, **SLOW)) == pytest.approx(6.0)


def test_what_was_lowered_counts_from_there() -> None:
    """An offer that fell for a moment is followed anew after the reaction time."""
    charging = after(NEW, offering(16.0, **SLOW), 10.0)
    lowered = after(charging, offering(8.0, **SLOW), 0.1)
    assert drawn_a(after(lowered, offering(16.0, **SLOW), 3.9), offering(16.0, **SLOW)) == pytest.approx(8.0)
    assert drawn_a(after(lowered, offering(16.0, **SLOW), 4.0), offering(16.0, **SLOW)) == pytest.approx(16.0)


def test_a_pause_of_the_charger_starts_the_reaction_anew() -> None:
    charging = after(NEW, offering(16.0, **SLOW), 10.0)
    paused = after(charging, offering(0.0, **SLOW), 1.0)
    assert drawn_a(paused, offering(16.0, **SLOW)) == 0.0


def test_the_next_car_takes_its_time_too() -> None:
    charging = after(NEW, offering(16.0, **SLOW), 10.0)
    assert drawn_a(charging, offering(16.0, **SLOW)._replace(session_id=2)) == 0.0


@pytest.mark.parametrize(("share", "ampere"), [(1.0, 10.0), (0.9, 9.0), (0.5, 5.0)])
def test_a_car_takes_a_share_of_its_offer(share: float, ampere: float) -> None:
    assert drawn_a(NEW, offering(10.0, offer_share=share)) == pytest.approx(ampere)


@pytest.mark.parametrize(("offered", "ampere"), [(7.0, 0.0), (8.0, 8.0), (12.0, 12.0)])
def test_a_car_takes_nothing_below_its_own_least_current(offered: float, ampere: float) -> None:
    assert drawn_a(NEW, offering(offered, ac_current_min_a=8.0)) == pytest.approx(ampere)


def test_bounds_show_the_offer_that_lets_the_car_take_what_it_can() -> None:
    """A car of 9 A that takes 0.9 of its offer needs one of 10 A."""
    inp = offering(16.0, offer_share=0.9, ac_current_max_a=9.0)
    assert ev_charger_power_limits(BOX, NEW, inp)[1] == pytest.approx(10.0 * AMPERE_W)


def test_bounds_do_not_wait_for_the_reaction() -> None:
    assert ev_charger_power_limits(BOX, NEW, offering(16.0, **SLOW))[1] == pytest.approx(16.0 * AMPERE_W)


@pytest.mark.parametrize("behaviour", [SLOW, {"offer_share": 0.8}, {"ac_current_min_a": 30.0}])
def test_direct_current_knows_none_of_that(behaviour: Any) -> None:
    charger = ev_charger_preset("dc-50kw", CAR.dc_curve_w)
    inp = offering(60.0, **behaviour)
    shown = ev_charger_output(charger, NEW, inp)
    assert shown == ev_charger_output(charger, NEW, offering(60.0))
