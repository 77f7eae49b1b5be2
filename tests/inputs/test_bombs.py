"""A small file of a stranger may hold a thousand times its size: it is refused before it fills the memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doppelgrid.sim.files import bounded
from doppelgrid.sim.files.bounded import TooMuchError, check_unpacked, open_bounded
from doppelgrid.sim.inputs.files.table import read_table
from doppelgrid.sim.inputs.sessions.acn import read_acn_sessions
from doppelgrid.sim.recording import read_recording

HEADER = b"timestamp,microgrid_id,component_id,metric,value\n"
REFUSED = "MiB unpacked from .* MiB; accepted: up to 200 times a file's size"


def of_inputs(path: Path) -> object:
    return read_table(path, "value", "timestamp")


def of_sessions(path: Path) -> object:
    return read_acn_sessions(path, UTC)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let little be much, so that the bombs of these tests are small."""
    monkeypatch.setattr(bounded, "ALWAYS_BYTES", 1 << 20)


@pytest.mark.parametrize("read", [read_recording, of_inputs, of_sessions])
def test_a_packed_text_that_unpacks_to_too_much_is_refused(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(HEADER)
        for _ in range(40):
            file.write(b"0" * (1 << 18))
    with pytest.raises(ValueError, match=REFUSED):
        read(path)


@pytest.mark.parametrize("read", [read_recording, of_inputs])
def test_a_table_of_more_rows_than_memory_is_refused_by_what_it_says_of_itself(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    rows = 1 << 20
    times = pa.array(np.zeros(rows, np.int64), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table({"timestamp": times, "1.AC_POWER_ACTIVE": pa.array(np.zeros(rows))})
    pq.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    with pytest.raises(ValueError, match=REFUSED):
        read(tmp_path / "bomb.parquet")


@pytest.mark.lengthy
def test_what_people_have_is_read(tmp_path: Path) -> None:
    content = b"".join(b"%d,%d\n" % (number, number % 97) for number in range(300_000))
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(content))
    with open_bounded(path) as file:
        assert file.read() == content


def test_what_gzip_has_packed_is_unpacked_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(gzip.compress(b"[1]"))
    with open_bounded(tmp_path / "log.json") as file:
        assert file.read() == b"[1]"


def test_a_file_that_is_too_large_as_it_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 3 << 20)
    (tmp_path / "log.csv").write_bytes(b"0" * (4 << 20))
    with pytest.raises(TooMuchError, match="4 MiB; accepted: up to 3 MiB"):
        open_bounded(tmp_path / "log.csv")


def test_the_bound_grows_with_the_file() -> None:
    check_unpacked(1 << 20, 200 << 20)
    with pytest.raises(TooMuchError):
        check_unpacked(1 << 20, (200 << 20) + 1)


@pytest.mark.slow
def test_the_part_of_a_killed_run_is_bounded_as_well(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    content = packer.compress(HEADER) + packer.compress(b"0" * (1 << 28)) + packer.flush(zlib.Z_SYNC_FLUSH)
    (tmp_path / "day.csv.gz.part").write_bytes(content)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))\n"
        "from doppelgrid.sim.recording import read_recording\n"
        "try: read_recording(sys.argv[1])\nexcept ValueError as error: print(str(error)[-200:])"
    )
    words = [sys.executable, "-P", "-c", program, str(tmp_path / "day.csv.gz")]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "accepted" in run.stdout
