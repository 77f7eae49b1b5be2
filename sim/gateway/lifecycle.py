"""Starting, parking, stopping and acknowledging components: who may be told what, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

from ..components.device import Activity
from ..components.switchgear import RELAY_S
from ..domain.messages import CommandError, UnsupportedError, WrongStateError
from ..domain.switching import Position
from ..engine.events import Events
from ..faults.injector import Faults
from ..files.problems import with_article
from ..plant.plant import Plant
from .readiness import check_takes_commands, offered
from .sequences import Sequences
from .set_points import SetPoints


class Lifecycle:
    """Switches the components of a site on and off as clients say. Each command may be repeated."""

    def __init__(
        self, plant: Plant, faults: Faults, events: Events, sequences: Sequences, set_points: SetPoints
    ) -> None:
        """Take charge of a site.

        Args:
            plant: Whose components are switched.
            faults: Whose trips can be acknowledged.
            events: Where to tell what happens.
            sequences: Bring components from one position to another.
            set_points: Are taken back from a component that is to be at no power.
        """
        self._plant = plant
        self._faults = faults
        self._events = events
        self._sequences = sequences
        self._set_points = set_points

    def start(self, key: str) -> None:
        """Switch a component on: close its relays and begin at no power.

        Raises:
            UnsupportedError: If there is nothing to switch.
            WrongStateError: If it has tripped, or takes no commands.
        """
        self._command("start", key, self._start)

    def standby(self, key: str) -> None:
        """Park an inverter: at no power, with its AC relay open.

        Raises:
            UnsupportedError: If it is no inverter.
            WrongStateError: If one of its relays is open, for another reason than standby, or it has tripped.
        """
        self._command("standby", key, self._standby)

    def stop(self, key: str) -> None:
        """Switch a component off: open its relays. An inverter stops at any power, a battery at none only.

        Raises:
            UnsupportedError: If there is nothing to switch.
            WrongStateError: If it is a battery through which power flows, or it takes no commands.
        """
        self._command("stop", key, self._stop)

    def acknowledge(self, key: str) -> None:
        """Clear the errors of a component that can be cleared, and leave it switched off.

        The grid connection point gets new links where its fuse has melted, and supplies the site again.

        Raises:
            WrongStateError: If an error cannot be cleared, or not yet, or the component takes no commands.
        """
        self._command("acknowledge", key, self._acknowledge)

    def _command(self, name: str, key: str, carry_out: Callable[[str], None]) -> None:
        try:
            check_takes_commands(self._plant, key)
            if self._faults.loses_command(key):
                self._events.report("command lost", key, command=name)
            else:
                carry_out(key)
        except CommandError as error:
            self._events.report(f"{name} refused", key, reason=str(error))
            raise
        self._events.report(f"{name} accepted", key)

    def _start(self, key: str) -> None:
        self._require_relays(key)
        self._require_whole(key)
        self._sequences.close_relays(key)

    def _standby(self, key: str) -> None:
        if not self._sequences.has_standby(key):
            raise UnsupportedError(f"{self._named(key)} and has no standby; accepted: inverters")
        self._require_whole(key)
        heading = self._sequences.goal(key)
        if heading is Position.STANDBY:
            return
        if heading is Position.OFF or self._plant.switching.position(key) is not Position.ON:
            raise WrongStateError(
                f"{key} cannot go to standby: its relays are not both closed; accepted: standby once it is started"
            )
        self._set_points.revoke(key)
        self._sequences.open_ac_relay(key)

    def _stop(self, key: str) -> None:
        self._require_relays(key)
        if self._sequences.goal(key) is Position.OFF:
            return
        power_w = self._plant.readings.flows().battery_dc_w.get(key, 0.0)
        if power_w != 0.0:
            raise WrongStateError(
                f"{key} cannot stop: {power_w:.0f} W flow through it; "
                "accepted: 0 W (set the inverters before it to that first)"
            )
        self._set_points.revoke(key)
        self._sequences.open_relays(key)

    def _acknowledge(self, key: str) -> None:
        cleared = self._faults.clearable(key)
        lasting = self._plant.protection.acknowledge(key)
        if lasting is not None:
            raise WrongStateError(
                f"{key} cannot be acknowledged yet: {lasting}; accepted: once that has passed"
            )
        if self._plant.machines.activity(key) is Activity.FAULT:
            self._set_points.revoke(key)
            self._plant.protection.clear_fault(key)
            self._sequences.open_at_once(key, after_s=RELAY_S)
        if cleared:
            self._sequences.open_at_once(key)
            for number in cleared:
                self._faults.mend(number)
        if key == self._plant.equipment.grid_key:
            self._plant.protection.replace_fuses()

    def _require_relays(self, key: str) -> None:
        if not self._sequences.has_relays(key):
            switched = offered(self._plant, filter(self._sequences.has_relays, self._plant.wiring.order))
            raise UnsupportedError(f"{self._named(key)} and has nothing to switch; accepted: {switched}")

    def _require_whole(self, key: str) -> None:
        tripped = self._plant.protection.error(key)
        if tripped is not None:
            raise WrongStateError(f"{tripped.message}; accepted: once the error is acknowledged")

    def _named(self, key: str) -> str:
        return f"{key} is {with_article(self._plant.site.components[key].category)}"
