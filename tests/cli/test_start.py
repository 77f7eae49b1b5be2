"""What the command line loads before it does anything, and what it says where a package is missing."""

from __future__ import annotations

import subprocess
import sys
import textwrap

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


def without(package: str, *words: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.modules[{package!r}] = None\nfrom doppelgrid.cli.main import app; app()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("package", "extra", "words"),
    [
        ("numba", "simulate", ("simulate", "demo", "--duration", "1min")),
        ("pyarrow", "simulate", ("simulate", "demo", "--duration", "1min")),
        ("pyarrow", "recordings", ("run", "demo", "--duration", "1s", "--ephemeral-ports", "--record", "day.parquet")),
        ("pyarrow", "recordings", ("replay", "day.csv")),
        ("prometheus_client", "prometheus", ("run", "demo", "--duration", "1s", "--prometheus", "127.0.0.1:0")),
        ("distributed", "dask", ("simulate", "demo", "--runs", "2", "--dask", "tcp://127.0.0.1:1")),
        ("distributed", "dask", ("test", "library:dispatch", "--dask", "tcp://127.0.0.1:1")),
    ],
)  # fmt: skip
def test_a_missing_package_is_named_with_what_brings_it(
    package: str, extra: str, words: tuple[str, ...], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text("timestamp,microgrid_id,component_id,metric,value\n")
    done = without(package, *words)
    assert done.returncode == 2
    assert f"need the package {package}, which is not installed" in done.stderr
    assert f"pip install 'doppelgrid[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_names_a_missing_package_too() -> None:
    code = textwrap.dedent(
        """
        import sys
        from datetime import timedelta
        sys.modules["numba"] = None
        import doppelgrid
        doppelgrid.CALL(doppelgrid.load_site("demo"), timedelta(minutes=1))
        """
    )
    for call in ("simulate", "simulate_many"):
        words = [sys.executable, "-c", code.replace("CALL", call)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert "runs without clients need the package numba" in done.stderr
