"""A plant, compiled: its numbers as arrays, and the functions that carry them along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from hashlib import blake2b
from types import FunctionType
from typing import Any

from ..components.device_model import DeviceModel
from ..kernel import client_limits, device_model, no_client_limits
from ..kernel.device_model import giver, placed_by, templates
from ..plant.plant import Plant
from ..plant.state import NAMES_OF_NUMBERS, STATES
from . import loop
from .arrays import Packed, packed, put_back, state_rows, states_of
from .boundary import boundary_function
from .jit import JitModules, compiled_function, kept_under, outer_packages
from .package_models import check_compilable, models_of_packages, told_whose
from .stubs import STUBS


class Program:
    """The numbers of a plant and the compiled functions for the models of its machines.

    While a program runs, the plant that it was made of stands still; `hand_back` brings it to the same point.
    """

    def __init__(self, plant: Plant) -> None:
        """Take over from a plant; what is compiled is kept on the disk for the next time.

        Raises:
            CompileError: If a model of another package cannot be compiled.
        """
        layout, memory, machines = plant.numbers
        self._plant = plant
        self._layout = packed(layout).values
        self._memory = packed(memory, **dict.fromkeys(STATES))
        self._stored = tuple(state_rows(getattr(memory, name), kind) for name, kind in STATES.items())
        self._machines = tuple(
            _without(packed(members, states=None), {"states"}) for members in machines.values()
        )
        self._states = tuple(
            state_rows(members.states, type(members.states[0])) for members in machines.values()
        )
        self._stand = loop.Stand(
            memory.time_us, memory.holds_until_us, memory.is_known, memory.next_input_us,
            memory.counted_us, 0,
        )  # fmt: skip
        state_types = tuple(type(members.states[0]) for members in machines.values())
        lacking = tuple(name for name in STUBS if not getattr(layout, name))
        self._theirs = models_of_packages(plant)
        check_compilable(self._theirs)
        self._enter = compiled_run(tuple(machines), state_types, lacking)

    @property
    def time_us(self) -> int:
        """Simulated time up to which the program has come [µs]."""
        return self._stand.time_us

    def run(self, feeds: loop.Feeds, samples: loop.Samples) -> int:
        """Carry the plant along the times of samples and fill them in.

        Returns:
            How many times what flows was solved for.

        Raises:
            CompileError: If a model of another package does not compile.
        """
        memory = Packed({**self._memory.fields, **self._numbers()})
        with told_whose(self._theirs):
            self._stand = loop.Stand(
                *self._enter(
                    self._layout,
                    _without(memory, STATES),
                    self._stored,
                    self._machines,
                    self._states,
                    packed(feeds).values,
                    packed(samples).values,
                )
            )
        return self._stand.solved

    def hand_back(self) -> Plant:
        """Bring the plant to where the program is, and return it."""
        _, memory, machines = self._plant.numbers
        for name in NAMES_OF_NUMBERS:
            held = self._memory.fields[name]
            if isinstance(held, int):
                setattr(memory, name, self._numbers()[name])
            elif name == "inputs":
                memory.inputs[:] = held.tolist()
            else:
                put_back(held, getattr(memory, name))
        for (name, kind), rows in zip(STATES.items(), self._stored, strict=True):
            held = getattr(memory, name)
            held[:] = states_of(rows, len(held), kind)
        for members, rows in zip(machines.values(), self._states, strict=True):
            members.states[:] = states_of(rows, len(members.states), type(members.states[0]))
        self._plant.operating_point.look_again()
        return self._plant

    def _numbers(self) -> dict[str, int]:
        numbers = self._stand._asdict()
        del numbers["solved"]
        return numbers


def _without(whole: Packed, names: Collection[str]) -> tuple[Any, ...]:
    return tuple(value for field, value in whole.fields.items() if field not in names)


@cache
def compiled_run(
    models: tuple[DeviceModel, ...], states: tuple[type, ...], lacking: tuple[str, ...]
) -> Callable[..., Any]:
    """Return the way into `loop.run`, compiled for sites with machines of these models.

    Args:
        models: In the order of the site.
        states: Type of the state of each.
        lacking: Sequences of the layout that are empty; what would work on them is left out.
    """
    modules = JitModules(are_inner=True)
    for name in (
        "aim_w", "cut_w", "held_w", "least_around_var", "least_around_w", "most_around_var", "most_around_w", "most_w",
        "ramped_w", "reactive_aim_var",
    ):  # fmt: skip
        modules.replace(getattr(client_limits, name), modules.compiled(getattr(no_client_limits, name)))
    for name in lacking:
        for function, instead in STUBS[name].items():
            modules.replace(function, modules.compiled(instead))
    per_model = [_bound(model, modules) for model in models]
    for name, template, head, each in _LOOPS:
        function = getattr(device_model, name)
        modules.replace(function, _written_out(name, template, head, each, per_model))
    made = boundary_function(modules.compiled(loop.run), states)
    assert isinstance(made, FunctionType)
    parts = [model.name for model in models] + [f"no {name}" for name in lacking]
    texts = [text for model in models for text in texts_of(model)]
    parts.append(blake2b(" ".join(map(place_of, texts)).encode(), digest_size=6).hexdigest())
    others = outer_packages(texts)
    with kept_under(", ".join(parts) or "all", others) as is_kept:
        return compiled_function(made, made.__globals__, kept=is_kept)


def texts_of(model: DeviceModel) -> list[Any]:
    """Return all that a model brings of its own."""
    brought = (
        model.input, model.output, model.horizon_s, model.step, model.power_limits, model.besides,
        model.limits_by_now,
    )  # fmt: skip
    return [text for text in brought if text is not None]


def place_of(text: Any) -> str:
    """Return where a function or a class stands: models of one name may be different ones."""
    line = text.__code__.co_firstlineno if isinstance(text, FunctionType) else 0
    return f"{text.__module__}.{text.__qualname__}:{line}"


_LOOPS = (
    ("find_machine_reach", "find_reach", "layout, memory, machines",
     "{call}(layout, memory, machines[{place}])"),
    ("draw_machines", "draw", "layout, memory, machines", "{call}(layout, memory, machines[{place}])"),
    ("machines_horizon_s", "shortest_horizon_s", "layout, memory, machines, horizon_s",
     "horizon_s = {call}(layout, memory, machines[{place}], horizon_s)"),
    ("step_machines", "step_all", "layout, memory, machines, dt_s",
     "{call}(layout, memory, machines[{place}], dt_s)"),
    ("note_machines", "note", "machines, table, row", "{call}(machines[{place}], table, row)"),
)  # fmt: skip


def _written_out(
    name: str, template: str, head: str, each: str, per_model: Sequence[dict[str, Any]]
) -> Callable[..., Any]:
    """Return a function of `sim.kernel.device_model` with a line for each model in place of its loop."""
    lines = [each.format(call=f"{template}_{place}", place=place) for place in range(len(per_model))]
    result = "return horizon_s" if "horizon_s" in head else "return None"
    names: dict[str, Any] = {"__name__": device_model.__name__}
    names |= {f"{template}_{place}": bound[template] for place, bound in enumerate(per_model)}
    exec("\n    ".join([f"def {name}({head}):", *lines, result]), names)
    return compiled_function(names[name], names, is_inner=True)


def _bound(model: DeviceModel, modules: JitModules) -> dict[str, Any]:
    """Return the templates of `sim.kernel.device_model`, compiled for a model."""
    names = dict(modules.names_of(device_model))
    for name in ("output", "horizon_s", "step", "power_limits", "limits_by_now"):
        function = getattr(model, name)
        if function is not None:
            names[name] = modules.compiled(function)
    names["besides"] = modules.compiled(model.besides or device_model.nothing_besides)
    names["place"] = modules.compiled(placed_by(model))
    give = giver(model)
    names["given"] = compiled_function(give, {**give.__globals__, "pick": names["pick"]}, is_inner=True)
    for name, template in templates(model).items():
        names[name] = compiled_function(template, names, is_inner=True)
    return names
