"""What the hardware of a component cannot do as it should."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ..domain.states import Diagnostic
from ..inputs.override import Override


class Impairment(NamedTuple):
    """What is broken of one device, whatever broke it; nothing by default."""

    power_share: float = 1.0
    """Part of its rated power that a device can still have [1]."""
    stuck_w: float | None = None
    """Active power that it has whatever it is told, as far as it can [W]; None if it follows."""
    ramp_w_per_s: float = math.inf
    """Greatest change of its active power [W/s]."""
    allowed_share: float = 1.0
    """Part of the power that a battery's management system would allow that it does allow [1]."""
    capacity_factor: float = 1.0
    resistance_factor: float = 1.0
    """Capacity and resistances of a battery over what they were."""
    fails_to_open: bool = False
    fails_to_close: bool = False
    """Whether its relays stay as they are."""
    inputs: tuple[tuple[str, float], ...] = ()
    """What drives it whatever is said otherwise: quantities and their values."""
    warnings: tuple[Diagnostic, ...] = ()

    def keeps_relay(self, *, is_opening: bool) -> bool:
        """Say whether its relays stay as they are when they are told to open, or else to close."""
        return self.fails_to_open if is_opening else self.fails_to_close


class FailedRelay(NamedTuple):
    """Relays of a device that were seen not to move."""

    is_opening: bool
    """Whether they were told to open, rather than to close."""
    warning: Diagnostic


WHOLE = Impairment()


def held_inputs(by_key: Mapping[str, Impairment]) -> dict[str, Override]:
    """Return what drives devices that are broken, whatever is said otherwise, by `component.quantity`."""
    return {
        f"{key}.{quantity}": Override(0, value, 0, value)
        for key, impairment in by_key.items()
        for quantity, value in impairment.inputs
    }
