"""What a killed run has left becomes a recording again, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from recording.support import FORMS, NOON, SECOND, demo_site, numbers_in
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.sim.headless.simulate import simulate
from doppelgrid.sim.recording import Recorder, RecordingError, read_recording
from doppelgrid.sim.recording.csv_reader import PartContent, content_of_part
from doppelgrid.sim.recording.output import part_of
from doppelgrid.sim.recording.recovery import recover
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.simulation.simulation import Simulation


@contextmanager
def a_run(path: Path, seconds: float = 30) -> Iterator[Recorder]:
    """Give a recording that is under way."""
    simulation = Simulation.headless(demo_site(), start_us=NOON, seed=42)
    with Recorder(path, simulation.site, seed=42) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(seconds=seconds))
        yield recorder


def left_of_a_run(path: Path, folder: Path, seconds: float = 30, *, without: int = 0) -> Path:
    """Return what a run would leave if it were killed, cut short by some bytes."""
    with a_run(folder / f"whole-{path.name}", seconds) as recorder:
        recorder.flush()
        content = part_of(recorder.path).read_bytes()
    part = part_of(path)
    part.write_bytes(content[: len(content) - without])
    return part


@pytest.mark.parametrize("name", FORMS)
def test_what_was_brought_to_the_disk_can_be_read_at_once(name: str, tmp_path: Path) -> None:
    with a_run(tmp_path / name, seconds=1) as recorder:
        recorder.flush()
        assert len(read_recording(tmp_path / name).tracks[2].times_us) == 5


@pytest.mark.parametrize("name", FORMS)
def test_all_that_was_left_is_in_what_is_recovered(name: str, tmp_path: Path) -> None:
    part = left_of_a_run(tmp_path / name, tmp_path)
    found = recover(part)
    assert found == (tmp_path / name, NOON + SECOND // 5, NOON + 30 * SECOND, 0)
    assert numbers_in(read_recording(tmp_path / name)) == numbers_in(
        read_recording(tmp_path / f"whole-{name}")
    )
    assert part.exists()


@pytest.mark.parametrize("name", ["day.csv", "day.parquet"])
def test_what_was_being_written_is_counted_as_lost(name: str, tmp_path: Path) -> None:
    found = recover(left_of_a_run(tmp_path / name, tmp_path, without=12))
    assert found.lost_bytes > 0
    assert numbers_in(read_recording(tmp_path / name)) < numbers_in(
        read_recording(tmp_path / f"whole-{name}")
    )


def test_a_recovered_recording_says_that_it_broke_off_and_plays(tmp_path: Path) -> None:
    recover(left_of_a_run(tmp_path / "day.parquet", tmp_path))
    recording = read_recording(tmp_path / "day.parquet")
    assert not recording.is_complete
    assert any("broke off" in note for note in Replay(recording).notes)
    assert any("broke off" in note for note in report_of_recording(recording).notes)


def test_it_knows_the_site_and_the_seed(tmp_path: Path) -> None:
    recover(left_of_a_run(tmp_path / "day.parquet", tmp_path))
    recording = read_recording(tmp_path / "day.parquet")
    assert recording.site is not None
    assert (recording.site.components, recording.seed) == (demo_site().components, 42)


class TestRefusals:
    """Nothing is overwritten, and nothing made up."""

    def test_a_recording_that_is_there_stays(self, tmp_path: Path) -> None:
        part = left_of_a_run(tmp_path / "day.csv", tmp_path)
        (tmp_path / "day.csv").write_text("precious")
        with pytest.raises(RecordingError, match="there already; accepted: another name, with --output"):
            recover(part)
        assert (tmp_path / "day.csv").read_text() == "precious"
        assert recover(part, tmp_path / "other.csv").path == tmp_path / "other.csv"

    def test_what_is_being_written_is_left_alone(self, tmp_path: Path) -> None:
        with a_run(tmp_path / "day.parquet"), pytest.raises(RecordingError, match="written by another run"):
            recover(tmp_path / "day.parquet.part")

    @pytest.mark.parametrize("name", FORMS)
    def test_a_part_without_a_sample(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(
            RecordingError, match="content is without any sample; accepted: one that had begun"
        ):
            recover(left_of_a_run(tmp_path / name, tmp_path, seconds=0))
        assert not (tmp_path / name).exists()

    @pytest.mark.parametrize("name", FORMS)
    @pytest.mark.parametrize("is_begun", [False, True])
    @pytest.mark.parametrize("use", [report_of_recording, Replay])
    def test_a_part_without_a_sample_used_as_it_is(
        self, name: str, is_begun: bool, use: Callable[..., object], tmp_path: Path
    ) -> None:
        part = left_of_a_run(tmp_path / name, tmp_path, seconds=0)
        if not is_begun:
            part.write_bytes(b"")
        with pytest.raises(
            RecordingError, match=r"\.part: content is without any sample; accepted: one that had begun"
        ):
            use(read_recording(tmp_path / name), site=demo_site())

    @pytest.mark.parametrize("name", FORMS)
    def test_text_of_something_else(self, name: str, tmp_path: Path) -> None:
        part_of(tmp_path / name).write_text("to whom it may concern\n")
        with pytest.raises(RecordingError):
            recover(tmp_path / name)
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.part"]

    def test_another_form(self, tmp_path: Path) -> None:
        part = left_of_a_run(tmp_path / "day.csv", tmp_path)
        with pytest.raises(
            RecordingError, match=r"accepted: a name that ends in \.csv, as what was left of it"
        ):
            recover(part, tmp_path / "day.parquet")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(
            RecordingError, match=r"file is not there; accepted: what a killed run left, in \.part"
        ):
            recover(tmp_path / "day.csv.part")


def test_the_command_says_what_there_is(tmp_path: Path) -> None:
    part = left_of_a_run(tmp_path / "day.csv", tmp_path, without=12)
    told = CliRunner().invoke(app, ["recover", str(part)])
    assert told.exit_code == 0
    lines = told.output.replace("\n", " ")
    assert "samples from 2026-06-15 10:00:00.200000+00:00 to 2026-06-15 10:00:30+00:00" in lines
    assert "bytes behind them, of what was being written, cannot be read" in lines


def test_the_command_ends_with_two_where_nothing_can_be_recovered(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["recover", str(tmp_path / "day.csv.part")])
    assert told.exit_code == 2
    assert "not there" in told.output


@pytest.mark.slow
def test_a_simulation_that_breaks_off_keeps_what_it_had(tmp_path: Path) -> None:
    def give_up(done: timedelta) -> None:
        if done >= timedelta(hours=18):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(demo_site(), timedelta(days=1), record=tmp_path / "day.parquet", on_progress=give_up)
    recover(tmp_path / "day.parquet")
    cut = read_recording(tmp_path / "day.parquet").wide()
    simulate(demo_site(), timedelta(days=1), record=tmp_path / "whole.parquet")
    assert cut.equals(read_recording(tmp_path / "whole.parquet").wide().iloc[: len(cut)])


@pytest.mark.parametrize(
    ("left", "whole"),
    [
        ("", ""),
        ("a,b", ""),
        ("a,b\n1,2", "a,b\n"),
        ("a,b\n1,2\n", "a,b\n1,2\n"),
        ('a,b\n1,"x\ny"\n', 'a,b\n1,"x\ny"\n'),
        ('a,b\n1,"x\ny\n', "a,b\n"),
        ('a,b\n1,"x"\n2,"x\ny\nz', 'a,b\n1,"x"\n'),
        ('a,b\n1,"say ""x""\n"\n2', 'a,b\n1,"say ""x""\n"\n'),
    ],
)
def test_text_that_breaks_off_is_whole_up_to_its_last_record_whatever_lines_that_has(
    left: str, whole: str, tmp_path: Path
) -> None:
    part = part_of(tmp_path / "day.csv")
    part.write_bytes(left.encode())
    assert content_of_part(part) == PartContent(whole.encode(), len(left) - len(whole))
