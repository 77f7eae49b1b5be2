"""What inputs can be driven to, by whatever way."""

from __future__ import annotations

import ast
import math
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import doppelgrid
from doppelgrid.models.electric_car import ElectricCarParams
from doppelgrid.models.parameter import described_parameters
from doppelgrid.sim.inputs.driven import DRIVEN_INPUTS, require_drivable

NOON_US = round(datetime.fromisoformat("2026-06-15T12:00:00+02:00").timestamp() * 1e6)


@pytest.fixture(scope="module")
def everything() -> doppelgrid.Simulation:
    """A running site with one of everything."""
    return doppelgrid.Simulation.headless(doppelgrid.load_site("all-categories"), start_us=NOON_US)


def test_every_input_of_a_site_with_one_of_everything_has_a_range(everything: doppelgrid.Simulation) -> None:
    assert {name.partition(".")[2] for name in everything.plant.inputs.signals} <= DRIVEN_INPUTS.keys()


def test_what_drives_a_site_by_itself_is_within_its_range(everything: doppelgrid.Simulation) -> None:
    for name, signal in everything.plant.inputs.signals.items():
        component, _, quantity = name.partition(".")
        now = signal.at(NOON_US)
        require_drivable(component, quantity, now, 0.0, now)


def test_what_a_session_says_of_its_car_has_the_range_of_the_model() -> None:
    for name, parameter in described_parameters(ElectricCarParams).items():
        driven = DRIVEN_INPUTS.get(name)
        # A car may have no onboard charger: 0 A. The curve is driven by its number.
        if name not in {"ac_current_max_a", "dc_curve_w"}:
            assert driven is not None
            assert (driven.lower, driven.upper) == (parameter.lower, parameter.upper)


@pytest.mark.parametrize(
    ("quantity", "value", "said"),
    [
        ("load", -4e3, "x.load is -4 kW; accepted: 0 W to 1000 MW (a load consumes)"),
        ("power", 5e3, "x.power is 5 kW; accepted: -1000 MW to 0 W (production is negative)"),
        ("power", -math.inf, "x.power is -inf W; accepted: -1000 MW to 0 W (production is negative)"),
        ("irradiance", -1.0, "x.irradiance is -1 W/m²; accepted: 0 W/m² to 2 kW/m²"),
        ("frequency", 0.0, "x.frequency is 0 Hz; accepted: more than 0 Hz, up to 1000 Hz"),
        ("presence", 0.5, "x.presence is 0.5; accepted: 0 or 1"),
        ("cable", math.nan, "x.cable is nan; accepted: 0 or 1"),
        ("relative_humidity", 60.0, "x.relative_humidity is 6000 %; accepted: 0 % to 100 %"),
        ("ac_phases", 1.5, "x.ac_phases is 1.5; accepted: a whole number, 1 to 3"),
        ("of_another_package", math.inf, "x.of_another_package is inf; accepted: a finite number"),
    ],
)
def test_a_value_that_cannot_be_is_told_what_can(quantity: str, value: float, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        require_drivable("x", quantity, value, 0.0, 0.0)


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("load", 0.0),
        ("power", 0.0),
        ("irradiance", 2000.0),
        ("wanted_energy_wh", math.inf),
        ("dc_curve", -1.0),
    ],
)
def test_the_ends_of_ranges_are_accepted(quantity: str, value: float) -> None:
    require_drivable("x", quantity, value, 0.0, 0.0)


@pytest.mark.parametrize(
    ("value", "over_s", "now", "said"),
    [
        (0.0, -1.0, 0.0, "over is -1 s; accepted: 0 s to 366 d"),
        (0.0, math.nan, 0.0, "over is nan s; accepted: 0 s to 366 d"),
        (5e3, 9.0, math.inf, "over is 9 s; accepted: 0 s, as x.wanted_energy_wh goes from inf to 5000"),
    ],
)  # fmt: skip
def test_a_way_to_a_value_that_cannot_be_is_refused(
    value: float, over_s: float, now: float, said: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        require_drivable("x", "wanted_energy_wh", value, over_s, now)


def test_a_refused_drive_leaves_the_input_as_it_was(everything: doppelgrid.Simulation) -> None:
    key = next(name for name in everything.plant.inputs.signals if name.endswith(".load")).removesuffix(
        ".load"
    )
    before = everything.plant.inputs.value(key, "load")
    with pytest.raises(ValueError, match="a load consumes"):
        everything.drive(key, "load", -4e3)
    assert everything.plant.inputs.value(key, "load") == before


def ends(site: doppelgrid.Simulation) -> int:
    return sum(entry.kind == "override ends" for entry in site.save().engine.agenda.values())


@pytest.fixture
def demo() -> doppelgrid.Simulation:
    return doppelgrid.Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON_US)


def test_a_drive_anew_takes_the_old_end_with_it(demo: doppelgrid.Simulation) -> None:
    for power_w in range(50):
        demo.drive("office", "load", power_w, for_s=10.0)
    assert ends(demo) == 1


def test_a_drive_for_good_takes_the_old_end_with_it(demo: doppelgrid.Simulation) -> None:
    demo.drive("office", "load", 1e3, for_s=10.0)
    demo.drive("office", "load", 2e3)
    demo.run_for(timedelta(seconds=20))
    assert demo.plant.inputs.value("office", "load") == 2e3


def test_a_release_takes_the_end_with_it(demo: doppelgrid.Simulation) -> None:
    demo.drive("office", "load", 1e3, for_s=10.0)
    demo.release("office", "load")
    assert ends(demo) == 0


def test_a_drive_anew_after_a_rewind_takes_the_old_end_with_it(demo: doppelgrid.Simulation) -> None:
    demo.drive("office", "load", 1e3, for_s=10.0)
    demo.restore(demo.save())
    demo.drive("office", "load", 2e3, for_s=30.0)
    demo.run_for(timedelta(seconds=20))
    assert demo.plant.inputs.value("office", "load") == 2e3
    demo.run_for(timedelta(seconds=11))
    assert "office.load" not in demo.plant.inputs.overrides


def test_a_refused_drive_leaves_the_end_of_the_one_before(demo: doppelgrid.Simulation) -> None:
    demo.drive("office", "load", 1e3, for_s=10.0)
    with pytest.raises(ValueError, match="a load consumes"):
        demo.drive("office", "load", -4e3)
    assert ends(demo) == 1


def test_no_refusal_of_the_gateway_lacks_what_is_accepted() -> None:
    package = Path(doppelgrid.__file__).parent
    texts = [
        (path.name, text)
        for folder in ("sim/gateway", "sim/faults", "proto/control", "sim/domain")
        for path in sorted((package / folder).rglob("*.py"))
        for text in _refusals(path.read_text(encoding="utf-8"))
    ]
    passed_on = ("accepted", "self._reason", "str(error)")
    assert len(texts) > 20
    assert not [(name, text) for name, text in texts if not any(word in text for word in passed_on)]


def _refusals(source: str) -> list[str]:
    """Return what is raised to clients, as it stands in the code."""
    kinds = ("ArgumentError", "BoundsError", "StateError", "ComponentError", "SnapshotError", "UnsupportedError",
             "UnavailableError", "ValueError")  # fmt: skip
    return [
        ast.unparse(node.exc)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and ast.unparse(node.exc.func).endswith(kinds)
    ]
