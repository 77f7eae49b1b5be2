"""Every number of a plant's state has a range: what no site has is refused by its name, what sites have is taken."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest
from digests.runs import SITES, site_file

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.inputs.driven import DRIVEN_INPUTS
from doppelgrid.sim.inputs.signal import NEVER
from doppelgrid.sim.kernel.memory import Memory
from doppelgrid.sim.plant.impairment import Impairment
from doppelgrid.sim.plant.state import NAMES_OF_NUMBERS
from doppelgrid.sim.plant.state_ranges import OF_IMPAIRMENTS, OF_NUMBERS, OF_STATES
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.reader import bundled_sites

NOON = 1_781_517_600_000_000
PLANT, NUMBERS = 3, 1
BATTERIES, MANAGEMENTS, AGEINGS, MACHINES, PENDING, OVERRIDES, IMPAIRMENTS = 2, 3, 4, 5, 9, 10, 13


def names_of(kind: Any, name: str) -> Iterator[str]:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            yield from names_of(hints[field.name], f"{name}.{field.name}")
    else:
        yield name


def test_every_number_of_the_memory_has_a_range() -> None:
    hints = get_type_hints(Memory)
    rows = {name: (get_args(hints[name]) or (None,))[0] for name in NAMES_OF_NUMBERS}
    assert {each for name, kind in rows.items() for each in names_of(kind, name)} == OF_NUMBERS.keys()


def test_every_field_of_each_state_has_a_range() -> None:
    found = set()
    for name in SITES:
        plant = Simulation.headless(doppelgrid.load_site(site_file(name)), start_us=NOON).plant
        saved = plant.save()
        models = (saved.batteries, saved.managements, saved.ageings)
        kinds = {type(each) for states in models for each in states.values()} | {
            *plant.machines.kinds().values()
        }
        found |= {f"{kind.__name__}.{field}" for kind in kinds for field in kind._fields}
    assert found == OF_STATES.keys()


def test_every_number_of_an_impairment_has_a_range() -> None:
    others = {"fails_to_open", "fails_to_close", "inputs", "warnings"}
    assert OF_IMPAIRMENTS.keys() == {*Impairment._fields} - others


@cache
def saved(name: str) -> bytes:
    site = Simulation.headless(doppelgrid.load_site(name), start_us=NOON, seed=7)
    site.run_for(timedelta(seconds=4))
    site.drive("office" if name == "demo" else "main", "load", 4e3)
    if name == "demo":
        site.fault(Fault("pv-inv", FaultKind.DERATE, amount=0.5))
        site.run_for(timedelta(milliseconds=100))
        site.gateway.set_power(11, PowerType.ACTIVE, -9_000.0, 60)
    return site.save().to_bytes()


def refused(name: str, path: tuple[int | str, ...], value: object, told: str) -> None:
    site = Simulation.headless(doppelgrid.load_site(name), start_us=NOON, seed=7)
    site.run_for(timedelta(seconds=2))
    before = site.save().to_bytes()
    content: Any = json.loads(saved(name))
    place = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=told):
        site.restore(Snapshot.from_bytes(json.dumps(content).encode(), name="content"))
    assert site.save().to_bytes() == before


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("components.delivered_1_wh", -1e12, r"delivered_1_wh\[0\]: -1\S+; accepted: 0 or more"),
        ("components.consumed_wh", -1.0, r"consumed_wh\[0\]: -1\.0; accepted: 0 or more"),
        ("components.apparent_vah", -5.0, "accepted: 0 or more"),
        ("components.is_closed", 2, r"is_closed\[0\]: 2; accepted: 0 or 1"),
        ("components.is_fed", NEVER, "accepted: 0 or 1"),
        ("components.is_cut_off", -1, "accepted: 0 or 1"),
        ("batteries.capacity_factor", 0.0, "capacity_factor: 0.0; accepted: more than 0"),
        ("batteries.resistance_factor", -2.0, "resistance_factor: -2.0; accepted: more than 0"),
        ("batteries.throughput_ah", -1e12, "throughput_ah: -1\\S+; accepted: 0 or more"),
        ("batteries.allowed_share", 1.5, "allowed_share: 1.5; accepted: 0 to 1"),
        ("batteries.begin_temperature_c", -300.0, "accepted: -273.15 °C or more"),
        ("batteries.begin_us", NOON - 10**10, r"begin_us: \d+; accepted: \d+ up to \d+"),
        ("batteries.soc_error", -1.5, "accepted: -1 to 1"),
        ("bms.trip", 9, "trip: 9; accepted: a whole number from 0 to 8"),
        ("bms.relays", -1, "accepted: a whole number from 0 to 4"),
        ("bms.horizon_us", NEVER, r"horizon_us: \d+; accepted: up to \d+"),
        ("bms.carried_us", NOON + 10**10, r"carried_us: \d+; accepted: \d+ up to \d+"),
        ("controls.active_share", 1.5, r"active_share\[0\]: 1.5; accepted: 0 to 1"),
        ("controls.drawing_share", 1e6, "accepted: 0 to 1"),
        ("controls.slowest_w_per_s", -1e12, r"slowest_w_per_s\[0\]: -1\S+; accepted: 0 or more"),
        ("controls.slowest_w_per_s", -math.inf, r"slowest_w_per_s\[0\]: -inf; accepted: 0 or more"),
        ("controls.growth_w_per_s", -1.0, "accepted: 0 or more"),
        ("controls.held_off_by", 7, "accepted: a whole number from 0 to 4"),
        ("inverters.dc_voltage_pu", -1.0, "dc_voltage_pu: -1.0; accepted: more than 0"),
        ("inverters.loss_wh", -1e9, "loss_wh: -1\\S+; accepted: 0 or more"),
        ("inverters.sun_w", 5.0, "sun_w: 5.0; accepted: 0 or less"),
        ("pairs.conducts", 3, "accepted: 0 or 1"),
        ("counted_us", NOON - 10**10, r"counted_us: \d+; accepted: \d+ up to \d+"),
        ("is_known", 2, "is_known: 2; accepted: 0 or 1"),
        ("inputs", -50.0, r"inputs\[\d+\]: -50 Hz of grid\.frequency; accepted: more than 0 Hz, up to 1000 Hz"),
    ],
)  # fmt: skip
def test_a_number_that_no_site_has_is_refused(name: str, value: float, told: str) -> None:
    signals = list(Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON).plant.inputs.signals)
    own = json.loads(saved("demo"))[PLANT][NUMBERS][name]
    path = (PLANT, NUMBERS, name)
    place = signals.index("grid.frequency") if name == "inputs" else 0
    refused("demo", (*path, place) if isinstance(own, list) else path, value, told)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((BATTERIES, "battery", 4), 0.0, r"plant\.batteries\.battery\.capacity_share: 0\.0; accepted: more than 0"),
        ((MANAGEMENTS, "battery", 0), 7, r"plant\.managements\.battery\.relays: 7; accepted: a whole number from 0"),
        ((MANAGEMENTS, "battery", 12), 1.5, r"plant\.managements\.battery\.spread: 1\.5; accepted: 0 to 1"),
        ((MACHINES, "pv-inv", 1), 2, r"plant\.machines\.pv-inv\.held_back: 2; accepted: 0 or 1"),
        ((OVERRIDES, "office.load", 0), 10**17, r"plant\.overrides\.office\.load\.start_us: \d+; accepted: 0 to"),
        ((OVERRIDES, "office.load", 2), 10**17, r"plant\.overrides\.office\.load\.end_us: \d+; accepted: \d+ to"),
        ((PENDING, "bat-inv", 0, 0), 10**17, r"plant\.pending\.bat-inv\.due_us: \d+; accepted: \d+ to \d+"),
        ((IMPAIRMENTS, "pv-inv", 0), -0.5, r"plant\.impairments\.pv-inv\.power_share: -0\.5; accepted: 0 to 1"),
    ],
)  # fmt: skip
def test_so_is_what_no_part_of_it_has(path: tuple[int | str, ...], value: float, told: str) -> None:
    refused("demo", (PLANT, *path), value, told)


def restored(change: dict[str, object]) -> Simulation:
    site = Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON, seed=7)
    site.run_for(timedelta(seconds=4))
    content = json.loads(site.save().to_bytes())
    content[PLANT][NUMBERS].update(change)
    site.restore(Snapshot.from_bytes(json.dumps(content).encode(), name="content"))
    return site


def test_inputs_change_when_their_signals_do_whatever_a_snapshot_says() -> None:
    honest, other = restored({}), restored({"next_input_us": 890_758_802_500_000_000})
    assert other.save() == honest.save()


def test_inputs_are_what_their_signals_say_whatever_a_snapshot_says() -> None:
    honest = restored({})
    numbers = honest.plant.save().numbers["inputs"]
    assert isinstance(numbers, list)
    place = list(honest.plant.inputs.signals).index("office.load")
    other = restored({"inputs": [*numbers[:place], 9e4, *numbers[place + 1 :]]})
    assert other.save() == honest.save()


def test_flows_that_hold_beyond_the_next_input_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"holds_until_us: \d+; accepted: \d+ to \d+, when the next input changes"
    ):
        restored({"holds_until_us": NOON + 800_000_000})
    with pytest.raises(ValueError, match=r"holds_until_us: \d+; accepted: up to \d+"):
        restored({"holds_until_us": 890_758_802_500_000_000})


def act(site: Simulation, chance: random.Random) -> None:
    """Do something to some component, whether it takes that or not."""
    key = chance.choice(list(site.site.components))
    number = site.site.components[key].id
    names = [name for name in site.plant.inputs.signals if name.partition(".")[2] in DRIVEN_INPUTS]
    component, _, quantity = chance.choice(names).partition(".")
    driven = DRIVEN_INPUTS[quantity]
    upper = min(driven.upper, 1e3 if quantity.startswith("voltage") else 1e5)
    value = driven.lower + (upper - max(driven.lower, -1e5)) * chance.random() ** 3
    with suppress(CommandError, ValueError):
        match chance.randrange(8):
            case 0:
                site.drive(
                    component,
                    quantity,
                    round(value) if driven.is_whole else value,
                    for_s=chance.choice([None, 300.0]),
                )
            case 1:
                site.drive(component, quantity, value, over_s=20.0)
            case 2:
                site.release(component, quantity)
            case 3:
                site.fault(Fault(key, chance.choice(list(FaultKind))), for_s=chance.choice([None, 200.0]))
            case 4:
                amount = chance.choice([0.05, 0.3, 0.9, 3.0, 400.0])
                site.fault(Fault(key, chance.choice(list(FaultKind)), amount=amount), for_s=200.0)
            case 5:
                for active in list(site.faults.save().active):
                    site.mend(active)
            case 6:
                chance.choice([site.gateway.standby, site.gateway.start, site.gateway.stop])(number)
            case _:
                axis = chance.choice(list(PowerType))
                site.gateway.set_power(number, axis, chance.choice([-3e3, 0.0, 2e3, 9e3, -2e4]), 600)


@pytest.mark.parametrize(
    "name",
    [
        "demo",
        *(
            pytest.param(site_file(name), id=name, marks=pytest.mark.slow)
            for name in dict.fromkeys((*bundled_sites(), *SITES))
            if name != "demo"
        ),
    ],
)
def test_an_hour_of_everything_is_taken_and_goes_on_with_the_same_bits(name: str) -> None:
    seldom = doppelgrid.load_site(name).with_telemetry_interval(60.0)
    site, chance = Simulation.headless(seldom, start_us=NOON, seed=7), random.Random(name)
    while site.now_us < NOON + 3_600_000_000:
        for _ in range(5):
            act(site, chance)
        if chance.random() < 0.7:
            site.run_for(timedelta(seconds=chance.choice([0.05, 1.0, 37.3, 280.0])))
        snapshot = site.save()
        site.restore(snapshot)
        assert site.save() == snapshot
