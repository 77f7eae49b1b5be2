"""What has switched components off by itself or is about to, and how that is cleared."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.battery_step import battery_terminal
from ...models.bms import NO_TRIP, TRIPS, WARNINGS
from ...models.fuse import MELTED
from ..components.device import Activity
from ..domain.states import Diagnostic
from ..inputs.override import Override
from ..kernel.bms import acknowledge_trip, would_clear
from ..kernel.grid import replace_fuses
from .bms import lasting_cause, trip_diagnostic, warning_diagnostics
from .equipment import Equipment
from .inputs import Inputs
from .numbering import CONTROL_CYCLE_US
from .operating_point import OperatingPoint
from .running_machines import RunningMachines
from .switching import Switching

_MELTED = "FUSE_ERROR"
_NOT_STARTED = "SWITCH_ON_FAULT"


class Protection:
    """Trips, melted fuses and faults of a plant, by key."""

    def __init__(
        self,
        equipment: Equipment,
        point: OperatingPoint,
        inputs: Inputs,
        machines: RunningMachines,
        switching: Switching,
    ) -> None:
        """Look after a plant.

        Args:
            equipment: Its devices.
            point: What flows now.
            inputs: By which machines are told that faults are acknowledged.
            machines: Whose own controls find faults.
            switching: Knows which devices have tripped.
        """
        self._equipment = equipment
        self._point = point
        self._memory = point.memory
        self._batteries = point.places.batteries
        self._inputs = inputs
        self._machines = machines
        self._switching = switching

    def error(self, key: str) -> Diagnostic | None:
        """Return what has switched a component off by itself, or None."""
        return self.error_in(key, self._machines.activity(key))

    def error_in(self, key: str, activity: Activity | None) -> Diagnostic | None:
        """Return what has switched a component off by itself, given its activity; see `error`."""
        links = self._memory.fuses if key == self._equipment.grid_key else ()
        melted = [number for number, link in enumerate(links, 1) if link.condition == MELTED] if links else ()
        if melted:
            phases = ", ".join(f"L{phase}" for phase in melted)
            return Diagnostic(_MELTED, f"the fuse of {phases} at {key} has melted")
        if activity is Activity.FAULT:
            return Diagnostic(_NOT_STARTED, f"{key} has failed to start")
        battery, tripped = self._batteries.get(key), self._switching.tripped
        if battery is None or key in tripped:
            return tripped.get(key)
        self._point.solve()
        return trip_diagnostic(key, self._memory.bms[battery].trip)

    def codes(self, key: str, *, has_activity: bool) -> Iterator[str]:
        """Yield the codes of all warnings and errors that a component may have here, if nobody breaks it."""
        if key == self._equipment.grid_key:
            yield _MELTED
        if has_activity:
            yield _NOT_STARTED
        if key in self._batteries:
            yield from (code for code, _ in (*TRIPS, *WARNINGS) if code)

    def warnings(self, key: str) -> tuple[Diagnostic, ...]:
        """Return what the management system of a battery warns of; nothing for any other component."""
        if key not in self._batteries:
            return ()
        self._point.solve()
        return warning_diagnostics(self._memory.bms[self._batteries[key]].warnings)

    def acknowledge(self, key: str) -> str | None:
        """Clear the trip of a battery's management system, whose relays stay open.

        Returns:
            Why it cannot be cleared yet; None if it can, or there is none.
        """
        battery, layout, memory = self._batteries.get(key), self._point.layout, self._memory
        self._point.solve()
        if battery is None or memory.bms[battery].trip == NO_TRIP:
            return None
        if not would_clear(layout, memory, battery):
            state, bms = memory.battery_states[battery], memory.bms[battery]
            voltage_v = battery_terminal(self._equipment.batteries[key], state, 0.0).voltage_v
            return lasting_cause(self._equipment.managements[key], bms.trip, bms.relays, state, voltage_v)
        acknowledge_trip(layout, memory, battery)
        self._point.forget()
        return None

    def clear_fault(self, key: str) -> None:
        """Tell a machine's own controls, for one control cycle, that its fault is acknowledged."""
        now_us = self._memory.time_us
        self._inputs.override(key, "acknowledge", Override(now_us, 1.0, now_us + CONTROL_CYCLE_US, 0.0))

    def replace_fuses(self) -> None:
        """Put new links in the place of those at the grid connection point that have melted."""
        replace_fuses(self._point.layout, self._memory)
        self._point.forget()
