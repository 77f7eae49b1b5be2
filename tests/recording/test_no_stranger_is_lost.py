"""A recording takes the place of a recording, and of nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recording.support import FORMS, eventful_run

from doppelgrid.sim.recording import RecordingError, read_recording

DAMAGED_GZIP = b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20
MEASURED = b"timestamp,power\n2026-01-01T00:00:00Z,5\n"


def stranger(path: Path) -> bytes:
    """Write down what somebody has measured, in the form that a name says."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"timestamp": [1], "power": [5.0]}), path)
    else:
        path.write_bytes(gzip.compress(MEASURED) if path.suffix == ".gz" else MEASURED)
    return path.read_bytes()


@pytest.mark.parametrize("name", FORMS)
def test_what_was_measured_is_left_as_it_is(name: str, tmp_path: Path) -> None:
    before = stranger(tmp_path / name)
    with pytest.raises(
        RecordingError, match="file is there, no recording, and would be lost; accepted: a file"
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


@pytest.mark.parametrize("name", FORMS)
def test_an_earlier_recording_and_an_empty_file_make_room(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for _ in range(2):
        eventful_run(tmp_path / name)
        assert read_recording(tmp_path / name).tracks
