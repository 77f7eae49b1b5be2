"""Breaks and mends the components of a running site."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from ..domain.commands import MendFault, StrikeFault
from ..domain.faults import Fault, FaultKind
from ..domain.messages import Reading, UnavailableError, UnknownFaultError, WrongStateError
from ..domain.metrics import Metric
from ..domain.states import Diagnostic
from ..engine.agenda import Engine
from ..engine.events import Events
from ..engine.executor import Executor
from ..files.problems import one_of
from ..inputs.signal import normal_deviate, stream_key
from ..plant.plant import Plant
from .active import ActiveFault, FaultsState
from .check import check_fault

_DISTORTING = frozenset(
    {
        FaultKind.FROZEN, FaultKind.NAN, FaultKind.NOISY, FaultKind.DRIFTING, FaultKind.WRONG_SIGN,
        FaultKind.STALE,
    }
)  # fmt: skip
"""Faults by which what is reported is not what is."""


class Faults:
    """Breaks and mends the components of a running site."""

    def __init__(
        self,
        plant: Plant,
        engine: Engine,
        executor: Executor,
        events: Events,
        read: Callable[[str], Reading],
        *,
        seed: int,
    ) -> None:
        """Start with everything whole.

        Args:
            plant: Whose devices break.
            engine: Whose agenda carries the ends of faults.
            executor: Passes on commands to strike and to mend.
            events: Where to tell what happens.
            read: Gives what a component should report.
            seed: Of noisy values.
        """
        self._plant = plant
        self._engine = engine
        self._events = events
        self._read = read
        self._seed = seed
        self._state = FaultsState()
        engine.handle("fault mends", self.mend)
        executor.handle(StrikeFault, self.strike)
        executor.handle(MendFault, self._mend_told)

    def strike(self, command: StrikeFault) -> int:
        """Break something; see `Simulation.fault`."""
        fault, for_s = command.fault, command.for_s
        self._check(fault)
        number = self._state.last_number + 1
        now_us = self._engine.now_us
        ending = None
        if for_s is not None:
            ending = self._engine.schedule(now_us + round(for_s * 1e6), "fault mends", number)
        held = dict(self._read(fault.component).values) if fault.kind is FaultKind.FROZEN else {}
        active = {**self._state.active, number: ActiveFault(fault, now_us, ending, held)}
        self._state = FaultsState(number, active)
        self._events.report(
            "fault",
            fault.component,
            fault=fault.kind.value,
            number=number,
            for_s=for_s,
            diagnostic=fault.diagnostic,
            amount=fault.amount,
            metrics=" ".join(fault.metrics),
            **({} if fault.status is None else {"status": fault.status.value}),
            **({"text": fault.text} if fault.text else {}),
        )
        if fault.kind is FaultKind.TRIP:
            message = f"{fault.component} tripped: {fault.diagnostic}"
            self._plant.trip(fault.component, Diagnostic(fault.diagnostic, message))
        return number

    def mend(self, number: int) -> None:
        """End a fault; nothing happens if it has ended already."""
        ended = self._state.active.get(number)
        if ended is None:
            return
        rest = {other: active for other, active in self._state.active.items() if other != number}
        self._state = self._state._replace(active=rest)
        if ended.ending is not None:
            self._engine.cancel(ended.ending)
        component = ended.fault.component
        if ended.fault.kind is FaultKind.TRIP and not self._find(component, FaultKind.TRIP):
            self._plant.advance(self._engine.now_us)
            self._plant.trip(component, None)
        self._events.report("mended", component, fault=ended.fault.kind.value, number=number)

    def _mend_told(self, command: MendFault) -> None:
        number, last = command.number, self._state.last_number
        if not 0 < number <= last:
            accepted = (
                f"a number that striking gave, up to {last}" if last else "none, as nothing was ever broken"
            )
            raise UnknownFaultError(f"no fault {number}; accepted: {accepted}")
        self.mend(number)

    def clearable(self, component: str) -> list[int]:
        """Return the numbers of the trips of a component that an acknowledgement clears.

        Raises:
            WrongStateError: If there is one that it does not clear.
        """
        trips = {
            number: active
            for number, active in self._state.active.items()
            if active.fault.component == component and active.fault.kind is FaultKind.TRIP
        }
        for active in trips.values():
            if active.ending is not None:
                raise WrongStateError(
                    f"{component} cannot be acknowledged yet: what tripped it still lasts; accepted: once it is over"
                )
            if not active.fault.recoverable:
                raise WrongStateError(
                    f"{component} cannot be acknowledged: its error is not recoverable; accepted: once it is mended"
                )
        return list(trips)

    def check_reachable(self, component: str, *, stream: bool) -> None:
        """Refuse a stream or a command that a fault keeps from its component.

        Raises:
            UnavailableError: If one does, with the status and the text of the last one that struck.
        """
        faults = self._find(component, FaultKind.DROPPED if stream else FaultKind.REFUSED)
        if faults:
            raise UnavailableError(
                faults[-1].text or f"{component} cannot be reached; accepted: the same again once it can",
                status=faults[-1].status,
            )

    def is_hanging(self, component: str) -> bool:
        """Say whether commands to a component get no answer."""
        return bool(self._find(component, FaultKind.HANGING))

    def is_distorting(self, component: str, metrics: Collection[Metric]) -> bool:
        """Say whether a fault lies between what a component reports of some metrics, or of times, and what is."""
        return any(
            fault.component == component
            and fault.kind in _DISTORTING
            and (
                fault.kind is FaultKind.STALE
                or not fault.metrics
                or not set(fault.metrics).isdisjoint(metrics)
            )
            for fault in (active.fault for active in self._state.active.values())
        )

    def report(self, component: str, reading: Reading, stamp_us: int) -> tuple[Reading, int] | None:
        """Return what a component reports, given what it should report.

        Args:
            component: Key of the component.
            reading: What it should report.
            stamp_us: Sample time [µs].

        Returns:
            The reading and its sample time, or None if it reports nothing.
        """
        if not self._state.active:
            return reading, stamp_us
        for active in self._state.active.values():
            if active.fault.component != component:
                continue
            if active.fault.kind is FaultKind.SILENT:
                return None
            if active.fault.kind is FaultKind.STALE:
                stamp_us -= self._engine.now_us - active.since_us
            reading = reading._replace(values=self._distorted(active, reading.values))
        return reading, stamp_us

    def save(self) -> FaultsState:
        """Return everything that is broken."""
        return self._state

    def restore(self, state: FaultsState) -> None:
        """Break what a saved state says, and nothing else. Devices are the plant's to restore."""
        self._state = state

    def _check(self, fault: Fault) -> None:
        components = self._plant.site.components
        if fault.component not in components:
            raise ValueError(
                f"no component {fault.component!r}; accepted: {one_of(components, fault.component)}"
            )
        check_fault(fault)
        if fault.kind is FaultKind.TRIP and not self._plant.can_trip(fault.component):
            category = components[fault.component].category
            raise ValueError(
                f"{fault.component} is a {category} and cannot trip; accepted: inverters and batteries, "
                "and other devices that take set-points"
            )

    def _find(self, component: str, kind: FaultKind) -> list[Fault]:
        return [
            active.fault
            for active in self._state.active.values()
            if active.fault.component == component and active.fault.kind is kind
        ]

    def _distorted(self, active: ActiveFault, values: dict[Metric, float]) -> dict[Metric, float]:
        fault = active.fault
        wrong = set(fault.metrics or values) & set(values)
        if fault.kind is FaultKind.MISSING:
            return {metric: value for metric, value in values.items() if metric not in wrong}
        distort = self._distortion(active)
        if distort is None:
            return values
        return {
            metric: distort(metric, value) if metric in wrong else value for metric, value in values.items()
        }

    def _distortion(self, active: ActiveFault) -> Callable[[Metric, float], float] | None:
        fault, now_us = active.fault, self._engine.now_us
        hours = (now_us - active.since_us) / 3.6e9
        kinds: dict[FaultKind, Callable[[Metric, float], float]] = {
            FaultKind.FROZEN: active.held.get,
            FaultKind.NAN: lambda _metric, _value: math.nan,
            FaultKind.NOISY: lambda metric, value: _shown(
                metric, value * (1.0 + fault.amount * self._deviate(fault, metric, now_us))
            ),
            FaultKind.DRIFTING: lambda metric, value: _shown(metric, value * (1.0 + fault.amount * hours)),
            FaultKind.WRONG_SIGN: lambda _metric, value: -value,
        }
        return kinds.get(fault.kind)

    def _deviate(self, fault: Fault, metric: Metric, now_us: int) -> float:
        return normal_deviate(stream_key(f"{self._seed}/{fault.component}/noisy/{metric}"), now_us)


def _shown(metric: Metric, value: float) -> float:
    """Return a value as a device shows it that is wrong, but knows what parts of a whole can be."""
    if metric.unit == "%":
        return min(max(value, 0.0), 100.0)
    return min(max(value, -1.0), 1.0) if metric is Metric.AC_POWER_FACTOR else value
