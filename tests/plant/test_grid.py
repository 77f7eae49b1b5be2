"""The grid connection point: frequency, voltages, outages and fuses as a running site sees them."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from support.rarely_sampled import rarely_sampled

from doppelgrid.models.fuse import fuse_initial_state, fuse_time_to_melt_s
from doppelgrid.models.grid_voltage import GridImpedanceParams, terminal_voltage
from doppelgrid.sim.components.grid_fuse import fuse_for
from doppelgrid.sim.domain.messages import WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.inputs.grid.frequency import frequency_process
from doppelgrid.sim.inputs.grid.presets import area_preset
from doppelgrid.sim.inputs.override import Override
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

SECOND = 1_000_000
START = 1_780_264_800 * SECOND
GRID, MAIN, INVERTER, BATTERY, LOAD = 1, 2, 11, 12, 31
PHASES_N = (Metric.AC_VOLTAGE_PHASE_1_N, Metric.AC_VOLTAGE_PHASE_2_N, Metric.AC_VOLTAGE_PHASE_3_N)
LINES = (
    Metric.AC_VOLTAGE_PHASE_1_PHASE_2, Metric.AC_VOLTAGE_PHASE_2_PHASE_3, Metric.AC_VOLTAGE_PHASE_3_PHASE_1,
)  # fmt: skip


def site(load: object = "10 kW", *, more: dict[str, Any] | None = None, **grid: Any) -> Site:
    """Return a site with a battery and a load, and a grid as given."""
    components = {
        "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "20 A", **grid},
        "main": {"id": MAIN, "category": "meter", "behind": "grid"},
        "inv": {
            "id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "10 kW",
            "response_delay": "0 s", "ramp_rate": "1 kW/s", "standby_power": "0 W",
        },
        "bat": {"id": BATTERY, "category": "battery", "behind": "inv", "preset": "lfp-10kwh"},
        "house": {"id": LOAD, "category": "meter", "behind": "main", "load": load, **(more or {})},
    }  # fmt: skip
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


class Running:
    """A running site, looked at through its gateway."""

    def __init__(self, given: Site) -> None:
        self.simulation = Simulation.headless(rarely_sampled(given), start_us=START, seed=3)
        self.gateway = self.simulation.gateway

    def pass_time(self, seconds: float) -> None:
        self.simulation.run_for(timedelta(seconds=seconds))

    def value(self, component: int, metric: Metric = Metric.AC_POWER_ACTIVE) -> float:
        return self.gateway.frame(component).values[metric]

    def values(self, component: int, metrics: tuple[Metric, ...]) -> list[float]:
        return [self.value(component, metric) for metric in metrics]

    def codes(self, component: int) -> tuple[list[str], list[str]]:
        """Return the codes of warnings and errors."""
        frame = self.gateway.frame(component)
        return [each.code for each in frame.warnings], [each.code for each in frame.errors]


class TestFrequency:
    def test_a_plain_quantity_is_constant(self) -> None:
        running = Running(site(frequency="60 Hz"))
        running.pass_time(3600)
        assert running.value(MAIN, Metric.AC_FREQUENCY) == 60.0

    def test_a_synchronous_area_moves_it(self) -> None:
        running = Running(site(frequency={"profile": "continental-europe"}))
        seen = []
        for _ in range(20):
            running.pass_time(1.0)
            seen.append(running.value(MAIN, Metric.AC_FREQUENCY))
        process = frequency_process(area_preset("continental-europe"), interval_s=1.0, key="3/grid/frequency")
        assert seen == [process.at(START + second * SECOND) for second in range(1, 21)]
        assert len(set(seen)) == 20

    def test_points_of_the_file_hold_until_the_next(self) -> None:
        points = [{"at": "0 s", "value": "50 Hz"}, {"at": "90 s", "value": "49.7 Hz"}]
        running = Running(site(frequency={"profile": "inline", "points": points}))
        assert running.value(GRID, Metric.AC_FREQUENCY) == 50.0
        running.pass_time(90)
        assert running.value(GRID, Metric.AC_FREQUENCY) == 49.7


class TestVoltage:
    def test_nominal_voltages_are_exact(self) -> None:
        running = Running(site())
        assert running.values(MAIN, PHASES_N) == [400.0 / math.sqrt(3.0)] * 3
        assert running.values(MAIN, LINES) == [400.0] * 3

    def test_each_phase_has_its_own(self) -> None:
        running = Running(site(voltages={"phases": ["231 V", "225 V", "236 V"]}))
        assert running.values(MAIN, PHASES_N) == pytest.approx([231.0, 225.0, 236.0])
        one, other = 231.0, 225.0
        expected = math.sqrt(one**2 + other**2 + one * other)
        assert running.value(MAIN, LINES[0]) == pytest.approx(expected)

    def test_driving_the_line_voltage_moves_all_phases_in_proportion(self) -> None:
        running = Running(site(voltages={"phases": ["231 V", "225 V", "236 V"]}))
        running.simulation.drive("grid", "voltage", 360.0)
        assert running.values(MAIN, PHASES_N) == pytest.approx([0.9 * 231.0, 0.9 * 225.0, 0.9 * 236.0])

    def test_a_phase_can_be_driven_by_itself(self) -> None:
        running = Running(site())
        running.simulation.drive("grid", "voltage_2", 207.0)
        assert running.values(MAIN, PHASES_N) == pytest.approx([230.94, 207.0, 230.94], abs=0.01)

    def test_fluctuation_unbalances_them(self) -> None:
        running = Running(site(voltages={"fluctuation": "2 %", "unbalance": "1 %"}))
        running.pass_time(600)
        seen = running.values(MAIN, PHASES_N)
        assert len(set(seen)) == 3
        assert all(207.0 < voltage_v < 254.1 for voltage_v in seen)

    def test_the_impedance_of_the_grid_lets_it_sag_under_load(self) -> None:
        running = Running(site(voltages={"resistance": "300 mΩ", "reactance": "100 mΩ"}, load="9 kW"))
        expected = terminal_voltage(GridImpedanceParams(0.3, 0.1), 400.0 / math.sqrt(3.0), 3000.0, 0.0)
        assert running.values(MAIN, PHASES_N) == pytest.approx([expected.voltage_v] * 3)
        assert expected.voltage_v < 228.0
        assert running.value(MAIN, LINES[0]) == pytest.approx(expected.voltage_v * math.sqrt(3.0))


class TestAVoltageByWhichNothingCanRun:
    """It is an outage, whoever makes it and if only of one phase."""

    @pytest.mark.parametrize(
        ("quantity", "value"), [("voltage", 0.0), ("voltage", 39.9), ("voltage_2", 0.0), ("voltage_3", 22.0)]
    )
    def test_nothing_flows_until_it_is_back(self, quantity: str, value: float) -> None:
        running = Running(site())
        running.simulation.drive("grid", quantity, value)
        running.pass_time(1)
        assert running.value(LOAD) == 0.0
        assert running.values(MAIN, PHASES_N) == [0.0] * 3
        running.simulation.release("grid", quantity)
        running.pass_time(1)
        assert running.value(LOAD) == 10_000.0

    def test_it_begins_on_the_way_there(self) -> None:
        running = Running(site())
        running.simulation.drive("grid", "voltage", 0.0, over_s=10.0)
        running.pass_time(8)
        assert running.value(LOAD) == 10_000.0
        running.pass_time(1.5)
        assert running.value(LOAD) == 0.0

    def test_points_of_a_site_file_tell_it_too(self) -> None:
        times = {"0 s": "230 V", "60 s": "0 V", "120 s": "230 V"}
        points = {"profile": "inline", "points": [{"at": at, "value": value} for at, value in times.items()]}
        running = Running(site(voltages={"phases": ["230 V", points, "230 V"]}))
        seen = []
        for _ in range(3):
            running.pass_time(30)
            seen.append(running.value(LOAD))
            running.pass_time(30)
        assert seen == [10_000.0, 0.0, 10_000.0]

    def test_a_site_file_that_has_nothing_else_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"phases of at least 23.09 V, 10 % of the nominal voltage"):
            site(voltages={"phases": ["230 V", "0 V", "230 V"]})

    def test_a_voltage_just_above_lets_devices_run(self) -> None:
        running = Running(site())
        running.simulation.drive("grid", "voltage", 40.1)
        assert running.value(LOAD) == 10_000.0


class TestLoadsAndVoltage:
    def test_a_load_draws_what_it_is_said_to_whatever_the_voltage(self) -> None:
        running = Running(site())
        running.simulation.drive("grid", "voltage", 360.0)
        assert running.value(LOAD) == 10_000.0

    def test_a_constant_impedance_goes_with_the_square_of_the_voltage(self) -> None:
        running = Running(site(more={"zip": "constant-impedance"}))
        assert running.value(LOAD) == pytest.approx(10_000.0, rel=1e-12)
        running.simulation.drive("grid", "voltage", 360.0)
        assert running.value(LOAD) == pytest.approx(8_100.0)

    def test_a_mix_of_ones_own(self) -> None:
        running = Running(site(more={"zip": {"z": 0.5, "i": 0.3, "p": 0.2}, "power_factor": 0.8}))
        running.simulation.drive("grid", "voltage", 360.0)
        share = 0.5 * 0.81 + 0.3 * 0.9 + 0.2
        assert running.value(LOAD) == pytest.approx(10_000.0 * share)
        assert running.value(LOAD, Metric.AC_POWER_REACTIVE) == pytest.approx(7_500.0 * share)


class TestOutage:
    OUTAGE = ({"from": "60 s", "duration": "2 min"},)

    def test_everything_on_the_ac_side_is_dark(self) -> None:
        running = Running(site(outages=self.OUTAGE))
        running.pass_time(90)
        for component in (GRID, MAIN, INVERTER, LOAD):
            assert running.value(component) == 0.0
            assert running.values(component, (*PHASES_N, *LINES, Metric.AC_FREQUENCY)) == [0.0] * 7
            assert running.gateway.frame(component).states[0] is StateCode.OFF
            assert running.codes(component) == (["GRID_DISCONNECTED"], [])

    def test_no_energy_flows_meanwhile(self) -> None:
        running = Running(site(outages=self.OUTAGE))
        running.pass_time(600)
        expected_wh = 10_000.0 * (600 - 120) / 3600.0
        assert running.value(MAIN, Metric.AC_ENERGY_ACTIVE_CONSUMED) == pytest.approx(expected_wh, rel=1e-9)

    def test_set_points_are_refused(self) -> None:
        running = Running(site(outages=self.OUTAGE))
        running.pass_time(60)
        with pytest.raises(WrongStateError, match="cut off from the grid"):
            running.gateway.set_power(INVERTER, PowerType.ACTIVE, 1000.0, 60)

    def test_ramps_begin_at_no_power_when_it_returns(self) -> None:
        running = Running(site(outages=self.OUTAGE))
        running.gateway.set_power(INVERTER, PowerType.ACTIVE, 5000.0, 600)
        running.pass_time(30)
        assert running.value(INVERTER) == pytest.approx(5000.0)
        running.pass_time(152)
        assert running.value(INVERTER) == pytest.approx(2000.0, abs=110.0)
        running.pass_time(8)
        assert running.value(INVERTER) == pytest.approx(5000.0)

    def test_it_can_be_made_by_hand(self) -> None:
        running = Running(site())
        running.simulation.drive("grid", "presence", 0.0)
        assert running.value(MAIN) == 0.0
        running.simulation.release("grid", "presence")
        assert running.value(MAIN) == 10_000.0

    def test_a_snapshot_taken_in_the_dark_stays_dark(self) -> None:
        running = Running(site(outages=self.OUTAGE))
        running.pass_time(100)
        fork = running.simulation.fork()
        assert fork.gateway.frame(MAIN).values[Metric.AC_POWER_ACTIVE] == 0.0
        fork.run_for(timedelta(seconds=100))
        assert fork.gateway.frame(MAIN).values[Metric.AC_POWER_ACTIVE] == 10_000.0

    def test_seeded_outages_come_as_often_as_their_statistics_say(self) -> None:
        given = site(outages={"preset": "weak-grid", "per_year": 2000})
        plant = Plant(given, start_us=START, seed=1, resolution_us=900 * SECOND)
        plant.advance(START + 20 * 86400 * SECOND)
        full_wh = 10_000.0 * 24 * 20
        dark = 1.0 - plant.readings.registers("main").consumed_wh / full_wh
        expected = (
            2000
            / (365 * 86400)
            * (0.675 * 114 * math.exp(0.765**2 / 2) + 0.325 * 5585 * math.exp(1.07**2 / 2))
        )
        assert dark == pytest.approx(expected, rel=0.4)


class TestFuse:
    OVERLOAD_W = 3 * 60.0 * 400.0 / math.sqrt(3.0)
    """60 A on each phase."""

    def test_nothing_melts_without_one(self) -> None:
        running = Running(site(load="100 kW"))
        running.pass_time(600)
        assert running.value(MAIN) == pytest.approx(100e3)

    def test_it_melts_when_its_model_says_so(self) -> None:
        link = fuse_for(20.0)
        expected_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 60.0)
        plant = Plant(site(f"{self.OVERLOAD_W!r} W", fuse={}), start_us=START, seed=0)
        plant.advance(START + round((expected_s - 0.01) * 1e6))
        assert plant.readings.flows().ac["main"].active_w == pytest.approx(self.OVERLOAD_W)
        plant.advance(START + round((expected_s + 0.01) * 1e6))
        assert plant.readings.flows().ac["main"].active_w == 0.0
        energy_wh = self.OVERLOAD_W * expected_s / 3600.0
        assert plant.readings.registers("grid").consumed_wh == pytest.approx(energy_wh, rel=1e-4)

    def test_it_carries_its_rated_current_for_good(self) -> None:
        plant = Plant(site(f"{self.OVERLOAD_W / 3.0!r} W", fuse={}), start_us=START, seed=0)
        plant.advance(START + 24 * 3600 * SECOND)
        assert plant.readings.flows().ac["main"].active_w == pytest.approx(self.OVERLOAD_W / 3.0)

    def test_the_grid_connection_point_says_what_melted(self) -> None:
        running = Running(site("20 kW", fuse={"preset": "gg-20"}, more={"phases": [2]}))
        running.pass_time(600)
        frame = running.gateway.frame(GRID)
        assert frame.states == (StateCode.ERROR,)
        assert [error.code for error in frame.errors] == ["FUSE_ERROR"]
        assert frame.errors[0].message == "the fuse of L2 at grid has melted"
        assert running.codes(MAIN) == (["GRID_DISCONNECTED"], [])
        assert running.value(MAIN, PHASES_N[0]) == 0.0

    def test_acknowledging_its_error_replaces_it(self) -> None:
        running = Running(site(f"{self.OVERLOAD_W!r} W", fuse={}))
        running.pass_time(600)
        running.simulation.drive("house", "load", 5000.0)
        assert running.value(MAIN) == 0.0
        running.gateway.acknowledge(GRID)
        assert running.value(MAIN) == 5000.0
        assert running.codes(GRID) == ([], [])
        running.pass_time(600)
        assert running.value(MAIN) == 5000.0

    def test_a_new_one_lasts_as_long_as_the_first(self) -> None:
        link = fuse_for(20.0)
        melts_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 60.0)
        plant = Plant(site(f"{self.OVERLOAD_W!r} W", fuse={}), start_us=START, seed=0)
        replaced_us = START + round((melts_s + 1.0) * 1e6)
        plant.advance(replaced_us)
        assert plant.protection.error("grid") is not None
        plant.protection.replace_fuses()
        plant.advance(replaced_us + round((melts_s - 0.01) * 1e6))
        assert plant.protection.error("grid") is None
        plant.advance(replaced_us + round((melts_s + 0.01) * 1e6))
        assert plant.protection.error("grid") is not None

    def test_a_snapshot_keeps_its_heat(self) -> None:
        given = site(f"{self.OVERLOAD_W!r} W", fuse={})
        whole, first = (Simulation.headless(given, start_us=START) for _ in range(2))
        link = fuse_for(20.0)
        melts_s = fuse_time_to_melt_s(link, fuse_initial_state(link), 60.0)
        whole.run_for(timedelta(seconds=melts_s / 2 + 1.0))
        first.run_for(timedelta(seconds=melts_s / 2))
        second = first.fork()
        second.run_for(timedelta(seconds=1.0))
        kept, expected = (each.plant.save().numbers for each in (second, whole))
        for part in ("notch", "strip", "body"):
            assert kept[f"fuses.{part}_heat"] == pytest.approx(expected[f"fuses.{part}_heat"])
        assert expected["fuses.notch_heat"][0] > 0.0  # type: ignore[index,operator]

    def test_low_voltage_melts_it_sooner(self) -> None:
        given = site(f"{self.OVERLOAD_W / 2.2!r} W", fuse={})
        usual, low = (Plant(given, start_us=START, seed=0) for _ in range(2))
        low.override("grid", "voltage", Override(START, 200.0, START, 200.0))
        for plant in (usual, low):
            plant.advance(START + 600 * SECOND)
        assert usual.protection.error("grid") is None
        assert low.protection.error("grid") is not None


def test_what_is_measured_is_what_the_plant_says() -> None:
    plant = Plant(site(), start_us=START, seed=0)
    values = Instruments(plant).read("main").values
    assert values[PHASES_N[0]] == plant.readings.phase_voltages("main").l1
    assert values[LINES[2]] == plant.readings.voltages("grid").lines_v.l3
