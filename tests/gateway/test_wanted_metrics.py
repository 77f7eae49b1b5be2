"""What nobody asks for is not read, and what has not changed is not read again; nobody sees a difference."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from gateway.waiting import soon

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError, Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType, Wanted
from doppelgrid.sim.gateway.subscriptions import Subscription
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

START = 1_781_517_600_000_000
METER, INVERTER, BATTERY = 2, 11, 12
POWER: Wanted = frozenset({Metric.AC_POWER_ACTIVE})
ENERGY: Wanted = frozenset({Metric.AC_ENERGY_ACTIVE})


SITE = Site.model_validate({
    "microgrid": {"id": 1},
    "components": {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": METER, "category": "meter", "behind": "grid", "load": "3 kW"},
        "inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
        "bat": {"id": BATTERY, "category": "battery", "behind": "inv"},
    },
})  # fmt: skip


def small() -> Simulation:
    return Simulation.headless(SITE, start_us=START, seed=1)


async def newest(simulation: Simulation, stream: Subscription) -> Frame:
    """Return what a stream shows of the next second at last."""
    simulation.run_for(timedelta(seconds=1))
    for _ in range(stream.waiting - 1):
        await soon(stream)
    return await soon(stream)


async def test_what_nobody_asks_for_is_left_out_and_the_rest_is_as_it_would_be() -> None:
    simulation = small()
    stream = simulation.gateway.subscribe(INVERTER, POWER)
    frame, whole = await newest(simulation, stream), simulation.gateway.frame(INVERTER)
    assert Metric.AC_POWER_ACTIVE in frame.values
    assert not {Metric.AC_ENERGY_ACTIVE, Metric.DC_POWER} & frame.values.keys()
    assert frame.values == {metric: whole.values[metric] for metric in frame.values}
    assert frame.bounds == whole.bounds


async def test_what_several_ask_for_is_read_for_all_of_them_until_they_leave() -> None:
    simulation = small()
    stream, other = (simulation.gateway.subscribe(INVERTER, wanted) for wanted in (POWER, ENERGY))
    assert {Metric.AC_POWER_ACTIVE, Metric.AC_ENERGY_ACTIVE} <= (
        await newest(simulation, stream)
    ).values.keys()
    other.close()
    assert Metric.AC_ENERGY_ACTIVE not in (await newest(simulation, stream)).values
    other = simulation.gateway.subscribe(INVERTER)
    assert (await newest(simulation, stream)).values.keys() == simulation.gateway.frame(
        INVERTER
    ).values.keys()


async def test_whoever_listens_to_all_components_sees_all_of_each() -> None:
    simulation, seen = small(), list[Frame]()
    simulation.gateway.subscribe(INVERTER, POWER)
    simulation.gateway.listen_to_frames(
        lambda _time_us, frames: seen.extend(frame for frame in frames if frame.component_id == INVERTER)
    )
    simulation.run_for(timedelta(seconds=1))
    assert seen[-1].values == simulation.gateway.frame(INVERTER).values


async def test_a_reading_of_a_part_is_not_taken_for_a_whole_one() -> None:
    simulation = small()
    simulation.gateway.subscribe(INVERTER, POWER)
    simulation.run_for(timedelta(seconds=1))
    assert simulation.gateway.sampled_last("inv") is None


async def test_what_a_fault_shows_does_not_depend_on_what_was_asked_for() -> None:
    simulation = small()
    simulation.fault(Fault("main", FaultKind.FROZEN, metrics=(Metric.AC_ENERGY_ACTIVE,)))
    stream = simulation.gateway.subscribe(METER, POWER)
    frame, whole = await newest(simulation, stream), simulation.gateway.frame(METER)
    assert frame.values.keys() == whole.values.keys()
    assert frame.values[Metric.AC_ENERGY_ACTIVE] == 0.0 < whole.values[Metric.AC_ENERGY_ACTIVE]


async def test_what_flows_on_as_it_did_is_shared_by_all_frames_of_that_time() -> None:
    simulation = small()
    stream = simulation.gateway.subscribe(INVERTER, POWER)
    first, second = await newest(simulation, stream), await newest(simulation, stream)
    assert first.sample_time_us < second.sample_time_us
    assert first.values is second.values
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, None)
    assert (await newest(simulation, stream)).values != second.values


async def test_bounds_and_states_of_what_flows_on_as_it_did_are_shared_as_well() -> None:
    simulation = small()
    stream = simulation.gateway.subscribe(INVERTER, ENERGY)
    first, second = await newest(simulation, stream), await newest(simulation, stream)
    assert first.bounds is second.bounds
    assert first.states is second.states


async def test_what_an_inverter_shows_goes_by_its_heat_while_the_same_flows() -> None:
    simulation = small()
    simulation.drive("site", "ambient_temperature", 50.0)
    stream = simulation.gateway.subscribe(INVERTER, POWER)
    cold = await newest(simulation, stream)
    simulation.plant.operating_point.memory.inverters[0].heat_sink_c = 200.0
    hot = await newest(simulation, stream)
    assert hot.values is cold.values
    assert [warning.code for warning in hot.warnings] == ["OVERTEMPERATURE"]
    (cold_range,), (hot_range,) = (each.bounds[Metric.AC_POWER_REACTIVE] for each in (cold, hot))
    assert 0.0 < hot_range.upper < cold_range.upper


@pytest.mark.lengthy
@pytest.mark.parametrize("seed", range(3))
def test_what_is_remembered_of_readings_is_what_would_be_read_anew(seed: int) -> None:
    site = doppelgrid.load_site("all-categories")
    simulation = Simulation.headless(site, start_us=START, seed=seed)
    chance, instruments = random.Random(seed), Instruments(simulation.plant)
    keys = list(site.components)
    kinds = [
        FaultKind.TRIP,
        FaultKind.RELAY_FAILS_TO_OPEN,
        FaultKind.DERATE,
        FaultKind.BMS_ALARM,
        FaultKind.STUCK,
    ]
    for _ in range(25):
        key = chance.choice(keys)
        number = site.components[key].id
        try:
            match chance.randrange(5):
                case 0:
                    simulation.gateway.set_power(number, PowerType.ACTIVE, chance.uniform(-2e4, 2e4), None)
                case 1:
                    simulation.gateway.set_power(number, PowerType.REACTIVE, chance.uniform(-5e3, 5e3), None)
                case 2:
                    chance.choice((simulation.gateway.stop, simulation.gateway.start))(number)
                case 3:
                    simulation.fault(Fault(key, chance.choice(kinds)), for_s=chance.uniform(1.0, 9.0))
                case _:
                    simulation.gateway.augment_bounds(
                        number, Metric.AC_POWER_ACTIVE, [(-5e3, 4e3)], lifetime_s=5
                    )
        except (CommandError, ValueError):
            pass
        for _ in range(2):
            simulation.run_for(timedelta(seconds=chance.choice((0.02, 0.7, 3.0))))
            anew = Instruments(simulation.plant)
            assert {key: instruments.read(key) for key in keys} == {key: anew.read(key) for key in keys}


async def test_who_joins_while_samples_wait_for_delayed_ones_sees_all_that_it_asks_for() -> None:
    simulation = small()
    simulation.gateway.subscribe(INVERTER, POWER)
    number = simulation.fault(Fault("inv", FaultKind.LATENCY, amount=5.0))
    simulation.run_for(timedelta(seconds=1))
    simulation.mend(number)
    simulation.run_for(timedelta(seconds=3))
    late = simulation.gateway.subscribe(INVERTER, ENERGY)
    simulation.run_for(timedelta(seconds=4))
    assert late.waiting > 5
    for _ in range(late.waiting):
        assert Metric.AC_ENERGY_ACTIVE in (await soon(late)).values
