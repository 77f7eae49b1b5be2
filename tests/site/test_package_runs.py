"""Models of other packages are watched while a site runs: what raises, or is no number, is told with whose it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from support.own_machine import MODEL, Input, Output, Params, Section, State
from support.own_parts import MACHINE

from doppelgrid.hardware import AC_PARENTS, Built, Category, ComponentType
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.package_runs import watched, watched_machine

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
    assert call("limits_by_now", limits_by_now=lambda *_given: (-math.inf, 0.0)) == (-math.inf, 0.0)
    assert call("horizon_s", horizon_s=lambda *_given: -5.0) == -5.0
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
        ("output", Output("5 kW", 0.0), "powers that are finite numbers"),  # type: ignore[arg-type]
        ("step", State(0.0), "the next state, of numbers"),
        ("step", (State((0.0, math.nan)), Output(0.0, 0.0)), "the next state, of numbers"),  # type: ignore[arg-type]
        ("power_limits", (0.0, math.nan), "two finite numbers, the least and the greatest power"),
        ("power_limits", (-math.inf, 0.0), "two finite numbers, the least and the greatest power"),
        ("power_limits", (0.0,), "two finite numbers, the least and the greatest power"),
        ("limits_by_now", (0.0, math.nan), "two numbers, the least and the greatest power"),
        ("horizon_s", math.nan, "a number of seconds, or math.inf"),
        ("horizon_s", -math.inf, "a number of seconds, or math.inf"),
        ("horizon_s", None, "a number of seconds, or math.inf"),
    ],
)
def test_what_is_no_number_is_told_with_what_would_be_accepted(name: str, made: Any, accepted: str) -> None:
    given = (1.0,) if name == "step" else ()
    text = said(name, *given, **{name: lambda *_given: made})
    assert f"runs mill with a model whose {name} returns {made!r}; accepted: {accepted}" in text


def test_so_is_what_it_reports_besides_its_powers() -> None:
    model = watched(MODEL._replace(besides=lambda *_given: math.nan), TYPE, lambda _state: "mill")
    assert model.besides is not None
    with pytest.raises(PackageError, match="whose besides returns nan; accepted: a finite number"):
        model.besides(*AT_WORK[:2])


@pytest.mark.parametrize(
    ("name", "made", "accepted"),
    [
        ("reactive_limit_var", math.nan, "a finite number >= 0"),
        ("reactive_limit_var", -1.0, "a finite number >= 0"),
        ("reactive_range_var", (math.nan, 0.0), "two finite numbers"),
        ("reactive_range_var", (0.0, math.inf), "two finite numbers"),
        ("steps_w", (0.0, math.nan), "two finite numbers >= 0: where steps begin, and their size"),
        ("steps_w", (-1.0, 1.0), "two finite numbers >= 0: where steps begin, and their size"),
        ("activity", "busy", "an Activity"),
    ],
)
def test_so_is_what_the_functions_of_a_machine_return(name: str, made: Any, accepted: str) -> None:
    machine = watched_machine(replace(MACHINE, **{name: lambda *_given: made}), TYPE, "mill")
    with pytest.raises(PackageError) as refused:
        getattr(machine, name)(*AT_WORK)
    assert f"runs mill with a machine whose {name} returns {made!r}; accepted: {accepted}" in str(
        refused.value
    )


def test_what_a_function_of_a_machine_raises_is_told_as_well() -> None:
    machine = watched_machine(replace(MACHINE, activity=raising), TYPE, "mill")
    assert machine.activity is not None
    with pytest.raises(PackageError, match="mill with a machine whose activity raises ZeroDivisionError"):
        machine.activity(*AT_WORK)
