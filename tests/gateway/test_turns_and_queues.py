"""Large sites report in turns; queues and waiting; who is named when somebody is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from gateway.waiting import soon, statuses

from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import (
    Frame,
    OutOfBoundsError,
    PowerUpdate,
    RequestStatus,
    UnavailableError,
    UnknownComponentError,
    WrongStateError,
)
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.gateway.augmented_bounds import MOST_CONTRIBUTIONS
from doppelgrid.sim.gateway.subscriptions import LONGEST_QUEUE, PowerRequest, Subscription
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
START = 1_750_000_000 * SECOND
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
MAST = {"mast": {"id": 1, "metrics": ["temperature"]}}
"""Its id is that of a component."""


def meters(
    count: int, interval: str = "1 s", *, sensors: Mapping[str, Any] | None = None, **more: Any
) -> Simulation:
    """Return a site of so many components: the grid, a meter, and meters behind it."""
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    }
    for number in range(3, count + 1):
        components[f"m{number}"] = {"id": number, "category": "meter", "behind": "main"}
    components |= more
    site = Site.model_validate(
        {
            "microgrid": {"id": 7},
            "components": components,
            "telemetry": {"interval": interval},
            "sensors": sensors or {},
        }
    )
    return Simulation.headless(site, start_us=START, seed=1)


INVERTER = {
    "inv": {
        "id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "response_delay": "200 ms",
        "ramp_rate": "15 kW/s",
    },
    "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
}  # fmt: skip


async def times_of(simulation: Simulation, numbers: list[int], seconds: float) -> dict[int, list[float]]:
    """Return when each component reported, in seconds since the start."""
    streams = {number: simulation.gateway.subscribe(number) for number in numbers}
    simulation.run_for(timedelta(seconds=seconds))
    return {
        number: [((await soon(stream)).sample_time_us - START) / SECOND for _ in range(stream.waiting)]
        for number, stream in streams.items()
    }


class TestTurns:
    @pytest.mark.parametrize(
        ("count", "after_s"),
        [
            (100, {1: 0.0, 2: 0.0, 3: 0.0, 100: 0.0}),
            (101, {1: 0.0, 2: 0.0, 51: 0.0, 52: 0.5, 101: 0.5}),
            (250, {1: 0.0, 84: 0.0, 85: 1 / 3, 168: 1 / 3, 169: 2 / 3, 250: 2 / 3}),
        ],
    )
    async def test_more_than_a_hundred_components_report_in_turns_within_the_interval(
        self, count: int, after_s: dict[int, float]
    ) -> None:
        found = await times_of(meters(count), list(after_s), 2.9)
        for number, later_s in after_s.items():
            expected = [1.0 + later_s, 2.0 + later_s] if later_s < 0.9 else []
            assert found[number] == pytest.approx(expected, abs=2e-6)

    async def test_a_command_between_the_slices_of_a_turn_changes_nothing_that_was_due_before(self) -> None:
        load = {"m60": {"id": 60, "category": "meter", "behind": "main", "load": "0 W"}}
        simulation = meters(60, **load)
        streams = [simulation.gateway.subscribe(number) for number in (3, 60)]
        simulation.run_for(timedelta(seconds=0.999_999))
        engine = simulation.engine
        while engine.now_us < START + SECOND:
            engine.run_next()
        assert [stream.waiting for stream in streams] == [1, 0]
        simulation.drive("m60", "load", 5e3)
        assert [stream.waiting for stream in streams] == [1, 1]
        assert [(await soon(stream)).values[Metric.AC_POWER_ACTIVE] for stream in streams] == [0.0, 0.0]

    async def test_all_of_a_turn_show_one_state_of_the_site_though_a_switch_closes_at_their_instant(
        self,
    ) -> None:
        feeder = {
            "switch": {
                "id": 600, "category": "breaker", "behind": "main", "opening_time": "0 s", "closing_time": "500 ms",
            },
            "load": {"id": 601, "category": "meter", "behind": "switch", "load": "5 kW"},
        }  # fmt: skip
        simulation = meters(58, **feeder)
        simulation.gateway.stop(600)
        streams = [simulation.gateway.subscribe(number) for number in (2, 601)]
        simulation.run_for(timedelta(seconds=0.5))
        simulation.gateway.start(600)
        simulation.run_for(timedelta(seconds=1.5))
        shown = [[await soon(stream) for _ in range(2)] for stream in streams]
        powers = [[frame.values[Metric.AC_POWER_ACTIVE] for frame in frames] for frames in shown]
        assert powers == [[0.0, 5e3], [0.0, 5e3]]

    def test_who_listens_to_all_sees_all_at_once(self) -> None:
        simulation, seen = meters(150), list[tuple[int, int]]()
        stop = simulation.gateway.listen_to_frames(
            lambda time_us, frames: seen.append((time_us - START, len(frames)))
        )
        simulation.run_for(timedelta(seconds=2))
        stop()
        simulation.run_for(timedelta(seconds=2))
        assert seen == [(SECOND, 150), (2 * SECOND, 150)]

    def test_who_stops_at_a_sampling_keeps_no_other_from_seeing_it(self) -> None:
        simulation, first, second = meters(2), list[int](), list[int]()

        def look_twice(time_us: int, _frames: object) -> None:
            first.append(time_us - START)
            if len(first) == 2:
                stop()

        stop = simulation.gateway.listen_to_frames(look_twice)
        simulation.gateway.listen_to_frames(lambda time_us, _frames: second.append(time_us - START))
        simulation.run_for(timedelta(seconds=4))
        assert first == [SECOND, 2 * SECOND]
        assert second == [SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]

    def test_who_listens_to_all_finds_what_was_read_as_it_was_before_faults_of_measurement(self) -> None:
        simulation, seen = (
            meters(2, m3={"id": 3, "category": "meter", "behind": "main", "load": "3 kW"}),
            list[Any](),
        )
        gateway = simulation.gateway
        simulation.fault(Fault("m3", FaultKind.BIAS, amount=7.0, metrics=(Metric.AC_POWER_ACTIVE,)))

        def look(_time_us: int, frames: Sequence[Frame]) -> None:
            shown = next(frame for frame in frames if frame.component_id == 3)
            read = gateway.sampled_last("m3")
            assert read is not None
            seen.append((read.values[Metric.AC_POWER_ACTIVE], shown.values[Metric.AC_POWER_ACTIVE]))

        stop = gateway.listen_to_frames(look)
        simulation.run_for(timedelta(seconds=1))
        simulation.drive("m3", "load", 4e3)
        simulation.run_for(timedelta(seconds=1))
        stop()
        simulation.run_for(timedelta(seconds=1))
        assert seen == [(3e3, 3007.0), (4e3, 4007.0)]
        assert gateway.sampled_last("m3") is None

    async def test_each_turn_reports_how_it_is_at_its_time(self) -> None:
        loads = {
            f"m{number}": {"id": number, "category": "meter", "behind": "main", "load": "0 W"}
            for number in (3, 150)
        }
        simulation = meters(150, **loads)
        streams = [simulation.gateway.subscribe(number) for number in (3, 150)]
        for key in ("m3", "m150"):
            simulation.drive(key, "load", 30e3, over_s=3.0)
        simulation.run_for(timedelta(seconds=1.9))
        frames = [await soon(stream) for stream in streams]
        assert [frame.sample_time_us - START for frame in frames] == [SECOND, 1.5 * SECOND]
        powers = [frame.values[Metric.AC_POWER_ACTIVE] for frame in frames]
        assert powers == pytest.approx([10e3, 15e3], rel=0.02)

    async def test_batteries_show_in_each_turn_what_those_show_that_are_looked_at_all_the_time(self) -> None:
        async def shown(*, looks: bool) -> list[dict[Metric, float]]:
            loads = {
                f"m{number}": {"id": number, "category": "meter", "behind": "main"}
                for number in range(13, 150)
            }
            simulation = meters(10, "400 ms", **INVERTER, **loads)
            simulation.gateway.set_power(11, ACTIVE, 20e3, 60.0)
            stream = simulation.gateway.subscribe(12)
            for _ in range(200):
                simulation.run_for(timedelta(seconds=0.05))
                if looks:
                    simulation.plant.readings.soc("bat")
            simulation.gateway.set_power(11, ACTIVE, -20e3, 60.0)
            simulation.run_for(timedelta(seconds=10))
            return [dict((await soon(stream)).values) for _ in range(stream.waiting)]

        seldom = await shown(looks=False)
        assert len({each[Metric.BATTERY_SOC_PCT] for each in seldom}) == len(seldom) == 50
        assert seldom == await shown(looks=True)


class TestWords:
    @pytest.mark.parametrize(("count", "known"), [(20, "18, 19, 20"), (21, "18, 19, 20, …")])
    def test_of_many_components_twenty_are_named(self, count: int, known: str) -> None:
        with pytest.raises(UnknownComponentError) as caught:
            meters(count).gateway.frame(99)
        assert str(caught.value).startswith("no component has the id 99; accepted: 1, 2, ")
        assert str(caught.value).endswith(known)

    def test_a_sensor_that_is_not_there_is_told_those_that_are(self) -> None:
        gateway = meters(2).gateway
        for ask in (gateway.sensor_frame, gateway.subscribe_sensor):
            with pytest.raises(UnknownComponentError, match="no sensor has the id 5; accepted: none here"):
                ask(5)
        assert gateway.sensors() == []

    def test_lists_are_filtered_by_every_filter_that_is_not_empty(self) -> None:
        gateway = meters(2, **INVERTER).gateway
        inverter = {Category.BATTERY_INVERTER}

        def listed(*filters: Any) -> list[int]:
            return [info.id for info in gateway.components(*filters)]

        assert listed() == listed((), None) == [1, 2, 11, 12]
        assert (listed({2, 11}), listed({2}, inverter), listed({11}, inverter)) == ([2, 11], [], [11])
        assert (listed((), set()), listed({99})) == ([], [])
        assert gateway.connections() == [(1, 2), (2, 11), (11, 12)]
        assert gateway.connections({2, 11}) == [(2, 11), (11, 12)]
        assert gateway.connections((), {12}) == gateway.connections({11}, {12, 2}) == [(11, 12)]
        assert gateway.connections({1}, {12}) == []

    def test_a_component_is_told_with_what_it_was_built_for(self) -> None:
        infos = {info.id: info for info in meters(2, **INVERTER).gateway.components()}
        assert infos[11].rated_bounds[Metric.AC_POWER_ACTIVE] == Bounds(-30e3, 30e3)
        assert list(infos[11].rated_bounds) == [Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE]
        assert infos[12].rated_bounds[Metric.BATTERY_SOC_PCT] == pytest.approx((10.0, 95.0))
        lower, upper = infos[12].rated_bounds[Metric.DC_POWER]
        assert lower < 0.0 < upper
        assert infos[2].rated_bounds == {}
        assert (infos[12].name, infos[12].model) == ("bat", "lfp-92kwh")


class TestQueues:
    async def test_a_reader_gets_what_came_before_the_end_and_then_the_reason(self) -> None:
        closed: list[Subscription] = []
        stream = Subscription(on_close=closed.append)
        frames = [Frame(1, time_us, {}, {}, (StateCode.READY,), 0) for time_us in range(LONGEST_QUEUE + 3)]
        for frame in frames:
            stream.push(frame)
        assert stream.waiting == LONGEST_QUEUE
        stream.end("over")
        assert [await soon(stream) for _ in range(LONGEST_QUEUE)] == frames[3:]
        with pytest.raises(UnavailableError, match="over"):
            await soon(stream)
        stream.close()
        stream.close()
        assert closed == [stream]

    async def test_whoever_waits_for_all_to_be_taken_is_woken_by_the_last_or_by_the_end(self) -> None:
        def frame(time_us: int) -> Frame:
            return Frame(1, time_us, {}, {}, (StateCode.READY,), 0)

        stream = Subscription(on_close=lambda _: None)
        await asyncio.wait_for(stream.taken(), 30.0)
        stream.push(frame(1))
        stream.push(frame(2))
        waiting = [asyncio.ensure_future(stream.taken()) for _ in range(2)]
        await soon(stream)
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        await soon(stream)
        await asyncio.wait_for(asyncio.gather(*waiting), 30.0)
        stream.push(frame(3))
        last = asyncio.ensure_future(stream.taken())
        await asyncio.sleep(0)
        stream.close()
        await asyncio.wait_for(last, 30.0)

    async def test_a_request_ends_with_the_first_update_that_is_not_its_acceptance(self) -> None:
        request = PowerRequest()
        for status in (
            RequestStatus.ACCEPTED,
            RequestStatus.ACCEPTED,
            RequestStatus.FAILED,
            RequestStatus.SUCCESS,
        ):
            request.push(PowerUpdate(status, None))
        assert await statuses(request) == [
            RequestStatus.ACCEPTED, RequestStatus.ACCEPTED, RequestStatus.FAILED,
        ]  # fmt: skip

    async def test_the_backlog_is_that_of_the_slowest_client(self) -> None:
        simulation = meters(2)
        gateway = simulation.gateway
        assert (gateway.backlog, gateway.stream_count(1)) == (0, 0)
        slow, quick, other = gateway.subscribe(1), gateway.subscribe(1), gateway.subscribe(2)
        assert (gateway.stream_count(1), gateway.stream_count(2)) == (2, 1)
        simulation.run_for(timedelta(seconds=3))
        for _ in range(3):
            await soon(quick)
        await soon(other)
        assert (slow.waiting, quick.waiting, other.waiting, gateway.backlog) == (3, 0, 2, 3)
        late = asyncio.ensure_future(gateway.read_up(30.0))
        for stream, count in ((slow, 3), (other, 2)):
            await asyncio.sleep(0)
            assert not late.done()
            for _ in range(count):
                await soon(stream)
        await asyncio.wait_for(late, 30.0)
        simulation.run_for(timedelta(seconds=1))
        await gateway.read_up(0.0)
        assert gateway.backlog == 1
        slow.close()
        assert gateway.stream_count(1) == 1

    async def test_a_sensor_s_streams_are_told_apart_from_those_of_a_component_of_its_id(self) -> None:
        gateway = (simulation := meters(2, sensors=MAST)).gateway
        told: list[Frame] = []
        gateway.deliveries.subscribe(told.append)
        component, sensor = gateway.subscribe(1), gateway.subscribe_sensor(1)
        simulation.run_for(timedelta(seconds=1))
        frames = [await soon(component), await soon(sensor)]
        assert [list(frame.values) == [Metric.SENSOR_TEMPERATURE] for frame in frames] == [False, True]
        assert told == frames[:1]
        simulation.fault(Fault("grid", FaultKind.DROPPED))
        with pytest.raises(UnavailableError, match="grid cannot be reached"):
            await soon(component)
        simulation.run_for(timedelta(seconds=1))
        assert list((await soon(sensor)).values) == [Metric.SENSOR_TEMPERATURE]

    async def test_clients_of_sensors_count_in_the_backlog_and_are_waited_for(self) -> None:
        gateway = (simulation := meters(2, sensors=MAST)).gateway
        assert not gateway.has_subscribers
        stream = gateway.subscribe_sensor(1)
        assert gateway.has_subscribers
        simulation.run_for(timedelta(seconds=3))
        assert gateway.backlog == 3
        late = asyncio.ensure_future(gateway.read_up(30.0))
        for _ in range(3):
            await asyncio.sleep(0)
            assert not late.done()
            await soon(stream)
        await asyncio.wait_for(late, 30.0)
        assert gateway.backlog == 0

    async def test_streams_of_sensors_end_when_the_site_goes_down(self) -> None:
        simulation = meters(2, sensors=MAST)
        stream = simulation.gateway.subscribe_sensor(1)
        simulation.gateway.close()
        with pytest.raises(UnavailableError, match="shutting down"):
            await soon(stream)

    async def test_streams_of_a_component_that_drops_them_end_and_others_go_on(self) -> None:
        simulation = meters(2)
        dropped, other = simulation.gateway.subscribe(1), simulation.gateway.subscribe(2)
        simulation.fault(Fault("grid", FaultKind.DROPPED))
        with pytest.raises(UnavailableError, match="grid cannot be reached"):
            await soon(dropped)
        simulation.run_for(timedelta(seconds=1))
        assert other.waiting == 1
        simulation.gateway.close()
        await soon(other)
        with pytest.raises(UnavailableError, match="shutting down"):
            await soon(other)


class TestSetPoints:
    @pytest.mark.parametrize(
        ("power", "is_accepted"), [(29_999.0, True), (30_301.0, False), (-29_999.0, True), (-30_301.0, False)]
    )
    def test_a_refusal_names_what_is_accepted(self, power: float, is_accepted: bool) -> None:
        gateway = meters(2, **INVERTER).gateway
        if is_accepted:
            gateway.set_power(11, ACTIVE, power, None)
        else:
            with pytest.raises(
                OutOfBoundsError, match=r"active power of inv is -?30301 W; accepted: -30000 to 30000 W"
            ):
                gateway.set_power(11, ACTIVE, power, None)

    @pytest.mark.parametrize(("lifetime_s", "lasts_s"), [(None, 60), (10, 10), (900, 900)])
    async def test_a_set_point_lasts_as_long_as_it_says_in_its_answers(
        self, lifetime_s: int | None, lasts_s: int
    ) -> None:
        simulation = meters(2, **INVERTER)
        simulation.run_for(timedelta(seconds=1))
        request = simulation.gateway.set_power(11, ACTIVE, 5e3, lifetime_s)
        assert simulation.gateway.has_requests
        simulation.run_for(timedelta(seconds=5))
        assert not simulation.gateway.has_requests
        end_us = START + SECOND + lasts_s * SECOND
        assert [await soon(request) for _ in range(2)] == [
            PowerUpdate(RequestStatus.ACCEPTED, end_us), PowerUpdate(RequestStatus.SUCCESS, end_us),
        ]  # fmt: skip
        simulation.run_for(timedelta(seconds=lasts_s - 5.001))
        assert simulation.gateway.frame(11).values[Metric.AC_POWER_ACTIVE] == pytest.approx(5e3, rel=0.02)
        simulation.run_for(timedelta(seconds=2))
        assert simulation.gateway.frame(11).values[Metric.AC_POWER_ACTIVE] == pytest.approx(0.0, abs=100.0)

    async def test_a_component_that_does_not_answer_leaves_a_request_open(self) -> None:
        simulation = meters(2, **INVERTER)
        simulation.fault(Fault("inv", FaultKind.HANGING))
        request = simulation.gateway.set_power(11, ACTIVE, 5e3, None)
        simulation.run_for(timedelta(seconds=70))
        assert request.waiting == 0
        with pytest.raises(UnavailableError, match="inv does not answer"):
            simulation.gateway.stop(11)
        assert simulation.gateway.frame(11).values[Metric.AC_POWER_ACTIVE] == pytest.approx(0.0, abs=100.0)

    async def test_set_points_lost_at_one_instant_end_each_for_itself(self) -> None:
        simulation = meters(2, **INVERTER)
        simulation.fault(Fault("inv", FaultKind.LOST_COMMANDS))
        short, long = (simulation.gateway.set_power(11, ACTIVE, 5e3, lifetime_s) for lifetime_s in (10, 60))
        for request in (short, long):
            assert (await soon(request)).status is RequestStatus.ACCEPTED
        simulation.run_for(timedelta(seconds=11))
        assert (await soon(short)).status is RequestStatus.FAILED
        assert (long.waiting, simulation.gateway.has_requests) == (0, True)
        simulation.run_for(timedelta(seconds=40))
        assert (await soon(long)).status is RequestStatus.FAILED

    async def test_what_was_lost_before_a_snapshot_ends_nothing_that_was_lost_after_it(self) -> None:
        simulation = meters(2, **INVERTER)
        simulation.fault(Fault("inv", FaultKind.LOST_COMMANDS))
        simulation.gateway.set_power(11, ACTIVE, 5e3, 10)
        fork = simulation.fork()
        request = fork.gateway.set_power(11, ACTIVE, 5e3, 60)
        fork.run_for(timedelta(seconds=49))
        assert [(await soon(request)).status, request.waiting] == [RequestStatus.ACCEPTED, 0]
        fork.run_for(timedelta(seconds=2))
        assert (await soon(request)).status is RequestStatus.FAILED

    @pytest.mark.parametrize("how", ["close", "restore"])
    async def test_who_waits_for_an_answer_is_told_when_none_will_come(self, how: str) -> None:
        simulation = meters(2, **INVERTER)
        saved = simulation.save()
        request = simulation.gateway.set_power(11, ACTIVE, 5e3, None)
        assert (await soon(request)).status is RequestStatus.ACCEPTED
        if how == "close":
            simulation.gateway.close()
        else:
            simulation.restore(saved)
            assert not simulation.gateway.has_requests
        with pytest.raises(UnavailableError, match="shutting down"):
            await soon(request)


class TestContributions:
    def test_a_hundred_contributions_are_alive_at_most_and_one_of_ones_own_may_be_replaced(self) -> None:
        gateway = meters(2, **INVERTER).gateway

        def augment(token: str | None, metric: Metric = Metric.AC_POWER_ACTIVE, component: int = 11) -> int:
            return gateway.augment_bounds(component, metric, [(-5e3, 5e3)], lifetime_s=900, token=token)

        augment("mine")
        for _ in range(MOST_CONTRIBUTIONS - 1):
            augment(None)
        assert augment("mine") == START + 900 * SECOND
        for token in (None, "other"):
            with pytest.raises(WrongStateError, match="AC_POWER_ACTIVE of inv has 100 contributions"):
                augment(token)
        augment(None, Metric.AC_POWER_REACTIVE)
        augment(None, Metric.DC_POWER, 12)
        gateway.clear_bounds(11, Metric.AC_POWER_ACTIVE, "other")
        with pytest.raises(WrongStateError):
            augment("other")
        gateway.clear_bounds(11, None, "mine")
        with pytest.raises(WrongStateError):
            augment("other")
        gateway.clear_bounds(11, Metric.AC_POWER_ACTIVE, "mine")
        augment("other")
