"""An unmodified `frequenz-sdk` application in lockstep, through the command line as users have it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from doppelgrid.cli.main import app

APP = Path(__file__).parent / "apps" / "formulas.py"
COMMAND = Path(sys.executable).parent / "doppelgrid"

SITE = """
microgrid: {id: 7, name: Test site}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  main:    {id: 2, category: meter, behind: grid}
  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 30 kW}
  battery: {id: 12, category: battery, behind: bat-inv, initial_soc: 50 %}
  pv-inv:  {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW}
  hall:    {id: 31, category: meter, behind: main, load: {profile: constant, value: 20 kW, noise: 10 %}}
telemetry: {interval: 1 s}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


def lockstep(
    *arguments: object, hash_seed: int = 0, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    words = [str(COMMAND), "lockstep", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def lockstep_here(*arguments: object) -> Result:
    """Give the command what needs no process of its own: no library in it remembers the run."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["lockstep", *map(str, arguments)])


def run_formulas(
    site: Path, *, seconds: int, propose_for: int, **how: object
) -> subprocess.CompletedProcess[str]:
    arguments = ["grpc://[::1]:8800", seconds, -10.0, propose_for]
    return lockstep(site, APP, *arguments, "--start", "2026-06-15T12:00", "--seed", 7, **how)  # type: ignore[arg-type]


def powers(run: subprocess.CompletedProcess[str]) -> list[dict[str, float | None]]:
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def digest(run: subprocess.CompletedProcess[str]) -> str:
    match = re.search(r"digest ([0-9a-f]{32})", run.stdout + run.stderr)
    assert match is not None, run.stderr
    return match[1]


def script(folder: Path, text: str) -> Path:
    path = folder / "app.py"
    path.write_text(text)
    return path


def test_the_sdks_formulas_balance_and_the_set_point_lapses_after_a_minute(site: Path) -> None:
    run = run_formulas(site, seconds=110, propose_for=20)
    series = powers(run)
    for sample in series[5:]:
        assert sample["grid"] == pytest.approx(sample["consumer"] + sample["pv"] + sample["battery"], abs=1.0)  # type: ignore[operator]
    at_work = [
        second for second, sample in enumerate(series) if sample["battery"] == pytest.approx(-10_000.0)
    ]
    assert 55 <= at_work[-1] - at_work[0] <= 80
    assert series[-1]["battery"] == pytest.approx(30.0, abs=5.0)


@pytest.mark.slow
def test_the_same_run_has_the_same_digest_whatever_the_hash_seed_and_the_folder(
    site: Path, tmp_path: Path
) -> None:
    here = run_formulas(site, seconds=60, propose_for=60, hash_seed=1)
    there = run_formulas(site, seconds=60, propose_for=60, hash_seed=2, cwd=tmp_path)
    assert powers(here) == powers(there)
    assert digest(here) == digest(there)


@pytest.mark.slow
def test_two_journals_show_where_runs_part(site: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    lockstep(site, APP, "grpc://[::1]:8800", 15, -10.0, 15, "--journal", one)
    lockstep(site, APP, "grpc://[::1]:8800", 15, -12.0, 15, "--journal", other)
    same = lockstep_here("--explain-divergence", one, one)
    different = lockstep_here("--explain-divergence", one, other)
    assert (same.exit_code, different.exit_code) == (0, 8)
    assert "the runs are the same" in same.stdout
    assert re.search(r"part at event \d+:\n  A: .*-10000.*\n  B: .*-12000", different.stdout)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("raise LookupError('broken app')", 4, "LookupError: broken app"),
        ("print('done')", 5, "returned at 2026-06-15T00:00:00"),
        ("import sys; sys.exit(3)", 6, "exited with code 3"),
        pytest.param(
            "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(0)\nasyncio.run(main())",
            7,
            "main",
            marks=pytest.mark.slow,
        ),
        (
            "from frequenz.client.microgrid import MicrogridApiClient\nimport asyncio\n"
            "async def main():\n    MicrogridApiClient('grpc://[::1]:9999')\nasyncio.run(main())",
            4,
            "in place here: localhost:8800",
        ),
    ],
)
def test_what_an_app_does_wrong_is_said_with_the_virtual_time(
    site: Path, tmp_path: Path, text: str, code: int, message: str
) -> None:
    run = lockstep_here(site, script(tmp_path, text), "--duration", "10 min")
    assert run.exit_code == code, run.stderr
    assert message in run.stderr


def test_an_app_that_waits_for_a_socket_is_named_with_its_task(site: Path, tmp_path: Path) -> None:
    text = """
import asyncio, socket
async def wait_for_nothing():
    listener, other = socket.socketpair()
    listener.setblocking(False)
    await asyncio.get_running_loop().sock_recv(listener, 1)
asyncio.run(wait_for_nothing())
"""
    run = lockstep(site, script(tmp_path, text), "--duration", "10 min")
    assert run.returncode == 7
    assert "wait_for_nothing" in run.stderr
    assert "real time" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "app.py"], "nowhere"),
        (["demo", "missing.py"], "no script at missing.py"),
        (
            ["gone.journal", "other.journal", "--explain-divergence"],
            "gone.journal: No such file or directory; accepted",
        ),
    ],
)
def test_bad_input_is_refused_before_anything_runs(arguments: list[str], message: str) -> None:
    run = lockstep_here(*arguments)
    assert run.exit_code == 2
    assert message in run.stderr


LISTENING = """
import asyncio
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric

async def main():
    client = MicrogridApiClient("grpc://[::1]:8800?ssl=false")
    received = client.receive_component_data_samples_stream(ComponentId(2), [Metric.AC_POWER_ACTIVE])
    async for data in received:
        print("at", data.metric_samples[0].sampled_at.strftime("%S"), flush=True)

asyncio.run(main())
"""


def test_an_app_hears_of_a_meter_when_the_meter_reports(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(
        "microgrid: {id: 7}\ntelemetry: {interval: 1 s}\ncomponents:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}\n"
        "  main: {id: 2, category: meter, behind: grid, reporting: {changes: {power: 1 kW}, interval: 20 s},\n"
        "         load: {profile: inline, points: [{at: 0 s, value: 5 kW}, {at: 9 s, value: 8 kW}]}}\n"
    )
    run = lockstep(site, script(tmp_path, LISTENING), "--start", "2026-06-15T12:00", "--duration", "55 s")
    assert re.findall(r"at (\d\d)", run.stdout) == ["01", "09", "29", "49"]
