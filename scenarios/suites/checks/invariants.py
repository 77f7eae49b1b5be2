"""What every case is held to unless its file says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from ....sim.domain.commands import Execution, SetPower
from ....sim.domain.events import Event
from ....sim.domain.messages import Frame, Refusal
from ....sim.domain.messages import Reading as Report
from ....sim.domain.metrics import Metric
from ....sim.language.over_time import Outcome
from ....sim.simulation.simulation import Simulation
from .attribution import Attribution
from .breach import ACTIVE, Breach
from .command_watches import Lifetimes, ShownBounds
from .delivered import Delivered
from .device_limits import Obedience, Ratings, Windows
from .node_balance import NodeBalance
from .story import Story

Invariant = Literal[
    "balance", "ratings", "soc", "bounds", "lifetimes", "registers", "shown", "commands", "exceptions"
]
INVARIANTS: tuple[Invariant, ...] = get_args(Invariant)
WORDS: Mapping[Invariant, str] = {
    "balance": "what flows into each node flows out of it",
    "ratings": "no fuse is overloaded for a minute, no device beyond its rating",
    "soc": "states of charge are within their windows",
    "bounds": "devices keep to the bounds that they show",
    "lifetimes": "set-points are in force until they lapse, and no longer",
    "registers": "energy registers never run backwards",
    "shown": "set-points of the application are within the bounds that it was shown",
    "commands": "no set-point of the application is refused",
    "exceptions": "no exception is logged",
}
_REGISTERS = (Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED)


class Invariants:
    """Looks at a site, and at what its application makes of it."""

    def __init__(
        self,
        simulation: Simulation,
        metrics: Mapping[str, tuple[Metric, ...]],
        without: Iterable[Invariant] = (),
    ) -> None:
        """Begin with nothing broken.

        Args:
            simulation: The site, at its start.
            metrics: What each component reports, by its key.
            without: What is not looked at.
        """
        plant = simulation.plant
        self._wiring = plant.wiring
        self._open = set(INVARIANTS) - set(without)
        """What is held, and is not broken yet."""
        self._ids = {component.id: key for key, component in simulation.site.components.items()}
        self._registers = [
            (key, metric) for key, had in metrics.items() for metric in _REGISTERS if metric in had
        ]
        self._last: dict[tuple[str, Metric], float] = {}
        self._broken: dict[Invariant, Outcome] = {}
        self._has_looked = False
        self._balance = NodeBalance(plant)
        self._ratings = Ratings(plant, lambda breach, time_us: self._take("ratings", [breach], time_us))
        self._windows, self._obedience = Windows(plant), Obedience(plant)
        self._delivered = Delivered(simulation)
        self._lifetimes, self._shown = Lifetimes(simulation), ShownBounds(simulation, self._delivered)
        self._attribution = Attribution(simulation)
        self.story = Story(plant.wiring, simulation.site.microgrid.location.zone)
        """What led to how the site stands."""
        simulation.gateway.listen_to_events(self._happened)

    def look(self, time_us: int, frames: Sequence[Frame], read: Callable[[str], Report]) -> None:
        """Take in a sampling.

        Args:
            time_us: When it is [µs since the Unix epoch].
            frames: What clients are shown.
            read: Returns what a component does, whatever clients are shown.
        """
        self._has_looked = True
        if "registers" in self._open:
            self._take("registers", self._runs_backwards(read), time_us)
        if "ratings" in self._open:
            self._take("ratings", self._ratings.look(time_us, read), time_us)
        if "soc" in self._open:
            self._take("soc", self._windows.look(time_us, read), time_us)
        if "bounds" in self._open:
            self._take("bounds", self._obedience.look(time_us, read), time_us)
        if "balance" in self._open:
            self._take("balance", self._balance.look(), time_us)
        if "lifetimes" in self._open:
            self._take("lifetimes", self._lifetimes.look(time_us), time_us)
        self._delivered.look(time_us, frames)

    def hear(self, execution: Execution, *, by_application: bool) -> None:
        """Take in a command, and whether it is the application's."""
        if "lifetimes" in self._open:
            self._lifetimes.hear(execution)
        command = execution.command
        if not by_application or not isinstance(command, SetPower):
            return
        key, time_us = self._ids.get(command.component_id, ""), execution.time_us
        is_old = bool(key) and self._attribution.may_be_old(key, time_us)
        if "shown" in self._open and not is_old:
            self._take("shown", self._shown.hear(execution), time_us)
        if execution.refusal is None or "commands" not in self._open:
            return
        if not is_old and not self._could_not_foresee(key, command, execution):
            words = f"{key or command.component_id}, {command.power:.5g}: {execution.refusal}"
            powers = frozenset((command.power_type,))
            self._break("commands", words, time_us, self.story.chain([key], powers))

    def _could_not_foresee(self, key: str, command: SetPower, execution: Execution) -> bool:
        """Say whether an application that follows what it is shown could have given a command that was refused."""
        if execution.refused_as is Refusal.UNAVAILABLE:
            return True
        if execution.refused_as not in (Refusal.OUT_OF_BOUNDS, Refusal.WRONG_STATE):
            return False
        time_us = execution.time_us
        seen_us = self._delivered.seen_us(command.component_id, time_us)
        is_within = execution.refused_as is Refusal.OUT_OF_BOUNDS and self._shown.permits(command, time_us)
        if is_within and seen_us is not None:
            return True
        return self._attribution.could_not_know(key, time_us, seen_us)

    def logged(self, words: str, time_us: int) -> None:
        """Take in that an exception was logged."""
        if "exceptions" in self._open:
            self._break("exceptions", words, time_us)

    def outcome(self, invariant: Invariant) -> Outcome | None:
        """Return what came of one; None if it cannot be told, as there was no sampling."""
        return self._broken.get(invariant, Outcome(True, "held") if self._has_looked else None)

    def _runs_backwards(self, read: Callable[[str], Report]) -> Iterator[Breach]:
        last = self._last
        for register in self._registers:
            key, metric = register
            value = read(key).values[metric]
            if value < last.get(register, value):
                yield Breach(key, f"{metric} = {value:.5g} Wh, after {last[register]:.5g}", ACTIVE)
            last[register] = value

    def _take(self, invariant: Invariant, breaches: Iterable[Breach], time_us: int) -> None:
        for key, words, powers in breaches:
            if invariant in self._open:
                self._break(invariant, f"{key}: {words}", time_us, self.story.chain([key], powers))

    def _break(self, invariant: Invariant, words: str, time_us: int, chain: tuple[str, ...] = ()) -> None:
        # The first breach says most; what follows from it is not looked for.
        self._open.discard(invariant)
        self._broken[invariant] = Outcome(False, words, time_us, chain)

    def _happened(self, event: Event) -> None:
        self.story.hear(event)
        self._attribution.happened(event)
        self._lifetimes.happened(event)
