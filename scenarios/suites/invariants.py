"""What every case is held to unless its file says otherwise."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal, Self, get_args

from ...sim.domain.commands import Execution, SetPower
from ...sim.domain.messages import Reading as Report
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import to_datetime
from .checks import Outcome

Invariant = Literal["registers", "soc", "commands", "exceptions"]
INVARIANTS: tuple[Invariant, ...] = get_args(Invariant)
WORDS: Mapping[Invariant, str] = {
    "registers": "energy registers never run backwards",
    "soc": "states of charge are within 0 % to 100 %",
    "commands": "no set-point of the application is refused",
    "exceptions": "no exception is logged",
}
_REGISTERS = (Metric.AC_ENERGY_ACTIVE_CONSUMED, Metric.AC_ENERGY_ACTIVE_DELIVERED)


class Invariants:
    """Looks at a site, and at what its application makes of it."""

    def __init__(self, metrics: Mapping[str, tuple[Metric, ...]], ids: Mapping[int, str]) -> None:
        """Begin with nothing broken.

        Args:
            metrics: What each component reports, by its key.
            ids: Keys of components by their ids.
        """
        self._registers = [
            (key, metric) for key, had in metrics.items() for metric in _REGISTERS if metric in had
        ]
        self._batteries = [key for key, had in metrics.items() if Metric.BATTERY_SOC_PCT in had]
        self._ids = ids
        self._last: dict[tuple[str, Metric], float] = {}
        self._broken: dict[Invariant, Outcome] = {}

    def look(self, time_us: int, read: Callable[[str], Report]) -> None:
        """Take in a sampling [µs]."""
        for register in self._registers:
            key, metric = register
            value = read(key).values[metric]
            if value < self._last.get(register, value):
                self._break(
                    "registers", f"{key}.{metric} = {value:.5g} Wh, after {self._last[register]:.5g}", time_us
                )
            self._last[register] = value
        for key in self._batteries:
            soc_pct = read(key).values[Metric.BATTERY_SOC_PCT]
            if not 0.0 <= soc_pct <= 100.0:
                self._break("soc", f"{key}.soc = {soc_pct:.5g} %", time_us)

    def hear(self, execution: Execution) -> None:
        """Take in a command of the application."""
        command = execution.command
        if isinstance(command, SetPower) and execution.refusal is not None:
            key = self._ids.get(command.component_id, str(command.component_id))
            self._break("commands", f"{key}, {command.power:.5g}: {execution.refusal}", execution.time_us)

    def logged(self, words: str, time_us: int) -> None:
        """Take in that an exception was logged."""
        self._break("exceptions", words, time_us)

    def outcome(self, invariant: Invariant) -> Outcome:
        """Return what came of one."""
        return self._broken.get(invariant, Outcome(True, "held"))

    def _break(self, invariant: Invariant, words: str, time_us: int) -> None:
        self._broken.setdefault(
            invariant, Outcome(False, f"{words}, at {to_datetime(time_us).isoformat()}", time_us)
        )


class LoggedExceptions(AbstractContextManager["LoggedExceptions"]):
    """Tells of exceptions that anything in the process logs, wherever it sends its log, as a context manager."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            tell: Is given the logger, its message and the exception, in words.
        """
        self._tell = tell
        self._make = logging.getLogRecordFactory()

    def __enter__(self) -> Self:
        # Handlers are an application's own to replace; every record is made here.
        logging.setLogRecordFactory(self._make_and_look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.setLogRecordFactory(self._make)

    def _make_and_look(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._tell(f"{record.name}: {record.getMessage()}: {type(error).__name__}: {error}"[:500])
        return record
