"""What a site showed over a run, thinned so that a year takes no more room than an hour."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ....sim.domain.commands import Execution, SetPower
from ....sim.domain.messages import Reading as Report
from ....sim.domain.metrics import Metric, PowerType

MOST_POINTS = 2000
MOST_COMMANDS = 2000
SHOWN = (Metric.AC_POWER_ACTIVE, Metric.DC_POWER, Metric.BATTERY_SOC_PCT)
"""What is drawn of each component that has it."""


class Commanded(NamedTuple):
    """A command of the application."""

    time_us: int
    """[µs since the Unix epoch]."""
    text: str
    is_refused: bool


class Series(NamedTuple):
    """Values at instants, by component and metric."""

    times_us: tuple[int, ...]
    """[µs since the Unix epoch]."""
    values: Mapping[str, tuple[float, ...]]
    """Such as `main.AC_POWER_ACTIVE`, each as long as the times, in the unit of the metric."""
    commands: tuple[Commanded, ...] = ()
    """The last ones of the application."""


class Gathering:
    """Takes in samplings, and keeps every one, then every second, fourth and so on."""

    def __init__(
        self, metrics: Mapping[str, tuple[Metric, ...]], keys: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        """Begin with nothing.

        Args:
            metrics: What each component reports, by its key.
            keys: Of components by their ids, as commands name them.
        """
        self._keys = keys
        self._columns = [(key, metric) for key, had in metrics.items() for metric in SHOWN if metric in had]
        self._rows: list[tuple[int, list[float]]] = []
        self._every = 1
        self._seen = 0
        self._commands = deque[Commanded](maxlen=MOST_COMMANDS)

    def look(self, time_us: int, read: Callable[[str], Report]) -> None:
        """Take in a sampling [µs]."""
        if self._seen % self._every == 0:
            self._rows.append((time_us, [read(key).values[metric] for key, metric in self._columns]))
        self._seen += 1
        if len(self._rows) > MOST_POINTS:
            self._rows = self._rows[::2]
            self._every *= 2

    def hear(self, execution: Execution) -> None:
        """Take in a command of the application."""
        command = execution.command
        key = self._keys.get(getattr(command, "component_id", -1), "?")
        power = ""
        if isinstance(command, SetPower):
            power = f" {command.power / 1e3:.5g} {'kW' if command.power_type is PowerType.ACTIVE else 'kvar'}"
        refused = "" if execution.refusal is None else f": refused, {execution.refusal}"
        text = f"{key}: {command.kind}{power}{refused}"
        self._commands.append(Commanded(execution.time_us, text, execution.refusal is not None))

    def series(self) -> Series:
        """Return what was kept."""
        values = {
            f"{key}.{metric.value}": tuple(row[place] for _, row in self._rows)
            for place, (key, metric) in enumerate(self._columns)
        }
        return Series(tuple(time_us for time_us, _ in self._rows), values, tuple(self._commands))
