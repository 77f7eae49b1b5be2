"""Meters with options of their own, in a running site: class, wiring, windows, resolution, registers."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.components.metering import ERROR_LIMITS
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.kernel.metering import shown_by
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

SECOND = 1_000_000
START = 1_780_264_800 * SECOND
"""A full quarter of an hour."""
GRID, MAIN, LOAD = 1, 2, 31
ACTIVE, REACTIVE = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE
PHASES = (Metric.AC_POWER_ACTIVE_PHASE_1, Metric.AC_POWER_ACTIVE_PHASE_2, Metric.AC_POWER_ACTIVE_PHASE_3)
CONSUMED, DELIVERED = Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED


class Metered:
    """A site of a grid, a main meter with options, and a load of three meters' worth of phases."""

    def __init__(
        self, measurement: dict[str, Any] | None = None, *, seed: int = 5, **components: Any
    ) -> None:
        main = {"id": MAIN, "category": "meter", "behind": "grid"}
        if measurement is not None:
            main["measurement"] = measurement
        named = {
            "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
            "main": main,
            "house": {"id": LOAD, "category": "meter", "behind": "main", "load": "3 kW"},
            **components,
        }
        given = Site.model_validate({"microgrid": {"id": 7}, "components": named})
        self.simulation = Simulation.headless(given.with_telemetry_interval(1.0), start_us=START, seed=seed)

    def pass_time(self, seconds: float) -> None:
        self.simulation.run_for(timedelta(seconds=seconds))

    def drive(self, power_w: float) -> None:
        self.simulation.drive("house", "load", power_w)

    def value(self, metric: Metric = ACTIVE, component: int = MAIN) -> float:
        return self.simulation.gateway.frame(component).values[metric]

    def phases(self) -> list[float]:
        return [self.value(metric) for metric in PHASES]


def one_phase(number: int, phase: int, power: str) -> dict[str, Any]:
    return {"id": number, "category": "meter", "behind": "main", "load": power, "phases": [phase]}


def test_without_options_a_meter_shows_what_is_but_for_registers_that_it_has_not() -> None:
    usual, plain = Metered(), Metered({})
    for site in (usual, plain):
        site.pass_time(600)
    assert plain.value() == usual.value() == 3000.0
    frames = [site.simulation.gateway.frame(MAIN).values for site in (usual, plain)]
    assert {metric: frames[0][metric] for metric in frames[1]} == pytest.approx(frames[1], rel=1e-12)
    assert all("ENERGY" in metric for metric in frames[0].keys() - frames[1].keys())


def test_what_flows_is_the_same_whatever_a_meter_shows() -> None:
    site = Metered({"wiring": {"currents": ["-L1", "L2", "L3"]}, "accuracy_class": 2})
    site.pass_time(60)
    assert site.simulation.plant.readings.flows().ac["main"].active_w == 3000.0
    assert site.value(component=GRID) == 3000.0


class TestWiring:
    def test_a_transformer_that_is_turned_round_turns_its_phase(self) -> None:
        site = Metered({"wiring": {"currents": ["L1", "-L2", "L3"]}})
        assert site.phases() == pytest.approx([1000.0, -1000.0, 1000.0])
        assert site.value() == pytest.approx(1000.0)

    def test_transformers_one_phase_further_show_minus_half(self) -> None:
        site = Metered({"wiring": {"currents": ["L2", "L3", "L1"]}})
        assert site.value() == pytest.approx(-1500.0)

    def test_two_that_are_swapped_show_nothing_of_a_balanced_load(self) -> None:
        site = Metered({"wiring": {"currents": ["L2", "L1", "L3"]}})
        assert site.value() == pytest.approx(0.0, abs=1e-9)

    def test_a_missing_one_shows_two_thirds(self) -> None:
        site = Metered({"wiring": {"currents": ["L1", "none", "L3"]}})
        assert site.value() == pytest.approx(2000.0)
        assert site.value(Metric.AC_CURRENT_PHASE_2) == 0.0

    def test_a_missing_voltage_terminal_shows_no_voltage_there(self) -> None:
        site = Metered({"wiring": {"voltages": ["L1", "L2", "none"]}})
        assert site.value(Metric.AC_VOLTAGE_PHASE_3_N) == 0.0
        assert site.value() == pytest.approx(2000.0)

    def test_a_wrong_ratio_scales_all(self) -> None:
        site = Metered({"wiring": {"ratio_factor": 2}})
        assert site.value() == pytest.approx(6000.0)

    def test_registers_go_wrong_as_well(self) -> None:
        site = Metered({"wiring": {"currents": ["L2", "L3", "L1"]}})
        site.pass_time(3600)
        assert site.value(CONSUMED) == 0.0
        assert site.value(DELIVERED) == pytest.approx(1500.0)


class TestAccuracyClass:
    @pytest.mark.parametrize("name", ["0.2S", "1", "B"])
    def test_errors_stay_with_a_meter_and_within_its_class(self, name: str) -> None:
        shown = []
        for seed in range(20):
            site = Metered({"accuracy_class": name}, seed=seed)
            first = site.value()
            site.pass_time(60)
            assert site.value() == first
            shown.append(first / 3000.0 - 1.0)
        limit = ERROR_LIMITS[name].unity  # type: ignore[index]
        assert all(abs(error) <= limit for error in shown)
        assert max(shown) - min(shown) > 0.2 * limit

    def test_noise_is_new_at_every_sampling_and_not_in_the_registers(self) -> None:
        site = Metered({"noise": "1 %"})
        shown = []
        for _ in range(50):
            site.pass_time(1.0)
            shown.append(site.value())
        assert len(set(shown)) == 50
        assert math.fsum(shown) / 50 == pytest.approx(3000.0, rel=0.005)
        assert site.value(CONSUMED) == pytest.approx(3000.0 * 50.0 / 3600.0)


