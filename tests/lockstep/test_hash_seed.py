"""Applications that walk sets of strings do so alike in every run of a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from suites.benches import SITE, scenario

from doppelgrid.scenarios.suites.running.case import Case
from doppelgrid.scenarios.suites.running.cluster import Place, _Helper, run_on_worker

COMMAND = Path(sys.executable).parent / "doppelgrid"
WALKS_A_SET = """
import asyncio, os
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient

async def main():
    client = MicrogridApiClient("grpc://[::1]:8800")
    print("pid", os.getpid(), "walks", *{f"part {number}" for number in range(20)}, flush=True)
    await client.set_component_power_active(ComponentId(3), -float(abs(hash("part")) % 5_000))
    await asyncio.sleep(1e6)
asyncio.run(main())
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(WALKS_A_SET)
    return scenario(tmp_path, "app: app.py\nchecks: [{always: grid.power < 99 kW}]\n")


def environment(hash_seed: str | None) -> dict[str, str]:
    """Return the environment of the tests, with or without a hash seed."""
    rest = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    return rest if hash_seed is None else {**rest, "PYTHONHASHSEED": hash_seed}


def again(case: Path, output: Path, hash_seed: str | None = None) -> str:
    """Run a case by the command, and return the line that repeats it, with its digest."""
    subprocess.run(
        [COMMAND, "test", case, "--output", output], env=environment(hash_seed), check=True, stdout=subprocess.DEVNULL
    )  # fmt: skip
    return (output / "try" / "again.txt").read_text()


def walked(lines: str) -> str:
    return next(line for line in lines.splitlines() if line.startswith("pid ")).partition(" walks ")[2]


def test_a_case_has_the_same_digest_whenever_it_is_run(case: Path, tmp_path: Path) -> None:
    first, second = (again(case, tmp_path / name) for name in ("first", "second"))
    assert first == second
    logs = [walked((tmp_path / name / "try" / "app.log").read_text()) for name in ("first", "second")]
    assert logs[0] == logs[1]


@pytest.mark.slow
def test_a_hash_seed_of_the_user_s_holds(case: Path, tmp_path: Path) -> None:
    assert again(case, tmp_path / "usual", "0") == again(case, tmp_path / "none")
    assert again(case, tmp_path / "own", "7") != again(case, tmp_path / "none")


@pytest.mark.slow
def test_a_case_has_the_same_digest_beside_a_worker_with_a_hash_seed_of_its_own(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "6640")
    place = Place(str(tmp_path), "0")
    try:
        verdict = run_on_worker(Case("try", case), place)
    finally:
        _Helper.of_this_thread(place).end()
    assert verdict.digest in again(case, tmp_path / "out")


def lockstep(folder: Path, hash_seed: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "lockstep", folder / "small.yaml", folder / "app.py", "--duration", "1min"],
        env=environment(hash_seed), check=True, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.slow
def test_an_application_in_lockstep_has_the_same_digest_whenever_it_is_run(
    case: Path, tmp_path: Path
) -> None:
    def told(run: subprocess.CompletedProcess[str]) -> tuple[str, str]:
        return walked(run.stdout), run.stdout.strip().rpartition(" ")[2]

    assert told(lockstep(tmp_path)) == told(lockstep(tmp_path)) == told(lockstep(tmp_path, "0"))
    assert told(lockstep(tmp_path)) != told(lockstep(tmp_path, "7"))


def test_a_process_in_lockstep_has_the_number_streams_and_end_that_its_parent_knows(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SITE)
    (tmp_path / "app.py").write_text(
        "import os, sys\nprint('pid', os.getpid(), sys.stdin.readline(), end='', flush=True)\nsys.stdin.readline()\n"
    )
    process = subprocess.Popen(
        [COMMAND, "lockstep", tmp_path / "small.yaml", tmp_path / "app.py"], env=environment(None),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("said first\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"pid {process.pid} said first\n"
    process.send_signal(signal.SIGINT)
    assert "the run was ended by Ctrl-C" in process.communicate(timeout=60)[1]
    assert process.returncode == 130
