"""A recorded stretch of time comes back, and some of it can be lived anew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from recording.support import (
    BATTERY,
    FORMS,
    GRID,
    INVERTER,
    MACHINES,
    MAIN,
    NOON,
    OFFICE,
    PV,
    SECOND,
    demo_site,
    eventful_run,
)

import doppelgrid
from doppelgrid.sim.components.metering import MeterOptions
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame, UnsupportedError, WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.recording import Recorder, Recording, RecordingError, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.simulation.simulation import Simulation

ACTIVE = Metric.AC_POWER_ACTIVE


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, list[Frame]]:
    """An eventful run: its recording and its frames."""
    path = tmp_path_factory.mktemp("original") / "day.parquet"
    frames = eventful_run(path)
    return read_recording(path), frames


@pytest.fixture
def recording(original: tuple[Recording, list[Frame]]) -> Recording:
    return original[0]


def headless(replay: Replay) -> Simulation:
    return Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)


def frames_of(simulation: Simulation, until_us: int) -> list[Frame]:
    frames: list[Frame] = []

    def listen(_time_us: int, seen: Sequence[Frame]) -> None:
        frames.extend(seen)

    stop = simulation.gateway.listen_to_frames(listen)
    simulation.run_to(until_us)
    stop()
    return frames


def active_w(simulation: Simulation, component_id: int) -> float:
    return simulation.gateway.frame(component_id).values[ACTIVE]


def recorded_w(recording: Recording, component_id: int, time_us: int) -> float:
    wide = recording.wide()
    value = wide.loc[pd.Timestamp(time_us, unit="us", tz="UTC"), f"{component_id}.AC_POWER_ACTIVE"]
    return float(value)


class TestReplayed:
    def test_every_frame_comes_back_at_its_time(self, original: tuple[Recording, list[Frame]]) -> None:
        recording, frames = original
        replay = Replay(recording)
        again = frames_of(headless(replay), replay.end_us + SECOND)
        # NaN does not equal itself, so frames are compared as text.
        assert [str(frame) for frame in again] == [str(frame) for frame in frames]

    @pytest.mark.lengthy
    @pytest.mark.parametrize("name", FORMS)
    def test_recorded_again_it_is_the_same_recording(self, name: str, tmp_path: Path) -> None:
        eventful_run(tmp_path / name)
        first = read_recording(tmp_path / name)
        replay = Replay(first, site=demo_site())
        simulation = headless(replay)
        with Recorder(tmp_path / f"again-{name}", replay.site, seed=42, metrics="all") as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_to(replay.end_us)
        second = read_recording(tmp_path / f"again-{name}")
        pd.testing.assert_frame_equal(first.long(), second.long(), check_exact=True)
        pd.testing.assert_frame_equal(first.states(), second.states())
        pd.testing.assert_frame_equal(first.wide(), second.wide(), check_exact=True)

    def test_it_starts_so_that_the_first_sample_comes_after_the_usual_time(
        self, recording: Recording
    ) -> None:
        assert Replay(recording).start_us == NOON
        assert Replay(recording).end_us == NOON + 30 * SECOND

    def test_nothing_is_sampled_after_its_end(self, recording: Recording) -> None:
        replay = Replay(recording)
        simulation = headless(replay)
        simulation.run_to(replay.end_us)
        assert frames_of(simulation, replay.end_us + 60 * SECOND) == []

    def test_between_two_samples_a_component_says_what_it_said_last(self, recording: Recording) -> None:
        simulation = headless(Replay(recording))
        simulation.run_to(NOON + SECOND // 2)
        assert active_w(simulation, MAIN) == recorded_w(recording, MAIN, NOON + 2 * SECOND // 5)

    def test_identity_is_that_of_the_recorded_site(self, recording: Recording) -> None:
        lived = Simulation.headless(demo_site(), start_us=NOON)
        simulation = headless(Replay(recording))
        assert simulation.gateway.components() == lived.gateway.components()
        assert simulation.gateway.connections() == lived.gateway.connections()

    def test_commands_are_refused(self, recording: Recording) -> None:
        simulation = headless(Replay(recording))
        with pytest.raises(
            WrongStateError, match=r"bat-inv takes no commands: it is replayed .* --simulate bat-inv"
        ):
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 0.0, None)
        with pytest.raises(UnsupportedError):
            simulation.gateway.set_power(MAIN, PowerType.ACTIVE, 0.0, None)

    def test_inputs_of_replayed_components_cannot_be_driven(self, recording: Recording) -> None:
        simulation = headless(Replay(recording))
        with pytest.raises(ValueError, match="pv-inv"):
            simulation.drive("pv-inv", "irradiance", 0.0)

    def test_devices_cannot_trip_but_measurements_can_fail(self, recording: Recording) -> None:
        simulation = headless(Replay(recording))
        with pytest.raises(ValueError, match="cannot trip"):
            simulation.fault(Fault("bat-inv", FaultKind.TRIP))
        simulation.fault(Fault("office", FaultKind.NAN))
        frames = frames_of(simulation, NOON + SECOND)
        assert all(math.isnan(frame.values[ACTIVE]) for frame in frames if frame.component_id == OFFICE)

    def test_input_files_of_the_site_are_not_needed(self, recording: Recording, tmp_path: Path) -> None:
        text = (
            "microgrid: {id: 2200}\n"
            "ambient_temperature: {file: load.csv}\n"
            "components:\n"
            "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}\n"
            "  main: {id: 2, category: meter, behind: grid, load: {file: load.csv, unit: W, positive: consumption}}\n"
        )
        (tmp_path / "load.csv").write_text("time,power\n1999-01-01T00:00:00Z,1\n")
        (tmp_path / "site.yaml").write_text(text)
        site = doppelgrid.load_site(tmp_path / "site.yaml")
        simulation = headless(Replay(recording, site=site))
        simulation.run_to(NOON + SECOND)
        assert active_w(simulation, MAIN) == recorded_w(recording, MAIN, NOON + SECOND)

    def test_a_replay_can_be_forked_and_rewound(self, recording: Recording) -> None:
        replay = Replay(recording, simulate=["battery"])
        simulation = headless(replay)
        simulation.run_to(NOON + 3 * SECOND)
        saved = simulation.save()
        fork = simulation.fork()
        # By their text, as what was not recorded is NaN, which is equal to nothing.
        future = repr(frames_of(simulation, NOON + 9 * SECOND))
        assert repr(frames_of(fork, NOON + 9 * SECOND)) == future
        simulation.restore(saved)
        assert repr(frames_of(simulation, NOON + 9 * SECOND)) == future


class TestSimulated:
    def test_what_is_simulated_says_how_it_is_and_the_rest_how_it_was(self, recording: Recording) -> None:
        replay = Replay(recording, simulate=["battery"])
        plant, instruments = replay.build(start_us=NOON, seed=42)
        plant.advance(NOON + 9 * SECOND)
        told = {key: instruments.told(key) for key in ("battery", "pv-inv")}
        # The recorded battery was told to deliver, and an application of this replay tells it nothing.
        assert told["battery"] is not None
        assert told["battery"].states == (StateCode.READY, StateCode.RELAY_CLOSED)
        assert told["pv-inv"] is not None
        assert told["pv-inv"].states == (StateCode.DISCHARGING,)

    def test_a_battery_brings_its_inverters_along(self, recording: Recording) -> None:
        assert Replay(recording, simulate=["battery"]).simulated == {"battery", "bat-inv"}
        assert Replay(recording, simulate=["bat-inv"]).simulated == {"battery", "bat-inv"}

    def test_a_group_on_one_direct_current_bus_stays_together(self, tmp_path: Path) -> None:
        simulation = Simulation.headless(doppelgrid.load_site("commercial"), start_us=NOON)
        with Recorder(tmp_path / "day.parquet", simulation.site) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(timedelta(seconds=1))
        replay = Replay(read_recording(tmp_path / "day.parquet"), simulate=["bat-inv-2a"])
        assert replay.simulated == {"bat-inv-2a", "bat-inv-2b", "battery-2"}

    def test_it_begins_with_the_recorded_state_of_charge(self, recording: Recording) -> None:
        late_us = NOON + 15 * SECOND
        replay = Replay(recording, simulate=["battery"])
        simulation = Simulation.headless(replay.site, start_us=late_us, hardware=replay)
        soc_pct = simulation.gateway.frame(BATTERY).values[Metric.BATTERY_SOC_PCT]
        wide = recording.wide()
        assert soc_pct == pytest.approx(
            wide.loc[pd.Timestamp(late_us, unit="us", tz="UTC"), "12.BATTERY_SOC_PCT"], abs=1e-9
        )

    def test_doing_nothing_else_the_meters_show_what_they_showed(self, recording: Recording) -> None:
        simulation = headless(Replay(recording, simulate=["battery"]))
        simulation.run_to(NOON + 4 * SECOND)
        for number in (GRID, MAIN, INVERTER):
            assert active_w(simulation, number) == pytest.approx(
                recorded_w(recording, number, NOON + 4 * SECOND)
            )

    def test_a_meter_with_errors_of_its_own_shows_what_was_recorded_not_further_errors(
        self, tmp_path: Path
    ) -> None:
        demo = demo_site()
        noisy = demo.components["main"].model_copy(
            update={"measurement": MeterOptions.model_validate({"noise": "5 %"})}
        )
        site = demo.model_copy(update={"components": {**demo.components, "main": noisy}})
        simulation = Simulation.headless(site, start_us=NOON, seed=42)
        with Recorder(tmp_path / "day.parquet", site, seed=42) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(timedelta(seconds=5))
        noisy_recording = read_recording(tmp_path / "day.parquet")
        again = headless(Replay(noisy_recording, site=site, simulate=["battery"]))
        again.run_to(NOON + 4 * SECOND)
        assert active_w(again, MAIN) == pytest.approx(
            recorded_w(noisy_recording, MAIN, NOON + 4 * SECOND), abs=1.0
        )

    def test_meters_above_follow_what_is_done_now(self, recording: Recording) -> None:
        """The recorded battery gave 20 kW at 8 s; now it takes 10 kW."""
        simulation = headless(Replay(recording, simulate=["battery"]))
        simulation.run_to(NOON + SECOND)
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)
        at_us = NOON + 8 * SECOND
        simulation.run_to(at_us)
        change_w = active_w(simulation, INVERTER) - recorded_w(recording, INVERTER, at_us)
        assert change_w == pytest.approx(30_000.0, abs=200.0)
        for number in (GRID, MAIN):
            assert active_w(simulation, number) == pytest.approx(
                recorded_w(recording, number, at_us) + change_w
            )
        for number in (PV, OFFICE, MACHINES):
            assert active_w(simulation, number) == recorded_w(recording, number, at_us)

    def test_what_follows_from_power_follows_too(self, recording: Recording) -> None:
        simulation = headless(Replay(recording, simulate=["battery"]))
        simulation.run_to(NOON + SECOND)
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)
        simulation.run_to(NOON + 8 * SECOND)
        values = simulation.gateway.frame(MAIN).values
        phases = [values[Metric(f"AC_POWER_ACTIVE_PHASE_{phase}")] for phase in (1, 2, 3)]
        assert sum(phases) == pytest.approx(values[ACTIVE])
        assert values[Metric.AC_POWER_APPARENT] == pytest.approx(
            math.hypot(values[ACTIVE], values[Metric.AC_POWER_REACTIVE])
        )
        assert values[Metric.AC_CURRENT_PHASE_1] * values[Metric.AC_VOLTAGE_PHASE_1_N] == pytest.approx(
            values[Metric.AC_POWER_APPARENT_PHASE_1]
        )
        assert math.isnan(values[Metric.AC_ENERGY_ACTIVE])

    def test_photovoltaics_have_the_recorded_sun_on_offer(self, recording: Recording) -> None:
        simulation = headless(Replay(recording, simulate=["pv-inv"]))
        simulation.run_to(NOON + SECOND)
        assert active_w(simulation, PV) == recorded_w(recording, PV, NOON + SECOND)
        simulation.gateway.set_power(PV, PowerType.ACTIVE, -1_000.0, None)
        simulation.run_to(NOON + 5 * SECOND)
        assert active_w(simulation, PV) == pytest.approx(-1_000.0)
        assert active_w(simulation, MAIN) == pytest.approx(
            recorded_w(recording, MAIN, NOON + 5 * SECOND)
            - recorded_w(recording, PV, NOON + 5 * SECOND)
            - 1_000.0
        )

    def test_voltage_and_frequency_are_those_recorded(self, recording: Recording, tmp_path: Path) -> None:
        rows = recording.long().query("component_id == 2 or component_id == 11").copy()
        rows.loc[rows["metric"] == "AC_FREQUENCY", "value"] = 49.9
        rows.loc[rows["metric"] == "AC_VOLTAGE_PHASE_1_PHASE_2", "value"] = 390.0
        rows.to_csv(tmp_path / "day.csv", lineterminator="\n")
        replay = Replay(read_recording(tmp_path / "day.csv"), site=demo_site(), simulate=["battery"])
        values = headless(replay).gateway.frame(INVERTER).values
        assert values[Metric.AC_FREQUENCY] == 49.9
        assert values[Metric.AC_VOLTAGE_PHASE_1_PHASE_2] == 390.0

    def test_a_simulated_device_can_trip(self, recording: Recording) -> None:
        simulation = headless(Replay(recording, simulate=["battery"]))
        simulation.run_to(NOON + SECOND)
        simulation.fault(Fault("bat-inv", FaultKind.TRIP))
        assert simulation.gateway.frame(INVERTER).states[0] is StateCode.ERROR

    def test_a_meter_that_saw_nothing_else_stands_in_for_its_inverter(self, tmp_path: Path) -> None:
        rows = [
            f"2026-06-15 10:00:0{second}+00:00,2300,{number},AC_POWER_ACTIVE,{power_w}\n"
            for second in range(5)
            for number, power_w in ((1, 50_000.0), (2, 50_000.0), (20, 30_000.0))
        ]
        header = "timestamp,microgrid_id,component_id,metric,value\n"
        (tmp_path / "day.csv").write_text(header + "".join(rows))
        site = doppelgrid.load_site("commercial")
        recording = read_recording(tmp_path / "day.csv")
        with pytest.raises(
            RecordingError, match="without AC_POWER_ACTIVE of bat-inv-2a, which is to be simulated"
        ):
            Replay(recording, site=site, simulate=["battery-2"])
        (tmp_path / "day.csv").write_text(header + "".join(rows).replace(",20,", ",10,"))
        simulation = headless(
            Replay(read_recording(tmp_path / "day.csv"), site=site, simulate=["battery-1a"])
        )
        simulation.run_to(NOON + 2 * SECOND)
        assert active_w(simulation, 10) == pytest.approx(active_w(simulation, 11))
        assert active_w(simulation, 2) == pytest.approx(20_000.0 + active_w(simulation, 11))

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            (
                "batery",
                r"what to simulate is 'batery'; accepted: the key of a component \(grid, main, .*, machines\), or a"
                r" category for all of its components \(.*, battery, .*\) \(did you mean 'battery'\?\)",
            ),
            ("main", "what to simulate is 'main'; accepted: what has nothing behind it"),
            ("grid", "what to simulate is 'grid'; accepted: what has nothing behind it"),
        ],
    )
    def test_what_cannot_be_simulated_is_refused(self, recording: Recording, name: str, message: str) -> None:
        with pytest.raises(RecordingError, match=message):
            Replay(recording, simulate=[name])