class TestWindows:
    def test_a_reading_is_the_mean_of_the_last_whole_window(self) -> None:
        site = Metered({"window": "15 min"})
        site.pass_time(300)
        site.drive(9000.0)
        site.pass_time(300)
        assert site.value() == pytest.approx(3000.0)
        site.pass_time(300)
        assert site.value() == pytest.approx((3000.0 + 2 * 9000.0) / 3.0)
        site.pass_time(900)
        assert site.value() == pytest.approx(9000.0)

    def test_windows_are_counted_from_the_epoch(self) -> None:
        site = Metered({"window": "7 min"})
        into_s = START // SECOND % 420
        site.drive(6000.0)
        site.pass_time(420 - into_s - 0.2)
        assert site.value() == pytest.approx(3000.0)
        site.pass_time(0.2)
        assert site.value() == pytest.approx((into_s * 3000.0 + (420 - into_s) * 6000.0) / 420)

    def test_looking_changes_nothing(self) -> None:
        watched, alone = Metered({"window": "10 s"}), Metered({"window": "10 s"})
        for site in (watched, alone):
            site.pass_time(3.3)
            site.drive(7000.0)
        for _ in range(50):
            watched.pass_time(0.5)
            watched.value()
        alone.pass_time(25.0)
        assert watched.value() == pytest.approx(alone.value(), rel=1e-12)
        assert watched.value(CONSUMED) == pytest.approx(alone.value(CONSUMED), rel=1e-12)

    def test_a_snapshot_keeps_what_was_measured(self) -> None:
        site = Metered({"window": "1 min"})
        site.drive(8000.0)
        site.pass_time(40)
        fork = site.simulation.fork()
        site.pass_time(30)
        fork.run_for(timedelta(seconds=30))
        assert fork.gateway.frame(MAIN).values == site.simulation.gateway.frame(MAIN).values


class TestResolution:
    def test_powers_voltages_and_currents_come_in_steps(self) -> None:
        steps = {"power_resolution": "10 W", "voltage_resolution": "0.1 V", "current_resolution": "0.5 A"}
        site = Metered(steps)
        site.drive(3333.0)
        assert site.phases() == [1110.0] * 3
        assert site.value(Metric.AC_VOLTAGE_PHASE_1_N) == pytest.approx(230.9)
        assert site.value(Metric.AC_CURRENT_PHASE_1) == 5.0

    def test_a_register_shows_whole_steps(self) -> None:
        site = Metered({"register_resolution": "1 kWh"})
        site.pass_time(3600 + 600)
        assert site.value(CONSUMED) == 3000.0
        site.pass_time(601)
        assert site.value(CONSUMED) == 4000.0


class TestRegisters:
    def metered(self, registers: str) -> Metered:
        roof = {
            "id": 41, "category": "pv_inverter", "behind": "main", "rated_power": "6 kW", "power": "5 kW",
            "phases": [2], "response_delay": "0 s", "ramp_rate": "1 MW/s",
        }  # fmt: skip
        site = Metered({"registers": registers}, house=one_phase(LOAD, 1, "2 kW"), roof=roof)
        site.pass_time(3600)
        return site

    def test_the_sum_of_phases_counts_once(self) -> None:
        site = self.metered("sum-of-phases")
        assert site.value(CONSUMED) == pytest.approx(0.0, abs=1.0)
        assert site.value(DELIVERED) == pytest.approx(3000.0, rel=1e-3)

    def test_each_phase_counts_both(self) -> None:
        site = self.metered("each-phase")
        assert site.value(CONSUMED) == pytest.approx(2000.0, rel=1e-3)
        assert site.value(DELIVERED) == pytest.approx(5000.0, rel=1e-3)

    def test_one_that_runs_backwards_shows_the_difference(self) -> None:
        site = self.metered("runs-backwards")
        assert site.value(CONSUMED) == pytest.approx(-3000.0, rel=1e-3)
        assert site.value(DELIVERED) == 0.0


def test_a_meter_reads_nothing_in_the_dark_and_its_registers_stay() -> None:
    outage = [{"from": "1800 s", "duration": "1 h"}]
    grid = {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "200 A", "outages": outage}
    site = Metered({"accuracy_class": "1"}, grid=grid)
    site.pass_time(1799)
    before_wh = site.value(CONSUMED)
    site.pass_time(3000)
    assert site.value() == 0.0
    assert site.value(Metric.AC_VOLTAGE_PHASE_1_N) == 0.0
    assert site.value(Metric.AC_FREQUENCY) == 0.0
    assert before_wh < site.value(CONSUMED) < before_wh + 2.0


@pytest.mark.parametrize(("window", "shown_w"), [("0 s", 9000.0), ("15 min", 3000.0)])
def test_what_a_meter_would_show_but_for_noise_is_the_present_or_its_last_window(
    window: str, shown_w: float
) -> None:
    site = Metered({"window": window, "noise": "5 %", "power_resolution": "1 kW"})
    site.drive(9000.0)
    site.simulation.plant.operating_point.solve()
    layout, memory, _ = site.simulation.plant.numbers
    found = shown_by(layout, memory, 0)
    assert (found.p1_w, found.p2_w, found.p3_w) == pytest.approx((shown_w / 3.0,) * 3)
