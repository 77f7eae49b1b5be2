"""Every command, whoever gives it, passes one place in one form, and whoever subscribes hears what became of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from gateway.equipped import BATTERY, CHARGER, INVERTER, MAIN, START, Equipped
from pydantic import TypeAdapter

from doppelgrid.sim.domain.commands import (
    Acknowledge,
    AugmentBounds,
    ClearBounds,
    Command,
    Execution,
    MendFault,
    OverrideInput,
    ReleaseInput,
    RestartServer,
    SetPower,
    SetSpeed,
    Standby,
    Start,
    Stop,
    StrikeFault,
)
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError, OutOfBoundsError, Refusal, UnknownComponentError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation

ACTIVE = PowerType.ACTIVE
POWER = Metric.AC_POWER_ACTIVE
NOISE = Fault("main", FaultKind.NOISY, amount=0.2, metrics=(POWER,))

BY_METHOD: list[tuple[Callable[[Simulation], object], Command]] = [
    (lambda site: site.gateway.set_power(INVERTER, ACTIVE, 5e3, 30), SetPower(INVERTER, ACTIVE, 5e3, 30)),
    (
        lambda site: site.gateway.augment_bounds(INVERTER, POWER, [(None, 4e3)], lifetime_s=9, token="mine"),
        AugmentBounds(INVERTER, POWER, ((None, 4e3),), 9, "mine"),
    ),
    (
        lambda site: site.gateway.clear_bounds(INVERTER, POWER, "mine"),
        ClearBounds(INVERTER, POWER, "mine"),
    ),
    (lambda site: site.gateway.start(INVERTER), Start(INVERTER)),
    (lambda site: site.gateway.standby(INVERTER), Standby(INVERTER)),
    (lambda site: site.gateway.stop(INVERTER), Stop(INVERTER)),
    (lambda site: site.gateway.acknowledge(INVERTER), Acknowledge(INVERTER)),
    (
        lambda site: site.drive("charger", "cable", 0.0, over_s=2.0),
        OverrideInput("charger", "cable", 0.0, 2.0),
    ),
    (lambda site: site.release("charger", "cable"), ReleaseInput("charger", "cable")),
    (lambda site: site.fault(NOISE, for_s=4.0), StrikeFault(NOISE, 4.0)),
    (lambda site: site.restart_server(30.0), RestartServer(30.0)),
]
COMMANDS = [*(command for _, command in BY_METHOD), MendFault(3), SetSpeed(60.0)]


@pytest.fixture
def site() -> Simulation:
    return Equipped().simulation


@pytest.fixture
def told(site: Simulation) -> list[Execution]:
    executions: list[Execution] = []
    site.executor.executions.subscribe(executions.append)
    return executions


@pytest.mark.parametrize(
    ("act", "command"), BY_METHOD, ids=[type(command).__name__ for _, command in BY_METHOD]
)
def test_a_method_gives_its_command(
    site: Simulation, told: list[Execution], act: Callable[[Simulation], object], command: Command
) -> None:
    act(site)
    assert told == [Execution(START, command)]


def test_mending_gives_its_command(site: Simulation, told: list[Execution]) -> None:
    number = site.fault(NOISE)
    site.mend(number)
    assert told[1:] == [Execution(START, MendFault(number))]


def test_a_command_gives_what_its_method_gives(site: Simulation) -> None:
    twin = Equipped().simulation
    assert site.execute(StrikeFault(NOISE)) == twin.fault(NOISE)
    bounds = ((-1e3, None),)
    assert site.execute(AugmentBounds(INVERTER, POWER, bounds)) == twin.gateway.augment_bounds(
        INVERTER, POWER, bounds
    )


def test_what_is_refused_is_told_with_the_reason(site: Simulation, told: list[Execution]) -> None:
    command = SetPower(INVERTER, ACTIVE, 99e3)
    with pytest.raises(OutOfBoundsError) as refusal:
        site.execute(command)
    assert told == [Execution(START, command, str(refusal.value), Refusal.OUT_OF_BOUNDS)]


@pytest.mark.parametrize(
    "command",
    [
        SetPower(99, ACTIVE, 1e3),
        AugmentBounds(INVERTER, None, ((0.0, 1.0),)),
        Start(MAIN),
        Standby(BATTERY),
        OverrideInput("main", "colour", 1.0),
        ReleaseInput("nobody", "load"),
        StrikeFault(Fault("main", FaultKind.TRIP)),
    ],
    ids=str,
)
def test_commands_of_every_kind_can_be_refused(
    site: Simulation, told: list[Execution], command: Command
) -> None:
    with suppress(CommandError, ValueError):
        site.execute(command)
    assert [(one.command, one.refusal is None) for one in told] == [(command, False)]


def test_a_command_to_a_component_that_clients_cannot_reach_is_told(
    site: Simulation, told: list[Execution]
) -> None:
    site.fault(Fault("charger", FaultKind.REFUSED))
    with pytest.raises(CommandError):
        site.gateway.stop(CHARGER)
    assert told[-1] == Execution(
        START,
        Stop(CHARGER),
        "charger cannot be reached; accepted: the same again once it can",
        Refusal.UNAVAILABLE,
    )


def test_a_command_counts_at_the_present_of_the_clock(site: Simulation, told: list[Execution]) -> None:
    site.clock.move_to(START + 1_234_567)
    site.drive("charger", "cable", 0.0)
    assert told[0].time_us == site.now_us == START + 1_234_567


def test_a_refused_command_has_brought_the_site_to_the_present(site: Simulation) -> None:
    site.clock.move_to(START + 1_234_567)
    with pytest.raises(UnknownComponentError):
        site.gateway.start(999)
    assert site.now_us == site.plant.time_us == START + 1_234_567


def test_who_has_unsubscribed_hears_nothing_more(site: Simulation) -> None:
    executions: list[Execution] = []
    site.executor.executions.subscribe(executions.append)()
    site.release("charger", "cable")
    assert executions == []


def test_a_site_without_a_speed_takes_none(site: Simulation) -> None:
    with pytest.raises(TypeError, match=r"this site does not take SetSpeed; accepted: .*SetPower"):
        site.execute(SetSpeed(2.0))


@pytest.mark.parametrize("command", COMMANDS, ids=[type(command).__name__ for command in COMMANDS])
def test_an_execution_comes_back_from_json(command: Command) -> None:
    adapter = TypeAdapter(Execution)
    for execution in (Execution(START, command), Execution(START, command, "no", Refusal.WRONG_STATE)):
        again = adapter.validate_json(adapter.dump_json(execution))
        assert again == execution
        assert type(again.command) is type(command)
