"""Models of other packages in compiled runs: what does not compile is told with whose it is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.own_machine import (
    MODEL,
    Input,
    Output,
    Params,
    Section,
    State,
)

import doppelgrid
from doppelgrid.hardware import (
    AC_PARENTS,
    SET_POINT,
    Bounds,
    Built,
    Category,
    ComponentType,
    DeviceModel,
    Machine,
    Rating,
    phase_shares,
)
from doppelgrid.sim.components.package_check import PackageError, guarded
from doppelgrid.sim.headless.package_models import CompileError, check_compilable, told_whose
from doppelgrid.sim.headless.program import Program
from doppelgrid.sim.kernel.device_model import bound
from doppelgrid.sim.plant.plant import Plant

COUNTED = [1.0]


def output_with_a_text(_params: Params, _state: State, inp: Input) -> int:
    return len(f"{inp[0]:.1f}")


def output_of_a_list(_params: Params, _state: State, _inp: Input) -> Output:
    return Output(COUNTED[0], 0.0)


class Meters:
    def output(self, _params: Params, _state: State, _inp: Input) -> Output:
        return Output(0.0, 0.0)


TYPE = guarded(
    ComponentType("own", Category.CHP, Section, "Chp", AC_PARENTS, lambda _section, _setting: Built()),
    "evil 0.1",
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"output": Meters().output}, "output is a method"),
        (
            {"step": lambda *_: None, "output": lambda *_: None},
            "step is <lambda>, as another function is called",
        ),
    ],
)
def test_what_is_no_function_of_its_own_name_is_told_before_anything_is_compiled(
    changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(CompileError) as refused:
        check_compilable({MODEL._replace(**changes): TYPE})
    assert str(refused.value) == (
        f"package evil 0.1: component type 'own': model 'own': {found};"
        " accepted: numbers, tuples and functions at module level, as docs/kernel.md says"
    )


def test_functions_at_module_level_are_taken() -> None:
    check_compilable({MODEL: TYPE})


def test_the_reason_of_the_compiler_is_told_in_one_line() -> None:
    import numba

    with pytest.raises(CompileError) as refused, told_whose({MODEL: TYPE}):
        numba.njit(output_of_a_list)(Params(1.0), State(0.0), Input(0.0))
    said = str(refused.value)
    assert "\n" not in said
    assert said.startswith(
        "package evil 0.1: component type 'own': model 'own' does not compile: The use of a reflected list"
    )
    assert "test_package_models.py" in said


def test_words_that_the_compiler_cannot_read_are_told_as_well() -> None:
    import numba

    with (
        pytest.raises(
            CompileError, match=r"package evil 0\.1: component type 'own': model 'own' does not compile"
        ),
        told_whose({MODEL: TYPE}),
    ):
        numba.njit(output_with_a_text)(Params(1.0), State(0.0), Input(0.0))


def test_what_of_ours_does_not_compile_stays_what_it_is() -> None:
    import numba

    with pytest.raises(numba.core.errors.NumbaError), told_whose({}):
        numba.njit(output_of_a_list)(Params(1.0), State(0.0), Input(0.0))


def no_time(_params: Params, _state: State, _inp: Input) -> float:
    return 0.0


def no_number(_params: Params, _state: State, _inp: Input) -> float:
    return math.nan


def time_back(_params: Params, _state: State, _inp: Input) -> float:
    return -5.0


SITE = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
  own:  {id: 2, category: chp, behind: grid, rated_power: 15 kW}
"""


def plant_with(
    model: DeviceModel,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    *,
    package: str | None = None,
    **of_machine: Any,
) -> Plant:
    """Return a plant whose one machine has a model of another package, watched if that is named."""
    from doppelgrid.sim.components.machines import chp
    from doppelgrid.sim.plant import equipment, running_machines

    rating = Rating(Bounds(-15e3, 15e3), None, 0.0, math.inf, 1.0)
    machine = Machine(model, Params(15e3), State(0.0), phase_shares((1, 2, 3)), (SET_POINT,), rating=rating)
    machine = replace(machine, **of_machine)
    kind = replace(chp.TYPE, build=lambda _section, _setting: Built(machine=machine), package=package)
    of_section = equipment.type_of
    for module in (equipment, running_machines):
        monkeypatch.setattr(
            module, "type_of", lambda section: kind if section.category == "chp" else of_section(section)
        )
    (tmp_path / "site.yaml").write_text(SITE)
    return Plant(doppelgrid.load_site(tmp_path / "site.yaml"), start_us=0, seed=0)


@pytest.mark.parametrize("horizon", [no_time, no_number, time_back])
def test_time_passes_a_model_that_says_that_none_may(
    horizon: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    plant = plant_with(MODEL._replace(horizon_s=horizon), monkeypatch, tmp_path)
    plant.advance(20_000)
    assert plant.time_us == 20_000
    assert plant.machines.state("own").energy_ws == pytest.approx(0.02)


def test_what_a_running_machine_reports_besides_its_powers_is_watched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    model = MODEL._replace(besides=lambda _params, _state: math.nan)
    plant = plant_with(model, monkeypatch, tmp_path, package="evil 0.1")
    with pytest.raises(PackageError, match="runs own with a model whose besides returns nan"):
        plant.machines.besides("own")


def test_what_a_running_machine_says_that_it_does_is_watched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    plant = plant_with(MODEL, monkeypatch, tmp_path, package="evil 0.1", activity=lambda *_given: math.nan)
    with pytest.raises(PackageError, match="runs own with a machine whose activity returns nan"):
        plant.machines.activity("own")


def test_a_model_of_ours_is_asked_without_a_least_time() -> None:
    from doppelgrid.sim.components.supply import SUPPLY
    from doppelgrid.sim.kernel.device_model import templates

    assert templates(SUPPLY)["shortest_horizon_s"].__name__ == "shortest_horizon_s"
    assert templates(MODEL)["shortest_horizon_s"].__name__ == "shortest_horizon_of_others_s"
    assert bound(MODEL).shortest_horizon_s is not None


@pytest.mark.lengthy
@pytest.mark.slow
def test_time_passes_it_in_compiled_runs_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from doppelgrid.sim.headless import run as headless

    plant = plant_with(MODEL._replace(horizon_s=no_time), monkeypatch, tmp_path)
    monkeypatch.setattr(headless, "Plant", lambda *_given, **_named: plant)
    run = headless.HeadlessRun(plant.site, start_us=0, resolution=timedelta(milliseconds=100))
    solved = sum(chunk.solved for chunk in run.chunks(timedelta(seconds=1)))
    assert isinstance(run.program, Program)
    assert plant.time_us == 1_000_000
    assert solved == pytest.approx(1000, abs=20)
