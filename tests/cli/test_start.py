"""What the command line loads before it does anything, and what it says where a package is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "frequenz",
    "grpc",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pvlib",
    "pyarrow",
    "pydantic",
    "scipy",
}
"""Packages that take long to import."""


def loaded_by(code: str) -> set[str]:
    report = f"import sys\n{code}\nprint('loaded:', *{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


def test_the_package_loads_nothing_that_takes_long() -> None:
    assert not loaded_by("import doppelgrid; dir(doppelgrid)") & HEAVY


def test_help_loads_nothing_that_takes_long() -> None:
    code = "from doppelgrid.cli.main import app\nimport sys; sys.argv[1:] = ['--help']\n"
    assert not loaded_by(f"{code}try: app()\nexcept SystemExit: pass") & HEAVY


def test_ctrl_c_before_a_command_begins_ends_it_without_a_word() -> None:
    code = (
        "from doppelgrid.cli import main, start\n"
        "def stopped(): raise KeyboardInterrupt\n"
        "main.app = stopped\n"
        "start.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "stopped",
    [
        "from pydantic_core import SchemaError\n    raise SchemaError('Error building validator: KeyboardInterrupt: ')",
        "try:\n        raise KeyboardInterrupt\n    except BaseException as by:\n        raise ImportError from by",
    ],
)
def test_so_does_ctrl_c_of_which_what_is_loaded_makes_an_error_of_its_own(stopped: str) -> None:
    code = (
        "from doppelgrid.cli import main, start\n"
        f"def stopped():\n    {stopped}\n"
        "main.app = stopped\n"
        "start.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def without(package: str, *statements: str) -> list[str]:
    """Return what is complained of by statements that a process without a package runs one after the other."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"for statement in {statements!r}:\n"
        "    try:\n"
        "        exec(statement)\n"
        "    except SystemExit as ended:\n"
        "        print('ended with', ended.code, file=sys.stderr)\n"
        "    except Exception as error:\n"
        "        print(error, file=sys.stderr)\n"
        "    print('next', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stderr.split("next\n")[:-1]


@pytest.mark.parametrize(
    ("package", "commands"),
    [
        ("numba", [("simulate", "simulate demo --duration 1min")]),
        pytest.param(
            "pyarrow",
            [
                ("simulate", "simulate demo --duration 1min"),
                ("recordings", "run demo --duration 1s --ephemeral-ports --record day.parquet"),
                ("recordings", "replay day.csv"),
            ],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "prometheus_client",
            [("prometheus", "run demo --duration 1s --prometheus 127.0.0.1:0")],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "distributed",
            [
                ("dask", "simulate demo --runs 2 --dask tcp://127.0.0.1:1"),
                ("dask", "test library:dispatch --dask tcp://127.0.0.1:1"),
            ],
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_missing_package_is_named_with_what_brings_it(
    package: str, commands: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text("timestamp,microgrid_id,component_id,metric,value\n")
    run = "from doppelgrid.cli.main import app; app({!r})"
    complaints = without(package, *(run.format(words.split()) for _, words in commands))
    for (extra, _), said in zip(commands, complaints, strict=True):
        assert said.endswith("ended with 2\n")
        assert f"need the package {package}, which is not installed" in said
        assert f"pip install 'doppelgrid[{extra}]'" in said
        assert "Traceback" not in said


def test_python_names_a_missing_package_too() -> None:
    start = "from datetime import timedelta; import doppelgrid; "
    site = "doppelgrid.load_site('demo'), timedelta(minutes=1)"
    calls = (f"{start}doppelgrid.simulate({site})", f"{start}doppelgrid.simulate_many({site})")
    for said in without("numba", *calls):
        assert "runs without clients need the package numba" in said


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_without_streams_runs_all_the_same(closed: str) -> None:
    command = f"{Path(sys.executable).parent / 'doppelgrid'} --version {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
