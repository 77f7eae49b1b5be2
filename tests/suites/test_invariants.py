"""What every case is held to: each invariant finds a fault planted in site or application, and no other does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from suites.benches import SITE
from suites.invariants_bench import (
    INVERTER,
    PUSH,
    Steps,
    broken,
    outcome_of,
    said,
    small_site,
    watched,
)

from doppelgrid.models.battery_step import battery_step
from doppelgrid.scenarios.suites.checks.device_limits import Obedience, Windows
from doppelgrid.sim.domain.commands import (
    AugmentBounds,
    Command,
    OverrideInput,
    ReleaseInput,
    SetPower,
    Stop,
    StrikeFault,
)
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Reading
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.gateway.set_points import SetPoints
from doppelgrid.sim.kernel import ac_bus, dc_bus, held_batteries, steps
from doppelgrid.sim.kernel.layout import Layout
from doppelgrid.sim.kernel.memory import Memory
from doppelgrid.sim.plant.set_points import SetPointsUnderWay
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

UP_TO_1_KW = Bounds(0.0, 1e3)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return small_site(tmp_path_factory.mktemp("site"))


def test_a_site_that_is_commanded_up_and_down_keeps_all(site: Site) -> None:
    commands: Steps = [
        (5.0, SetPower(INVERTER, PowerType.ACTIVE, -9e3, 10)),
        (10.0, SetPower(INVERTER, PowerType.REACTIVE, 3e3, 10)),
        (30.0, AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-1e3, 2e3),), 20)),
        (32.0, SetPower(INVERTER, PowerType.ACTIVE, 2e3, 30)),
        (70.0, OverrideInput("grid", "presence", 0.0)),
        (75.0, ReleaseInput("grid", "presence")),
        (80.0, Stop(4)),
    ]
    assert broken(watched(site, commands)) == []


@pytest.mark.parametrize("name", ["demo", "commercial", "all-categories"])
def test_bundled_sites_keep_all(name: str) -> None:
    site = load_site(name).with_telemetry_interval(20.0)
    assert broken(watched(site, [], 200.0)) == []


class TestBalance:
    """What flows into each node flows out of it."""

    def test_power_that_gets_lost_on_the_way_is_found(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lose(layout: Layout, memory: Memory) -> None:
            ac_bus.sum_towards_grid(layout, memory)
            memory.components[layout.grid].active_2 *= 0.999

        monkeypatch.setattr(steps, "sum_towards_grid", lose)
        found = watched(site, [])
        assert broken(found) == ["balance"]
        assert said(found, "balance") == "grid: 1346.9151 W flow in on phase 2, 1348.2633 W out"

    def test_a_load_that_draws_other_than_its_input_says_is_found(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def draw(layout: Layout, memory: Memory) -> None:
            ac_bus.draw_loads(layout, memory)
            memory.components[layout.loads[0].component].active_1 += 1.0

        monkeypatch.setattr(steps, "draw_loads", draw)
        assert broken(watched(site, [])) == ["balance"]

    def test_energy_that_is_counted_twice_is_found(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        def count(layout: Layout, memory: Memory, dt_s: float) -> None:
            ac_bus.count_energy(layout, memory, dt_s)
            memory.components[layout.grid].consumed_wh += 1e-3 * dt_s

        monkeypatch.setattr(steps, "count_energy", count)
        assert broken(watched(site, [])) == ["balance"]

    def test_an_inverter_that_makes_energy_is_found(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def convert(layout: Layout, memory: Memory) -> None:
            dc_bus.share_directly(layout, memory)
            memory.inverters[0].ac_w = min(memory.inverters[0].ac_w, 1.001 * memory.inverters[0].dc_w)

        monkeypatch.setattr(steps, "share_directly", convert)
        assert broken(watched(site, [(5.0, PUSH)])) == ["balance"]

    def test_power_that_no_battery_gives_is_found(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        def convert(layout: Layout, memory: Memory) -> None:
            dc_bus.share_directly(layout, memory)
            memory.batteries[0].dc_w *= 0.9

        monkeypatch.setattr(steps, "share_directly", convert)
        assert broken(watched(site, [(5.0, PUSH)])) == ["balance"]


class TestRatings:
    """No fuse is overloaded for a minute, no device beyond its rating."""

    LOAD = OverrideInput("main", "load", 71e3)

    def test_a_fuse_that_is_overloaded_for_a_minute_is_found(self, site: Site) -> None:
        found = watched(site, [(5.0, self.LOAD)])
        assert broken(found) == ["ratings"]
        assert "A for 60 s, through a fuse of 100 A" in said(found, "ratings")

    def test_a_fuse_bears_a_moment(self, site: Site) -> None:
        assert broken(watched(site, [(5.0, self.LOAD), (60.0, ReleaseInput("main", "load"))])) == []

    def test_overloads_that_samplings_happen_to_meet_are_not_taken_for_one(self, site: Site) -> None:
        pulses: Steps = []
        for at_s in (60.0, 120.0, 180.0):
            pulses += [(at_s - 2.0, self.LOAD), (at_s + 2.0, ReleaseInput("main", "load"))]
        assert broken(watched(site.with_telemetry_interval(60.0), pulses, 300.0)) == []

    def test_an_overload_between_two_samplings_is_found(self, site: Site) -> None:
        pulse: Steps = [(5.0, self.LOAD), (70.0, ReleaseInput("main", "load"))]
        found = watched(site.with_telemetry_interval(100.0), pulse)
        assert broken(found) == ["ratings"]
        words = said(found, "ratings")
        lasted_s = float(words.partition("A for ")[2].partition(" s,")[0])
        assert 60.0 <= lasted_s <= 65.0, words

    def test_an_overload_is_told_by_what_caused_it_at_the_end_of_its_minute(self, site: Site) -> None:
        pulse: Steps = [(5.0, self.LOAD), (70.0, ReleaseInput("main", "load"))]
        found = outcome_of(watched(site.with_telemetry_interval(100.0), pulse), "ratings")
        assert found.time_us == 65_000_000
        (cause,) = found.chain
        assert cause.startswith("at 1970-01-01T01:00:05+01:00: main: driven")

    def test_a_fuse_that_melts_is_told_by_what_caused_it_when_it_melts(self, tmp_path: Path) -> None:
        path = tmp_path / "fused.yaml"
        path.write_text(SITE.replace("100 A}", "100 A, fuse: {preset: gg-100}}"))
        site = load_site(path).with_telemetry_interval(100.0)
        pulse: Steps = [(5.0, OverrideInput("main", "load", 690e3)), (35.0, ReleaseInput("main", "load"))]
        found = outcome_of(watched(site, pulse), "ratings")
        assert found.said == "grid: its fuse has melted"
        assert found.time_us is not None
        assert 5_000_000 < found.time_us < 35_000_000
        assert [words.partition(" (")[0] for words in found.chain] == [
            "at 1970-01-01T01:00:05+01:00: main: driven"
        ]

    def test_a_device_beyond_its_rating_is_found(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        read = Instruments.read

        def more(self: Instruments, key: str) -> Reading:
            reading = read(self, key)
            if key == "inv":
                reading.values[Metric.AC_POWER_ACTIVE] *= 4.0
                reading.bounds.clear()
            return reading

        monkeypatch.setattr(Instruments, "read", more)
        monkeypatch.setattr("doppelgrid.scenarios.suites.checks.device_limits.bounded_metrics", lambda *_: ())
        found = watched(site, [(5.0, PUSH)])
        assert broken(found) == ["ratings"]
        assert said(found, "ratings").startswith("inv: -12000 W, rated -10000 W to 10000 W")


def test_a_battery_that_leaves_its_window_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def leak(*given: Any) -> Any:
        state, shown = battery_step(*given)
        return state._replace(soc=state.soc - 6e-3 * given[3]), shown

    monkeypatch.setattr(held_batteries, "battery_step", leak)
    found = watched(site, [])
    assert broken(found) == ["soc"]
    assert "of a window of " in said(found, "soc")


def windowed(readings: list[tuple[float, float]]) -> list[str]:
    """Return what is said of a battery whose SoC and lower bound are these, one sampling after the other [%]."""
    plant: Any = SimpleNamespace(equipment=SimpleNamespace(batteries={"battery": None}))
    windows = Windows(plant)
    return [
        words
        for soc_pct, lower_pct in readings
        for _, words, _ in windows.look(
            0,
            lambda _key, soc_pct=soc_pct, lower_pct=lower_pct: Reading(  # type: ignore[misc]
                {Metric.BATTERY_SOC_PCT: soc_pct},
                {Metric.BATTERY_SOC_PCT: (Bounds(lower_pct, 90.0),)},
                (),
                (),
                (),
            ),
        )
    ]


def test_a_battery_that_begins_outside_of_its_window_may_come_back_but_go_no_farther() -> None:
    assert windowed([(5.0, 10.0), (7.0, 10.0), (5.0, 10.0), (12.0, 10.0)]) == []
    (said_of_it,) = windowed([(5.0, 10.0), (4.9, 10.0)])
    assert said_of_it == "soc = 4.9 %, of a window of 10 % to 90 %"


def test_a_battery_that_begins_inside_of_its_window_may_go_to_its_edge() -> None:
    assert windowed([(50.0, 10.0), (10.0, 10.0)]) == []
    assert len(windowed([(50.0, 10.0), (9.9, 10.0)])) == 1


def obeyed(site: Site, powers_w: list[float], shown: Bounds = UP_TO_1_KW) -> list[str]:
    """Return what is said of an inverter that shows these bounds at samplings that are a second apart."""
    obedience = Obedience(Simulation.headless(site, start_us=0, seed=0).plant)
    metric = Metric.AC_POWER_ACTIVE

    def read(key: str, power_w: float) -> Reading:
        is_it = key == "inv"
        values = dict.fromkeys(Metric, 0.0) | {metric: power_w if is_it else 0.0}
        return Reading(values, dict.fromkeys(Metric, (shown,)), (), (), ())

    return [
        words
        for second, power_w in enumerate(powers_w)
        for _, words, _ in obedience.look(second * 1_000_000, partial(read, power_w=power_w))
    ]


def test_a_power_that_comes_nearer_to_its_bounds_is_on_its_way(site: Site) -> None:
    assert obeyed(site, [9e3, 8e3, 7e3, 6e3, 5e3, 4e3, 3e3, 2e3, 1e3]) == []


@pytest.mark.parametrize("then_w", [9e3, 9.5e3])
def test_a_power_that_comes_no_nearer_to_its_bounds_is_found(site: Site, then_w: float) -> None:
    assert obeyed(site, [9e3, *[then_w] * 8])


def test_a_power_on_its_way_up_from_0_into_its_bounds_is_no_breach(site: Site) -> None:
    assert obeyed(site, [0.0, 1e3, 2e3, 3e3, 4e3, 5e3], Bounds(5e3, 9e3)) == []


def test_nor_is_one_on_its_way_down_to_0(site: Site) -> None:
    assert obeyed(site, [4e3, 3e3, 2e3, 1e3, 0.0], Bounds(5e3, 9e3)) == []


@pytest.mark.parametrize("shown", [Bounds(5e3, 9e3), Bounds(-9e3, -5e3)])
def test_one_that_stays_between_0_and_its_bounds_is_found(site: Site, shown: Bounds) -> None:
    assert obeyed(site, [2e3, 2e3, 2e3], shown)


def test_one_that_goes_away_from_0_and_from_its_bounds_is_found(site: Site) -> None:
    assert obeyed(site, [1e3, 2e3, 3e3], Bounds(-9e3, -5e3))


def test_a_device_that_takes_no_notice_of_its_bounds_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "aim_w", lambda memory, number: memory.controls[number].target_w)
    monkeypatch.setattr(dc_bus, "cut_w", lambda _memory, _number, power_w: power_w)
    monkeypatch.setattr(dc_bus, "held_w", lambda _memory, _number, setting_w: setting_w)
    narrow = AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-1e3, 1e3),), 60)
    found = watched(site, [(5.0, PUSH), (9.0, narrow)])
    assert broken(found) == ["bounds"]
    assert "AC_POWER_ACTIVE = -3000 W, while it shows -1000 to 1000" in said(found, "bounds")


def at_night() -> Site:
    """Return a site whose hybrid inverter has nothing but a battery with a least power."""
    inverter = {
        "id": INVERTER, "category": "hybrid_inverter", "behind": "main", "rated_power": "10 kW", "peak_power": "10 kW",
        "irradiance": "0 W/m²",
    }  # fmt: skip
    cells = {"id": 4, "category": "battery", "behind": "inv", "preset": "lfp-10kwh", "min_power": "1 kW"}
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"}
    main = {"id": 2, "category": "meter", "behind": "grid", "load": "3 kW"}
    components = {"grid": grid, "main": main, "inv": inverter, "bat": cells}
    return Site.model_validate({"microgrid": {"id": 1}, "components": components})


class TestLifetimes:
    """Set-points are in force until they lapse, and no longer."""

    def test_one_that_outlives_its_time_is_found(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SetPoints, "_lapse", lambda *_: None)
        assert broken(watched(site, [(5.0, PUSH)])) == ["lifetimes"]

    @pytest.mark.parametrize("power_type", list(PowerType))
    def test_one_that_ends_too_soon_is_found(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, power_type: PowerType
    ) -> None:
        take = SetPointsUnderWay._take

        def forget(self: SetPointsUnderWay, key: str, arrived: Any) -> None:
            take(self, key, arrived)
            control = self._memory.controls[0]
            control.target_w = control.reactive_target_var = 0.0

        monkeypatch.setattr(SetPointsUnderWay, "_take", forget)
        assert broken(watched(site, [(5.0, SetPower(INVERTER, power_type, 2e3))])) == ["lifetimes"]

    def test_the_least_power_that_a_hybrid_inverter_shows_at_night_is_what_it_was_told(self) -> None:
        site = at_night()
        least_w = (
            Simulation.headless(site, start_us=0, seed=0).plant.capability.rating_now("inv").least_w(-1.0)
        )
        # Clients hold the bounds that they are shown in 32 bits.
        sent_w = np.nextafter(np.float32(-least_w), np.float32(0.0))
        assert broken(watched(site, [(5.0, SetPower(INVERTER, PowerType.ACTIVE, float(sent_w)))])) == []

    def test_another_power_than_it_was_told_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        take = SetPointsUnderWay._take

        def miss(self: SetPointsUnderWay, key: str, arrived: Any) -> None:
            take(self, key, arrived)
            self._memory.controls[0].target_w *= 1.0 + 1e-5

        monkeypatch.setattr(SetPointsUnderWay, "_take", miss)
        assert broken(watched(at_night(), [(5.0, PUSH)])) == ["lifetimes"]

    def test_one_that_is_told_another_end_is_found(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        accept = SetPoints._accept

        def longer(self: SetPoints, key: str, power_type: PowerType, power: float, due_us: int) -> Any:
            return accept(self, key, power_type, power, due_us + 20_000_000)

        monkeypatch.setattr(SetPoints, "_accept", longer)
        assert broken(watched(site, [(5.0, SetPower(INVERTER, PowerType.ACTIVE, -3e3, 30))])) == ["lifetimes"]

    def test_one_that_a_broken_device_loses_is_not_its_matter(self, site: Site) -> None:
        deaf = StrikeFault(Fault("inv", FaultKind.LOST_COMMANDS), None)
        assert broken(watched(site, [(5.0, deaf), (6.0, PUSH)])) == []

    @pytest.mark.parametrize("kind", [FaultKind.HANGING, FaultKind.HALF_OPEN, FaultKind.REFUSED])
    def test_one_that_the_line_keeps_away_is_not_its_matter(self, site: Site, kind: FaultKind) -> None:
        away = StrikeFault(Fault("inv", kind), None)
        assert broken(watched(site, [(5.0, away), (6.0, PUSH)])) == []

    @pytest.mark.parametrize("struck_s", [2.0, 10.0])
    @pytest.mark.parametrize("kind", [FaultKind.FROZEN, FaultKind.SILENT, FaultKind.ANSWER_LOST])
    def test_one_that_outlives_its_time_is_found_behind_a_broken_meter_or_line(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, kind: FaultKind, struck_s: float
    ) -> None:
        monkeypatch.setattr(SetPoints, "_lapse", lambda *_: None)
        blind = StrikeFault(Fault("inv", kind), None)
        commands: Steps = sorted([(struck_s, blind), (5.0, PUSH)], key=lambda each: each[0])
        assert broken(watched(site, commands)) == ["lifetimes"]

    @pytest.mark.parametrize("kind", [FaultKind.HALF_OPEN, FaultKind.HANGING])
    def test_one_that_came_before_the_line_broke_is_its_matter(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, kind: FaultKind
    ) -> None:
        monkeypatch.setattr(SetPoints, "_lapse", lambda *_: None)
        away = StrikeFault(Fault("inv", kind), None)
        assert broken(watched(site, [(5.0, PUSH), (6.0, away), (7.0, PUSH)])) == ["lifetimes"]

    @pytest.mark.parametrize(
        "refused",
        [
            SetPower(INVERTER, PowerType.ACTIVE, -99e3),
            AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-1e3, 1e3),), 1),
        ],
    )
    def test_one_that_outlives_its_time_is_found_after_another_was_refused(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, refused: Command
    ) -> None:
        monkeypatch.setattr(SetPoints, "_lapse", lambda *_: None)
        assert broken(watched(site, [(5.0, PUSH), (10.0, refused)])) == ["lifetimes"]

    def test_one_that_a_trip_ends_is_not_its_matter(self, site: Site) -> None:
        trip = StrikeFault(Fault("inv", FaultKind.TRIP), None)
        assert broken(watched(site, [(5.0, PUSH), (10.0, trip)])) == []


def test_a_register_that_begins_anew_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Instruments.read

    def anew(self: Instruments, key: str) -> Reading:
        reading = read(self, key)
        if self._plant.time_us > 50_000_000:
            reading.values[Metric.AC_ENERGY_ACTIVE_CONSUMED] = 0.0
        return reading

    monkeypatch.setattr(Instruments, "read", anew)
    assert broken(watched(site, [])) == ["registers"]


def test_what_led_to_a_breach_is_told_back_to_its_cause(site: Site) -> None:
    found = watched(site, [(2.0, OverrideInput("main", "load", 5e3)), (5.0, TestRatings.LOAD)])
    first, *_ = outcome_of(found, "ratings").chain
    assert first == "at 1970-01-01T01:00:05+01:00: main: driven (load 71000, over 0 s)"
