"""The gateway's promises, in domain terms, on a clock that the tests move by hand."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gateway.waiting import all_of, soon, statuses

from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.messages import (
    CommandError,
    Frame,
    InvalidArgumentError,
    OutOfBoundsError,
    PowerUpdate,
    RequestStatus,
    UnavailableError,
    UnknownComponentError,
    UnsupportedError,
    WrongStateError,
)
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.gateway.subscriptions import LONGEST_QUEUE, PowerRequest, Subscription
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
SAMPLING = 200_000
START = 1_750_000_000 * SECOND
GRID, MAIN, INVERTER, BATTERY, PV, LOAD = 1, 2, 11, 12, 21, 31
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE


class Bench:
    """A gateway on the test bench."""

    def __init__(self, changes: dict[str, dict[str, Any]]) -> None:
        components: dict[str, dict[str, Any]] = {
            "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
            "main": {"id": MAIN, "category": "meter", "behind": "grid"},
            "inv": {
                "id": INVERTER,
                "category": "battery_inverter",
                "behind": "main",
                "rated_power": "30 kW",
                "response_delay": "200 ms",
                "ramp_rate": "15 kW/s",
                "resolution": "88 W",
            },
            "bat": {"id": BATTERY, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
            "roof": {
                "id": PV,
                "category": "pv_inverter",
                "behind": "main",
                "rated_power": "12 kW",
                "power": "9 kW",
                "response_delay": "0 s",
                "ramp_rate": "100 kW/s",
            },
            "hall": {"id": LOAD, "category": "meter", "behind": "main", "load": "20 kW"},
        }
        for key, change in changes.items():
            components[key] |= change
        self.site = Site.model_validate({"microgrid": {"id": 7}, "components": components})
        self.simulation = Simulation.headless(self.site, start_us=START, seed=1)
        self.plant, self.gateway = self.simulation.plant, self.simulation.gateway

    def pass_time(self, seconds: float) -> None:
        self.simulation.run_for(timedelta(seconds=seconds))

    def active_w(self, component_id: int) -> float:
        return self.gateway.frame(component_id).values[Metric.AC_POWER_ACTIVE]

    def set_power(
        self,
        power: float,
        *,
        component: int = INVERTER,
        axis: PowerType = ACTIVE,
        lifetime_s: int | None = None,
    ) -> PowerRequest:
        return self.gateway.set_power(component, axis, power, lifetime_s)


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench() -> MakeBench:
    return lambda **changes: Bench(changes)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench()


async def drain(subscription: Subscription) -> list[Frame]:
    subscription.end("enough")
    frames: list[Frame] = []
    with contextlib.suppress(UnavailableError):
        async for frame in subscription:
            frames.append(frame)  # noqa: PERF401 - what came before the end counts
    return frames


class TestLists:
    def test_all_components_are_listed_in_the_order_of_the_file(self, bench: Bench) -> None:
        assert [info.id for info in bench.gateway.components()] == [GRID, MAIN, INVERTER, BATTERY, PV, LOAD]

    def test_ids_and_categories_must_both_match(self, bench: Bench) -> None:
        meters = {Category.METER}
        assert [info.id for info in bench.gateway.components([MAIN, PV, 99], meters)] == [MAIN]

    def test_connections_point_away_from_the_grid(self, bench: Bench) -> None:
        assert set(bench.gateway.connections()) == {
            (GRID, MAIN),
            (MAIN, INVERTER),
            (INVERTER, BATTERY),
            (MAIN, PV),
            (MAIN, LOAD),
        }

    def test_sources_and_destinations_must_both_match(self, bench: Bench) -> None:
        assert bench.gateway.connections([MAIN], [PV, BATTERY]) == [(MAIN, PV)]

    def test_rated_bounds_are_told_with_the_component(self, bench: Bench) -> None:
        (inverter,) = bench.gateway.components([INVERTER])
        assert inverter.rated_bounds[Metric.AC_POWER_ACTIVE] == (-30_000.0, 30_000.0)


class TestTelemetry:
    async def test_every_listener_gets_the_same_frames(self, bench: Bench) -> None:
        first, second = bench.gateway.subscribe(MAIN), bench.gateway.subscribe(MAIN)
        bench.pass_time(1.0)
        frames, others = await drain(first), await drain(second)
        assert len(frames) == 5
        assert all(frame is other for frame, other in zip(frames, others, strict=True))

    async def test_frames_are_spaced_by_the_interval(self, bench: Bench) -> None:
        subscription = bench.gateway.subscribe(MAIN)
        bench.pass_time(1.0)
        stamps = [frame.sample_time_us - START for frame in await drain(subscription)]
        assert stamps == [200_000, 400_000, 600_000, 800_000, 1_000_000]

    async def test_a_slow_listener_loses_the_oldest_frames(self, bench: Bench) -> None:
        subscription = bench.gateway.subscribe(MAIN)
        bench.pass_time(60.0)
        frames = await drain(subscription)
        assert len(frames) == LONGEST_QUEUE
        assert frames[-1].sample_time_us == START + 60 * SECOND

    async def test_a_listener_who_left_gets_nothing_more(self, bench: Bench) -> None:
        subscription = bench.gateway.subscribe(MAIN)
        subscription.close()
        bench.pass_time(1.0)
        assert await drain(subscription) == []

    async def test_shutting_down_ends_streams_with_an_error(self, bench: Bench) -> None:
        subscription = bench.gateway.subscribe(MAIN)
        bench.gateway.close()
        with pytest.raises(UnavailableError, match="shutting down"):
            await soon(subscription)

    async def test_a_waiting_listener_wakes_on_the_next_frame(self, bench: Bench) -> None:
        waiting = asyncio.ensure_future(soon(bench.gateway.subscribe(MAIN)))
        await asyncio.sleep(0)
        bench.pass_time(0.2)
        assert (await waiting).component_id == MAIN

    def test_unknown_components_have_no_stream(self, bench: Bench) -> None:
        with pytest.raises(UnknownComponentError, match="no component has the id 99; accepted: 1, 2, 11"):
            bench.gateway.subscribe(99)

    def test_all_values_and_bounds_are_finite(self, bench: Bench) -> None:
        for info in bench.gateway.components():
            frame = bench.gateway.frame(info.id)
            assert all(math.isfinite(value) for value in frame.values.values())
            assert all(
                math.isfinite(edge) for ranges in frame.bounds.values() for pair in ranges for edge in pair
            )

    def test_the_state_time_is_that_of_the_sampling_after_the_last_change(self, bench: Bench) -> None:
        bench.pass_time(5.0)
        assert bench.gateway.frame(INVERTER).state_since_us == START + SAMPLING
        bench.set_power(10_000.0)
        bench.pass_time(5.0)
        charging = bench.gateway.frame(INVERTER)
        bench.pass_time(5.0)
        later = bench.gateway.frame(INVERTER)
        assert charging.states == later.states == (StateCode.CHARGING,)
        assert charging.state_since_us == later.state_since_us == START + 5 * SECOND + SAMPLING

    @pytest.mark.parametrize("looks_at", [(), (5.1,), (5.05, 5.19, 5.35, 9.9)])
    @pytest.mark.parametrize("is_subscribed", [False, True])
    def test_who_looks_and_who_listens_changes_neither_state_times_nor_events(
        self, bench: Bench, looks_at: tuple[float, ...], is_subscribed: bool
    ) -> None:
        told: list[tuple[int, str]] = []
        bench.gateway.listen_to_events(lambda event: told.append((event.time_us - START, str(event))))
        if is_subscribed:
            bench.gateway.subscribe(INVERTER)
        bench.pass_time(5.0)
        bench.set_power(10_000.0)
        for second in looks_at:
            bench.simulation.run_to(START + round(second * SECOND))
            bench.gateway.frame(INVERTER)
        bench.simulation.run_to(START + 10 * SECOND)
        assert bench.gateway.frame(INVERTER).state_since_us == START + 5_200_000
        assert [when for when, words in told if words.startswith("inv: state")] == [200_000, 5_200_000]

    def test_a_change_that_no_sampling_has_seen_is_as_old_as_the_look(self, bench: Bench) -> None:
        bench.pass_time(5.0)
        bench.plant.trip("inv", Diagnostic("OVERTEMPERATURE", "hot"))
        bench.pass_time(0.1)
        assert bench.gateway.frame(INVERTER).states == (StateCode.ERROR,)
        assert bench.gateway.frame(INVERTER).state_since_us == START + 5_100_000

    def test_a_working_battery_reports_a_closed_relay(self, bench: Bench) -> None:
        assert bench.gateway.frame(BATTERY).states == (StateCode.READY, StateCode.RELAY_CLOSED)


class TestRefusals:
    @pytest.mark.parametrize("power", [math.nan, math.inf, -math.inf])
    def test_power_must_be_finite(self, bench: Bench, power: float) -> None:
        with pytest.raises(InvalidArgumentError, match="accepted: a finite number"):
            bench.set_power(power)

    @pytest.mark.parametrize("lifetime_s", [0, 9, 901, 2**63])
    def test_lifetimes_outside_10_to_900_seconds_are_refused(self, bench: Bench, lifetime_s: int) -> None:
        with pytest.raises(InvalidArgumentError, match="accepted: 10 s to 900 s, or none for 60 s"):
            bench.set_power(1_000.0, lifetime_s=lifetime_s)

    @pytest.mark.parametrize("component", [GRID, MAIN, BATTERY, LOAD])
    def test_only_inverters_take_set_points(self, bench: Bench, component: int) -> None:
        with pytest.raises(UnsupportedError, match="takes no set-points"):
            bench.set_power(1_000.0, component=component)

    def test_unknown_components_take_no_set_points(self, bench: Bench) -> None:
        with pytest.raises(UnknownComponentError):
            bench.set_power(1_000.0, component=99)

    def test_power_beyond_the_rating_names_the_accepted_range(self, bench: Bench) -> None:
        with pytest.raises(
            OutOfBoundsError, match=r"active power of inv is 40000 W; accepted: -30000 to 30000 W"
        ):
            bench.set_power(40_000.0)

    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_a_hundredth_of_the_rating_beyond_the_bounds_is_accepted_and_cut(
        self, make_bench: MakeBench, sign: float
    ) -> None:
        bench = make_bench(bat={"max_charge_power": "5 kW", "max_discharge_power": "5 kW"})
        shown = bench.plant.capability.active_power_bounds("inv")
        edge_w = shown.upper if sign > 0.0 else shown.lower
        with pytest.raises(OutOfBoundsError):
            bench.set_power(edge_w + sign * 301.0)
        bench.set_power(edge_w + sign * 299.0)
        bench.pass_time(5.0)
        assert bench.active_w(INVERTER) == pytest.approx(edge_w, abs=1.0)

    @pytest.mark.parametrize("power_w", [30_000.0 * (1 + 1e-7), -30_000.0 * (1 + 1e-7)])
    def test_the_rating_may_come_as_a_32_bit_float(self, bench: Bench, power_w: float) -> None:
        bench.set_power(power_w)

    @pytest.mark.parametrize("power_w", [30_001.0, -30_001.0])
    def test_nothing_beyond_the_rating_is_accepted(self, bench: Bench, power_w: float) -> None:
        with pytest.raises(OutOfBoundsError):
            bench.set_power(power_w)

    def test_power_that_the_battery_cannot_take_is_refused(self, make_bench: MakeBench) -> None:
        bench = make_bench(bat={"max_charge_power": "5 kW"})
        with pytest.raises(OutOfBoundsError):
            bench.set_power(10_000.0)

    @pytest.mark.parametrize("power_w", [10.0, 100.0, 1_000.0])
    def test_pv_cannot_be_told_to_consume_more_than_at_rest(self, bench: Bench, power_w: float) -> None:
        with pytest.raises(OutOfBoundsError, match="accepted: -12000 to 4 W"):
            bench.set_power(power_w, component=PV)

    def test_a_component_for_telemetry_only_takes_no_commands(self, make_bench: MakeBench) -> None:
        bench = make_bench(inv={"operational_mode": "telemetry_only"})
        with pytest.raises(WrongStateError, match="telemetry_only"):
            bench.set_power(1_000.0)

    def test_a_refused_command_leaves_the_component_untouched(self, bench: Bench) -> None:
        bench.set_power(8_800.0)
        bench.pass_time(5.0)
        before = bench.plant.save()
        for power, lifetime_s in [(math.nan, None), (99_000.0, None), (1_000.0, 9)]:
            with pytest.raises(CommandError):
                bench.set_power(power, lifetime_s=lifetime_s)
        assert bench.plant.save() == before

    def test_zero_is_accepted_whatever_the_bounds(self, make_bench: MakeBench) -> None:
        bench = make_bench(bat={"initial_soc": "5 %", "min_soc": "5 %", "max_charge_power": "1 W"})
        bench.set_power(0.0)


class TestSetPoints:
    async def test_a_request_is_accepted_at_once_and_succeeds_when_the_device_is_there(
        self, bench: Bench
    ) -> None:
        request = bench.set_power(13_200.0)
        accepted = await soon(request)
        assert accepted == PowerUpdate(RequestStatus.ACCEPTED, START + 60 * SECOND)
        bench.pass_time(2.0)
        assert await all_of(request) == [PowerUpdate(RequestStatus.SUCCESS, START + 60 * SECOND)]
        assert bench.active_w(INVERTER) == pytest.approx(13_200.0)

    async def test_a_newer_request_overrides_the_unfinished_older_one(self, bench: Bench) -> None:
        older = bench.set_power(13_200.0)
        newer = bench.set_power(-8_800.0)
        bench.pass_time(5.0)
        assert await statuses(older) == ["ACCEPTED", "OVERRIDDEN"]
        assert await statuses(newer) == ["ACCEPTED", "SUCCESS"]

    async def test_a_finished_request_stays_a_success(self, bench: Bench) -> None:
        older = bench.set_power(8_800.0)
        bench.pass_time(5.0)
        bench.set_power(-8_800.0)
        assert await statuses(older) == ["ACCEPTED", "SUCCESS"]

    async def test_active_and_reactive_requests_do_not_override_each_other(self, bench: Bench) -> None:
        active = bench.set_power(8_800.0)
        reactive = bench.set_power(4_400.0, axis=REACTIVE)
        bench.pass_time(5.0)
        assert await statuses(active) == ["ACCEPTED", "SUCCESS"]
        assert await statuses(reactive) == ["ACCEPTED", "SUCCESS"]
        assert bench.gateway.frame(INVERTER).values[Metric.AC_POWER_REACTIVE] == pytest.approx(4_400.0)

    def test_the_set_point_lapses_after_60_seconds_and_not_before(self, bench: Bench) -> None:
        bench.set_power(8_800.0)
        bench.pass_time(59.9)
        assert bench.active_w(INVERTER) == pytest.approx(8_800.0)
        bench.pass_time(2.0)
        assert bench.active_w(INVERTER) < 200.0

    def test_a_lifetime_can_be_asked_for(self, bench: Bench) -> None:
        bench.set_power(8_800.0, lifetime_s=10)
        bench.pass_time(12.0)
        assert bench.active_w(INVERTER) < 200.0

    def test_renewing_extends_the_lifetime(self, bench: Bench) -> None:
        bench.set_power(8_800.0)
        bench.pass_time(40.0)
        bench.set_power(8_800.0)
        bench.pass_time(50.0)
        assert bench.active_w(INVERTER) == pytest.approx(8_800.0)

    def test_each_axis_lapses_on_its_own(self, bench: Bench) -> None:
        bench.set_power(8_800.0, lifetime_s=10)
        bench.set_power(4_400.0, axis=REACTIVE, lifetime_s=30)
        bench.pass_time(20.0)
        values = bench.gateway.frame(INVERTER).values
        assert values[Metric.AC_POWER_ACTIVE] < 200.0
        assert values[Metric.AC_POWER_REACTIVE] == pytest.approx(4_400.0)

    def test_pv_returns_to_full_production(self, bench: Bench) -> None:
        bench.set_power(-1_000.0, component=PV, lifetime_s=10)
        bench.pass_time(5.0)
        assert bench.active_w(PV) == pytest.approx(-1_000.0)
        bench.pass_time(10.0)
        assert bench.active_w(PV) == pytest.approx(-9_000.0)

    @pytest.mark.parametrize(("asked", "done"), [(100.0, 88.0), (-100.0, -88.0), (50.0, None)])
    def test_the_magnitude_is_floored_to_the_resolution(
        self, bench: Bench, asked: float, done: float | None
    ) -> None:
        bench.set_power(asked)
        bench.pass_time(2.0)
        if done is None:
            assert bench.plant.readings.is_idle("inv")
        else:
            assert bench.active_w(INVERTER) == pytest.approx(done)

    def test_the_main_meter_shows_load_minus_pv_plus_battery(self, bench: Bench) -> None:
        bench.set_power(-8_800.0)
        bench.pass_time(2.0)
        assert bench.active_w(MAIN) == pytest.approx(20_000.0 - 9_000.0 - 8_800.0)

    def test_bounds_in_telemetry_are_those_that_commands_are_held_to(self, bench: Bench) -> None:
        (bounds,) = bench.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
        bench.set_power(bounds.lower)
        bench.set_power(bounds.upper)


class TestOnTheirWay:
    """Set-points that take a device long are in force until their own end."""

    @pytest.mark.lengthy
    @pytest.mark.parametrize(
        ("slow", "after_s"),
        [
            ({"ramp_rate": "100 W/s"}, 240.0),
            ({"response_lag": "30 s"}, 320.0),
            ({"response_delay": "200 s"}, 203.0),
        ],
    )
    async def test_it_comes_there_however_long_that_takes(
        self, make_bench: MakeBench, slow: dict[str, str], after_s: float
    ) -> None:
        bench = make_bench(inv=slow)
        request = bench.set_power(17_600.0, lifetime_s=900)
        bench.pass_time(100.0)
        assert (await soon(request)).status is RequestStatus.ACCEPTED
        bench.pass_time(after_s - 100.0)
        assert bench.active_w(INVERTER) == pytest.approx(17_600.0, abs=1.0)
        assert await all_of(request) == [PowerUpdate(RequestStatus.SUCCESS, START + 900 * SECOND)]
        bench.pass_time(890.0 - after_s)
        assert bench.active_w(INVERTER) == pytest.approx(17_600.0, abs=1.0)

    @pytest.mark.lengthy
    async def test_it_has_failed_when_it_lapses_before(self, make_bench: MakeBench) -> None:
        bench = make_bench(inv={"ramp_rate": "100 W/s"})
        request = bench.set_power(26_400.0, lifetime_s=200)
        bench.pass_time(199.0)
        assert bench.active_w(INVERTER) == pytest.approx(19_900.0, abs=200.0)
        bench.pass_time(2.0)
        assert await statuses(request) == ["ACCEPTED", "FAILED"]
        bench.pass_time(250.0)
        assert bench.active_w(INVERTER) < 200.0

    async def test_power_grows_to_it_after_a_reconnection(self, make_bench: MakeBench) -> None:
        bench = make_bench(inv={"grid_code": "vde-ar-n-4105"})
        bench.simulation.drive("grid", "frequency", 52.0)
        bench.pass_time(1.0)
        bench.simulation.drive("grid", "frequency", 50.0)
        bench.pass_time(61.0)
        request = bench.set_power(-13_200.0, lifetime_s=900)
        bench.pass_time(120.0)
        assert bench.active_w(INVERTER) == pytest.approx(-6_000.0, rel=0.05)
        bench.pass_time(180.0)
        assert bench.active_w(INVERTER) == pytest.approx(-13_200.0)
        assert await statuses(request) == ["ACCEPTED", "SUCCESS"]


class TestListeners:
    def test_every_component_is_seen_at_every_sampling(self, bench: Bench) -> None:
        seen: list[tuple[int, list[int]]] = []
        bench.gateway.listen_to_frames(
            lambda time_us, frames: seen.append((time_us - START, [frame.component_id for frame in frames]))
        )
        bench.pass_time(0.4)
        everything = [GRID, MAIN, INVERTER, BATTERY, PV, LOAD]
        assert seen == [(200_000, everything), (400_000, everything)]

    def test_commands_and_their_ends_are_told_in_order(self, bench: Bench) -> None:
        told: list[str] = []
        stop = bench.gateway.listen_to_events(lambda event: told.append(event.kind))
        bench.set_power(8_800.0, lifetime_s=10)
        with pytest.raises(OutOfBoundsError):
            bench.set_power(99_000.0)
        bench.pass_time(20.0)
        stop()
        bench.set_power(8_800.0)
        told = [kind for kind in told if kind != "state"]
        assert told == ["set-point accepted", "set-point refused", "set-point ended", "set-point lapsed"]
