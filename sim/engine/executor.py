"""The one way into a site: every command passes here, whoever gives it, and whoever wants to know hears of it.

What can carry out commands of a kind says so when it is built; whoever gives one makes its record and has it executed.
Neither knows the other, so a client, a test and a tape do the same thing in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..domain.commands import CatchUp, Command, Execution
from ..domain.events import Subscribers
from ..domain.messages import CommandError
from ..plant.plant import Plant
from .agenda import Engine
from .clock import Clock

C = TypeVar("C", bound=Command)


class Executor:
    """Has commands carried out, each at the present of the clock."""

    def __init__(self, engine: Engine, clock: Clock, plant: Plant) -> None:
        """Begin with nothing that could carry out commands.

        Args:
            engine: Brought to the present before a command counts.
            clock: Says what the present is.
            plant: Goes along with the engine.
        """
        self._engine = engine
        self._clock = clock
        self._plant = plant
        self._carry_out: dict[type, Callable[[Any], Any]] = {}
        self.come_to_present: Callable[[], int] = self._run_to_present
        """Brings the engine to the present, which it returns [µs]; where that takes long, as near as it may."""
        self.come_near_present: Callable[[], int] = self._run_to_present
        """Does the same for a command, which may count a little earlier."""
        self.executions = Subscribers[Execution]()
        """Every command that was given, once it was carried out or refused."""

    def handle(self, kind: type[C], carry_out: Callable[[C], object]) -> None:
        """Name the function that carries out commands of a kind; it refuses by `CommandError` or `ValueError`."""
        self._carry_out[kind] = carry_out

    def catch_up(self) -> None:
        """Bring engine and plant to the present."""
        self.come_to_present()
        self.bring_plant()

    def run_to(self, time_us: int) -> None:
        """Bring engine and plant to a simulated time [µs]."""
        self._engine.run_to(time_us)
        self.bring_plant()

    def bring_plant(self) -> None:
        """Bring the plant to where the engine stands, so that it can be looked at."""
        now_us = self._engine.now_us
        if self._plant.time_us < now_us:
            self._plant.advance(now_us)
            self.executions.tell(Execution(now_us, CatchUp()))

    def execute(self, command: Command, *, late_us: int | None = None) -> Any:
        """Carry out a command at the present.

        Args:
            command: What to do.
            late_us: How far behind its clients' time the site is [µs]; as the clock says if None.

        Returns:
            Whatever a command of its kind gives.

        Raises:
            CommandError: If a client cannot have it.
            ValueError: If it makes no sense for this site.
            TypeError: If nothing here carries out commands of its kind.
        """
        if isinstance(command, CatchUp):
            return self.catch_up()
        carry_out = self._carry_out.get(type(command))
        if carry_out is None:
            accepted = ", ".join(kind.__name__ for kind in self._carry_out)
            raise TypeError(f"this site does not take {type(command).__name__}; accepted: {accepted}")
        # No `CatchUp`: the command itself says when.
        present_us = self.come_near_present()
        time_us = self._engine.now_us
        self._plant.advance(time_us)
        if late_us is None:
            late_us = self._clock.late_us(present_us, time_us)
        try:
            with self._engine.late_by(late_us):
                self._engine.keep_promised_ends()
                given = carry_out(command)
        except (CommandError, ValueError) as refusal:
            kind = refusal.refusal if isinstance(refusal, CommandError) else None
            self.executions.tell(Execution(time_us, command, str(refusal), kind, late_us))
            raise
        self.executions.tell(Execution(time_us, command, late_us=late_us))
        return given

    def _run_to_present(self) -> int:
        present_us = max(self._clock.now_us(), self._engine.now_us)
        self._engine.run_to(present_us)
        return present_us
