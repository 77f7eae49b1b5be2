"""How far a run in virtual time has come, on standard error."""

from __future__ import annotations

from datetime import tzinfo
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from ...sim.domain.timestamps import to_datetime
from ...sim.simulation.live import LiveSimulation
from .virtual_time import VirtualTimeLoop
from .wall import real_monotonic_s

_REPORTS = 200
_LINE_EVERY_S = 10.0
"""Real time between two lines where there is no terminal [s]."""
_PERIOD_US = 300_000_000


class VirtualProgress:
    """A bar that moves with virtual time; drawn by the loop itself, since a thread would be real time."""

    def __init__(self, duration_us: int | None) -> None:
        """Prepare a bar.

        Args:
            duration_us: Length of the run [µs]; None if nobody knows.
        """
        self._duration_us = duration_us
        self._period_us = _PERIOD_US if duration_us is None else max(duration_us // _REPORTS, 1)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=duration_us)
        self._is_seen = self._bar.console.is_terminal
        self._next_line_s = real_monotonic_s() + _LINE_EVERY_S

    def follow(self, simulation: LiveSimulation, loop: VirtualTimeLoop) -> None:
        """Move with a simulation from now on."""
        zone = simulation.site.microgrid.location.zone

        def report() -> None:
            now_us = simulation.clock.now_us()
            self._bar.update(
                self._task,
                completed=now_us - simulation.start_us,
                description=f"{to_datetime(now_us).astimezone(zone):%Y-%m-%d %H:%M}",
            )
            if self._is_seen:
                self._bar.refresh()
            elif real_monotonic_s() >= self._next_line_s:
                self._next_line_s = real_monotonic_s() + _LINE_EVERY_S
                self._say(now_us, simulation.start_us, zone)
            loop.call_later(self._period_us / 1e6, report)

        report()

    def _say(self, now_us: int, start_us: int, zone: tzinfo) -> None:
        """Write a line, where a bar could not be seen."""
        share = "" if self._duration_us is None else f", {(now_us - start_us) / self._duration_us:.0%}"
        self._bar.console.print(
            f"{to_datetime(now_us).astimezone(zone):%Y-%m-%d %H:%M}{share}", highlight=False
        )

    def __enter__(self) -> Self:
        if self._is_seen:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_seen:
            self._bar.stop()
