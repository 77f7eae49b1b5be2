"""What clients are promised is stretched when the clock changes its speed, and what the site does is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gateway.equipped import INVERTER, START, Equipped

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.metrics import Metric, PowerType

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
