"""Runs have the same bits with the oldest libraries that are accepted, and on other versions of Python."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from datetime import timedelta
from hashlib import blake2b
import doppelgrid
from doppelgrid import Simulation
for name in sys.argv[1:]:
    simulation = Simulation.headless(doppelgrid.load_site(name), start_us=1_781_517_600_000_000, seed=1)
    digest = blake2b(digest_size=8)
    for _ in range(3):
        simulation.run_for(timedelta(minutes=1))
        for component in simulation.site.components.values():
            values = simulation.gateway.frame(component.id).values
            digest.update(repr(sorted(values.items())).encode())
    for key, signal in sorted(simulation.plant.inputs.signals.items()):
        seen = [signal.at(simulation.now_us + hours * 3_600_000_000) for hours in range(0, 8_000, 17)]
        digest.update(repr((key, seen)).encode())
    print(name, digest.hexdigest())
"""
SITES = ("demo", "commercial", "all-categories")
OTHERS = ("python3.12", "python3.13", "python3.14")


def dependencies() -> list[str]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return [str(each) for each in told]


def oldest() -> list[str]:
    """Return the oldest versions that are accepted, of the program's own dependencies."""
    found = (re.fullmatch(r"([\w.-]+)>=([\w.]+)", each) for each in dependencies())
    pairs = [(match[1], match[2]) for match in found if match is not None]
    return [f"{name}=={number}" + ("" if number.count(".") > 1 else ".*") for name, number in pairs]


def digests(python: Path, packages: Path, cache: Path) -> str:
    """Return what runs give with an interpreter and its packages, and the present text of the program."""
    environment = {"PYTHONPATH": str(packages), "XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin"}
    words = [str(python), "-P", "-c", PROGRAM, *SITES]
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout


def installed(interpreter: str, folder: Path, *wanted: str) -> Path:
    """Return the interpreter of a new environment with packages; skips where they cannot be had."""
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ]
    got = subprocess.run([*pip, *wanted], capture_output=True, text=True, check=False)
    if got.returncode:
        pytest.skip(f"packages cannot be installed here: {got.stderr[-300:]}")
    return python


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with nothing but the installed program."""
    folder = tmp_path_factory.mktemp("program")
    found = distribution("doppelgrid")
    program = Path(str(found.locate_file("doppelgrid")))
    shutil.copytree(program, folder / "doppelgrid", ignore=shutil.ignore_patterns("__pycache__"))
    for folder_of_facts in Path(str(found.locate_file(""))).glob("doppelgrid-*.dist-info"):
        shutil.copytree(folder_of_facts, folder / folder_of_facts.name)
    return folder


@pytest.fixture(scope="module")
def of_this_environment(tmp_path_factory: pytest.TempPathFactory, program: Path) -> str:
    return digests(Path(sys.executable), program, tmp_path_factory.mktemp("cache"))


@pytest.mark.slow
def test_the_oldest_libraries_that_are_accepted_give_the_same_bits(
    program: Path, of_this_environment: str, tmp_path: Path
) -> None:
    python = installed(sys.executable, tmp_path / "oldest", *oldest())
    assert digests(python, program, tmp_path / "cache") == of_this_environment


@pytest.mark.slow
@pytest.mark.parametrize("interpreter", OTHERS)
def test_other_versions_of_python_give_the_same_bits(
    interpreter: str, program: Path, of_this_environment: str, tmp_path: Path
) -> None:
    # A shim may be there though it leads to nothing.
    if (
        shutil.which(interpreter) is None
        or subprocess.run([interpreter, "--version"], check=False).returncode
    ):
        pytest.skip(f"{interpreter} is not on this machine")
    python = installed(interpreter, tmp_path / "other", *dependencies())
    assert digests(python, program, tmp_path / "cache") == of_this_environment
