"""`doppelgrid run` with several sites, on open addresses and behind locks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

COMMAND = str(Path(sys.executable).parent / "doppelgrid")
BRIEFLY = ["run", "--ephemeral-ports", "--duration", "200 ms"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    words = [COMMAND, *BRIEFLY, *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_the_endpoints_of_all_sites_are_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"

    result = run("demo", "commercial", "--copies", "2", "--emit-endpoints", str(file))

    assert result.returncode == 0, result.stdout
    (line,) = file.read_text().splitlines()
    endpoints = json.loads(line)["microgrids"]
    assert [endpoint["id"] for endpoint in endpoints] == [2200, 2201, 2300, 2301]
    assert len({endpoint["grpc"] for endpoint in endpoints}) == 4


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--host", "0.0.0.0"), "anyone there could command the site"),
        (("--sign-secret", "s"), "--auth-key"),
        (("--tls-cert", "none.pem"), "both a certificate and its key"),
        (("--tls-cert", "none.pem", "--tls-key", "none.pem"), "No such file"),
        (("demo", "demo"), "--copies"),
        (("demo", "commercial", "--record", "day.parquet"), "one site"),
    ],
)
def test_what_cannot_be_served_is_bad_input(options: tuple[str, ...], complaint: str) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*BRIEFLY, *options])

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_an_open_address_may_be_served_on_demand() -> None:
    assert run("--host", "0.0.0.0", "--insecure").returncode == 0
