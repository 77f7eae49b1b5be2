"""What component types of other packages return is held to what a plant can run, and told with the package's name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.own_machine import (
    MODEL,
    Output,
    Params,
    State,
)
from support.own_parts import MACHINE, RATING, SECTION, START_US, TYPE, all_settings, own_setting

import doppelgrid
from doppelgrid.hardware import (
    Bounds,
    Built,
    Category,
    ComponentType,
    ParameterError,
    Setting,
    Switchgear,
    phase_shares,
)
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.registry import OURS
from doppelgrid.sim.components.solar_array import SolarArray
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.signal import Constant


@pytest.fixture
def setting() -> Setting:
    return own_setting()


def refusal(kind: ComponentType, setting: Setting) -> str:
    with pytest.raises(PackageError) as refused:
        guarded(kind, "evil 0.1").build(SECTION, setting)
    said = str(refused.value)
    assert "\n" not in said
    start = "package evil 0.1: component type 'own' "
    assert said.startswith(start)
    return said.removeprefix(start)


def raising(*_given: Any) -> Any:
    raise RuntimeError("boom")


def test_what_is_right_is_built(setting: Setting) -> None:
    kind = guarded(TYPE, "good 1.0")
    assert kind.build(SECTION, setting) == Built(machine=MACHINE)
    assert kind.package == "good 1.0"


@pytest.mark.parametrize(
    "kind",
    [kind for kind in OURS if kind.category is not Category.GRID_CONNECTION_POINT],
    ids=lambda kind: kind.name,
)
def test_ours_would_pass(kind: ComponentType) -> None:
    site = doppelgrid.load_site("all-categories")
    (key, section), *_ = [each for each in site.components.items() if isinstance(each[1], kind.section)]
    guarded(kind, "ours").build(section, all_settings()[key])


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: None, "builds own as None; accepted: a Built"),
        (dict, "builds own as {}; accepted: a Built"),
        (raising, "build raises RuntimeError: boom (test_package_check.py:"),
        (
            lambda: Built(grid=1),  # type: ignore[arg-type]
            "builds own with grid although it is no component that has one; accepted: grid of none, as a site",
        ),
        (
            lambda: Built(array=SolarArray(Constant(0.0), None)),  # type: ignore[arg-type]
            "builds own with array although it is no component that has one; accepted: array of hybrid_inverter",
        ),
        (lambda: Built(load=5), "builds own with load 5; accepted: a WiredLoad, or None"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_built_of_the_right_parts_is_refused(
    setting: Setting, build: Callable[[], Built], said: str
) -> None:
    assert refusal(replace(TYPE, build=lambda _section, _setting: build()), setting).startswith(said)


@pytest.mark.parametrize(
    ("category", "part"),
    [(Category.BATTERY, "battery"), (Category.BATTERY_INVERTER, "inverter")],
)
def test_what_every_component_of_a_category_has_must_be_built(
    setting: Setting, category: Category, part: str
) -> None:
    kind = replace(TYPE, category=category, build=lambda _section, _setting: Built())
    assert refusal(kind, setting) == (
        f"builds own without {part}, which every {category} has; accepted: Built({part}=...)"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": None}, "machine.params None; accepted: a named tuple of numbers"),
        ({"params": Params(math.nan)}, "machine.params.rated_w nan; accepted: a number"),
        ({"state": {"e": 0.0}}, "machine.state {'e': 0.0}; accepted: a named tuple of numbers"),
        ({"state": State("x")}, "machine.state.energy_ws 'x'; accepted: a number, or a tuple of numbers"),
        ({"shares": (1.0,)}, "machine.shares (1.0,); accepted: a ThreePhase, such as phase_shares((1, 2, 3))"),
        (
            {"shares": phase_shares((1, 2, 3))._replace(l1=0.9)},
            "machine.shares that add up to 1.56667; accepted: shares of phases that add up to 1",
        ),
        ({"shares": phase_shares((1,))._replace(l2=math.nan)}, "machine.shares.l2 nan; accepted: 0..1"),
        ({"shares": phase_shares((1,))._replace(l2=-0.5)}, "machine.shares.l2 -0.5; accepted: 0..1"),
        ({"sources": ()}, "machine.sources (); accepted: a tuple of 1, one for each of set_point_w"),
        ({"sources": ("nowhere",)}, "machine.sources 'nowhere'; accepted: any of set-point, reactive set-point"),
        ({"sources": ("array power",)}, "machine.sources 'array power'; accepted: any of set-point"),
        (
            {"inputs": {"wind": 3.0}},
            "machine.inputs['wind'] 3.0; accepted: a signal, such as setting.signal(...) returns",
        ),
        (
            {"inputs": {"wind": Constant(math.nan)}},
            f"machine.inputs['wind'].at({START_US}) nan; accepted: a number",
        ),
        ({"rating": (1.0, 2.0)}, "machine.rating (1.0, 2.0); accepted: a Rating"),
        ({"rating": RATING._replace(active=None)}, "machine.rating without active and reactive power"),
        (
            {"rating": RATING._replace(active=(-5e3, 5e3))},
            "machine.rating.active (-5000.0, 5000.0); accepted: Bounds(lower, upper), or None",
        ),
        (
            {"rating": RATING._replace(active=Bounds(5e3, -5e3))},
            "machine.rating.active.upper -5000.0; accepted: a finite number >= 5000",
        ),
        ({"rating": RATING._replace(active=Bounds(math.nan, 1.0))}, "machine.rating.active.lower nan"),
        ({"rating": RATING._replace(default_w=9e9)}, "machine.rating.default_w 9000000000.0; accepted: -5000..5000"),
        ({"rating": RATING._replace(response_delay_s=-1.0)}, "machine.rating.response_delay_s -1.0; accepted: a"),
        ({"rating": RATING._replace(response_delay_s=math.nan)}, "machine.rating.response_delay_s nan; accepted"),
        ({"rating": RATING._replace(ramp_rate_w_per_s=-1.0)}, "machine.rating.ramp_rate_w_per_s -1.0; accepted"),
        ({"activity": 3}, "machine.activity 3; accepted: a function, or None"),
        ({"activity": lambda _p, _s, _i: 3}, "machine.activity 3; accepted: an Activity"),
        (
            {"reactive_range_var": lambda _p, _s, _i: (1.0, 0.0)},
            "machine.reactive_range_var[1] 0.0; accepted: a finite number >= 1",
        ),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_run_is_refused(setting: Setting, changes: dict[str, Any], said: str) -> None:
    kind = replace(TYPE, build=lambda _section, _setting: Built(machine=replace(MACHINE, **changes)))
    assert refusal(kind, setting).startswith(f"builds own with {said}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "../../x"}, "name '../../x'; accepted: letters, digits and _, at most 60"),
        ({"input": dict}, "input <class 'dict'>; accepted: a named tuple of numbers"),
        ({"power_limits": None}, "power_limits None; accepted: a function, as the machine has a rating"),
        ({"power_limits": lambda _p, _s, _i: (1.0, -1.0)}, "power_limits[1] -1.0; accepted: a finite number >= 1"),
        ({"power_limits": lambda _p, _s, _i: (math.nan, 1.0)}, "power_limits[0] nan; accepted: a finite number"),
        ({"output": lambda _p, _s, _i: Output(math.nan, 0.0)}, "output.active_power_w nan; accepted: a finite"),
        ({"output": lambda _p, _s, _i: Output(0.0, math.inf)}, "output.reactive_power_var inf; accepted: a finite"),
        ({"output": lambda _p, _s, _i: (0.0, 0.0)}, "output (0.0, 0.0); accepted: a named tuple with active_power_w"),
        ({"output": raising}, "output that raises RuntimeError: boom (test_package_check.py:"),
        ({"horizon_s": lambda _p, _s, _i: math.nan}, "horizon_s nan; accepted: a number of seconds, or math.inf"),
        ({"horizon_s": lambda _p, _s, _i: 0.0}, "horizon_s 0 s, time and again; accepted: at least 0.001 s"),
        ({"horizon_s": lambda _p, _s, _i: -5.0}, "horizon_s -5 s, time and again; accepted: at least 0.001 s"),
        ({"horizon_s": lambda _p, _s, _i: 1e-9}, "horizon_s 1e-09 s, time and again; accepted: at least 0.001 s"),
        ({"step": lambda _p, s, _i, _dt: s}, "step State(energy_ws=0.0); accepted: a pair: the next state, and"),
        ({"step": lambda _p, s, _i, _dt: (tuple(s), Output(0, 0))}, "step (0.0,); accepted: a State as the next"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_run_is_refused(setting: Setting, changes: dict[str, Any], said: str) -> None:
    machine = replace(MACHINE, model=MODEL._replace(**changes))
    kind = replace(TYPE, build=lambda _section, _setting: Built(machine=machine))
    assert refusal(kind, setting).startswith(f"builds own with machine.model.{said}")


def test_a_model_may_begin_at_an_edge(setting: Setting) -> None:
    model = MODEL._replace(horizon_s=lambda _p, state, _i: 0.0 if state.energy_ws < 0.01 else math.inf)
    kind = replace(TYPE, build=lambda _section, _setting: Built(machine=replace(MACHINE, model=model)))
    assert guarded(kind, "good 1.0").build(SECTION, setting).machine is not None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"caption": raising}, "caption raises RuntimeError: boom (test_package_check.py:"),
        ({"caption": lambda _s: "hello"}, "returns caption 'hello'; accepted: a list or tuple of printable texts"),
        ({"caption": lambda _s: ["\x1b[31m"]}, "returns caption ['\\x1b[31m']; accepted: a list or tuple of"),
        ({"identity": lambda _s: {"id": 99}}, "returns identity unknown 'id'; accepted: any of battery_type"),
        ({"identity": lambda _s: {"battery_type": 1}}, "returns identity with battery_type 1; accepted: a Batt"),
        ({"switchgear": lambda _s: "x"}, "returns switchgear 'x'; accepted: a Switchgear, or None"),
        (
            {"switchgear": lambda _s: Switchgear(closing_s=-1.0)},
            "returns switchgear with closing_s -1.0; accepted: a finite number >= 0",
        ),
        (
            {"switchgear": lambda _s: Switchgear(is_managed=True)},
            "returns switchgear with is_managed True; accepted: False, as batteries alone have",
        ),
    ],
)  # fmt: skip
def test_what_clients_and_people_would_be_told_wrongly_is_refused_when_it_is_built(
    setting: Setting, changes: dict[str, Any], said: str
) -> None:
    assert refusal(replace(TYPE, **changes), setting).startswith(said)


def test_presets_that_are_no_names_are_refused_though_no_component_has_one(setting: Setting) -> None:
    assert refusal(replace(TYPE, presets=lambda: (1, 2)), setting).startswith(  # type: ignore[arg-type, return-value]
        "returns presets (1, 2); accepted: a list or tuple of printable"
    )


def test_presets_that_cannot_be_read_are_told_though_no_component_has_one(setting: Setting) -> None:
    def unreadable() -> tuple[str, ...]:
        raise FileNotFoundError("own.toml")

    assert refusal(replace(TYPE, presets=unreadable), setting).startswith(
        "presets raises FileNotFoundError: own.toml"
    )


def test_parameters_are_a_named_tuple_of_numbers(setting: Setting) -> None:
    def told(params: object) -> str:
        kind = guarded(replace(TYPE, params=lambda _section, _grid: params), "evil 0.1")
        assert kind.params is not None
        try:
            assert kind.params(SECTION, setting.grid) is params
        except PackageError as refused:
            return str(refused).partition("'own' ")[2]
        return ""

    assert not told(Params(math.inf))
    assert told(3) == "returns params 3; accepted: a named tuple of numbers"
    assert told(Params(math.nan)) == "returns params with rated_w nan; accepted: a number"


def test_what_is_wrong_with_a_recording_or_a_parameter_stays_what_it_is(setting: Setting) -> None:
    def no_input(*_given: Any) -> Any:
        raise InputError("x.csv", None, "time", "late", "early")

    def no_parameter(*_given: Any) -> Any:
        raise ParameterError("rated_w", "1", "2")

    kind = guarded(replace(TYPE, build=no_input, params=no_parameter, check=no_parameter), "good 1.0")
    with pytest.raises(InputError):
        kind.build(SECTION, setting)
    with pytest.raises(ParameterError):
        kind.check(None)
    assert kind.params is not None
    with pytest.raises(ParameterError):
        kind.params(SECTION, setting.grid)
