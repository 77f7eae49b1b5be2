"""What is told of devices that do not follow their recordings, sampling by sampling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from doppelgrid.sim.domain.events import Event, Subscribers
from doppelgrid.sim.engine.agenda import Engine
from doppelgrid.sim.engine.events import Events
from doppelgrid.sim.kernel.memory import FOLLOWED, RecordedMemory
from doppelgrid.sim.simulation.recordings import tell_recordings

RECORDED_W, HAS_W = 40e3, 30e3
NOT_FOLLOWED, FOLLOWED_AGAIN = "recording not followed", "recording followed"


class Told:
    """A device beside its recording, and what is told of it."""

    def __init__(self) -> None:
        self.row = RecordedMemory()
        self.events: list[Event] = []
        self.samplings = Subscribers[int]()
        recorded = SimpleNamespace(signal=0, car_phases_signal=-1)
        point = SimpleNamespace(
            layout=SimpleNamespace(recorded=[recorded]),
            memory=SimpleNamespace(recorded=[self.row], inputs=[RECORDED_W]),
        )
        plant: Any = SimpleNamespace(
            operating_point=point,
            places=SimpleNamespace(recorded={"device": 0}),
            readings=SimpleNamespace(active_power_w=lambda _key: HAS_W),
        )
        events = Events(Engine(start_us=0))
        events.subscribe(self.events.append)
        tell_recordings(plant, events, self.samplings)

    def at_sampling(self, *, since_us: int, is_astray: int, is_overruled: int = 0) -> list[str]:
        """Return which kinds of events a sampling tells."""
        self.events.clear()
        self.row.since_us, self.row.is_astray, self.row.is_overruled = since_us, is_astray, is_overruled
        self.samplings.tell(0)
        return [event.kind for event in self.events]


def test_it_is_told_once_with_what_is_recorded_and_what_there_is() -> None:
    told = Told()
    assert told.at_sampling(since_us=5, is_astray=1) == [NOT_FOLLOWED]
    assert told.events[0].details == {"recorded": "40 kW", "has": "30 kW"}
    assert told.at_sampling(since_us=5, is_astray=1) == []


def test_that_it_follows_again_is_told_once_it_has_all_that_is_recorded() -> None:
    told = Told()
    told.at_sampling(since_us=5, is_astray=1)
    assert told.at_sampling(since_us=5, is_astray=0) == []
    assert told.at_sampling(since_us=FOLLOWED, is_astray=0) == [FOLLOWED_AGAIN]
    assert told.at_sampling(since_us=FOLLOWED, is_astray=0) == []


def test_nothing_is_told_of_one_that_is_on_its_way_alone() -> None:
    assert Told().at_sampling(since_us=5, is_astray=0) == []


def test_what_a_client_overrules_is_told_anew_when_it_is_in_force_again() -> None:
    told = Told()
    told.at_sampling(since_us=5, is_astray=1)
    assert told.at_sampling(since_us=FOLLOWED, is_astray=0, is_overruled=1) == []
    assert told.at_sampling(since_us=FOLLOWED, is_astray=0) == []
    assert told.at_sampling(since_us=9, is_astray=1) == [NOT_FOLLOWED]
