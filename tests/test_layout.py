"""The folders show how a watt travels; imports keep to that picture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT: dict[str, set[str]] = {
    "models": set(),
    "sim": {"models"},
    "proto": {"sim"},
    "lockstep": {"sim", "proto"},
    "testing": {"sim", "proto", "lockstep"},
    "scenarios": {"sim", "proto", "lockstep"},
    "conformance": set(),
    "accuracy": {"models", "sim"},
    "headless": {"models", "sim"},
    "cli": {"sim", "proto", "lockstep", "scenarios", "conformance", "headless"},
    "doppelgrid": {"sim", "proto", "lockstep", "scenarios", "headless"},
}
WIRE = {"grpc", "google", "frequenz.api"}


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the absolute dotted names that a module imports, with `doppelgrid.` for our own folders."""
    package = ("doppelgrid", *path.relative_to(ROOT).parent.parts)
    if package[1:2] == ("doppelgrid",):
        package = package[1:]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *((node.module,) if node.module else ())))
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_follow_the_direction_of_the_layout(folder: str) -> None:
    allowed = {folder, *MAY_IMPORT[folder]}
    for path in modules(folder):
        ours = {name.split(".")[1] for name in imported(path) if name.startswith("doppelgrid.")}
        assert ours & set(MAY_IMPORT) <= allowed, path


@pytest.mark.parametrize("folder", ["models", "sim"])
def test_the_simulator_does_not_know_the_wire(folder: str) -> None:
    for path in modules(folder):
        for name in imported(path):
            assert not any(name == word or name.startswith(f"{word}.") for word in WIRE), path


def test_only_the_clock_reads_the_time_outside() -> None:
    reading = {
        path.relative_to(ROOT).as_posix()
        for folder in ("models", "sim", "proto")
        for path in modules(folder)
        for name in imported(path)
        if name == "time" or name.startswith("time.")
    }
    assert reading <= {"sim/clock.py"}


def test_models_reach_for_nothing_but_arithmetic() -> None:
    for path in modules("models"):
        for name in imported(path):
            assert name.split(".")[0] in {"__future__", "math", "typing", "doppelgrid"}, path
