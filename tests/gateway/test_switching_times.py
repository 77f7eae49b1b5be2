"""How long breakers and prechargers take, by what the site file says of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from gateway.equipped import BREAKER, PRECHARGER, Equipped

from doppelgrid.sim.domain.states import StateCode

S = StateCode


def time_until(site: Equipped, component: int, state: StateCode) -> float:
    """Return when a component says first that it is in a state, in steps of 10 ms [s]."""
    for step in range(1000):
        if state in site.states(component):
            return step / 100
        site.pass_time(0.01)
    raise AssertionError(f"{component} never came to {state}")


def stopped(component: int, **changes: dict[str, Any]) -> Equipped:
    site = Equipped(**changes)
    site.gateway.stop(component)
    site.pass_time(10.0)
    return site


def test_a_breaker_takes_its_closing_time() -> None:
    site = stopped(BREAKER, breaker={"closing_time": "80 ms"})
    site.gateway.start(BREAKER)
    assert time_until(site, BREAKER, S.RELAY_CLOSED) == 0.08


def test_a_breaker_takes_its_opening_time() -> None:
    site = Equipped(breaker={"opening_time": "1200 ms"})
    site.gateway.stop(BREAKER)
    assert time_until(site, BREAKER, S.RELAY_OPEN) == 1.2


@pytest.mark.parametrize(("command", "state"), [("start", S.RELAY_CLOSED), ("stop", S.RELAY_OPEN)])
def test_a_breaker_of_which_nothing_is_said_takes_half_a_second(command: str, state: StateCode) -> None:
    site = stopped(BREAKER) if command == "start" else Equipped()
    getattr(site.gateway, command)(BREAKER)
    assert time_until(site, BREAKER, state) == 0.5


def test_a_breaker_may_close_at_once() -> None:
    site = stopped(BREAKER, breaker={"closing_time": "0 s"})
    site.gateway.start(BREAKER)
    assert site.states(BREAKER) == (S.READY, S.RELAY_CLOSED)


def test_a_precharger_charges_its_link_through_its_resistor() -> None:
    link = {"link_capacitance": "8 mF", "resistance": "100 Ω", "closing_voltage": "90 %"}
    site = stopped(PRECHARGER, precharger=link)
    site.gateway.start(PRECHARGER)
    charged_s = 100.0 * 8e-3 * math.log(10.0)
    site.pass_time(charged_s - 0.01)
    assert site.states(PRECHARGER) == (S.SWITCHING_ON, S.PRECHARGER_PRECHARGING)
    site.pass_time(0.5)
    assert site.states(PRECHARGER)[0] is S.SWITCHING_ON
    site.pass_time(0.02)
    assert site.states(PRECHARGER) == (S.READY, S.PRECHARGER_CLOSED)


def test_a_precharger_of_which_nothing_is_said_takes_two_seconds_and_a_half() -> None:
    site = stopped(PRECHARGER)
    site.gateway.start(PRECHARGER)
    assert time_until(site, PRECHARGER, S.PRECHARGER_CLOSED) == 2.5
