"""The machines of a running plant: states as their models have them, and what acts on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..components.device import Activity, Machine
from ..components.device_model import DeviceModel
from ..components.package_runs import watched
from ..components.registry import type_of
from ..components.usage import Usage, usage_of
from ..kernel.device_model import bind, bound
from ..kernel.layout import Machines
from ..site.site import Site
from .operating_point import BoundMachines, OperatingPoint


class RunningMachines:
    """Machines by key."""

    def __init__(self, machines: Mapping[str, Machine], order: Sequence[str], point: OperatingPoint) -> None:
        """Find the machines of a plant.

        Args:
            machines: As they were built, by key.
            order: Keys of all components, as they are numbered.
            point: What flows now.
        """
        self._machines = machines
        self._point = point
        self._at = {
            key: (functions, members, place)
            for functions, members in point.machines
            for place, key in enumerate(_keys(members, order))
        }

    def state(self, key: str) -> Any:
        """Return the state of a machine, as its model has it."""
        _, members, place = self._at[key]
        return members.states[place]

    def input(self, key: str) -> Any:
        """Return what acts on a machine now, as its model takes it."""
        self._point.solve()
        functions, members, place = self._at[key]
        return functions.present(self._point.memory, members, place)

    def activity(self, key: str) -> Activity | None:
        """Return what a machine is doing by the sequence of its own controls; None if it has none."""
        machine = self._machines.get(key)
        if machine is None or machine.activity is None:
            return None
        return machine.activity(machine.params, self.state(key), self.input(key))

    def besides(self, key: str) -> float:
        """Return the number that a machine reports besides its powers; 0 if it reports nothing else."""
        functions, members, place = self._at[key]
        reported: float = functions.besides(members.params[place], members.states[place])
        return reported

    def usages(self) -> dict[str, Usage]:
        """Return starts and time in operation of machines that count them, by key."""
        found = (usage_of(key, members.states[place]) for key, (_, members, place) in self._at.items())
        return {usage.key: usage for usage in found if usage is not None}

    def usages_since(self, earlier: Mapping[str, Usage]) -> tuple[Usage, ...]:
        """Return what came on top of earlier usages."""
        return tuple(usage.since(earlier[key]) for key, usage in self.usages().items())

    def save(self) -> dict[str, tuple[int | float, ...]]:
        """Return the fields of each state."""
        return {key: tuple(members.states[place]) for key, (_, members, place) in self._at.items()}

    def kinds(self) -> dict[str, type]:
        """Return the type of each state."""
        return {key: type(members.states[place]) for key, (_, members, place) in self._at.items()}

    def restore(self, states: Mapping[str, tuple[int | float, ...]]) -> None:
        """Bring the states back to what they were."""
        for key, (_, members, place) in self._at.items():
            members.states[place] = type(members.states[place])(*states[key])


def bound_machines(
    site: Site, order: Sequence[str], machines: Mapping[DeviceModel, Machines]
) -> BoundMachines:
    """Bind the kernel to the models of a site; those that another package has brought are watched."""
    return tuple((_bound_to(model, members, site, order), members) for model, members in machines.items())


def _bound_to(model: DeviceModel, members: Machines, site: Site, order: Sequence[str]) -> Any:
    keys = _keys(members, order)
    kind = type_of(site.components[keys[0]])
    if kind.package is None:
        return bound(model)

    def whose(state: Any) -> str:
        return ", ".join(key for key, own in zip(keys, members.states, strict=True) if own is state)

    return bind(watched(model, kind, whose))


def _keys(members: Machines, order: Sequence[str]) -> list[str]:
    return [order[component] for component in members.component]
