"""`doppelgrid run` as its users type it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from click.testing import Result
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from google.protobuf.empty_pb2 import Empty
from typer.testing import CliRunner

from doppelgrid.cli.main import app

COMMAND = str(Path(sys.executable).parent / "doppelgrid")
PATIENCE_S = 30.0


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    words = [COMMAND, "run", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def refused(*arguments: object) -> Result:
    """Give the command what it refuses before it serves anything, so that it needs no process of its own."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["run", *map(str, arguments)])


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run the command until the block ends."""
    words = [COMMAND, "run", *map(str, arguments)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    lines = ""
    for line in process.stdout:
        lines += line
        if words in line:
            return lines
    raise AssertionError(f"{words!r} not in {lines}")


def test_endpoints_are_written_once_the_port_answers(tmp_path: Path) -> None:
    endpoints = tmp_path / "endpoints.json"
    with running("--ephemeral-ports", "--emit-endpoints", endpoints) as process:
        read_until(process, "machines")
        (line,) = endpoints.read_text().splitlines()
        (microgrid,) = json.loads(line)["microgrids"]
        assert (microgrid["id"], microgrid["name"]) == (2200, "Berlin demo")
        assert microgrid["url"] == f"grpc://{microgrid['grpc']}"
        with grpc.insecure_channel(microgrid["grpc"]) as channel:
            answer = microgrid_pb2_grpc.MicrogridStub(channel).GetMicrogrid(Empty(), timeout=PATIENCE_S)
        assert answer.microgrid.id == 2200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running("--ephemeral-ports") as process:
        read_until(process, "machines")
        process.send_signal(number)
        rest, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "ended" in rest
        assert "Traceback" not in rest


def test_a_pipe_gets_plain_log_lines() -> None:
    result = run("--ephemeral-ports", "--duration", "100 ms")
    assert result.returncode == 0
    assert "is served at grpc://" in result.stdout
    assert "battery 0.00 kW at 50.0 %" in result.stdout
    assert "\x1b[" not in result.stdout


def test_the_duration_is_simulated_time() -> None:
    assert run("--ephemeral-ports", "--duration", "10 min", "--speed", "6000").returncode == 0


@pytest.mark.parametrize("name", ["day.csv", "day.parquet"])
def test_a_disk_that_fills_up_ends_it_with_what_the_site_did_until_then(name: str, tmp_path: Path) -> None:
    words = [COMMAND, "run", "--ephemeral-ports", "--record", str(tmp_path / name), "--record-metrics", "all"]
    result = subprocess.run(
        ["sh", "-c", 'ulimit -f 80; exec "$@"', "sh", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert result.returncode == 2
    assert "\nfrom the grid " in result.stdout
    assert result.stderr.startswith(f"{tmp_path / name}: file is not writable (File too large)")
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    endpoints = tmp_path / "endpoints.json"
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        result = run("--port", port, "--emit-endpoints", endpoints)
    assert result.returncode == 3
    assert f"cannot listen on [::1]:{port}: the port is in use" in result.stderr
    assert not endpoints.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-site"], "no-such-site"),
        (["--speed", "0"], "speed is 0; accepted: a number from 1e-05"),
        (["--speed", "1e6"], "speed is 1e+06; accepted: a number from 1e-05 to 100000"),
        (["--start", "9999-12-31T23:59:55"], "accepted: years from 1970 to 2200"),
        (["--start", "0001-01-01T00:00:00"], "accepted: years from 1970 to 2200"),
        (["--duration", "99999999999 d"], "'99999999999 d'; accepted: > 0 s and <="),
        (["--start", "yesterday"], "an ISO 8601 date and time"),
        (["--duration", "10"], "a number with a unit"),
        (["--port", "70000"], "65535"),
    ],
)
def test_bad_input_is_refused_with_exit_code_2(arguments: list[str], message: str) -> None:
    result = refused("--ephemeral-ports", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_every_problem_of_a_site_file_is_told_at_once(tmp_path: Path) -> None:
    site = tmp_path / "berlin.yaml"
    site.write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 kW}\n"
        "  main: {id: 2, category: meter, behind: gird}\n"
        "  house: {id: 2, category: meter, behind: main, load: 5 kW}\n"
    )
    result = refused(site, "--ephemeral-ports")
    assert result.exit_code == 2
    assert "berlin.yaml:3: grid.rated_fuse_current is 200 kW" in result.stderr
    assert "berlin.yaml:4: main.behind is 'gird'" in result.stderr
    assert "berlin.yaml:5: house.id is 2" in result.stderr


def test_a_recording_that_cannot_drive_the_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("timestamp,load_kw\n2026-01-01 00:00,1\n2026-01-01 00:15,abc\n")
    site = tmp_path / "site.yaml"
    site.write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}\n"
        "  main:\n"
        "    id: 2\n"
        "    category: meter\n"
        "    behind: grid\n"
        "    load: {file: day.csv, column: load_kw, unit: kW, positive: consumption, align: start}\n"
    )
    result = refused(site, "--ephemeral-ports")
    assert result.exit_code == 2
    assert "day.csv:3: load_kw is 'abc'" in result.stderr


def test_endpoints_that_cannot_be_written_are_refused_before_anything_is_served(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "endpoints.json"
    ended = refused("--ephemeral-ports", "--emit-endpoints", nowhere)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert ended.stderr.strip() == (
        f"--emit-endpoints is '{nowhere}'; accepted: a file in a folder that can be written to"
    )


def test_endpoints_on_a_full_disk_are_told_by_the_name_that_was_given(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    ended = run("--ephemeral-ports", "--emit-endpoints", full)
    assert ended.returncode == 2
    assert f"--emit-endpoints is '{full}' (No space left on device); accepted: a file" in ended.stderr
    assert full.is_symlink()
