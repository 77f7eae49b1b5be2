"""Commands of clients: whom they reach, who carries them out, and how they are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..domain.commands import (
    Acknowledge,
    AugmentBounds,
    ClearBounds,
    ClientCommand,
    SetPower,
    Standby,
    Start,
    Stop,
)
from ..domain.messages import CommandError, UnavailableError
from ..engine.agenda import Engine
from ..engine.clock import Clock
from ..engine.events import Events
from ..engine.executor import Executor
from ..faults.injector import Faults
from ..plant.plant import Plant
from .augmented_bounds import AugmentedBounds
from .directory import Directory
from .lifecycle import Lifecycle
from .sequences import Sequences
from .set_points import SetPoints
from .subscriptions import PowerRequest

C = TypeVar("C", bound=ClientCommand)


class Commands:
    """Carries out the commands of clients."""

    def __init__(
        self,
        plant: Plant,
        directory: Directory,
        engine: Engine,
        clock: Clock,
        faults: Faults,
        executor: Executor,
        events: Events,
    ) -> None:
        """Tell an executor which commands are carried out here.

        Args:
            plant: Whose components they are for.
            directory: Finds components by id.
            engine: Whose agenda carries lifetimes.
            clock: How simulated time meets the clients' time.
            faults: Keep commands from components.
            executor: Passes on the clients' commands.
            events: Where to tell what happens.
        """
        self.sequences = Sequences(plant, engine, events)
        """What is being switched."""
        self.set_points = SetPoints(plant, engine, clock, events, self.sequences)
        """What is in force."""
        self.bounds = AugmentedBounds(plant, engine, clock, events, self.set_points)
        """What narrows it."""
        self._components = plant.site.components
        self._directory = directory
        self._faults = faults
        self._executor = executor
        lifecycle = Lifecycle(plant, faults, events, self.sequences, self.set_points)
        self._handle(SetPower, self._set_power)
        self._handle(AugmentBounds, lambda command: self.bounds.augment(self._answering(command), command))
        self._handle(ClearBounds, lambda command: self.bounds.clear(self._answering(command), command))
        self._handle(Start, lambda command: lifecycle.start(self._answering(command)))
        self._handle(Standby, lambda command: lifecycle.standby(self._answering(command)))
        self._handle(Stop, lambda command: lifecycle.stop(self._answering(command)))
        self._handle(Acknowledge, lambda command: lifecycle.acknowledge(self._answering(command)))

    def _handle(self, kind: type[C], carry_out: Callable[[C], object]) -> None:
        """Carry out commands of a kind, and refuse them as the component's maker does."""

        def answer(command: C) -> object:
            try:
                return carry_out(command)
            except CommandError as refused:
                key = self._directory.keys.get(command.component_id)
                if key is not None and refused.refusal is not None and not refused.has_own_status:
                    refusals = self._components[key].refusals
                    refused.status = refusals.get(refused.refusal, refused.status)
                raise

        self._executor.handle(kind, answer)

    def _set_power(self, command: SetPower) -> PowerRequest:
        key = self._reached(command)
        if self._faults.is_hanging(key):
            return PowerRequest()
        return self.set_points.request(key, command, is_lost=self._faults.loses_command(key))

    def _reached(self, command: ClientCommand) -> str:
        """Return whom a command reaches."""
        key = self._directory.key(command.component_id)
        self._faults.check_reachable(key, stream=False)
        return key

    def _answering(self, command: ClientCommand) -> str:
        """Return whom a command reaches, if it answers."""
        key = self._reached(command)
        if self._faults.is_hanging(key):
            raise UnavailableError(f"{key} does not answer; accepted: the same again once it does")
        return key
