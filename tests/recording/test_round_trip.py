"""What is recorded is what can be read: every value, bound and state, to the last bit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording.support import (
    BATTERY,
    FORMS,
    NOON,
    SECOND,
    demo_site,
    eventful_run,
    numbers_in,
    numbers_of,
    recorded,
)

from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.recording import Recording, RecordingError, read_recording
from doppelgrid.sim.recording.content import Condition

METRICS = st.sampled_from([Metric.AC_POWER_ACTIVE, Metric.BATTERY_SOC_PCT, Metric.AC_ENERGY_ACTIVE])
BOUNDS = st.builds(Bounds, st.floats(), st.floats())
DIAGNOSTICS = st.builds(
    Diagnostic,
    code=st.sampled_from(["UNKNOWN", "OVERTEMPERATURE", "PV_FAULT"]),
    message=st.text(max_size=20),
    vendor_code=st.none() | st.text(max_size=5),
)


@st.composite
def samplings(draw: st.DrawFn) -> list[list[Frame]]:
    """Frames of up to three components at ascending times."""
    gaps = draw(st.lists(st.integers(1, 10 * SECOND), min_size=1, max_size=8))
    return [
        [
            Frame(
                component_id=number,
                sample_time_us=time_us,
                values=draw(st.dictionaries(METRICS, st.floats(), max_size=3)),
                bounds=draw(st.dictionaries(METRICS, st.lists(BOUNDS, max_size=2).map(tuple), max_size=2)),
                states=tuple(draw(st.lists(st.sampled_from(StateCode), max_size=2))),
                state_since_us=NOON,
                warnings=tuple(draw(st.lists(DIAGNOSTICS, max_size=2))),
                errors=tuple(draw(st.lists(DIAGNOSTICS, max_size=1))),
            )
            for number in sorted(draw(st.sets(st.integers(1, 3))))
        ]
        for time_us in itertools.accumulate(gaps, initial=NOON)
    ]


def changes_of(frames: Sequence[Frame]) -> dict[int, list[tuple[int, Condition]]]:
    """Return what each component says, at the times at which it says something new."""
    changes: dict[int, list[tuple[int, Condition]]] = {}
    for frame in frames:
        said = changes.setdefault(frame.component_id, [])
        condition = Condition(frame.states, frame.warnings, frame.errors)
        if not said or said[-1][1] != condition:
            said.append((frame.sample_time_us, condition))
    return changes


def assert_holds(recording: Recording, frames: Sequence[Frame]) -> None:
    assert numbers_in(recording) == numbers_of(frames)
    assert {number: list(said) for number, said in recording.conditions.items()} == changes_of(frames)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=30, deadline=None)
@given(shown=samplings())
@pytest.mark.lengthy
def test_whatever_was_shown_comes_back(name: str, shown: list[list[Frame]]) -> None:
    with TemporaryDirectory() as folder:
        recording = recorded(Path(folder) / name, shown)
    assert_holds(recording, [frame for frames in shown for frame in frames])


@pytest.mark.parametrize("name", FORMS)
def test_a_run_with_faults_and_commands_comes_back(name: str, tmp_path: Path) -> None:
    frames = eventful_run(tmp_path / name)
    assert_holds(read_recording(tmp_path / name), frames)


@pytest.mark.lengthy
def test_both_forms_give_the_same_frames(tmp_path: Path) -> None:
    readings = []
    for name in FORMS:
        eventful_run(tmp_path / name)
        readings.append(read_recording(tmp_path / name))
    for other in readings[1:]:
        pd.testing.assert_frame_equal(readings[0].long(), other.long(), check_exact=True)
        pd.testing.assert_frame_equal(readings[0].wide(), other.wide(), check_exact=True)
        pd.testing.assert_frame_equal(readings[0].states(), other.states())


def test_parquet_knows_its_origin(tmp_path: Path) -> None:
    eventful_run(tmp_path / "day.parquet")
    recording = read_recording(tmp_path / "day.parquet")
    assert recording.seed == 42
    assert recording.microgrid_id == 2200
    assert recording.version
    assert recording.site == demo_site().model_copy(update={"directory": tmp_path})
    assert recording.is_complete


def test_main_metrics_are_what_applications_ask_for(tmp_path: Path) -> None:
    eventful_run(tmp_path / "day.parquet", metrics="main")
    wide = read_recording(tmp_path / "day.parquet").wide()
    assert {name for name in wide.columns if name.startswith(f"{BATTERY}.")} == {
        "12.DC_POWER", "12.BATTERY_CAPACITY", "12.BATTERY_SOC_PCT", "12.BATTERY_TEMPERATURE",
        "12.DC_POWER_bound_0_lower", "12.DC_POWER_bound_0_upper",
        "12.BATTERY_SOC_PCT_bound_0_lower", "12.BATTERY_SOC_PCT_bound_0_upper",
        "12.state", "12.warning", "12.error",
    }  # fmt: skip
    assert "2.AC_ENERGY_ACTIVE" not in wide.columns


def test_wide_has_a_row_per_sampling_and_utc_times(tmp_path: Path) -> None:
    eventful_run(tmp_path / "day.csv")
    wide = read_recording(tmp_path / "day.csv").wide()
    assert wide.index.name == "timestamp"
    assert str(wide.index.tz) == "UTC"
    assert len(wide) == 150
    assert wide.index[0] == pd.Timestamp("2026-06-15 10:00:00.2", tz="UTC")
    assert set(wide["21.state"].cat.categories) >= {"ERROR"}
    assert wide["32.AC_POWER_ACTIVE"].isna().sum() == 10


def test_csv_is_what_reporting_exports_look_like(tmp_path: Path) -> None:
    eventful_run(tmp_path / "day.csv", metrics="main")
    text = (tmp_path / "day.csv").read_bytes().decode()
    assert text.startswith(
        'timestamp,microgrid_id,component_id,metric,"value"\n2026-06-15 10:00:00.200000+00:00,2200,1,AC_POWER_ACTIVE,'
    )
    assert "\r" not in text
    assert "2026-06-15 10:00:00.200000+00:00,2200,12,BATTERY_SOC_PCT_bound_0_lower,10.0\n" in text
    assert "2026-06-15 10:00:00.200000+00:00,2200,12,state,31\n" in text
    assert (
        ',21,error,"diagnostic_code: ELECTRICAL_COMPONENT_DIAGNOSTIC_CODE_OVERTEMPERATURE\n'
        'message: ""pv-inv tripped: OVERTEMPERATURE""\n"\n'
    ) in text


@pytest.mark.parametrize("name", FORMS)
def test_a_recording_without_a_sample_is_empty(name: str, tmp_path: Path) -> None:
    recording = recorded(tmp_path / name, [])
    assert recording.long().empty
    assert recording.wide().empty
    assert recording.states().empty


def frames_of_one_time(*values: float) -> list[list[Frame]]:
    return [
        [Frame(1, NOON, {Metric.AC_POWER_ACTIVE: value}, {}, (StateCode.READY,), NOON)] for value in values
    ]


def test_of_frames_with_the_same_time_the_last_one_counts(tmp_path: Path) -> None:
    recording = recorded(tmp_path / "day.parquet", frames_of_one_time(1.0, 2.0, 3.0))
    assert recording.long()["value"].tolist() == [3.0]


@pytest.mark.parametrize("name", ["day.csv", "day.csv.gz"])
def test_text_does_not_say_whose_frames_have_the_same_time_so_other_values_are_refused(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(RecordingError, match=r":4: AC_POWER_ACTIVE of component 1 is '2.0' at .* in line 2;"):
        recorded(tmp_path / name, frames_of_one_time(1.0, 2.0, 3.0))
    assert recorded(tmp_path / name, frames_of_one_time(2.0, 2.0)).long()["value"].tolist() == [2.0]
