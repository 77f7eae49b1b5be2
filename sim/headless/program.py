"""A plant, compiled: its numbers as arrays, and the functions that carry them along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from types import FunctionType
from typing import Any

from ..components.device_model import DeviceModel
from ..kernel import client_limits as hooks
from ..kernel import device_model as core_kinds
from ..kernel import device_models as every
from ..kernel import no_client_limits as free
from ..kernel.device_model import TEMPLATES, giver, placed_by
from ..plant.plant import Plant
from ..plant.state import NAMES_OF_NUMBERS, STATES
from . import loop as kernel
from .arrays import Packed, packed, state_rows, states_of
from .boundary import entry
from .jit import Twins, compiled_function, kept_under
from .stubs import WITHOUT


class Program:
    """The numbers of a plant and the compiled functions for its kinds of machines.

    While a program runs, the plant that it was made of stands still; `hand_back` brings it to the same point.
    """

    def __init__(self, plant: Plant) -> None:
        """Take over from a plant; what is compiled is kept on the disk for the next time."""
        layout, memory, machines = plant.numbers
        self._plant = plant
        self._kinds = tuple(machines)
        self._layout = packed(layout).values
        self._memory = packed(memory, **dict.fromkeys(STATES))
        self._stored = tuple(state_rows(getattr(memory, name), kind) for name, kind in STATES.items())
        self._machines = tuple(
            _without(packed(members, states=None), {"states"}) for members in machines.values()
        )
        self._states = tuple(
            state_rows(members.states, type(members.states[0])) for members in machines.values()
        )
        self._stand = kernel.Stand(
            memory.time_us, memory.holds_until_us, memory.is_known, memory.next_input_us, 0
        )
        state_types = tuple(type(members.states[0]) for members in machines.values())
        lacking = tuple(name for name in WITHOUT if not getattr(layout, name))
        self._enter = compiled_entry(self._kinds, state_types, lacking)

    @property
    def time_us(self) -> int:
        """Simulated time up to which the program has come [µs]."""
        return self._stand.time_us

    def run(self, feeds: kernel.Feeds, samples: kernel.Samples) -> int:
        """Carry the plant along the times of samples and fill them in.

        Returns:
            How many times what flows was solved for.
        """
        memory = Packed({**self._memory.fields, **self._numbers()})
        self._stand = kernel.Stand(
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
            setattr(memory, name, self._numbers()[name] if isinstance(held, int) else held.tolist())
        for (name, kind), rows in zip(STATES.items(), self._stored, strict=True):
            held = getattr(memory, name)
            held[:] = states_of(rows, len(held), kind)
        for members, rows in zip(machines.values(), self._states, strict=True):
            members.states[:] = states_of(rows, len(members.states), type(members.states[0]))
        self._plant.look_again()
        return self._plant

    def _numbers(self) -> dict[str, int]:
        numbers = self._stand._asdict()
        del numbers["solved"]
        return numbers


def _without(whole: Packed, names: Collection[str]) -> tuple[Any, ...]:
    return tuple(value for field, value in whole.fields.items() if field not in names)


@cache
def compiled_entry(
    kinds: tuple[DeviceModel, ...], states: tuple[type, ...], lacking: tuple[str, ...]
) -> Callable[..., Any]:
    """Return the way into `kernel.run`, compiled for sites with these kinds of machines.

    Args:
        kinds: In the order of the site.
        states: Type of the state of each.
        lacking: Sequences of the layout that are empty; what would work on them is left out.
    """
    twins = Twins(are_inner=True)
    for name in ("aim_w", "held_w", "reactive_aim_var"):
        twins.exchange(getattr(hooks, name), twins.of(getattr(free, name)))
    for name in lacking:
        for function, instead in WITHOUT[name].items():
            twins.exchange(function, twins.of(instead))
    per_kind = [_bound(kind, twins) for kind in kinds]
    for name, template, head, each in _EVERY:
        twins.exchange(getattr(every, name), _written_out(name, template, head, each, per_kind))
    made = entry(twins.of(kernel.run), states)
    assert isinstance(made, FunctionType)
    parts = [kind.name for kind in kinds] + [f"no {name}" for name in lacking]
    with kept_under(", ".join(parts) or "all") as is_kept:
        return compiled_function(made, made.__globals__, kept=is_kept)


_EVERY = (
    ("every_find_reach", "find_reach", "layout, memory, kinds", "{call}(layout, memory, kinds[{place}])"),
    ("every_draw", "draw", "layout, memory, kinds", "{call}(layout, memory, kinds[{place}])"),
    ("every_horizon_s", "shortest_horizon_s", "layout, memory, kinds, horizon_s",
     "horizon_s = {call}(layout, memory, kinds[{place}], horizon_s)"),
    ("every_step", "step_all", "layout, memory, kinds, dt_s", "{call}(layout, memory, kinds[{place}], dt_s)"),
)  # fmt: skip


def _written_out(
    name: str, template: str, head: str, each: str, per_kind: Sequence[dict[str, Any]]
) -> Callable[..., Any]:
    """Return a function of `sim.kernel.device_models` with a line for each kind in place of its loop."""
    lines = [each.format(call=f"{template}_{place}", place=place) for place in range(len(per_kind))]
    result = "return horizon_s" if "horizon_s" in head else "return None"
    names: dict[str, Any] = {"__name__": every.__name__}
    names |= {f"{template}_{place}": bound[template] for place, bound in enumerate(per_kind)}
    exec("\n    ".join([f"def {name}({head}):", *lines, result]), names)
    return compiled_function(names[name], names, is_inner=True)


def _bound(kind: DeviceModel, twins: Twins) -> dict[str, Any]:
    """Return the templates of `sim.kernel.device_model`, compiled for a model."""
    names = dict(twins.names_of(core_kinds))
    for name in ("output", "horizon_s", "step", "power_limits"):
        function = getattr(kind, name)
        if function is not None:
            names[name] = twins.of(function)
    names["place"] = twins.of(placed_by(kind))
    give = giver(kind)
    names["given"] = compiled_function(give, {**give.__globals__, "pick": names["pick"]}, is_inner=True)
    for template in TEMPLATES:
        names[template.__name__] = compiled_function(template, names, is_inner=True)
    return names
