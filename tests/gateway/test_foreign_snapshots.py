"""A snapshot may come from a stranger: it is looked at whole before anything moves, and refused with what is wrong."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.reader import bundled_sites

NOON = 1_781_517_600_000_000
MAIN, INVERTER, BATTERY, PV = 2, 11, 12, 21
SEED, START, ENGINE, PLANT, GATEWAY, FAULTS, PACE = range(7)
NUMBERS, BATTERIES, MACHINES = 1, 2, 5
Content = list[Any]


def demo() -> Simulation:
    return Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON, seed=7)


@cache
def saved() -> bytes:
    """Return a snapshot in which there is something of everything."""
    site = demo()
    site.run_for(timedelta(seconds=3))
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, -9_000.0, 60)
    site.gateway.augment_bounds(PV, Metric.AC_POWER_ACTIVE, [(-5e3, 0.0)], lifetime_s=60)
    site.drive("office", "load", 4e3, over_s=5.0, for_s=10.0)
    site.fault(Fault("main", FaultKind.LATENCY, amount=0.5), for_s=20.0)
    site.fault(Fault("machines", FaultKind.LATE, amount=0.7), for_s=20.0)
    site.fault(Fault("pv-inv", FaultKind.NAN, every_s=4.0, each_s=1.0))
    site.gateway.standby(PV)
    site.run_for(timedelta(seconds=1))
    return site.save().to_bytes()


def changed(change: Callable[[Content], object]) -> Snapshot:
    content = json.loads(saved())
    change(content)
    return Snapshot.from_bytes(json.dumps(content).encode(), name="content")


def first_entry(content: Content, kind: str) -> list[Any]:
    return next(entry for entry in content[ENGINE][2].values() if entry[1] == kind)


def test_a_snapshot_with_something_of_everything_is_taken() -> None:
    site = demo()
    snapshot = Snapshot.from_bytes(saved(), name="content")
    site.rehearse(snapshot)
    site.restore(snapshot)
    assert site.save().to_bytes() == saved()


def put(*path: int | str, value: object) -> Callable[[Content], object]:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return change


def entry(kind: str, place: int, value: object) -> Callable[[Content], object]:
    def change(content: Content) -> None:
        first_entry(content, kind)[place] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put(ENGINE, 0, value=10**18), r"engine\.now_us: 1000000000000000000; accepted: a time from 1970 to 2261"),
        (put(ENGINE, 0, value=NOON - 1), "accepted: .* or later, when the run started"),
        (put(ENGINE, 2, value={}), r"engine\.agenda: 0 entries of kind 'sample'; accepted: 1"),
        (entry("sample", 1, "dance"), r"engine\.agenda\.\d+: of kind 'dance'; accepted: bounds lapse, car"),
        (entry("sample", 0, NOON), r"engine\.agenda\.\d+: 'sample' due at \d+; accepted: \d+ to \d+$"),
        (entry("sample", 0, 10**18), r"'sample' due at 1000000000000000000; accepted: \d+ to \d+$"),
        (entry("sample", 2, [3]), r"engine\.agenda\.\d+: with 1 arguments; accepted: "),
        (entry("set-point lapses", 2, ["roof", "active"]), "key is 'roof'; accepted: a component of this site"),
        (entry("set-point lapses", 2, ["bat-inv", "apparent"]), "axis_name is 'apparent'; accepted:"),
        (entry("fault mends", 2, ["one"]), "number is 'one'; accepted: Input should be a valid integer"),
        (put(ENGINE, 1, value=1), "a number never given; accepted: 1 to 1"),
        (put(PLANT, NUMBERS, "batteries.dc_w", value=[]), r"plant\.numbers\.batteries\.dc_w: 0 values; accepted: 1"),
        (put(PLANT, NUMBERS, "batteries.dc_w", value=[math.nan]), "batteries.dc_w: nan; accepted: a finite number"),
        (put(PLANT, NUMBERS, "batteries.dc_w", value=[math.inf]), "batteries.dc_w: inf; accepted: a finite number"),
        (put(PLANT, NUMBERS, "batteries.allowed_upper_w", value=[math.nan]), "allowed_upper_w: nan; accepted:"),
        (put(PLANT, NUMBERS, "components.is_closed", 2, value=0.5), r"is_closed\[2\]: 0\.5; accepted: a whole"),
        (put(PLANT, NUMBERS, "time_us", value=2 * NOON), r"plant\.numbers\.time_us: \d+; accepted: \d+, that of"),
        (put(PLANT, NUMBERS, "time_us", value=[NOON]), r"plant\.numbers\.time_us: \[\d+\]; accepted:"),
        (put(PLANT, NUMBERS, "jokes", value=[1]), r"plant\.numbers: 'jokes' too many; accepted: what a save writes"),
        (lambda content: content[PLANT][NUMBERS].pop("inputs"), r"plant\.numbers: 'inputs' missing; accepted:"),
        (put(PLANT, BATTERIES, "battery", 0, value=math.nan), r"plant\.batteries\.battery\.soc: nan; accepted:"),
        (put(PLANT, BATTERIES, value={}), r"plant\.batteries: 'battery' missing; accepted:"),
        (put(PLANT, MACHINES, "pv-inv", value=[]), r"plant\.machines\.pv-inv: 0 values; accepted: 2"),
        (put(PLANT, 6, value={"roof": [[0.0, 1.0]]}), r"plant\.allowed_w: 'roof'; accepted: what this site has"),
        (put(PLANT, 10, "office.load", 3, value=1e300), "accepted: 0 W to 1000 MW"),
        (put(GATEWAY, 0, 0, 0, 0, value="office"), r"gateway\.set_points: 'office'; accepted: what this site"),
        (put(FAULTS, 1, "1", 0, 0, value="roof"), "no component 'roof'; accepted:"),
        (put(FAULTS, 0, value=1), r"faults\.active\.2: a number never given; accepted: 1 to 1"),
        (put(PLANT, NUMBERS, "components.consumed_wh", 2, value=1e308),
         r"plant\.numbers\.components\.consumed_wh\[2\]: 1e\+308; accepted: at most 10000 GWh, as on any site"),
        (put(PLANT, NUMBERS, "components.reactive_1_varh", 0, value=-1e300), "accepted: at most 10000000 Mvarh"),
        (put(PLANT, NUMBERS, "batteries.throughput_ah", value=[1e308]), "throughput_ah: .*; accepted: at most 1e"),
        (put(PLANT, NUMBERS, "controls.target_w", 0, value=1e10), "accepted: at most 1000 MW"),
        (put(PLANT, NUMBERS, "inputs", 0, value=1e308), r"plant\.numbers\.inputs\[0\]: 1e\+308; accepted: at most"),
        (put(PLANT, NUMBERS, "components.consumed_wh", 2, value=10**14),
         r"consumed_wh\[2\]: 100000000000000; accepted: a number with a decimal point, as a save writes it"),
        (put(PLANT, NUMBERS, "components.consumed_wh", 2, value=True), "1; accepted: a number with a decimal point"),
        (put(PLANT, NUMBERS, "bms.carried_us", value=[10**30]), "carried_us: 10+; accepted: a whole number up to"),
        (put(PLANT, BATTERIES, "battery", 0, value=5.0), r"plant\.batteries\.battery\.soc: 5\.0; accepted: 0 to 1"),
        (put(PLANT, BATTERIES, "battery", 3, value=1e308), r"battery\.temperature_c: 1e\+308; accepted: at most"),
        (put(PLANT, MACHINES, "pv-inv", 0, value=1e308), r"machines\.pv-inv\.heat_sink_c: 1e\+308; accepted: at most"),
        (put(GATEWAY, 0, 0, 0, 2, 0, value=1e308), r"gateway\.set_points\.\S+power: 1e\+308; accepted: at most"),
        (put(GATEWAY, 0, 0, 0, 2, 0, value=math.inf), "power: inf; accepted: a finite number"),
        (put(FAULTS, 1, "1", 6, value=1e308), r"faults\.active\.1\.stuck_w: 1e\+308; accepted: at most 1000 MW"),
        (put(GATEWAY, 0, 0, 0, 2, 1, value=1), r"gateway\.set_points\.bat-inv: its end is not on the agenda; acc"),
        (put(GATEWAY, 2, 0, 0, 4, value=1), r"gateway\.bounds\.pv-inv: its end is not on the agenda; accepted: with"),
        (put(FAULTS, 1, "1", 2, value=1), r"faults\.active\.1: its end is not on the agenda; accepted: with its"),
        (put(FAULTS, 1, "3", 5, value=1), r"faults\.active\.3: its end is not on the agenda; accepted: with its"),
        (entry("override ends", 2, ["main", "load"]), r"'override ends' of main\.load; accepted: one end of each"),
        (put(GATEWAY, 5, 2, value={"main": NOON + 10**15}), r"gateway\.line\.main: due at \d+; accepted: up to"),
        (put(PACE, value=0.0), "accepted"),
        (put(PACE, value=math.nan), "accepted"),
        (put(SEED, value=8), "the snapshot's seed is 8; accepted: 7"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_moves(change: Callable[[Content], object], told: str) -> None:
    site = demo()
    site.run_for(timedelta(seconds=2))
    before = site.save().to_bytes()
    with pytest.raises(ValueError, match=told):
        site.restore(changed(change))
    assert site.save().to_bytes() == before
    site.run_for(timedelta(seconds=2))


DAY_S, YEAR_S = 86_400.0, 366 * 86_400.0
LONGEST_S = {
    "sample": 0.2,
    "sample turn": 0.2,
    "sample rest of turn": 0.0,
    "sample arrives": 100 * 3600.0,
    "message arrives": 100 * 3600.0,
    "lost set-point ends": 50.0 * 1e5,
    "set-point lapses": 900.0,
    "set-point progress": 0.1,
    "bounds lapse": 900.0,
    "switched": 1.0,
    "relay fails": 1.0,
    "fault mends": YEAR_S,
    "fault turns": 37 * YEAR_S,
    "car comes to stay": YEAR_S,
    "server comes back": DAY_S,
    "override ends": YEAR_S,
}
"""For how long an entry of each kind waits at most [s]."""


def test_every_kind_of_entry_has_a_time_by_which_it_is_due() -> None:
    with pytest.raises(ValueError, match="accepted: ") as refusal:
        demo().restore(changed(entry("sample", 1, "dance")))
    assert str(refusal.value).partition("accepted: ")[2].split(", ") == sorted(LONGEST_S)


@pytest.mark.parametrize("kind", LONGEST_S)
def test_an_entry_that_waits_for_longer_than_its_kind_does_is_refused(kind: str) -> None:
    def late(content: Content) -> None:
        # A second more than what is promised may be late for being rounded.
        due_us = content[ENGINE][0] + round((LONGEST_S[kind] + 1.1) * 1e6)
        content[ENGINE][1] = 1000
        content[ENGINE][2]["1000"] = [due_us, kind, []]

    with pytest.raises(
        ValueError, match=rf"engine\.agenda\.1000: '{kind}' due at \d+; accepted: \d+ to \d+$"
    ):
        demo().restore(changed(late))


def test_what_waits_in_clients_time_may_wait_as_long_as_the_pace_has_it() -> None:
    def slow(content: Content) -> None:
        content[PACE] = 10.0
        first_entry(content, "sample")[0] = content[ENGINE][0] + 2_000_000

    site = demo()
    site.restore(changed(slow))
    assert site.engine.next_us() == site.now_us + 200_000


def test_a_walk_without_its_next_step_is_refused() -> None:
    site = demo()
    site.gateway.standby(PV)
    content = json.loads(site.save().to_bytes())
    agenda = content[ENGINE][2]
    del agenda[next(number for number, entry in agenda.items() if entry[1] == "switched")]
    snapshot = Snapshot.from_bytes(json.dumps(content).encode(), name="content")
    with pytest.raises(
        ValueError, match=r"gateway\.sequences\.pv-inv: its end is not on the agenda; accepted:"
    ):
        site.restore(snapshot)


def test_samples_on_their_way_that_nothing_brings_are_refused() -> None:
    site = demo()
    site.fault(Fault("main", FaultKind.LATENCY, amount=0.5))
    site.gateway.subscribe(MAIN)
    site.run_for(timedelta(seconds=1))
    content = json.loads(site.save().to_bytes())
    agenda = content[ENGINE][2]
    del agenda[next(number for number, entry in agenda.items() if entry[1] == "sample arrives")]
    snapshot = Snapshot.from_bytes(json.dumps(content).encode(), name="content")
    with pytest.raises(
        ValueError, match=r"gateway\.line\.frames\.main: its end is not on the agenda; accepted:"
    ):
        site.restore(snapshot)


def test_whatever_clients_say_of_bounds_is_taken_again() -> None:
    site = demo()
    site.gateway.augment_bounds(PV, Metric.AC_POWER_ACTIVE, [(-3e38, None)], lifetime_s=60)
    site.gateway.augment_bounds(BATTERY, Metric.DC_POWER, [(None, 3e38)], lifetime_s=60)
    site.run_for(timedelta(seconds=1))
    snapshot = site.save()
    site.restore(snapshot)
    assert site.save() == snapshot


def test_a_site_that_was_driven_with_a_whole_number_takes_what_it_was_before() -> None:
    site = demo()
    before = site.save()
    site.drive("office", "load", 5000)
    site.run_for(timedelta(seconds=5))
    site.restore(before)
    assert site.now_us == NOON


@pytest.mark.parametrize("name", bundled_sites())
def test_every_site_takes_its_own_snapshots(name: str) -> None:
    site = Simulation.headless(doppelgrid.load_site(name), start_us=NOON, seed=7)
    for _ in range(3):
        site.run_for(timedelta(seconds=20))
        snapshot = Snapshot.from_bytes(site.save().to_bytes(), name="content")
        site.restore(snapshot)
        assert site.save().to_bytes() == snapshot.to_bytes()


def mutations(seed: int) -> Iterator[Snapshot]:
    """Yield snapshots in each of which one thing is otherwise."""
    chance = random.Random(seed)
    for _ in range(40):
        content = json.loads(saved())
        place: Any = content
        while True:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.9:
                place = place[key]
                continue
            choices: list[object] = [
                None,
                -1,
                0,
                1e308,
                math.nan,
                math.inf,
                "",
                "bat-inv",
                [],
                {},
                10**18,
                True,
            ]
            place[key] = chance.choice(choices)
            break
        try:
            yield Snapshot.from_bytes(json.dumps(content).encode(), name="content")
        except ValueError:
            continue


@pytest.mark.parametrize("seed", range(4))
def test_a_site_goes_on_from_whatever_it_takes(seed: int) -> None:
    site = demo()
    for snapshot in mutations(seed):
        before = site.save().to_bytes()
        try:
            site.rehearse(snapshot)
            site.restore(snapshot)
        except ValueError:
            assert site.save().to_bytes() == before
        site.run_for(timedelta(seconds=1))
