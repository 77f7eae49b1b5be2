"""What the hardware of a site cannot do as it should, and what that makes of its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...models.battery import battery_stored_energy_wh
from ..components.device import NO_POWER
from ..domain.states import Diagnostic
from ..kernel.ac_bus import active_w
from ..kernel.bms import look_anew
from .equipment import Equipment
from .impairment import WHOLE, FailedRelay, Impairment, held_inputs
from .inputs import Inputs
from .operating_point import OperatingPoint


class Impairments:
    """Everything that is broken of the hardware of a plant."""

    def __init__(self, equipment: Equipment, point: OperatingPoint, inputs: Inputs) -> None:
        """Begin with everything whole.

        Args:
            equipment: Of the site.
            point: What flows now.
            inputs: Some are held by what is broken.
        """
        self._equipment = equipment
        self._point = point
        self._places, self._layout, self._memory = point.places, point.layout, point.memory
        self._inputs = inputs
        self._by_key: dict[str, Impairment] = {}
        self._failed_relays: dict[str, FailedRelay] = {}

    def of(self, key: str) -> Impairment:
        """Return what is broken of a device."""
        return self._by_key.get(key, WHOLE)

    def set(self, key: str, impairment: Impairment) -> None:
        """Let a device be broken from now on in one way, in place of any other."""
        self._point.solve()
        former = self._by_key.pop(key, WHOLE)
        if impairment != WHOLE:
            self._by_key[key] = impairment
        failed = self._failed_relays.get(key)
        if failed is not None and not impairment.keeps_relay(is_opening=failed.is_opening):
            del self._failed_relays[key]
        if key in self._places.controls:
            self._limit_control(key, impairment)
        if key in self._places.batteries:
            self._memory.batteries[self._places.batteries[key]].allowed_share = impairment.allowed_share
            self._age_cells(key, former, impairment)
        self._hold_inputs()
        self._point.look_again()

    def unbalance(self, key: str, spread: float) -> None:
        """Let the fullest cell of a battery be farther from the emptiest by a part of the capacity [1]."""
        battery = self._places.batteries[key]
        look_anew(self._layout, self._memory, battery)
        state = self._memory.bms_states[battery]
        self._memory.bms_states[battery] = state._replace(spread=min(state.spread + spread, 1.0))
        self._point.forget()

    def report_relay(self, key: str, failed: FailedRelay) -> None:
        """Let a device warn that its relays have not moved as they should, until they can."""
        self._failed_relays[key] = failed

    def warnings(self, key: str) -> tuple[Diagnostic, ...]:
        """Return what a broken device warns of."""
        if not self._by_key:
            return ()
        relay = self._failed_relays.get(key)
        return (*self.of(key).warnings, *(() if relay is None else (relay.warning,)))

    def save(self) -> tuple[dict[str, Impairment], dict[str, FailedRelay]]:
        """Return what is broken, and whose relays were seen to fail; numbers are the plant's to save."""
        return dict(self._by_key), dict(self._failed_relays)

    def restore(self, by_key: Mapping[str, Impairment], failed_relays: Mapping[str, FailedRelay]) -> None:
        """Go on with what was broken; numbers are the plant's to restore."""
        self._by_key, self._failed_relays = dict(by_key), dict(failed_relays)
        self._hold_inputs()

    def _limit_control(self, key: str, impairment: Impairment) -> None:
        number = self._places.controls[key]
        control, rated = self._memory.controls[number], self._equipment.ratings[key].active or NO_POWER
        rated_w = max(abs(edge) for edge in rated)
        control.most_w = math.inf if impairment.power_share >= 1.0 else impairment.power_share * rated_w
        control.slowest_w_per_s = impairment.ramp_w_per_s
        if control.is_stuck and impairment.stuck_w is None:
            # It ramps from where it was stuck, not from where it would be.
            control.setting_w = active_w(self._memory, self._layout.controls[number].component)
        control.is_stuck, control.stuck_w = int(impairment.stuck_w is not None), impairment.stuck_w or 0.0

    def _age_cells(self, key: str, former: Impairment, impairment: Impairment) -> None:
        capacity = impairment.capacity_factor / former.capacity_factor
        resistance = impairment.resistance_factor / former.resistance_factor
        if capacity == resistance == 1.0:
            return
        battery, cells = self._places.batteries[key], self._equipment.batteries[key]
        look_anew(self._layout, self._memory, battery)
        now, old = self._memory.batteries[battery], self._memory.battery_states[battery]
        new = old._replace(
            capacity_share=old.capacity_share * capacity, resistance_factor=old.resistance_factor * resistance
        )
        now.capacity_factor, now.resistance_factor = impairment.capacity_factor, impairment.resistance_factor
        self._memory.battery_states[battery] = new
        # Comes back when it is mended, and turns into no heat: apart from losses, lest those jump both ways.
        now.broken_wh += battery_stored_energy_wh(cells, old) - battery_stored_energy_wh(cells, new)

    def _hold_inputs(self) -> None:
        self._inputs.hold(held_inputs(self._by_key))
