"""A recording takes the place of a recording, and of nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recording.support import FORMS, HEADER, MAIN, NOON, NOON_TEXT, Stage, demo_site, eventful_run

from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.recording import Recorder, RecordingError, read_recording
from doppelgrid.sim.recording.columns import ColumnRecorder
from doppelgrid.sim.recording.metadata import describe_run
from doppelgrid.sim.recording.recovery import recover

DAMAGED_GZIP = b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20
FRAME = Frame(MAIN, NOON, {Metric.AC_POWER_ACTIVE: 1.5}, {}, (StateCode.READY,), NOON)
MEASURED = b"timestamp,power\n2026-01-01T00:00:00Z,5\n"


def stranger(path: Path) -> bytes:
    """Write down what somebody has measured, in the form that a name says."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"timestamp": [1], "power": [5.0]}), path)
    else:
        path.write_bytes(gzip.compress(MEASURED) if path.suffix == ".gz" else MEASURED)
    return path.read_bytes()


def begun(path: Path) -> Recorder:
    """Begin a recording of the demo site, in which something is already."""
    recorder, stage = Recorder(path, demo_site()), Stage()
    recorder.listen(stage)
    stage.show([FRAME])
    return recorder


@pytest.mark.parametrize("name", FORMS)
def test_what_was_measured_is_left_as_it_is(name: str, tmp_path: Path) -> None:
    before = stranger(tmp_path / name)
    with pytest.raises(
        RecordingError,
        match="file is there, not recorded by this version, and would be lost; accepted: a file",
    ):
        eventful_run(tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "content",
    [
        b"text",
        b"PAR1 but no more",
        b"PAR1" + b"\xff" * 40 + b"\x04\x00\x00\x00PAR1",
        b"\x1f\x8b",
        b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20,
    ],
)
def test_so_is_what_is_none_of_these(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match="would be lost"):
        eventful_run(tmp_path / name)
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("name", FORMS[:2])
def test_so_is_an_export_of_the_reporting_service(name: str, tmp_path: Path) -> None:
    export = f"{HEADER}{NOON_TEXT},2200,2,AC_POWER_ACTIVE,12000.5\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(export) if name.endswith(".gz") else export)
    with pytest.raises(RecordingError, match="would be lost"):
        eventful_run(tmp_path / name)
    assert read_recording(tmp_path / name).tracks[2].names == ("AC_POWER_ACTIVE",)


@pytest.mark.parametrize("content", [b"what I found\n", None], ids=["a text", "an earlier recording"])
@pytest.mark.parametrize("name", FORMS)
def test_what_appears_while_something_is_recorded_stays_beside_its_part(
    name: str, content: bytes | None, tmp_path: Path
) -> None:
    path, other = tmp_path / name, tmp_path / f"other-{name}"
    eventful_run(other)
    content = other.read_bytes() if content is None else content
    recorder = begun(path)
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=f"appeared .*: doppelgrid recover .*{name}.part --output NAME"):
        recorder.close()
    assert path.read_bytes() == content
    recovered = recover(tmp_path / f"{name}.part", tmp_path / f"mine-{name}")
    assert list(read_recording(recovered.path).tracks) == [2]


@pytest.mark.parametrize("name", FORMS)
def test_so_does_what_appears_while_a_run_without_clients_is_recorded(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    recorder = ColumnRecorder(path, describe_run(demo_site(), 5))
    recorder.write(np.array([NOON]), {"2.AC_POWER_ACTIVE": np.array([1.5])})
    path.write_text("what I found\n")
    with pytest.raises(RecordingError, match="one that has appeared since the recording began"):
        recorder.__exit__(None, None, None)
    assert path.read_text() == "what I found\n"
    assert recover(tmp_path / f"{name}.part", tmp_path / f"mine-{name}").first_us == NOON


@pytest.mark.parametrize("name", FORMS)
def test_so_does_a_former_recording_that_becomes_another_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    eventful_run(path)
    recorder = begun(path)
    path.write_text("what I found\n")
    with pytest.raises(RecordingError, match="one that has appeared since the recording began"):
        recorder.close()
    assert path.read_text() == "what I found\n"


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_file_that_appears_makes_room(name: str, tmp_path: Path) -> None:
    recorder = begun(tmp_path / name)
    (tmp_path / name).touch()
    recorder.close()
    assert read_recording(tmp_path / name).tracks


@pytest.mark.parametrize("name", FORMS)
def test_what_is_recovered_makes_room_for_a_recording(name: str, tmp_path: Path) -> None:
    left, recorder = tmp_path / f"left-{name}.part", begun(tmp_path / f"other-{name}")
    recorder.flush()
    left.write_bytes((tmp_path / f"other-{name}.part").read_bytes())
    recorder.close()
    recover(left, tmp_path / name)
    eventful_run(tmp_path / name)
    assert read_recording(tmp_path / name).is_complete


@pytest.mark.parametrize("name", FORMS)
def test_an_earlier_recording_and_an_empty_file_make_room(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for _ in range(2):
        eventful_run(tmp_path / name)
        assert read_recording(tmp_path / name).tracks
