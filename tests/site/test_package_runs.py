"""Models of other packages are watched while a site runs: what raises, or is no number, is told with whose it is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from support.own_machine import MODEL, Input, Output, Params, Section, State

from doppelgrid.hardware import AC_PARENTS, Built, Category, ComponentType
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.package_runs import watched

TYPE = guarded(
    ComponentType("own", Category.CHP, Section, "Chp", AC_PARENTS, lambda _section, _setting: Built()),
    "evil 0.1",
)
AT_WORK = (Params(5e3), State(0.0), Input(1e3))


def call(name: str, *given: Any, **changes: Any) -> Any:
    model = watched(MODEL._replace(**changes), TYPE, lambda _state: "mill")
    return getattr(model, name)(*AT_WORK, *given)


def said(name: str, *given: Any, **changes: Any) -> str:
    with pytest.raises(PackageError) as refused:
        call(name, *given, **changes)
    return str(refused.value)


def raising(*_given: Any) -> Any:
    raise ZeroDivisionError("by no wind")


def test_what_is_right_passes() -> None:
    assert call("output") == Output(1e3, 0.0)
    assert call("step", 2.0) == (State(2.0), Output(1e3, 0.0))
    assert call("power_limits") == (-5e3, 5e3)
    assert call("horizon_s") == math.inf


@pytest.mark.parametrize("name", ["output", "horizon_s", "step", "power_limits"])
def test_what_raises_is_told_with_package_component_and_place(name: str) -> None:
    given = (1.0,) if name == "step" else ()
    assert said(name, *given, **{name: raising}).startswith(
        f"package evil 0.1: component type 'own' runs mill with a model whose {name} raises"
        " ZeroDivisionError: by no wind (test_package_runs.py:"
    )


@pytest.mark.parametrize(
    ("name", "made", "accepted"),
    [
        ("output", Output(math.nan, 0.0), "powers that are finite numbers"),
        ("output", Output(0.0, math.inf), "powers that are finite numbers"),
        ("step", (State(math.nan), Output(0.0, 0.0)), "the next state, of numbers"),
        ("step", (State(0.0), Output(math.nan, 0.0)), "the next state, of numbers"),
        ("power_limits", (0.0, math.nan), "two numbers, the least and the greatest power"),
    ],
)
def test_what_is_no_number_is_told_with_what_would_be_accepted(name: str, made: Any, accepted: str) -> None:
    given = (1.0,) if name == "step" else ()
    text = said(name, *given, **{name: lambda *_given: made})
    assert f"runs mill with a model whose {name} returns {made!r}; accepted: {accepted}" in text
