"""What the page on the kernel shows is what comes of it, and it leaves no module out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import doppelgrid
from doppelgrid.sim import kernel

PAGE = Path(__file__).parents[2] / "docs" / "kernel.md"


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    program = re.search(r'```python title="look.py"\n(.*?)```', text, re.DOTALL)
    shown = re.search(r"```console\n\$ python look.py\n(.*?)```", text, re.DOTALL)
    assert program is not None
    assert shown is not None
    path = tmp_path / "look.py"
    path.write_text(program[1])
    run = subprocess.run([sys.executable, "-P", str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == shown[1]


LOOK = """
import sys
from datetime import datetime, timedelta

import doppelgrid
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.plant import Plant

site = doppelgrid.load_site("demo")
start_us = site.moment_us(datetime(2026, 6, 15, 12))
if sys.argv[1] == "compiled":
    run = HeadlessRun(site, start_us=start_us, seed=0, resolution=timedelta(seconds=1))
    list(run.chunks(timedelta(minutes=1)))
    plant = run.plant
else:
    plant = Plant(site, start_us=start_us, seed=0)
    plant.advance(start_us + 60_000_000)
print(plant.save().numbers["inverters.standby_s"])
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the program, and change it as the page says."""
    folder = tmp_path_factory.mktemp("changed")
    package = Path(doppelgrid.__file__).parent
    shutil.copytree(package, folder / "doppelgrid", ignore=shutil.ignore_patterns("__pycache__"))
    (diff,) = re.findall(r"```diff\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for file, lines in re.findall(r"^\+\+\+ b/(.*)\n((?:[ +-](?!--).*\n)+)", diff, re.MULTILINE):
        path = folder / "doppelgrid" / file
        text = path.read_text("utf-8")
        before = "".join(line[1:] + "\n" for line in lines.splitlines() if line[0] in " -")
        after = "".join(line[1:] + "\n" for line in lines.splitlines() if line[0] in " +")
        assert text.count(before) == 1, f"{file} is without:\n{before}"
        path.write_text(text.replace(before, after), "utf-8")
    return folder


@pytest.mark.lengthy
@pytest.mark.parametrize("way", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)])
def test_state_that_is_added_as_the_page_says_counts_and_is_saved(
    changed: Path, tmp_path: Path, way: str
) -> None:
    path = tmp_path / "look.py"
    path.write_text(LOOK)
    environment = {**os.environ, "PYTHONPATH": str(changed), "XDG_CACHE_HOME": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-P", str(path), way], capture_output=True, text=True, check=False, env=environment
    )
    assert (run.stdout, run.stderr) == ("[60.0]\n", "")


def test_the_page_says_of_every_module_of_the_kernel_what_it_is_for() -> None:
    table = PAGE.read_text("utf-8").partition("## What is in it")[0]
    named = set(re.findall(r"`(?:sim/kernel/)?(\w+\.py)`", table))
    folder = Path(kernel.__file__).parent
    assert {path.name for path in folder.glob("*.py")} - named == {"__init__.py"}
