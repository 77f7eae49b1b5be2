"""The suite that users are shown passes, in parallel and from a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).parents[2] / "examples" / "suite"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "passed"),
    [("refused", "1 passed"), pytest.param("", "10 passed", marks=pytest.mark.days)],
)
def test_scenarios_of_hours_pass_in_parallel(tmp_path: Path, chosen: str, passed: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(SUITE),
        "-k",
        chosen,
        "-n",
        "2",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, "--doppelgrid-output", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert passed in done.stdout
