"""What a file says reaches a terminal as text, never as what moves its cursor or names its window."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.sim.domain.printable import cut, printable
from doppelgrid.sim.files.steering import steers
from doppelgrid.sim.recording import RecordingError, read_recording

SITE = """
microgrid: {id: 1, name: NAME, location: {latitude: 52.5, longitude: 13.4}}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
  main: {id: 2, category: meter, behind: grid}
"""


@pytest.mark.parametrize("text", ["\x1b]0;mine\x07", "\x9b31m", "\x00", "\x7f"])
def test_what_steers_a_terminal_is_told_from_text(text: str) -> None:
    assert steers(text)
    assert printable(text).isprintable()


def test_text_in_any_script_steers_nothing() -> None:
    assert not steers("Größe, 微电网, ⚡\tand\nlines")


def test_a_name_that_steers_the_terminal_is_refused_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE.replace("NAME", '"ca\\e]0;mine\\ar"'))
    told = CliRunner().invoke(app, ["check", str(tmp_path / "site.yaml")])
    assert told.exit_code == 2
    assert "site.yaml:2: microgrid.name is" in told.output
    assert "text without control characters" in told.output.replace("\n", " ")
    assert not steers(told.output)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE.replace("NAME", r'"half \ud800"'), "site.yaml:2: microgrid.name is"),
        (SITE.replace("NAME", "ours").replace("grid:", r'"grid\ud800":'), "with a key that is no text"),
    ],
)
def test_half_a_character_is_refused_where_it_stands(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "site.yaml").write_text(text)
    told = CliRunner().invoke(app, ["check", str(tmp_path / "site.yaml")])
    assert told.exit_code == 2
    assert said in told.output
    assert "text without halves of characters" in told.output.replace("\n", " ")


def test_a_name_of_two_lines_is_one_line_of_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE.replace("NAME", '"mine\\n2026-01-01 doppelgrid: all is well"'))
    told = CliRunner().invoke(app, ["check", str(tmp_path / "site.yaml")])
    assert told.output.startswith(r"mine\n2026-01-01 doppelgrid: all is well (microgrid 1")


def table(path: Path, *, said: bytes = b"READY", site: object = None) -> Path:
    words = pa.Array.from_buffers(pa.string(), 1, pa.array([said], pa.binary()).buffers())
    carried = {"doppelgrid": json.dumps({"site": site, "version": "1", "microgrid_id": 1, "seed": 0})}
    columns = {"timestamp": pa.array([0], pa.timestamp("us", tz="UTC")), "1.state": words}
    pq.write_table(pa.table(columns).replace_schema_metadata(carried), path)
    return path


def test_words_of_a_recording_that_are_no_text_are_named_with_row_and_column(tmp_path: Path) -> None:
    path = table(tmp_path / "day.parquet", said=b"\xff\xfe")
    with pytest.raises(
        RecordingError, match=r"day\.parquet:1: 1\.state is b'\\xff\\xfe'; accepted: text in UTF-8"
    ):
        read_recording(path)


def test_the_site_of_a_recording_is_held_to_the_same(tmp_path: Path) -> None:
    path = table(tmp_path / "day.parquet", site={"microgrid": {"id": 1, "name": "\x1b]0;mine\x07"}})
    with pytest.raises(RecordingError, match="texts with control characters"):
        read_recording(path)


def test_the_site_of_a_recording_has_no_half_a_character(tmp_path: Path) -> None:
    path = table(tmp_path / "day.parquet", site={"microgrid": {"id": 1, "name": "half \ud800"}})
    with pytest.raises(RecordingError, match="halves of characters"):
        read_recording(path)


@pytest.mark.parametrize("most_bytes", [200, 1000, 6000])
@pytest.mark.parametrize("letter", ["x", "%", "ü", "微", "⚡", "\x1b", "\ud800"])
def test_a_long_text_is_cut_to_what_fits_on_the_wire(letter: str, most_bytes: int) -> None:
    told = cut(f"no component {letter * 20_000}; accepted: grid, main", most_bytes)
    assert len(quote(told, safe=" !\"#$&'()*+,/:;<=>?@[\\]^`{|}~")) <= most_bytes
    assert told.startswith("no component ")
    assert told.endswith("; accepted: grid, main")


def test_of_a_long_text_quotes_are_cut_first() -> None:
    told = cut(f"no component {'x' * 20_000!r}; accepted: {', '.join(['grid'] * 100)}", 6000)
    assert told == f"no component '{'x' * 40}…'; accepted: {', '.join(['grid'] * 100)}"


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert cut("x" * 6000, 6000) == "x" * 6000
