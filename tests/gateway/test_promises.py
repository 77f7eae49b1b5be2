"""What clients are promised holds in their time: at another speed of the clock, and where the site is behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gateway.equipped import INVERTER, START, Equipped

from doppelgrid.sim.domain.commands import Execution, SetPower
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.tape import play

SECOND = 1_000_000


class Stretched(Equipped):
    """A site in which everything that has been promised waits ten times as long from one second on."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.gateway.listen_to_events(self.events.append)

    def stretch(self) -> None:
        """Let what has been promised wait ten times as long from now on."""
        engine = self.simulation.engine
        engine.stretch_promises(10.0, engine.now_us)

    def after(self, kind: str, seconds: float) -> list[float]:
        """Return when events of a kind came within a time, in seconds since the start."""
        self.pass_time(1.0)
        self.stretch()
        self.simulation.run_for(timedelta(seconds=seconds))
        return [(event.time_us - START) / SECOND for event in self.events if event.kind == kind]


def test_a_set_point_lapses_later() -> None:
    site = Stretched()
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 11)
    assert site.after("set-point lapsed", 110.0) == [101.0]


def test_bounds_lapse_later() -> None:
    site = Stretched()
    site.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-5e3, 5e3)], lifetime_s=11)
    assert site.after("bounds lapsed", 110.0) == [101.0]


def test_whether_a_set_point_is_reached_is_looked_at_later() -> None:
    site = Stretched()
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, None)
    site.stretch()
    site.pass_time(1.5)
    ended = [(event.time_us - START) / SECOND for event in site.events if event.kind == "set-point ended"]
    assert ended == [1.0]


def test_the_next_sample_comes_later_and_those_behind_it_as_often_as_before() -> None:
    site = Stretched()
    sampled: list[float] = []
    site.gateway.listen_to_frames(lambda time_us, _frames: sampled.append((time_us - START) / SECOND))
    site.pass_time(0.05)
    interval_s = site.simulation.site.telemetry.interval_s
    site.stretch()
    site.pass_time(10.0 * interval_s + interval_s)
    first_s = 0.05 + 10.0 * (interval_s - 0.05)
    assert sampled[:2] == pytest.approx([first_s, first_s + interval_s])


def test_relays_move_in_their_own_time() -> None:
    site = Stretched()
    site.gateway.standby(INVERTER)
    site.stretch()
    site.pass_time(0.6)
    assert [event.details["position"] for event in site.events if event.kind == "switched"][-1] == "standby"


BEYOND = SetPower(INVERTER, PowerType.ACTIVE, 5e3)


class Behind(Equipped):
    """A site that stands 20 ms before the end of bounds and of a set-point."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []
        self.given: list[Execution] = []
        self.gateway.listen_to_events(self.told.append)
        self.simulation.executor.executions.subscribe(self.given.append)
        self.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [(-1e3, 1e3)], lifetime_s=10)
        self.gateway.set_power(INVERTER, PowerType.ACTIVE, 1e3, 10)
        self.pass_time(9.98)

    def kinds(self) -> list[str]:
        """Return what was told since then."""
        return [event.kind for event in self.told if event.time_us > START]


def test_bounds_that_have_ended_for_clients_keep_no_command_from_a_site_that_is_behind() -> None:
    site = Behind()
    site.simulation.execute(BEYOND, late_us=20_000)
    site.pass_time(1.0)
    assert site.value(INVERTER) == 5e3


def test_bounds_that_have_not_ended_for_clients_still_do() -> None:
    site = Behind()
    with pytest.raises(OutOfBoundsError):
        site.simulation.execute(BEYOND, late_us=19_999)


def test_a_set_point_that_has_ended_for_clients_lapses_before_the_next_command() -> None:
    site = Behind()
    site.simulation.execute(BEYOND, late_us=50_000)
    ended = [event for event in site.told if event.kind == "set-point lapsed"]
    assert [event.time_us - START for event in ended] == [9_980_000]
    assert site.kinds()[-3:] == ["bounds lapsed", "set-point lapsed", "set-point accepted"]


def test_what_has_ended_early_does_not_end_again() -> None:
    site = Behind()
    site.simulation.execute(BEYOND, late_us=50_000)
    site.pass_time(1.0)
    assert site.kinds().count("bounds lapsed") == site.kinds().count("set-point lapsed") == 1


def test_a_double_lets_end_what_had_ended_for_clients() -> None:
    site, double = Behind(), Equipped()
    site.simulation.execute(BEYOND, late_us=20_000)
    play(site.given, double.simulation)
    for each in (site, double):
        each.pass_time(1.0)
    assert double.simulation.save() == site.simulation.save()


def test_what_was_promised_after_a_site_went_back_ends_once() -> None:
    site = Behind()
    snapshot = site.simulation.save()
    site.simulation.execute(BEYOND, late_us=50_000)
    site.simulation.restore(snapshot)
    site.told.clear()
    site.simulation.execute(BEYOND, late_us=50_000)
    site.pass_time(1.0)
    assert [kind for kind in site.kinds() if kind.endswith("lapsed")] == ["bounds lapsed", "set-point lapsed"]
