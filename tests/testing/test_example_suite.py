"""The suite that users are shown passes, in parallel and from a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parents[2] / "examples" / "suite"


@pytest.mark.slow
def test_ten_scenarios_of_hours_pass_in_parallel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", str(SUITE), "-n", "2", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--doppelgrid-output", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout
