"""A recording survives the death of its writer, and says before it starts what keeps it from being written.

One process writes all forms, as its start takes longer than what is written.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording.support import FORMS, NOON, demo_site, eventful_run, numbers_in, numbers_of, recorded

from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.recording import Recorder, RecordingError, parquet_part, read_recording
from doppelgrid.sim.recording.columns import ColumnRecorder
from doppelgrid.sim.recording.metadata import describe_run
from doppelgrid.sim.simulation.simulation import Simulation

pytestmark = pytest.mark.lengthy

ENDLESS = """
import contextlib, sys
from datetime import timedelta
import doppelgrid
from doppelgrid.sim.recording import Recorder
from doppelgrid import Simulation
start_us, *paths = sys.argv[1:]
simulation = Simulation.headless(doppelgrid.load_site("demo"), start_us=int(start_us), seed=42)
with contextlib.ExitStack() as stack:
    for path in paths:
        stack.enter_context(Recorder(path, simulation.site, seed=42)).listen(simulation.gateway)
    while True:
        simulation.run_for(timedelta(seconds=60))
        print(simulation.now_us, flush=True)
"""
CRAMPED = """
import resource, sys
from datetime import timedelta
import doppelgrid
from doppelgrid.sim.recording import Recorder, RecordingError
from doppelgrid import Simulation
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
start_us, *paths = sys.argv[1:]
for path in paths:
    simulation = Simulation.headless(doppelgrid.load_site("demo"), start_us=int(start_us), seed=42)
    try:
        with Recorder(path, simulation.site) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(timedelta(hours=1))
    except RecordingError as error:
        print(error)
"""
Usage = namedtuple("Usage", "total used free")


class Killed(NamedTuple):
    """What a killed writer left."""

    folder: Path
    reached_us: int
    """Simulated time that had been written [µs]."""
    refusals: dict[str, str]
    """What was said to whoever wanted to record under a name meanwhile."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder = tmp_path_factory.mktemp("killed")
    words = [sys.executable, "-c", ENDLESS, str(NOON), *(str(folder / name) for name in FORMS)]
    refusals = {}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        reached_us = int(writer.stdout.readline())
        for name in FORMS:
            with pytest.raises(RecordingError) as refused:
                Recorder(folder / name, demo_site())
            refusals[name] = str(refused.value)
        writer.send_signal(signal.SIGKILL)
    return Killed(folder, reached_us, refusals)


@pytest.mark.parametrize("name", FORMS)
def test_what_was_written_before_a_kill_can_be_read(name: str, killed: Killed) -> None:
    recording = read_recording(killed.folder / name)
    assert not recording.is_complete
    assert recording.microgrid_id == 2200
    assert killed.reached_us - recording.tracks[2].times_us[-1] <= 12_000_000
    frames: list[Frame] = []
    simulation = Simulation.headless(demo_site(), start_us=NOON, seed=42)
    simulation.gateway.listen_to_frames(lambda _time_us, seen: frames.extend(seen))
    simulation.run_for(timedelta(seconds=int(recording.tracks[2].times_us[-1] - NOON) / 1e6))
    assert numbers_in(recording) <= numbers_of(frames)
    assert len(recording.tracks[2].times_us) == len([frame for frame in frames if frame.component_id == 2])


def test_a_disk_that_fills_up_ends_the_run_with_a_message(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CRAMPED, str(NOON), *(str(tmp_path / name) for name in FORMS)]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    for name, said in zip(FORMS, run.stdout.splitlines(), strict=True):
        assert (
            f"{tmp_path / name}: file is not writable (File too large); accepted: a folder that is there"
            in said
        )
        assert len(read_recording(tmp_path / name).tracks[2].times_us) > 10


@pytest.mark.parametrize("name", FORMS)
def test_a_part_can_be_cut_anywhere(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cut")
    simulation = Simulation.headless(demo_site(), start_us=NOON)
    recorder = Recorder(folder / name, simulation.site)
    recorder.listen(simulation.gateway)
    simulation.run_for(timedelta(seconds=60))
    whole = (folder / f"{name}.part").read_bytes()
    recorder.close()
    everything = numbers_in(read_recording(folder / name))

    @settings(max_examples=30, deadline=None)
    @given(end=st.integers(0, len(whole)))
    def cut(end: int) -> None:
        (folder / f"cut-{name}.part").write_bytes(whole[:end])
        try:
            recording = read_recording(folder / f"cut-{name}")
        except RecordingError:
            assert end < 30_000
        else:
            assert numbers_in(recording) <= everything

    cut()


def test_a_finished_recording_leaves_no_other_files(tmp_path: Path) -> None:
    for name in FORMS:
        eventful_run(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == set(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_a_folder_that_is_not_there_is_an_error_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"file is not writable \(No such file or directory\)"):
        Recorder(tmp_path / "nowhere" / name, demo_site())


def test_a_disk_without_room_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 30, 1 << 30, 4096))
    with pytest.raises(RecordingError, match="file is on a disk with 4 KiB left; accepted: at least 16 MiB"):
        Recorder(tmp_path / "day.parquet", demo_site())
    assert not list(tmp_path.iterdir())


