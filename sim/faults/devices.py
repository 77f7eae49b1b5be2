"""What faults of devices make of the hardware."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..domain.faults import FaultKind
from ..domain.states import Diagnostic
from ..plant.impairment import WHOLE, Impairment
from ..plant.plant import Plant
from .active import ActiveFault
from .amounts import fault_in_words

IMPAIRING = frozenset(
    {
        FaultKind.DERATE, FaultKind.STUCK, FaultKind.SLOW_RAMP, FaultKind.RELAY_FAILS_TO_OPEN,
        FaultKind.RELAY_FAILS_TO_CLOSE, FaultKind.BMS_ALARM, FaultKind.CAPACITY_FADED, FaultKind.RESISTANCE_GROWN,
        FaultKind.FAILED_START, FaultKind.CAR_STOPS, FaultKind.CAR_STAYS,
    }
)  # fmt: skip
"""Faults that are there in the hardware for as long as they last."""
_LOCK_FAILED = "EV_CHARGING_CABLE_LOCK_FAILED"
_TOLD = frozenset({"phases"})
"""Inputs of a charger that are no part of a session."""


def impairment_of(active: Iterable[ActiveFault]) -> Impairment:
    """Return what the faults of one device that are there do to it together: of two alike the worse, or the later."""
    found = WHOLE
    for each in active:
        found = _with(found, each)
    return found


def session_now(plant: Plant, key: str) -> tuple[tuple[str, float], ...]:
    """Return what the session at a charger says now, its cable among it; nothing without a car."""
    names = [name for name in plant.inputs.signals if name.startswith(f"{key}.")]
    quantities = [name.removeprefix(f"{key}.") for name in names]
    if plant.inputs.value(key, "session_id") <= 0.0:
        return ()
    return tuple((each, plant.inputs.value(key, each)) for each in quantities if each not in _TOLD)


def _with(found: Impairment, active: ActiveFault) -> Impairment:
    return found._replace(**_changes(found, active))


def _changes(found: Impairment, active: ActiveFault) -> dict[str, Any]:
    """Return the fields that a fault changes, and to what."""
    fault, size = active.fault, active.fault.size
    alarm = Diagnostic(fault.diagnostic, f"{fault.component}: {fault_in_words(fault)}")
    stays = Diagnostic(_LOCK_FAILED, f"{fault.component}: the cable cannot be pulled out")
    allowed_share = min(found.allowed_share, size)
    kinds: dict[FaultKind, dict[str, Any]] = {
        FaultKind.DERATE: {"power_share": min(found.power_share, size), "allowed_share": allowed_share},
        FaultKind.STUCK: {"stuck_w": active.stuck_w},
        FaultKind.SLOW_RAMP: {"ramp_w_per_s": min(found.ramp_w_per_s, size)},
        FaultKind.BMS_ALARM: {"allowed_share": allowed_share, "warnings": (*found.warnings, alarm)},
        FaultKind.CAPACITY_FADED: {"capacity_factor": found.capacity_factor * size},
        FaultKind.RESISTANCE_GROWN: {"resistance_factor": found.resistance_factor * size},
        FaultKind.RELAY_FAILS_TO_OPEN: {"fails_to_open": True},
        FaultKind.RELAY_FAILS_TO_CLOSE: {"fails_to_close": True},
        FaultKind.FAILED_START: {"inputs": (*found.inputs, ("start_fails", 1.0))},
        FaultKind.CAR_STOPS: {"inputs": (*found.inputs, ("car_pauses", 1.0))},
    }
    if fault.kind is FaultKind.CAR_STAYS and active.session:
        # Whether that car takes anything is for other faults to say.
        return {"inputs": (*active.session, *found.inputs), "warnings": (*found.warnings, stays)}
    return kinds.get(fault.kind, {})
