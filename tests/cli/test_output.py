"""Standard output that cannot carry every character: what fits is printed, and JSON stays JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "doppelgrid"
SITE = """
microgrid: {id: 7, name: "Zürich – 横浜"}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  inv: {id: 3, category: battery_inverter, behind: grid, rated_power: 30 kW}
  battery: {id: 4, category: battery, behind: inv, preset: lfp-92kwh}
"""
SCENARIO = """
scenario: Zürich – 横浜
site: site.yaml
duration: 2 s
checks: [{never: battery.soc > 60 %}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    (made / "site.yaml").write_text(SITE, encoding="utf-8")
    (made / "case.yaml").write_text(SCENARIO, encoding="utf-8")
    recorded = subprocess.run(
        [COMMAND, "run", "site.yaml", "--ephemeral-ports", "--duration", "2s", "--record", "day.csv"],
        cwd=made, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert recorded.returncode == 0, recorded.stderr
    return made


def printed(folder: Path, encoding: str, *words: str) -> str:
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert (done.returncode, b"Error" in done.stderr) == (0, False), done.stderr.decode(encoding)
    return done.stdout.decode(encoding)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--help",), marks=pytest.mark.slow),
        ("check", "site.yaml"),
        pytest.param(("check", "site.yaml", "--explain", "battery"), marks=pytest.mark.slow),
        pytest.param(("run", "site.yaml", "--ephemeral-ports", "--duration", "1s"), marks=pytest.mark.slow),
        pytest.param(("test", "case.yaml"), marks=pytest.mark.slow),
        ("report", "day.csv", "--site", "site.yaml"),
    ],
    ids=" ".join,
)
def test_a_question_mark_stands_for_what_cannot_be_printed(folder: Path, words: tuple[str, ...]) -> None:
    told = printed(folder, "latin-1", *words)
    assert words == ("--help",) or "?" in told


def test_an_ascii_terminal_gets_a_site_drawn_in_ascii(folder: Path) -> None:
    assert "Z?rich ? ?? (microgrid 7" in printed(folder, "ascii", "check", "site.yaml")


def test_what_can_be_printed_is(folder: Path) -> None:
    assert "Zürich ? ?? (microgrid 7" in printed(folder, "latin-1", "check", "site.yaml")


@pytest.mark.slow
def test_json_says_the_same_in_its_own_escapes(folder: Path) -> None:
    plain, escaped = (printed(folder, encoding, "check", "--schema") for encoding in ("utf-8", "ascii"))
    assert "°" in plain
    assert json.loads(plain) == json.loads(escaped)
