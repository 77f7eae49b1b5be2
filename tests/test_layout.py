"""The folders show how a watt travels; imports keep to that picture."""

from __future__ import annotations

import re

import pytest
from support.layout import (
    HOUSE,
    PROTO,
    ROOT,
    SCENARIOS,
    SIM,
    STANDING_ALONE,
    SUITES,
    arrows,
    floors,
    folders,
    imports,
    is_whole,
)
from support.layout_picture import picture

pytestmark = pytest.mark.skipif(
    not is_whole(), reason="an editable installation shows no imports; accepted: pip install --no-deps ."
)


def _folders(path: str) -> set[str]:
    return {each.name for each in (ROOT / path).iterdir() if each.is_dir() and any(each.glob("*.py"))}


@pytest.mark.parametrize(
    ("folder", "order"),
    [("", HOUSE), ("sim", SIM), ("scenarios", SCENARIOS), ("scenarios.suites", SUITES), ("proto", PROTO)],
)
def test_imports_follow_the_direction_of_the_plan(folder: str, order: tuple[str, ...]) -> None:
    inside = {(part, other) for part, other in arrows(folder) if {part, other} <= set(order)}
    upward = {(part, other) for part, other in inside if order.index(other) > order.index(part)}
    assert not upward, "each folder imports only those before it in the plan"


@pytest.mark.parametrize(
    ("folder", "order"),
    [("sim", SIM), ("scenarios", SCENARIOS), ("scenarios/suites", SUITES), ("proto", PROTO)],
)
def test_the_plan_names_every_folder(folder: str, order: tuple[str, ...]) -> None:
    assert _folders(folder) == set(order)


def test_sim_has_at_most_ten_floors_and_no_circles() -> None:
    assert max(floors(arrows("sim")).values()) <= 10


def test_no_folder_has_parts_that_import_each_other_in_a_circle_be_it_for_types_alone() -> None:
    for folder in folders():
        floors(arrows(folder))


@pytest.mark.parametrize("folder", ["models", "sim"])
def test_the_simulator_does_not_know_the_wire(folder: str) -> None:
    known = {
        (module, other)
        for module in imports().modules
        if module.startswith(f"doppelgrid.{folder}.")
        for other in imports().find_modules_directly_imported_by(module)
        if other in ("grpc", "google", "frequenz")
    }
    # The SDK's own graph has the last word on a site's.
    assert known <= {("doppelgrid.sim.site.graph", "frequenz")}


def test_what_stands_alone_imports_nothing_else_of_the_package() -> None:
    for folder in STANDING_ALONE:
        inside = f"doppelgrid.{folder}"
        reached = {
            other
            for module in imports().modules
            if module.startswith(inside)
            for other in imports().find_modules_directly_imported_by(module)
            if other.startswith("doppelgrid.") and not other.startswith(inside)
        }
        assert not reached


def test_only_the_clock_reads_the_time_outside() -> None:
    reading = {
        module
        for module in imports().find_modules_that_directly_import("time")
        if module.startswith(("doppelgrid.models", "doppelgrid.sim", "doppelgrid.proto"))
    }
    assert reading <= {"doppelgrid.sim.engine.clock"}


def test_models_reach_for_nothing_but_arithmetic() -> None:
    for module in imports().modules:
        if module.startswith("doppelgrid.models"):
            others = imports().find_modules_directly_imported_by(module)
            assert {other.split(".")[0] for other in others} <= {"__future__", "math", "typing", "doppelgrid"}


def test_nothing_at_the_root_answers_for_the_package() -> None:
    assert not (ROOT / "doppelgrid").exists()
    assert not list(ROOT.glob("doppelgrid.py"))


def test_the_picture_of_the_plan_is_current() -> None:
    assert (ROOT / "docs" / "layout.svg").read_text(encoding="utf-8") == picture(), "run `make layout`"


def _curve(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return places on a cubic curve."""
    places = []
    for step in range(21):
        t = step / 20
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        x, y = (sum(w * p[axis] for w, p in zip(weights, points, strict=True)) for axis in (0, 1))
        places.append((x, y))
    return places


def test_no_arrow_of_the_picture_passes_through_a_box() -> None:
    box = r'class="room" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"'
    rooms = [tuple(map(float, found)) for found in re.findall(box, picture())]
    ways = re.findall(r'<path class="way" d="M([^"]+)"', picture())
    assert len(ways) >= len(rooms)
    for path in ways:
        points = [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", path)]
        for begin in range(0, len(points) - 1, 3):
            for x, y in _curve(points[begin : begin + 4]):
                for left, top, width, height in rooms:
                    assert not (left < x < left + width and top + 0.01 < y < top + height - 0.01), path
