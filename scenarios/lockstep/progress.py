"""How far a run in virtual time has come, on standard error."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from ...sim.domain.timestamps import to_datetime
from ...sim.simulation.live import LiveSimulation
from .virtual_time import VirtualTimeLoop

_REPORTS = 200
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
            self._bar.refresh()
            loop.call_later(self._period_us / 1e6, report)

        report()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()