class TestWhatARunLeft:
    """A run that broke off keeps nobody from recording under the same name, and loses nothing that it wrote."""

    @pytest.mark.parametrize("name", FORMS)
    def test_meanwhile_nobody_else_records_under_its_name(self, name: str, killed: Killed) -> None:
        assert (
            f"being written already: another run holds {name}.part; accepted: another name"
            in killed.refusals[name]
        )

    @pytest.mark.parametrize("name", FORMS)
    def test_it_is_moved_aside_and_can_still_be_read(
        self, name: str, killed: Killed, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        shutil.copy(killed.folder / f"{name}.part", tmp_path)
        left = (tmp_path / f"{name}.part").read_bytes()
        recorded(tmp_path / name, [])
        aside = name.replace("day", "day.old")
        assert {path.name for path in tmp_path.iterdir()} == {name, f"{aside}.part"}
        assert (tmp_path / f"{aside}.part").read_bytes() == left
        assert not read_recording(tmp_path / aside).is_complete
        assert caplog.messages == [
            f"{tmp_path / name}.part, left by a run that broke off, is now {aside}.part"
        ]

    @pytest.mark.parametrize("name", FORMS)
    def test_nothing_is_overwritten(self, name: str, tmp_path: Path) -> None:
        for text in ("precious", "dear", "last"):
            (tmp_path / f"{name}.part").write_text(text)
            Recorder(tmp_path / name, demo_site()).close()
        aside = [name.replace("day", f"day.{old}") for old in ("old", "old-2", "old-3")]
        assert [(tmp_path / f"{each}.part").read_text() for each in aside] == ["precious", "dear", "last"]

    @pytest.mark.parametrize("name", FORMS)
    def test_an_empty_part_is_replaced(
        self, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / f"{name}.part").touch()
        ColumnRecorder(tmp_path / name, describe_run(demo_site(), 0, 1.0)).__exit__(None, None, None)
        assert {path.name for path in tmp_path.iterdir()} == {name}
        assert caplog.messages == [f"{tmp_path / name}.part, left empty by a run that broke off, is replaced"]

    @pytest.mark.parametrize("name", FORMS)
    def test_what_is_being_written_is_left_alone(self, name: str, tmp_path: Path) -> None:
        with (
            Recorder(tmp_path / name, demo_site()),
            pytest.raises(RecordingError, match="being written already"),
        ):
            Recorder(tmp_path / name, demo_site())
        assert {path.name for path in tmp_path.iterdir()} == {name}

    def test_a_recording_that_is_being_turned_into_parquet_is_left_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def meanwhile(*_: object) -> None:
            with pytest.raises(RecordingError, match="being written already"):
                Recorder(tmp_path / "day.parquet", demo_site())

        recorder = Recorder(tmp_path / "day.parquet", demo_site())
        monkeypatch.setattr(parquet_part, "write_parquet", meanwhile)
        recorder.close()
        assert {path.name for path in tmp_path.iterdir()} == {"day.parquet"}

    def test_where_files_cannot_be_locked_it_is_left_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsupported(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "flock", unsupported)
        (tmp_path / "day.csv.part").write_text("precious")
        with pytest.raises(
            RecordingError, match=r"left by a crash: day.csv.part is there; accepted: another name"
        ):
            Recorder(tmp_path / "day.csv", demo_site())
        assert (tmp_path / "day.csv.part").read_text() == "precious"
        Recorder(tmp_path / "other.csv", demo_site()).close()
        assert (tmp_path / "other.csv").exists()

    def test_a_folder_in_its_place_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "day.csv.part").mkdir()
        with pytest.raises(RecordingError, match=r"day.csv.part is there; accepted: another name; or move"):
            Recorder(tmp_path / "day.csv", demo_site())


def test_a_finished_recording_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    recorded(tmp_path / "day.csv", [])
    eventful_run(tmp_path / "day.csv")
    assert not read_recording(tmp_path / "day.csv").long().empty


def test_an_error_in_the_run_still_finishes_the_recording(tmp_path: Path) -> None:
    simulation = Simulation.headless(demo_site(), start_us=NOON)

    def run_into_trouble() -> None:
        with Recorder(tmp_path / "day.parquet", simulation.site) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(timedelta(seconds=1))
            raise RuntimeError("trouble")

    with pytest.raises(RuntimeError, match="trouble"):
        run_into_trouble()
    assert len(read_recording(tmp_path / "day.parquet").wide()) == 5
