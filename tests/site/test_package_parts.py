"""Every part that a component type of another package builds is held to its limits, and passes exactly at them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from support.own_machine import MODEL, Output, Params, Section, State

import doppelgrid
from doppelgrid.hardware import (
    AC_PARENTS,
    SET_POINT,
    Bounds,
    Built,
    Category,
    ComponentType,
    Machine,
    Rating,
    Setting,
    Switchgear,
    phase_shares,
)
from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.load import LoadParams
from doppelgrid.models.throughput import ThroughputParams
from doppelgrid.sim.components.component_type import BatterySystem, Converting
from doppelgrid.sim.components.device import AMBIENT, ARRAY_POWER, ARRAY_VOLTAGE, REACTIVE_SET_POINT, Activity
from doppelgrid.sim.components.environment import AIR_PRESSURE, HUMIDITY, WIND
from doppelgrid.sim.components.load import WiredLoad
from doppelgrid.sim.components.metering import MeterOptions, metering
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.components.solar_array import SolarArray, pv_array_preset
from doppelgrid.sim.components.switchgear import Shown
from doppelgrid.sim.domain.categories import BatteryType
from doppelgrid.sim.inputs.signal import Constant, Signal
from doppelgrid.sim.site.environment import ambient_signal, settings

START_US = 1_750_000_000_000_000
SECTION = Section.model_validate({"id": 11, "category": "own", "behind": "grid", "rated_power": "5 kW"})
RATING = Rating(Bounds(-5e3, 5e3), None, 0.0, math.inf, 1.0)
MACHINE = Machine(MODEL, Params(5e3), State(0.0), phase_shares((1, 2, 3)), (SET_POINT,), rating=RATING)
TYPE = ComponentType("own", Category.CHP, Section, "Chp", AC_PARENTS, lambda _s, _t: Built(machine=MACHINE))


@pytest.fixture(scope="module")
def all_settings() -> dict[str, Setting]:
    site = doppelgrid.load_site("all-categories")
    return settings(site, ambient_signal(site, start_us=START_US, seed=0), start_us=START_US, seed=0)


@pytest.fixture(scope="module")
def setting(all_settings: dict[str, Setting]) -> Setting:
    return replace(next(iter(all_settings.values())), key="own")


@pytest.fixture(scope="module")
def ours(all_settings: dict[str, Setting]) -> dict[Category, Built]:
    """Return what is built of the first component of each category."""
    built: dict[Category, Built] = {}
    for key, section in doppelgrid.load_site("all-categories").components.items():
        kind = type_of(section)
        built.setdefault(kind.category, kind.build(section, all_settings[key]))
    return built


def told(built: Built, setting: Setting, category: Category = Category.CHP) -> str:
    """Return what is said against something built; nothing if it passes."""
    kind = replace(TYPE, category=category, build=lambda _section, _setting: built)
    try:
        assert guarded(kind, "evil 0.1").build(SECTION, setting) is built
    except PackageError as refused:
        return str(refused).removeprefix("package evil 0.1: component type 'own' builds own with ")
    return ""


def of_machine(setting: Setting, **changes: Any) -> str:
    return told(Built(machine=replace(MACHINE, **changes)), setting)


def of_model(setting: Setting, *, rating: Rating | None = RATING, **changes: Any) -> str:
    said = of_machine(setting, model=MODEL._replace(**changes), rating=rating)
    return said.removeprefix("machine.model.")


class TestBattery:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"initial_soc": 0.0}, ""),
            ({"initial_soc": 1.0}, ""),
            ({"initial_soc": -0.01}, "initial_soc -0.01; accepted: 0..1"),
            ({"initial_soc": 1.01}, "initial_soc 1.01; accepted: 0..1"),
            ({"initial_soc": True}, "initial_soc True; accepted: 0..1"),
            ({"initial_temperature_c": -40}, ""),
            ({"initial_temperature_c": math.inf}, "initial_temperature_c inf; accepted: a finite number"),
            ({"initial_temperature_c": "20"}, "initial_temperature_c '20'; accepted: a finite number"),
            ({"initial_spread": 0.0}, ""),
            ({"initial_spread": 1.0}, ""),
            ({"initial_spread": -0.5}, "initial_spread -0.5; accepted: 0..1"),
            ({"initial_spread": 1.5}, "initial_spread 1.5; accepted: 0..1"),
            ({"params": 3}, "params 3; accepted: a BatteryParams"),
            ({"management": 3}, "management 3; accepted: a BmsParams"),
            ({"ageing": 3}, "ageing 3; accepted: an AgeingParams"),
            ({"ageing": None}, ""),
        ],
    )
    def test_is_held_to_how_it_begins(
        self, ours: dict[Category, Built], setting: Setting, changes: dict[str, Any], said: str
    ) -> None:
        system = ours[Category.BATTERY].battery
        assert system is not None
        found = told(Built(battery=replace(system, **changes)), setting, Category.BATTERY)
        assert found == (f"battery.{said}" if said else "")

    def test_is_held_to_what_its_cells_can_have(self, ours: dict[Category, Built], setting: Setting) -> None:
        system = ours[Category.BATTERY].battery
        assert system is not None

        def told_of(system: BatterySystem) -> str:
            return told(Built(battery=system), setting, Category.BATTERY)

        params = system.params
        wrong = params._replace(soc_lower=params.soc_upper + 0.01)
        assert told_of(replace(system, params=wrong)).startswith("battery.params.soc_")
        assert told_of(replace(system, params=params._replace(capacity_wh=-1.0))).startswith(
            "battery.params.capacity_wh "
        )
        management = system.management._replace(relay_s=-1.0)
        assert told_of(replace(system, management=management)).startswith("battery.management.relay_s ")

    def test_is_of_a_battery_alone(self, ours: dict[Category, Built], setting: Setting) -> None:
        said = told(Built(battery=ours[Category.BATTERY].battery), setting, Category.CHP)
        assert said == "battery although it is no component that has one; accepted: battery of battery"


class TestInverter:
    @pytest.mark.parametrize("category", [Category.BATTERY_INVERTER, Category.HYBRID_INVERTER])
    @pytest.mark.parametrize("part", ["inverter", "converting"])
    def test_brings_a_bridge_and_what_it_can_be_told(
        self, ours: dict[Category, Built], setting: Setting, category: Category, part: str
    ) -> None:
        without = replace(ours[category], **{part: None})
        kind = replace(TYPE, category=category, build=lambda _section, _setting: without)
        with pytest.raises(PackageError, match=f"builds own without {part}, which every {category} has"):
            guarded(kind, "evil 0.1").build(SECTION, setting)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, ""),
            ({"self_consumption": "main"}, ""),
            ({"self_consumption": 3}, "self_consumption 3; accepted: the key of a component, or None"),
            ({"rating": None}, "rating None; accepted: a Rating"),
            ({"shares": None}, "shares None; accepted: a ThreePhase, such as phase_shares((1, 2, 3))"),
        ],
    )
    def test_is_held_to_how_it_couples_batteries(
        self, ours: dict[Category, Built], setting: Setting, changes: dict[str, Any], said: str
    ) -> None:
        built = ours[Category.BATTERY_INVERTER]
        assert isinstance(built.converting, Converting)
        wrong = replace(built, converting=replace(built.converting, **changes))
        found = told(wrong, setting, Category.BATTERY_INVERTER)
        assert found == (f"converting.{said}" if said else "")

    def test_is_held_to_the_ranges_of_its_parameters(
        self, ours: dict[Category, Built], setting: Setting
    ) -> None:
        built = ours[Category.BATTERY_INVERTER]
        assert built.inverter is not None
        wrong = replace(built, inverter=built.inverter._replace(rated_power_w=-1.0))
        said = told(wrong, setting, Category.BATTERY_INVERTER)
        assert said.startswith("inverter.rated_power_w ")
        wrong = replace(built, inverter=built.inverter._replace(standby_power_w=math.nan))
        assert told(wrong, setting, Category.BATTERY_INVERTER).startswith("inverter.standby_power_w nan")

    def test_is_held_to_its_array(self, setting: Setting) -> None:
        modules = pv_array_preset("crystalline-silicon", 5e3)

        def told_of(signal: Signal, array: Any) -> str:
            return told(Built(array=SolarArray(signal, array)), setting, Category.PV_INVERTER)

        assert not told_of(Constant(0.0), modules)
        said = told_of(Constant(math.inf), modules)
        assert said == f"array.signal.at({START_US}) inf; accepted: a finite number"
        assert told_of(Constant(0.0), modules._replace(soiling=2.0)).startswith("array.array.soiling ")
        assert told_of(Constant(0.0), None) == "array.array None; accepted: a PvArrayParams"

    def test_has_no_peak_where_nothing_can_be_held_back(self, setting: Setting) -> None:
        def told_of(built: Built) -> str:
            return told(built, setting, Category.PV_INVERTER)

        said = "peak_w 5000.0; accepted: None of what takes no set-points and can hold nothing back"
        assert told_of(Built(peak_w=5e3)) == said
        assert told_of(Built(peak_w=5e3, machine=replace(MACHINE, rating=None, sources=()))) == said
        assert not told_of(Built(peak_w=5e3, machine=MACHINE))

    def test_is_not_asked_what_it_shows_before_its_array_is_lit(self, setting: Setting) -> None:
        def unlit(*_given: Any) -> Any:
            raise RuntimeError("no light yet")

        array = SolarArray(Constant(0.0), pv_array_preset("crystalline-silicon", 5e3))
        for source in (ARRAY_POWER, ARRAY_VOLTAGE):
            machine = replace(MACHINE, model=MODEL._replace(output=unlit), sources=(source,))
            assert not told(Built(machine=machine, array=array), setting, Category.PV_INVERTER)
        lit = Built(machine=replace(MACHINE, model=MODEL._replace(output=unlit)), array=array)
        assert "no light yet" in told(lit, setting, Category.PV_INVERTER)


class TestLoad:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, ""),
            ({"power_factor": 1e-3}, ""),
            ({"power_factor": 0.0}, "power_factor 0; accepted: above 0..1"),
            ({"power_factor": -0.1}, "power_factor -0.1; accepted: 0..1"),
            ({"power_factor": 1.01}, "power_factor 1.01; accepted: 0..1"),
            ({"shares": ThreePhase(1.0, 1.0, 0.0)}, "shares that add up to 2; accepted: shares of phases that"),
            ({"mix": 3}, "mix 3; accepted: a LoadParams"),
            ({"mix": LoadParams(1.0, 0.5, 0.5, 0.5, 0.5, 0.7)}, ""),
            ({"mix": LoadParams(2.0, 0.5, 0.5, 0.5, 0.5, 0.7)}, "mix.power_factor "),
            ({"signal": 3.0}, "signal 3.0; accepted: a signal, such as setting.signal(...) returns"),
            ({"signal": Constant(math.inf)}, f"signal.at({START_US}) inf; accepted: a finite number"),
        ],
    )  # fmt: skip
    def test_is_held_to_its_phases_and_factor(
        self, setting: Setting, changes: dict[str, Any], said: str
    ) -> None:
        load = WiredLoad(Constant(1e3), 1.0, phase_shares((1, 2, 3)))._replace(**changes)
        found = told(Built(load=load), setting)
        assert found.startswith(f"load.{said}") if said else not found


class Unsteady:
    """A signal that may be wrong."""

    ends_us: Any = 2 * START_US

    def __init__(self, *, value: Any = 0.0, until: Any = START_US + 1, ends: Any = None) -> None:
        self.value, self.until_us = value, until
        if ends is not None:
            self.ends_us = ends

    def at(self, time_us: int) -> Any:
        assert time_us == START_US
        return self.value

    def until(self, time_us: int) -> Any:
        assert time_us == START_US
        if isinstance(self.until_us, Exception):
            raise self.until_us
        return self.until_us


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (Unsteady(), ""),
        (Unsteady(value=math.inf), ""),
        (Unsteady(value="x"), f".at({START_US}) 'x'; accepted: a number"),
        (Unsteady(until=START_US), f".until({START_US}) {START_US}; accepted: a later time, in whole micros"),
        (Unsteady(until=START_US + 0.5), f".until({START_US}) {START_US + 0.5}; accepted: a later time, in"),
        (Unsteady(until=ValueError("late")), ".until that raises ValueError: late (test_package_parts.py:"),
        (Unsteady(ends=1.5), ".ends_us 1.5; accepted: a signal, such as setting.signal(...) returns"),
    ],
)  # fmt: skip
def test_an_input_of_a_machine_says_what_it_is_and_until_when(
    setting: Setting, signal: Any, said: str
) -> None:
    found = of_machine(setting, inputs={"heat": signal})
    assert found.startswith(f"machine.inputs['heat']{said}") if said else not found


def test_what_cannot_say_when_it_changes_is_no_input(setting: Setting) -> None:
    class Half:
        def at(self, _time_us: int) -> float:
            return 0.0

    class OtherHalf:
        ends_us = 0

        def until(self, time_us: int) -> int:
            return time_us + 1

    class Endless(Half):
        def until(self, time_us: int) -> int:
            return time_us + 1

    for signal in (Half(), OtherHalf()):
        assert of_machine(setting, inputs={"heat": signal}).startswith("machine.inputs['heat'] <")
    assert of_machine(setting, inputs={"heat": Endless()}).startswith("machine.inputs['heat'].ends_us None")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": State(math.inf)}, ""),
        ({"params": Params(math.inf)}, ""),
        ({"params": (5e3,)}, "params (5000.0,); accepted: a named tuple of numbers"),
        ({"params": Params((1.0, math.nan))}, "params.rated_w[1] nan; accepted: a number"),
        ({"params": Params(State(math.nan))}, "params.rated_w.energy_ws nan; accepted: a number"),
        ({"params": Params(None)}, "params.rated_w None; accepted: a number, or a tuple of numbers"),
        ({"inputs": [("heat", 1.0)]}, "inputs [('heat', 1.0)]; accepted: a mapping of quantities to signals"),
        ({"inputs": {"": Constant(0.0)}}, "inputs ''; accepted: quantities by name"),
        ({"inputs": {3: Constant(0.0)}}, "inputs 3; accepted: quantities by name"),
        ({"sources": [SET_POINT]}, "sources ['set-point']; accepted: a tuple of 1, one for each of set_point_w"),
        ({"sources": (SET_POINT, AMBIENT)}, "sources ('set-point', 'site.ambient_temperature'); accepted: a tu"),
        ({"sources": (ARRAY_POWER,)}, "sources 'array power'; accepted: any of set-point"),
        ({"reactive_limit_var": 3}, "reactive_limit_var 3; accepted: a function, or None"),
        ({"reactive_range_var": 3}, "reactive_range_var 3; accepted: a function, or None"),
        ({"reactive_limit_var": lambda _p, w: w}, ""),
        ({"reactive_limit_var": lambda _p, _w: -1.0}, "reactive_limit_var -1.0; accepted: a finite number >= 0"),
        ({"reactive_range_var": lambda _p, _s, _i: (1.0, 1.0)}, ""),
        ({"reactive_range_var": lambda _p, _s, _i: [0.0, 1.0]}, "reactive_range_var [0.0, 1.0]; accepted: a pair"),
        ({"reactive_range_var": lambda _p, _s, _i: (0.0,) * 3}, "reactive_range_var (0.0, 0.0, 0.0); accepted: a"),
        ({"activity": lambda _p, _s, _i: Activity.WORKING}, ""),
    ],
)  # fmt: skip
def test_a_machine_is_held_to_what_it_is_made_of(
    setting: Setting, changes: dict[str, Any], said: str
) -> None:
    if isinstance(changes.get("params"), Params):
        model = MODEL._replace(output=lambda _p, _s, _i: Output(0.0, 0.0), power_limits=lambda *_: (0.0, 0.0))
        model = model._replace(step=lambda _p, s, _i, _dt: (s, Output(0.0, 0.0)))
        changes = {"model": model, **changes}
    found = of_machine(setting, **changes)
    assert found.startswith(f"machine.{said}") if said else not found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "m" * 60}, ""),
        ({"name": "m" * 61}, f"name '{'m' * 61}'; accepted: letters, digits and _, at most 60"),
        ({"name": 3}, "name 3; accepted: letters, digits and _, at most 60"),
        ({"name": "a b"}, "name 'a b'; accepted: letters, digits and _, at most 60"),
        ({"input": int}, "input <class 'int'>; accepted: a named tuple of numbers"),
        ({"input": State(0.0)}, "input State(energy_ws=0.0); accepted: a named tuple of numbers"),
        ({"output": None}, "output None; accepted: a function"),
        ({"horizon_s": 3}, "horizon_s 3; accepted: a function"),
        ({"step": None}, "step None; accepted: a function"),
        ({"power_limits": 3}, "power_limits 3; accepted: a function"),
        ({"power_limits": lambda _p, _s, _i: (1.0, 1.0)}, ""),
        ({"power_limits": lambda _p, _s, _i: [-1.0, 1.0]}, "power_limits [-1.0, 1.0]; accepted: a pair: lower and"),
        ({"power_limits": lambda _p, _s, _i: (0.0, math.inf)}, "power_limits[1] inf; accepted: a finite number >= 0"),
        ({"horizon_s": lambda _p, _s, _i: "x"}, "horizon_s 'x'; accepted: a number of seconds, or math.inf"),
        ({"horizon_s": lambda _p, _s, _i: 5}, ""),
        ({"horizon_s": lambda _p, _s, _i: 1e-3}, ""),
        ({"step": lambda _p, s, _i, _dt: (s, Output(0, 0), 0)}, "step (State(energy_ws=0.0), Output(active_power"),
        ({"step": lambda _p, s, _i, _dt: Output(s, Output(0, 0))}, "step Output(active_power_w=State(energy_ws=0."),
        ({"step": lambda _p, s, _i, _dt: [s, Output(0, 0)]}, "step [State(energy_ws=0.0), Output(active_power"),
        ({"step": lambda _p, _s, _i, _dt: (State(math.nan), Output(0, 0))}, "step: state.energy_ws nan; accepted: a"),
        ({"step": lambda _p, _s, _i, _dt: (State(math.inf), Output(0, 0))}, ""),
        ({"step": lambda _p, s, _i, _dt: (s, Output(0, math.nan))}, "step: output.reactive_power_var nan; accepted"),
    ],
)  # fmt: skip
def test_a_model_is_held_to_its_contract(setting: Setting, changes: dict[str, Any], said: str) -> None:
    found = of_model(setting, **changes)
    assert found.startswith(said) if said else not found


def test_what_takes_no_set_points_needs_no_limits(setting: Setting) -> None:
    assert not of_model(setting, rating=None, power_limits=None)


class Phased(NamedTuple):
    active_1_w: float
    active_2_w: float
    active_3_w: float
    reactive_power_var: float


def test_a_model_that_shows_its_power_by_phase_shows_all_phases(setting: Setting) -> None:
    def shown(output: Any) -> str:
        return of_model(
            setting,
            by_phase=True,
            output=lambda _p, _s, _i: output,
            step=lambda _p, s, _i, _dt: (s, output),
        )

    assert not shown(Phased(1.0, 2.0, 3.0, 0.0))
    assert shown(Phased(1.0, 2.0, math.inf, 0.0)).startswith("output.active_3_w inf")
    assert shown(Output(1.0, 0.0)).endswith(
        "a named tuple with active_1_w, active_2_w, active_3_w, reactive_power_var"
    )
    said = of_model(setting, output=lambda _p, _s, _i: Phased(1.0, 2.0, 3.0, 0.0))
    assert said.endswith("a named tuple with active_power_w, reactive_power_var")


@pytest.mark.parametrize(
    ("horizon_s", "dt_s"), [(math.inf, 1.0), (2.0, 1.0), (0.25, 0.25), (1e-3, 1e-3), (1e-4, 1e-3), (0, 1e-3)]
)
def test_a_model_is_stepped_to_its_horizon_a_second_at_most_and_a_millisecond_at_least(
    setting: Setting, horizon_s: float, dt_s: float
) -> None:
    steps: list[float] = []

    def step(_params: Any, state: State, _inp: Any, step_s: float) -> tuple[State, Output]:
        steps.append(step_s)
        return State(state.energy_ws + 1.0), Output(0.0, 0.0)

    def ahead_s(_params: Any, state: State, _inp: Any) -> float:
        return horizon_s if state.energy_ws == 0.0 else 60.0

    assert not of_model(setting, horizon_s=ahead_s, step=step)
    assert steps == ([dt_s] if horizon_s >= 1e-3 else [dt_s, 1.0])


def test_a_model_is_asked_what_it_shows_at_what_is_around_it(
    setting: Setting, all_settings: dict[str, Setting]
) -> None:
    class Given(NamedTuple):
        set_point_w: float
        reactive_var: float
        ambient_c: float
        wind: float
        pressure_hpa: float
        humidity: float
        voltage_v: float
        frequency_hz: float
        voltage_1_v: float
        voltage_2_v: float
        voltage_3_v: float
        presence: int
        heat_w: float

    seen: list[Given] = []

    def output(_params: Any, _state: Any, inp: Given) -> Output:
        seen.append(inp)
        return Output(0.0, 0.0)

    def step(_params: Any, state: State, _inp: Any, _dt_s: float) -> tuple[State, Output]:
        return state, Output(0.0, 0.0)

    # `get_type_hints` finds what `Given` names among the names of this module alone.
    Given.__annotations__ = dict.fromkeys(Given._fields, float) | {"presence": int}
    grid = setting.grid
    names = ("voltage", "frequency", "voltage_1", "voltage_2", "voltage_3", "presence")
    sources = (
        SET_POINT, REACTIVE_SET_POINT, AMBIENT, WIND, AIR_PRESSURE, HUMIDITY,
        *(f"{grid.key}.{name}" for name in names), "own.heat",
    )  # fmt: skip
    machine = replace(
        MACHINE,
        model=MODEL._replace(input=Given, output=output, step=step),
        sources=sources,
        inputs={"heat": Constant(7.0)},
        rating=RATING._replace(default_w=-1234.0),
    )
    warm = replace(setting, ambient=Constant(31.0), make_wind=lambda: Constant(6.5))
    assert not told(Built(machine=machine), warm)
    (inp,) = seen
    phase_v = grid.voltage_v / math.sqrt(3.0)
    assert inp == (
        -1234.0, 0.0, 31.0, 6.5, 1013.25, 0.5, grid.voltage_v, grid.frequency_hz,
        phase_v, phase_v, phase_v, 1, 7.0,
    )  # fmt: skip
    assert isinstance(inp.presence, int)
    seen.clear()
    assert not told(
        Built(machine=replace(machine, rating=None, model=machine.model._replace(power_limits=None))), warm
    )
    assert seen[0].set_point_w == 0.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"active": None, "reactive": Bounds(-1.0, 1.0)}, ""),
        ({"reactive": Bounds(-1.0, 1.0)}, ""),
        ({"reactive": Bounds(0.0, math.inf)}, "reactive.upper inf; accepted: a finite number >= 0"),
        ({"reactive": 3}, "reactive 3; accepted: Bounds(lower, upper), or None"),
        ({"active": Bounds(2.0, 2.0), "default_w": 2.0}, ""),
        ({"default_w": -5e3}, ""),
        ({"default_w": 5e3}, ""),
        ({"default_w": -5001.0}, "default_w -5001.0; accepted: -5000..5000"),
        ({"active": None, "reactive": Bounds(-1.0, 1.0), "default_w": 9e9}, ""),
        ({"active": None, "reactive": Bounds(-1.0, 1.0), "default_w": math.inf}, "default_w inf; accepted: a fin"),
        ({"ramp_rate_w_per_s": 0.0}, ""),
        ({"response_delay_s": 0.0}, ""),
        ({"resolution_w": -1.0}, "resolution_w -1.0; accepted: a finite number >= 0"),
        ({"step_var": -1.0}, "step_var -1.0; accepted: a finite number >= 0"),
        ({"minimum_w": -1.0}, "minimum_w -1.0; accepted: a finite number >= 0"),
        ({"minimum_w": True}, "minimum_w True; accepted: a finite number >= 0"),
    ],
)  # fmt: skip
def test_a_rating_is_held_to_its_limits(setting: Setting, changes: dict[str, Any], said: str) -> None:
    found = of_machine(setting, rating=RATING._replace(**changes))
    assert found.startswith(f"machine.rating.{said}") if said else not found


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (ThreePhase(0.0, 1.0, 0.0), ""),
        (ThreePhase(0.5, 0.5, 5e-7), ""),
        (ThreePhase(0.5, 0.5 - 5e-7, 0.0), ""),
        (ThreePhase(0.5, 0.5, 2e-6), " that add up to 1; accepted: shares of phases that add up to 1"),
        (ThreePhase(0.5, 0.25, 0.0), " that add up to 0.75; accepted: shares of phases that add up to 1"),
        (ThreePhase(1.5, 0.0, 0.0), ".l1 1.5; accepted: 0..1"),
    ],
)
def test_shares_of_phases_add_up_to_one(setting: Setting, shares: ThreePhase, said: str) -> None:
    found = of_machine(setting, shares=shares)
    assert found == (f"machine.shares{said}" if said else "")


def test_losses_and_meters_are_held_to_the_ranges_of_their_parameters(setting: Setting) -> None:
    assert not told(Built(throughput=ThroughputParams(1e3, 0.0, 0.0)), setting)
    said = told(Built(throughput=ThroughputParams(1e3, -1.0, 0.0)), setting)
    assert said.startswith("throughput.no_load_loss_w ")
    meter = metering(MeterOptions(), setting)
    assert not told(Built(metering=meter), setting)
    wrong = meter._replace(params=meter.params._replace(window_s=-1.0))
    assert told(Built(metering=wrong), setting).startswith("metering.params.window_s ")


def asked(setting: Setting, category: Category = Category.CHP, **changes: Callable[..., Any]) -> str:
    """Return what is said against what a type tells of a component; nothing if it passes."""
    try:
        guarded(replace(TYPE, **changes), "evil 0.1").build(SECTION, setting)
    except PackageError as refused:
        return str(refused).removeprefix("package evil 0.1: component type 'own' ")
    return ""


@pytest.mark.parametrize(
    ("gear", "said"),
    [
        (None, ""),
        (Switchgear(), ""),
        (Switchgear(relays=0, closing_s=0.0, opening_s=0.0, precharge_s=0.0, shown=Shown.RELAY), ""),
        (Switchgear(relays=-1), "relays -1; accepted: a whole number >= 0"),
        (Switchgear(relays=1.5), "relays 1.5; accepted: a whole number >= 0"),  # type: ignore[arg-type]
        (Switchgear(opening_s=-1.0), "opening_s -1.0; accepted: a finite number >= 0"),
        (Switchgear(precharge_s=-1.0), "precharge_s -1.0; accepted: a finite number >= 0"),
        (Switchgear(opening_s=None), "opening_s None; accepted: a finite number >= 0"),  # type: ignore[arg-type]
        (Switchgear(closing_s=None), "closing_s None; accepted: a finite number >= 0"),  # type: ignore[arg-type]
        (Switchgear(shown=1), "shown 1; accepted: Shown.X"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_switchgear_is_held_to_its_times_and_relays(
    setting: Setting, gear: Switchgear | None, said: str
) -> None:
    found = asked(setting, switchgear=lambda _section: gear)
    assert found == (f"returns switchgear with {said}" if said else "")


def test_a_management_system_moves_the_relays_of_batteries_alone(
    ours: dict[Category, Built], setting: Setting
) -> None:
    managed = replace(
        TYPE,
        category=Category.BATTERY,
        build=lambda _section, _setting: ours[Category.BATTERY],
        switchgear=lambda _section: Switchgear(is_managed=True),
    )
    assert guarded(managed, "good 1.0").build(SECTION, setting) is ours[Category.BATTERY]


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        ({}, ""),
        ({"battery_type": None, "rated_fuse_current_a": 63.0}, ""),
        ({"battery_type": BatteryType.LI_ION}, ""),
        ([], "returns identity []; accepted: a dict with any of battery_type, rated_fuse_current_a, "),
        ({"rated_fuse_current_a": "63"}, "returns identity with rated_fuse_current_a '63'; accepted: a float, or"),
    ],
)  # fmt: skip
def test_identity_is_held_to_the_fields_that_clients_know(setting: Setting, identity: Any, said: str) -> None:
    found = asked(setting, identity=lambda _section: identity)
    assert found.startswith(said) if said else not found


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ((), ""),
        (("5 kW",), ""),
        (["5 kW", 3], "returns caption ['5 kW', 3]; accepted: a list or tuple of print"),
    ],
)
def test_captions_are_printable_texts(setting: Setting, caption: Any, said: str) -> None:
    found = asked(setting, caption=lambda _section: caption)
    assert found.startswith(said) if said else not found


def test_an_error_is_told_by_its_first_line_and_where_it_was_raised(setting: Setting) -> None:
    def fail(_section: Any) -> Any:
        def within() -> None:
            raise KeyError("no key\nand more")

        within()

    line = fail.__code__.co_firstlineno + 2
    said = asked(setting, caption=fail)
    assert said.startswith(
        f"caption raises KeyError: 'no key\\nand more' (test_package_parts.py:{line}); accepted: a list"
    )

    def leave(_section: Any) -> Any:
        raise SystemExit("  first" + "x" * 300 + "\nsecond  ")

    said = asked(setting, caption=leave)
    shown = f"first{'x' * 195}"
    assert said.startswith(f"caption raises SystemExit: {shown} (test_package_parts.py:")


def test_what_cannot_be_shown_is_told_by_its_type_and_what_is_long_in_short(setting: Setting) -> None:
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError

    assert asked(setting, caption=lambda _section: Shy()).startswith("returns caption a Shy; accepted: ")
    said = asked(setting, caption=lambda _section: "y" * 300)
    assert said.startswith(f"returns caption '{'y' * 79}; accepted: ")
