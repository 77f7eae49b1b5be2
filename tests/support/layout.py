"""The plan of the code, and its imports as they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import grimp

import doppelgrid

ROOT = Path(__file__).parents[2]
PACKAGE = "doppelgrid"
HOUSE = ("models", "sim", "proto", "scenarios", "testing", "hardware", "cli")
"""Folders of the package, each of which imports only those before it; the façade stands above them all."""
SIM = (
    "domain", "files", "inputs", "tariff", "components", "site", "kernel", "network", "plant", "telemetry", "language",
    "engine", "faults", "gateway", "recording", "replay", "simulation", "headless", "ensemble", "report",
)  # fmt: skip
"""Folders of `sim`, each of which imports only those before it."""
SCENARIOS = ("library", "lockstep", "testing", "suites", "fuzzing", "conformance", "demo")
"""Folders of `scenarios`, each of which imports only those before it."""
SUITES = ("checks", "file", "running", "report")
"""Folders of `scenarios/suites`, each of which imports only those before it."""
PROTO = ("transport", "microgrid", "control", "serving", "inmemory", "prometheus")
"""Folders of `proto`, each of which imports only those before it."""
STANDING_ALONE = {"scenarios.conformance"}
"""What imports nothing else of the package: it holds any server to what clients rely on."""


def is_whole() -> bool:
    """Say whether the installed package has its folders beside it; an editable one shows the façade alone."""
    return (Path(doppelgrid.__file__).parent / "sim").is_dir()


@cache
def imports() -> grimp.ImportGraph:
    """Return the graph of imports of the installed package, other packages included."""
    # An editable installation shows the façade alone, in which no arrow could be wrong.
    assert is_whole(), "install the package: pip install --no-deps ."
    return grimp.build_graph(PACKAGE, include_external_packages=True)


def folders() -> list[str]:
    """Return the dotted names of all folders within the package that have parts; the package itself is empty."""
    modules = {module for module in imports().modules if module.startswith(PACKAGE)}
    return sorted(
        {module.rpartition(".")[0].removeprefix(PACKAGE).removeprefix(".") for module in modules - {PACKAGE}}
    )


def arrows(folder: str = "") -> set[tuple[str, str]]:
    """Return which parts of a folder import which others, as pairs of names.

    Args:
        folder: Dotted name within the package, such as `sim`; the package itself if empty.
    """
    prefix = f"{PACKAGE}.{folder}." if folder else f"{PACKAGE}."
    found = set()
    for module in imports().modules:
        part = _part(module, prefix)
        if part is not None:
            others = (_part(other, prefix) for other in imports().find_modules_directly_imported_by(module))
            found |= {(part, other) for other in others if other not in (None, part)}
    return {(part, other) for part, other in found if other is not None}


def _part(module: str, prefix: str) -> str | None:
    """Return the part of a folder to which a module belongs; None outside of it, and for its own `__init__`."""
    return module.removeprefix(prefix).split(".")[0] if module.startswith(prefix) else None


def floors(edges: set[tuple[str, str]]) -> dict[str, int]:
    """Return on which floor each part stands: 1 for one that imports no other, else one above the highest it imports.

    Raises:
        ValueError: If parts import each other in a circle.
    """
    below: dict[str, set[str]] = {}
    for part, other in edges:
        below.setdefault(part, set()).add(other)
        below.setdefault(other, set())
    found: dict[str, int] = {}
    while len(found) < len(below):
        ready = [part for part, others in below.items() if part not in found and others <= found.keys()]
        if not ready:
            raise ValueError(f"a circle among {', '.join(sorted(below.keys() - found.keys()))}")
        found |= {part: 1 + max((found[other] for other in below[part]), default=0) for part in ready}
    return found
