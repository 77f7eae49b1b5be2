"""How long breakers, prechargers and inverters take to switch, by what the site file says of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from gateway.equipped import BREAKER, INVERTER, PRECHARGER, Equipped

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


def seen_by_time(site: Equipped, component: int, seconds: float) -> list[tuple[float, StateCode]]:
    """Return what a component says, and since when [s], looked at every 50 ms."""
    found: list[tuple[float, StateCode]] = []
    for tick in range(round(seconds / 0.05)):
        state = site.states(component)[0]
        if not found or found[-1][1] is not state:
            found.append((round(tick * 0.05, 2), state))
        site.pass_time(0.05)
    return found


@pytest.mark.parametrize(
    ("before", "command", "seen"),
    [
        # Two relays take half a second each; in standby one of them is open already.
        ((), "stop", [(0.0, S.SWITCHING_OFF), (1.0, S.OFF)]),
        ((), "standby", [(0.0, S.SWITCHING_OFF), (0.5, S.STANDBY)]),
        (("stop",), "start", [(0.0, S.SWITCHING_ON), (1.0, S.READY)]),
        (("standby",), "start", [(0.0, S.SWITCHING_ON), (0.5, S.READY)]),
        (("standby",), "stop", [(0.0, S.SWITCHING_OFF), (0.5, S.OFF)]),
        (("standby",), "standby", [(0.0, S.STANDBY)]),
        (("stop",), "stop", [(0.0, S.OFF)]),
        ((), "start", [(0.0, S.READY)]),
    ],
)
def test_an_inverter_moves_its_relays_one_after_the_other(
    before: tuple[str, ...], command: str, seen: list[tuple[float, StateCode]]
) -> None:
    site = Equipped()
    for former in before:
        getattr(site.gateway, former)(INVERTER)
        site.pass_time(3.0)
    getattr(site.gateway, command)(INVERTER)
    assert seen_by_time(site, INVERTER, 2.0) == seen


@pytest.mark.parametrize(
    ("first", "after_s", "second", "seen"),
    [
        ("stop", 0.4, "start", [(0.0, S.SWITCHING_ON), (1.0, S.READY)]),
        ("standby", 0.3, "stop", [(0.0, S.SWITCHING_OFF), (1.0, S.OFF)]),
        ("standby", 0.3, "start", [(0.0, S.SWITCHING_ON), (1.0, S.READY)]),
        ("stop", 0.4, "stop", [(0.0, S.SWITCHING_OFF), (0.6, S.OFF)]),
        ("standby", 0.2, "standby", [(0.0, S.SWITCHING_OFF), (0.3, S.STANDBY)]),
    ],
)
def test_a_later_command_counts_and_a_repeated_one_disturbs_nothing(
    first: str, after_s: float, second: str, seen: list[tuple[float, StateCode]]
) -> None:
    site = Equipped()
    getattr(site.gateway, first)(INVERTER)
    site.pass_time(after_s)
    getattr(site.gateway, second)(INVERTER)
    assert seen_by_time(site, INVERTER, 3.0) == seen


def test_a_later_switching_is_not_mixed_up_with_an_earlier_one() -> None:
    """Stopped, started and stopped again within the time of one move: what was scheduled before no longer counts."""
    site = Equipped()
    for command in ("stop", "start", "stop", "start"):
        getattr(site.gateway, command)(INVERTER)
        site.pass_time(0.15)
    assert seen_by_time(site, INVERTER, 3.0) == [(0.0, S.SWITCHING_ON), (0.85, S.READY)]
