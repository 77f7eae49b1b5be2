"""What set-points and those who give them are held to: lifetimes, and the bounds that were shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....sim.components.lapse import LapseKind
from ....sim.components.section import Lapsing
from ....sim.domain.commands import Execution, SetPower
from ....sim.domain.events import Event
from ....sim.domain.faults import Family, FaultKind
from ....sim.domain.metrics import PowerType
from ....sim.domain.ranges import Ranges, is_allowed
from ....sim.gateway.lifetimes import OF_SET_POINTS
from ....sim.plant.numbering import CONTROL_CYCLE_US
from ....sim.plant.set_points import as_taken, may_be_next_step, may_be_taken_w
from ....sim.simulation.simulation import Simulation
from ....sim.telemetry.power_bounds import METRIC_OF
from .breach import Breach
from .delivered import Delivered

_LEAST_W = 1.0
"""What is no excess yet: rounding on the way [W] or [var]."""
_USUAL = ("set-point accepted", "set-point refused", "set-point ended", "set-point lapsed", "bounds augmented",
          "bounds refused", "bounds cleared", "bounds lapsed", "driven", "released")  # fmt: skip
"""Events of a device that leave its set-points in force."""
_OF_FAULTS = ("fault", "fault comes", "fault goes", "mended")


class _Alive(NamedTuple):
    power: float
    arrives_us: int
    due_us: int


class Lifetimes:
    """A set-point is in force from when it arrives until it lapses, and no longer."""

    def __init__(self, simulation: Simulation) -> None:
        """Watch a site from its start."""
        self._simulation = simulation
        plant = simulation.plant
        self._keys = {component.id: key for key, component in simulation.site.components.items()}
        self._controls = {
            key: plant.operating_point.memory.controls[place] for key, place in plant.places.controls.items()
        }
        self._alive: dict[tuple[str, PowerType], _Alive] = {}

    def hear(self, execution: Execution) -> None:
        """Take in a command, whoever gave it."""
        command = execution.command
        if execution.refusal is not None or not isinstance(command, SetPower):
            return
        key = self._keys[command.component_id]
        if self._simulation.faults.is_hanging(key):
            return
        if any(_is_of_device(fault.kind) for fault in self._simulation.faults.present(key)):
            self._forget(key)
            return
        lifetime_s = OF_SET_POINTS.or_default_s(command.lifetime_s)
        self._alive[key, command.power_type] = _Alive(
            command.power,
            execution.time_us + self._delay_us(key),
            execution.time_us + self._simulation.clock.span_us(lifetime_s),
        )

    def happened(self, event: Event) -> None:
        """Take in what else may end a set-point."""
        is_over = event.kind == "set-point ended" and event.details.get("status") == "FAILED"
        if event.kind == "state":
            is_over = "ERROR" in str(event.details.get("states"))
        elif event.kind in _OF_FAULTS:
            is_over = _is_of_device(FaultKind(str(event.details["fault"])))
        elif event.kind not in _USUAL:
            is_over = True
        if is_over:
            self._forget(event.subject)

    def look(self, time_us: int) -> Iterator[Breach]:
        """Yield devices that do not follow the set-points that they have at a sampling [µs], or follow others."""
        for axis, alive in list(self._alive.items()):
            key, power_type = axis
            if alive.arrives_us + CONTROL_CYCLE_US < time_us < alive.due_us:
                if not self._is_aimed_at(key, power_type, alive.power):
                    del self._alive[axis]
                    left_s = (alive.due_us - time_us) / 1e6
                    words = f"{power_type.value} set-point {alive.power:.5g} gone {left_s:g} s before its end"
                    yield Breach(key, words, frozenset((power_type,)))
            elif time_us > alive.due_us + self._delay_us(key) + CONTROL_CYCLE_US:
                del self._alive[axis]
                if not self._is_released(key, power_type, alive.power):
                    over_s = (time_us - alive.due_us) / 1e6
                    words = (
                        f"{power_type.value} set-point {alive.power:.5g} in force {over_s:g} s after its end"
                    )
                    yield Breach(key, words, frozenset((power_type,)))

    def _forget(self, key: str) -> None:
        for power_type in PowerType:
            self._alive.pop((key, power_type), None)

    def _delay_us(self, key: str) -> int:
        return round(self._simulation.plant.equipment.ratings[key].latest_response_s * 1e6)

    def _aim(self, key: str, power_type: PowerType) -> float:
        control = self._controls[key]
        return control.target_w if power_type is PowerType.ACTIVE else control.reactive_target_var

    def _is_aimed_at(self, key: str, power_type: PowerType, power: float | None) -> bool:
        rating, aim = self._simulation.plant.equipment.ratings[key], self._aim(key, power_type)
        if power_type is PowerType.ACTIVE:
            return may_be_taken_w(rating, power, aim)
        return aim == as_taken(rating, power, default=0.0) or may_be_next_step(rating, power, aim)

    def _is_released(self, key: str, power_type: PowerType, power: float) -> bool:
        component = self._simulation.site.components[key]
        if power_type is PowerType.REACTIVE:
            return self._aim(key, power_type) == 0.0
        if isinstance(component, Lapsing) and component.on_lapse.kind is not LapseKind.RELEASE:
            instead = component.on_lapse.instead_of(power)
            return self._is_aimed_at(key, power_type, instead)
        return self._simulation.plant.set_points.is_released(key)


def _is_of_device(kind: FaultKind) -> bool:
    """Say whether a fault may make anything of set-points: what measurements and the line do leaves them in force."""
    return kind.family is Family.DEVICE


class ShownBounds:
    """Set-points are within the bounds that whoever gives them was shown."""

    def __init__(self, simulation: Simulation, delivered: Delivered) -> None:
        """Watch what a site shows from its start."""
        self._delivered = delivered
        ratings = simulation.plant.equipment.ratings
        self._keys = {
            component.id: key
            for key, component in simulation.site.components.items()
            # Where a set-point is a limit, one beyond what sun, wind or car allow now is a sensible one.
            if key in ratings and not ratings[key].is_limit
        }

    def permits(self, command: SetPower, time_us: int) -> bool | None:
        """Say whether a set-point is within bounds that were shown by a time [µs]; None if none were."""
        ranges = self._ranges(command, time_us)
        if command.component_id not in self._keys or not ranges:
            return None
        return any(is_allowed(command.power, each, _LEAST_W) for each in ranges)

    def hear(self, execution: Execution) -> Iterator[Breach]:
        """Yield what is wrong with a command of the application."""
        command = execution.command
        if not isinstance(command, SetPower) or command.power == 0.0:
            return
        if self.permits(command, execution.time_us) is False:
            newest = self._ranges(command, execution.time_us)[-1]
            last = " or ".join(f"{lower:.5g} to {upper:.5g}" for lower, upper in newest)
            unit = METRIC_OF[command.power_type].unit
            words = f"{command.power:.5g} {unit}, when it was shown {last}"
            yield Breach(self._keys[command.component_id], words, frozenset((command.power_type,)))

    def _ranges(self, command: SetPower, time_us: int) -> list[Ranges]:
        return self._delivered.bounds(command.component_id, METRIC_OF[command.power_type], time_us)
