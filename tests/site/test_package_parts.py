"""Every part that a component type of another package builds is held to its limits, and passes exactly at them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from support.own_machine import MODEL, Output, Params, State
from support.own_parts import (
    MACHINE,
    RATING,
    SECTION,
    START_US,
    TYPE,
    first_built,
    of_machine,
    own_setting,
    told,
)

from doppelgrid.hardware import (
    SET_POINT,
    Built,
    Category,
    Rating,
    Setting,
    phase_shares,
)
from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.load import LoadParams
from doppelgrid.sim.components.component_type import BatterySystem, Converting
from doppelgrid.sim.components.device import AMBIENT, ARRAY_POWER, ARRAY_VOLTAGE, REACTIVE_SET_POINT, Activity
from doppelgrid.sim.components.environment import AIR_PRESSURE, HUMIDITY, WIND
from doppelgrid.sim.components.load import WiredLoad
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.components.solar_array import SolarArray, pv_array_preset
from doppelgrid.sim.inputs.signal import Constant, Signal


@pytest.fixture
def setting() -> Setting:
    return own_setting()


@pytest.fixture
def ours() -> dict[Category, Built]:
    return first_built()


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


def test_a_model_is_asked_what_it_shows_at_what_is_around_it(setting: Setting) -> None:
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
