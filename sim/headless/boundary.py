"""The way into compiled functions: from plain tuples of arrays to structures, and back.

What goes in and comes out are plain arrays, so that a process that finds everything compiled on the disk compiles
nothing; the text in between depends on the models of the site's machines, so it is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

from numba.typed import List

from ..kernel.layout import Layout, Machines
from ..kernel.memory import Memory
from ..plant.state import STATES
from . import loop
from .arrays import structure


def boundary_function(run: Callable[..., Any], states: Sequence[type]) -> Callable[..., Any]:
    """Return a plain function that calls `loop.run`, to be compiled.

    Args:
        run: `loop.run`, compiled.
        states: Type of the state of the machines of each model.

    Returns:
        `(layout, memory, stored, machines, states, feeds, samples)`: the fields of each as a tuple, `memory` and each
        of `machines` without its states, which are rows of floats and written back.
    """
    names = {
        "__name__": loop.__name__, "run": run, "List": List,
        "Layout": structure(Layout), "Memory": structure(Memory), "Machines": structure(Machines),
        "Feeds": structure(loop.Feeds), "Samples": structure(loop.Samples),
        **{state.__name__: state for state in STATES.values()},
        **{f"State{place}": state for place, state in enumerate(states)},
    }  # fmt: skip
    lines = ["def enter(layout, memory, stored, machines, states, feeds, samples):"]
    for place, (name, state) in enumerate(STATES.items()):
        lines += _listed(name, f"stored[{place}]", state.__name__, state)
    for place, state in enumerate(states):
        lines += _listed(f"list_{place}", f"states[{place}]", f"State{place}", state)
        lines.append(
            f"    machines_{place} = Machines({_fields(Machines, f'machines[{place}]', {'states': f'list_{place}'})})"
        )
    members = "".join(f"machines_{place}, " for place in range(len(states)))
    lines += [
        f"    site = Memory({_fields(Memory, 'memory', {name: name for name in STATES})})",
        f"    stand = run(Layout(*layout), site, ({members}), Feeds(*feeds), Samples(*samples))",
    ]
    for place, (name, state) in enumerate(STATES.items()):
        lines += _written_back(name, f"stored[{place}]", state)
    for place, state in enumerate(states):
        lines += _written_back(f"list_{place}", f"states[{place}]", state)
    lines.append("    return stand")
    exec(compile("\n".join(lines), loop.__file__, "exec"), names)
    made: Callable[..., Any] = names["enter"]
    return made


def _fields(kind: type, given: str, instead: Mapping[str, str]) -> str:
    """Return the arguments of a structure of which some fields are not among those given."""
    parts, place = [], 0
    for name in get_type_hints(kind):
        parts.append(instead.get(name, f"{given}[{place}]"))
        place += name not in instead
    return ", ".join(parts)


def _listed(name: str, rows: str, shown: str, kind: type) -> list[str]:
    hints = get_type_hints(kind).values()
    values = ", ".join(
        f"{'int' if hint is int else ''}({rows}[row, {place}])" for place, hint in enumerate(hints)
    )
    return [
        f"    {name} = List()",
        f"    for row in range({rows}.shape[0]):",
        f"        {name}.append({shown}({values}))",
    ]


def _written_back(name: str, rows: str, kind: type) -> list[str]:
    return [
        f"    for row in range({rows}.shape[0]):",
        *(
            f"        {rows}[row, {place}] = {name}[row].{field}"
            for place, field in enumerate(get_type_hints(kind))
        ),
    ]
