"""What a replay makes of single rows: between samples, at their ends, and where a recording is scant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recording.support import (
    BATTERY,
    GRID,
    HEADER,
    INVERTER,
    MAIN,
    NOON,
    NOON_TEXT,
    SECOND,
    demo_site,
    eventful_run,
    recorded,
)

import doppelgrid
from doppelgrid.sim.domain.events import FrameListener
from doppelgrid.sim.domain.messages import Frame, Reading
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.recording import Recorder, Recording, read_recording
from doppelgrid.sim.recording.content import Condition, Track
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.replay.counterfactual import Change, changed_values
from doppelgrid.sim.replay.instruments import timetable
from doppelgrid.sim.replay.plant import recorded_inputs
from doppelgrid.sim.replay.playback import UNHEARD, Playback
from doppelgrid.sim.replay.undriven_site import undriven_site
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

POWER, SOC = Metric.AC_POWER_ACTIVE, Metric.BATTERY_SOC_PCT
NAN = math.nan


def track(times: Sequence[int], columns: Mapping[str, Sequence[float | None]]) -> Track:
    """Return a track in which None was not reported."""
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    present = np.array([[value is not None for value in row] for row in rows], np.bool_)
    values = np.array([[NAN if value is None else value for value in row] for row in rows], np.float64)
    shape = (len(times), len(columns))
    return Track(tuple(columns), np.array(times, np.int64), values.reshape(shape), present.reshape(shape))


def playback(
    columns: Mapping[str, Sequence[float | None]],
    times: Sequence[int] = (10, 20, 30),
    said: Sequence[tuple[int, Condition]] = (),
) -> Playback:
    return Playback(track(times, columns), said)


class TestPlayback:
    def test_a_sample_is_there_at_its_time_alone_and_known_until_the_next(self) -> None:
        played = playback({POWER.value: [1.0, 2.0, 3.0]})
        exact = [reading and reading.values[POWER] for reading in map(played.at, (9, 10, 11, 19, 20, 30, 31))]
        assert exact == [None, 1.0, None, None, 2.0, 3.0, None]
        assert [played.until(time).values[POWER] for time in (0, 10, 19, 20, 29, 30, 99)] == [
            1,
            1,
            1,
            2,
            2,
            3,
            3,
        ]

    def test_what_was_not_reported_is_left_out_and_what_was_no_number_is_not(self) -> None:
        played = playback({POWER.value: [1.0, None, NAN], SOC.value: [None, 40.0, 50.0]})
        assert played.metrics == (POWER, SOC)
        assert [list(played.until(time).values) for time in (10, 20, 30)] == [[POWER], [SOC], [POWER, SOC]]
        assert math.isnan(played.until(30).values[POWER])
        assert played.history(POWER) == ([10], [1.0])
        assert played.history(SOC) == ([20, 30], [40.0, 50.0])

    @pytest.mark.parametrize(
        ("ends", "ranges"),
        [
            ({"0_lower": -5.0, "0_upper": 7.0}, ((-5.0, 7.0),)),
            ({"0_lower": None, "0_upper": 7.0}, ((-math.inf, 7.0),)),
            ({"0_lower": -5.0, "0_upper": None}, ((-5.0, math.inf),)),
            ({"0_upper": 7.0}, ((-math.inf, 7.0),)),
            ({"0_lower": -5.0}, ((-5.0, math.inf),)),
            ({"1_lower": 3.0, "1_upper": 7.0, "0_lower": -5.0, "0_upper": -1.0}, ((-5.0, -1.0), (3.0, 7.0))),
            ({"0_lower": None, "0_upper": None, "1_lower": 3.0, "1_upper": 7.0}, ((3.0, 7.0),)),
            ({"0_lower": None, "0_upper": None}, None),
        ],
    )
    def test_an_end_of_a_range_that_was_left_out_is_not_limited(
        self, ends: dict[str, float | None], ranges: tuple[tuple[float, float], ...] | None
    ) -> None:
        columns = {f"{POWER}_bound_{name}": [value] for name, value in ends.items()}
        bounds = playback({POWER.value: [0.0], **columns}, [10]).until(10).bounds
        assert bounds == ({} if ranges is None else {POWER: tuple(Bounds(*each) for each in ranges)})

    def test_a_component_says_what_it_said_last(self) -> None:
        first = Condition(("READY", "NO_SUCH_STATE"))
        second = Condition(("ERROR",), (Diagnostic("UNKNOWN", ""),), (Diagnostic("PV_FAULT", "hot"),))
        played = playback({POWER.value: [1.0, 2.0, 3.0]}, said=[(20, first), (30, second)])
        readings = [played.until(time) for time in (10, 20, 29, 30)]
        assert [reading.states for reading in readings] == [
            (StateCode.UNKNOWN,), (StateCode.READY,), (StateCode.READY,), (StateCode.ERROR,),
        ]  # fmt: skip
        assert (readings[3].warnings, readings[3].errors) == (second.warnings, second.errors)

    def test_metrics_of_a_later_version_and_parts_of_averages_are_left_out(self) -> None:
        played = playback(
            {"NO_SUCH_METRIC": [1.0], f"{POWER}_min": [2.0], f"{POWER}_raw_1": [3.0], f"{SOC}_avg": [4.0]},
            [10],
        )
        assert played.until(10).values == {SOC: 4.0}

    def test_the_timetable_has_every_time_once(self) -> None:
        playbacks = [
            playback({POWER.value: [0.0] * len(times)}, times) for times in ([10, 30], [5, 10, 20], [10, 30])
        ]
        assert list(timetable(playbacks)) == [5, 10, 20, 30]


class TestInputs:
    def inputs(self, *columns: Mapping[str, Sequence[float | None]]) -> dict[str, list[float]]:
        played = {f"{number}": playback(each) for number, each in enumerate(columns)}
        found = recorded_inputs(demo_site(), played, ["0"] if POWER.value in columns[0] else [])
        return {name: [signal.at(time) for time in (10, 20, 30)] for name, signal in found.items()}

    @pytest.mark.parametrize(
        ("metric", "factor"),
        [("AC_VOLTAGE_PHASE_1_PHASE_2", 1.0), ("AC_VOLTAGE", 1.0), ("AC_VOLTAGE_PHASE_1_N", math.sqrt(3.0))],
    )
    def test_the_voltage_of_the_grid_is_that_between_lines(self, metric: str, factor: float) -> None:
        volts = self.inputs({metric: [230.0, 231.0, 232.0]})["grid.voltage"]
        assert volts == pytest.approx([230.0 * factor, 231.0 * factor, 232.0 * factor], rel=1e-12)

    def test_what_was_measured_between_lines_counts_first_and_the_first_component_that_saw_it(self) -> None:
        first = {
            "AC_VOLTAGE_PHASE_1_N": [1.0] * 3,
            "AC_VOLTAGE": [400.0] * 3,
            "AC_FREQUENCY": [NAN, 49.9, 50.1],
        }
        second = {"AC_VOLTAGE_PHASE_1_PHASE_2": [410.0] * 3, "AC_FREQUENCY": [51.0] * 3}
        assert self.inputs(first, second) == {
            "grid.voltage": [400.0] * 3,
            "grid.frequency": [49.9, 49.9, 50.1],
        }
        assert self.inputs({"AC_FREQUENCY": [NAN] * 3}, second)["grid.frequency"] == [51.0] * 3

    def test_what_producers_have_on_offer_is_never_consumption(self) -> None:
        assert self.inputs({POWER.value: [-5.0, 3.0, -1.0]}) == {"0.power": [-5.0, 0.0, -1.0]}


def rows_of(values: Mapping[tuple[int, int, str], float]) -> str:
    """Return lines of values by second, component and metric."""
    return HEADER + "".join(
        f"2026-06-15 10:00:{second:02}+00:00,2200,{number},{metric},{value}\n"
        for (second, number, metric), value in values.items()
    )


def read(folder: Path, values: Mapping[tuple[int, int, str], float]) -> Recording:
    (folder / "day.csv").write_text(rows_of(values))
    return read_recording(folder / "day.csv")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("day") / "day.parquet"
    eventful_run(path)
    return read_recording(path)


class TestTimes:
    def test_a_replay_lasts_from_its_start_until_the_last_sample_has_been_taken(self, day: Recording) -> None:
        assert Replay(day).duration_s == pytest.approx(30.2)

    @pytest.mark.parametrize(
        ("seconds", "before_s"), [((1, 2, 5, 6), 1.0), ((1, 11, 21, 22), 10.0), ((1, 9), 8.0), ((5,), 0.2)]
    )
    def test_it_starts_the_most_frequent_interval_before_the_first_sample(
        self, seconds: tuple[int, ...], before_s: float, tmp_path: Path
    ) -> None:
        replay = Replay(read(tmp_path, {(second, MAIN, POWER): 1.0 for second in seconds}), site=demo_site())
        assert replay.start_us == NOON + seconds[0] * SECOND - round(before_s * SECOND)
        assert replay.end_us == NOON + seconds[-1] * SECOND
        assert replay.duration_s == pytest.approx(seconds[-1] - seconds[0] + before_s + 0.2)

    def test_the_seed_is_that_of_the_run_and_0_where_nobody_says(
        self, day: Recording, tmp_path: Path
    ) -> None:
        assert Replay(day).seed == 42
        assert Replay(read(tmp_path, {(1, MAIN, POWER): 1.0}), site=demo_site()).seed == 0


def test_what_is_not_replayed_is_said(tmp_path: Path) -> None:
    def notes(rows: str) -> tuple[str, ...]:
        (tmp_path / "day.csv").write_text(HEADER + rows)
        return Replay(read_recording(tmp_path / "day.csv"), site=demo_site()).notes

    main = f"{NOON_TEXT},2200,2,AC_POWER_ACTIVE,1\n"
    assert notes(main) == (
        "nothing is recorded of grid, bat-inv, battery, pv-inv, office, machines: silent, unless simulated",
    )
    all_rows = "".join(
        f"{NOON_TEXT},2200,{number},AC_POWER_ACTIVE,1\n" for number in (1, 2, 11, 12, 21, 31, 32)
    )
    assert notes(all_rows) == ()
    assert notes(all_rows.replace("2200", "7")) == ("recorded at microgrid 7, replayed as 2200",)
    assert notes(all_rows + f"{NOON_TEXT},2200,77,AC_POWER_ACTIVE,1\n") == (
        "the site has no components 77: left out",
    )
    assert notes(all_rows + f"{NOON_TEXT},2200,2,state,FLYING\n{NOON_TEXT},2200,1,state,7\n") == (
        "states FLYING are not known: left out",
    )
    (tmp_path / "day.csv").rename(tmp_path / "broken.csv.part")
    (tmp_path / "broken.csv.part").write_text(HEADER + all_rows)
    (note,) = Replay(read_recording(tmp_path / "broken.csv"), site=demo_site()).notes
    assert note.startswith("the recording was never finished")


class TestBeginning:
    @pytest.mark.parametrize(
        ("values", "soc", "temperature_c"),
        [
            ({SOC: 40.0}, 0.4, None),
            ({SOC: 5.0, Metric.BATTERY_TEMPERATURE: 31.0}, 0.1, 31.0),
            ({SOC: 99.0, Metric.BATTERY_TEMPERATURE: NAN}, 0.95, None),
            ({SOC: NAN, Metric.BATTERY_TEMPERATURE: -3.0}, None, -3.0),
            ({}, None, None),
        ],
    )
    def test_a_simulated_battery_begins_with_what_was_recorded_within_its_limits(
        self, values: dict[Metric, float], soc: float | None, temperature_c: float | None
    ) -> None:
        site = demo_site()
        reading = {"battery": Reading(values, {}, ())}
        before: Any = site.components["battery"]
        after: Any = undriven_site(site, ["battery", "bat-inv"], reading).components["battery"]
        assert after.initial_soc == (before.initial_soc if soc is None else pytest.approx(soc))
        assert after.initial_temperature_c == (
            before.initial_temperature_c if temperature_c is None else temperature_c
        )

    def test_only_what_is_simulated_keeps_what_drives_it(self) -> None:
        site = demo_site()
        still = undriven_site(site, [], {})
        alive: Any = undriven_site(site, ["office", "pv-inv"], {})
        driven: Any = undriven_site(site, ["office", "pv-inv"], {"pv-inv": UNHEARD})
        first: Any = site.components
        assert alive.components["office"].load == first["office"].load
        assert still.components["office"] != first["office"]
        assert alive.components["pv-inv"] == first["pv-inv"]
        assert driven.components["pv-inv"].irradiance is None
        assert alive.components["machines"].load == still.components["machines"].load == 0.0  # type: ignore[attr-defined]
        assert still.ambient_temperature is None
        assert alive.ambient_temperature == site.ambient_temperature


class TestLived:
    def simulation(self, recording: Recording, **given: Any) -> Simulation:
        replay = Replay(recording, **given)
        return Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)

    def test_a_producer_of_which_nothing_was_recorded_has_what_its_site_says(self, tmp_path: Path) -> None:
        values = {(second, number, POWER): 5e3 for second in range(1, 4) for number in (1, 2)}
        (tmp_path / "day.csv").write_text(rows_of(values))
        components = {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "roof": {
                "id": 3, "category": "pv_inverter", "behind": "main", "rated_power": "20 kW", "power": "4 kW"
            },
        }  # fmt: skip
        site = Site.model_validate({"microgrid": {"id": 2200}, "components": components})
        simulation = self.simulation(read_recording(tmp_path / "day.csv"), site=site, simulate=["roof"])
        simulation.run_to(NOON + 2 * SECOND)
        assert simulation.gateway.frame(3).values[POWER] == -4e3

    def test_what_is_simulated_without_a_recording_is_sampled_as_often_as_the_rest(
        self, tmp_path: Path
    ) -> None:
        values = {(second, number, POWER): 50e3 for second in range(1, 6) for number in (1, 2, 10)}
        values[7, 1, POWER] = 50e3
        (tmp_path / "day.csv").write_text(rows_of(values).replace(",2200,", ",2300,"))
        site = doppelgrid.load_site("commercial")
        simulation = self.simulation(read_recording(tmp_path / "day.csv"), site=site, simulate=["battery-1a"])
        seen: list[Frame] = []
        simulation.gateway.listen_to_frames(lambda _time_us, frames: seen.extend(frames))
        simulation.run_to(NOON + 9 * SECOND)
        for number, expected in ((11, (1, 2, 3, 4, 5, 7)), (10, (1, 2, 3, 4, 5)), (1, (1, 2, 3, 4, 5, 7))):
            assert [frame.sample_time_us for frame in seen if frame.component_id == number] == [
                NOON + second * SECOND for second in expected
            ]

    def test_reactive_power_of_what_is_done_now_goes_through_the_meters_above(self, day: Recording) -> None:
        simulation, same = (
            self.simulation(day, simulate=["battery"]),
            self.simulation(day, simulate=["battery"]),
        )
        simulation.run_to(NOON + SECOND)
        simulation.gateway.set_power(INVERTER, PowerType.REACTIVE, 4_000.0, None)
        for each in (simulation, same):
            each.run_to(NOON + 4 * SECOND)
        for metric in (Metric.AC_POWER_REACTIVE, Metric.AC_POWER_REACTIVE_PHASE_2):
            change = [
                simulation.gateway.frame(number).values[metric] - same.gateway.frame(number).values[metric]
                for number in (INVERTER, MAIN, GRID)
            ]
            assert change[0] == pytest.approx(
                4e3 if metric is Metric.AC_POWER_REACTIVE else 4e3 / 3, rel=1e-3
            )
            assert change[1:] == pytest.approx([change[0]] * 2)

    def test_only_what_is_simulated_and_site_and_grid_can_be_driven(self, day: Recording) -> None:
        simulation = self.simulation(day, simulate=["battery"])
        simulation.drive("grid", "frequency", 49.5)
        assert simulation.gateway.frame(INVERTER).values[Metric.AC_FREQUENCY] == 49.5
        with pytest.raises(ValueError, match=r"pv-inv is replayed .*; accepted: .*bat"):
            simulation.drive("pv-inv", "power", 0.0)
        with pytest.raises(ValueError, match="accepted: nothing but site and grid"):
            self.simulation(day).drive("office", "load", 0.0)
        with pytest.raises(ValueError, match="nobody"):
            simulation.drive("nobody", "irradiance", 0.0)

    def test_where_nothing_is_alive_a_live_replay_has_nothing_to_compute_before_its_time(
        self, day: Recording
    ) -> None:
        plant, _ = Replay(day).build(start_us=NOON, seed=0)
        assert plant.advance_whole_steps(NOON + 3600 * SECOND, lambda: False)
        assert plant.time_us == NOON

    def test_time_of_a_replay_without_anything_alive_passes_all_the_same(self, day: Recording) -> None:
        replay = Replay(day)
        plant, instruments = replay.build(start_us=NOON, seed=0)
        plant.advance(NOON + 5 * SECOND)
        assert plant.time_us == NOON + 5 * SECOND
        plant.advance(NOON + 2 * SECOND)
        assert plant.time_us == NOON + 5 * SECOND
        assert instruments.sample("battery") is not None
        plant.advance(NOON + 5 * SECOND + 1)
        assert instruments.sample("battery") is None
        assert instruments.read("battery").values[SOC] == pytest.approx(50.0, abs=1.0)
        assert (plant.can_trip("bat-inv"), plant.can_trip("battery")) == (False, False)
        assert instruments.metrics("nobody") == ()


SHOWN = {
    POWER: 12e3, Metric.AC_POWER_REACTIVE: 3e3,
    Metric.AC_POWER_ACTIVE_PHASE_1: 2e3, Metric.AC_POWER_ACTIVE_PHASE_2: 4e3, Metric.AC_POWER_ACTIVE_PHASE_3: 6e3,
    Metric.AC_POWER_REACTIVE_PHASE_1: 1e3, Metric.AC_POWER_REACTIVE_PHASE_2: 0.0,
    Metric.AC_POWER_REACTIVE_PHASE_3: 2e3,
    Metric.AC_VOLTAGE_PHASE_1_N: 230.0, Metric.AC_VOLTAGE_PHASE_2_N: 231.0, Metric.AC_VOLTAGE_PHASE_3_N: 229.0,
    Metric.AC_POWER_APPARENT: 0.0, Metric.AC_POWER_APPARENT_PHASE_3: 0.0, Metric.AC_CURRENT_PHASE_3: 0.0,
    Metric.AC_FREQUENCY: 50.0,
}  # fmt: skip


class TestMeters:
    def test_what_follows_from_powers_is_worked_out_of_those_that_there_would_have_been(self) -> None:
        """Less 3 kW that were recorded and 0.6 kvar, and 9 kW now: 6 kW more, each third of it on a phase."""
        change = Change({POWER: 3e3, Metric.AC_POWER_REACTIVE: 0.6e3}, {POWER: 9e3}, share=1.0)
        values = changed_values(SHOWN, [change])
        assert (values[POWER], values[Metric.AC_POWER_REACTIVE]) == pytest.approx((18e3, 2.4e3))
        assert values[Metric.AC_POWER_ACTIVE_PHASE_3] == pytest.approx(8e3)
        assert values[Metric.AC_POWER_REACTIVE_PHASE_3] == pytest.approx(1.8e3)
        assert values[Metric.AC_POWER_APPARENT_PHASE_3] == pytest.approx(math.hypot(8e3, 1.8e3))
        assert values[Metric.AC_CURRENT_PHASE_3] == pytest.approx(math.hypot(8e3, 1.8e3) / 229.0)
        assert values[Metric.AC_POWER_APPARENT] == pytest.approx(math.hypot(18e3, 2.4e3))
        for metric in (Metric.AC_VOLTAGE_PHASE_2_N, Metric.AC_FREQUENCY):
            assert values[metric] == SHOWN[metric]
        assert list(values) == list(SHOWN)

    def test_without_a_change_nothing_changes_and_what_had_been_counted_is_not_known(self) -> None:
        shown = {POWER: 12e3, Metric.AC_ENERGY_ACTIVE: 1e3, SOC: 3.0}
        values = changed_values(shown, [])
        assert (values[POWER], values[SOC]) == (12e3, 3.0)
        assert math.isnan(values[Metric.AC_ENERGY_ACTIVE])


def test_a_recorder_that_is_closed_twice_has_stopped_listening_once(tmp_path: Path) -> None:
    listening: list[FrameListener] = []

    class Source:
        """Shows frames to whoever listens."""

        def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
            listening.append(listener)
            return lambda: listening.remove(listener)

    recorder = Recorder(tmp_path / "day.csv", demo_site())
    recorder.listen(Source())
    listening[0](NOON, [Frame(BATTERY, NOON, {SOC: 1.0}, {}, (StateCode.READY,), NOON)])
    recorder.close()
    assert listening == []
    recorder.close()
    assert len(read_recording(tmp_path / "day.csv").wide()) == 1


def test_what_one_form_leaves_out_at_a_time_is_nan_in_a_table(tmp_path: Path) -> None:
    def frame(number: int, second: int, **values: float) -> Frame:
        named = {Metric[name]: value for name, value in values.items()}
        return Frame(number, NOON + second * SECOND, named, {}, (StateCode.READY,), NOON)

    shown = [
        [frame(1, 0, AC_POWER_ACTIVE=1.0), frame(2, 0, AC_FREQUENCY=50.0)],
        [frame(2, 1, AC_FREQUENCY=49.0)],
        [frame(1, 2, AC_POWER_ACTIVE=3.0, AC_FREQUENCY=51.0)],
    ]
    for name in ("day.csv", "day.parquet"):
        wide = recorded(tmp_path / name, shown).wide()
        assert wide["1.AC_POWER_ACTIVE"].fillna(-1.0).tolist() == [1.0, -1.0, 3.0]
        assert wide["1.AC_FREQUENCY"].fillna(-1.0).tolist() == [-1.0, -1.0, 51.0]
        assert wide["2.AC_FREQUENCY"].fillna(-1.0).tolist() == [50.0, 49.0, -1.0]
        assert wide["2.state"].astype(object).where(wide["2.state"].notna(), None).tolist() == [
            "READY",
            "READY",
            None,
        ]
