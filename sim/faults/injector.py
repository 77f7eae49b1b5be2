"""Breaks and mends the components of a running site."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..domain.commands import MendFault, StrikeFault
from ..domain.durations import LONGEST_S
from ..domain.events import Subscribers
from ..domain.faults import Fault, FaultKind
from ..domain.messages import Reading, UnavailableError, UnknownFaultError, WrongStateError
from ..domain.metrics import Metric
from ..domain.states import Diagnostic
from ..engine.agenda import Engine, Entry, check_awaited
from ..engine.events import Events
from ..engine.executor import Executor
from ..files.problems import one_of, with_article
from ..plant.plant import Plant
from ..plant.state_check import check_numbers
from .active import ActiveFault, FaultsState, LateReading
from .amounts import fault_in_words
from .chance import LONGEST_WAIT_IN_MEANS, happens, waiting_s
from .check import check_fault, check_host, check_reach
from .devices import IMPAIRING, impairment_of, session_now
from .reports import is_distorting, reported, stamp_shift_us

MOST_FAULTS = 100
"""Faults that one component has at a time at most: each is looked at for every sample."""
_OF_HARDWARE = IMPAIRING | {FaultKind.TRIP}


class Faults:
    """Breaks and mends the components of a running site."""

    def __init__(
        self,
        plant: Plant,
        engine: Engine,
        executor: Executor,
        events: Events,
        read: Callable[[str], Reading],
        metrics: Callable[[str], Collection[Metric]],
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
            metrics: Gives of which metrics.
            seed: Of what happens by chance.
        """
        self._plant = plant
        self._engine = engine
        self._events = events
        self._read = read
        self._metrics = metrics
        self._seed = seed
        self._state = FaultsState()
        self._sorted = self._state.active
        self._present: dict[str, list[tuple[int, ActiveFault]]] = {}
        """Those of `_sorted` that are there, by component."""
        self.begun = Subscribers[Fault]()
        """Told of faults when they are there: when they strike, and when they come again."""
        engine.handle("fault mends", self.mend, within_s=LONGEST_S, ends=True)
        engine.handle("fault turns", self._turn, within_s=LONGEST_WAIT_IN_MEANS * LONGEST_S, ends=True)
        engine.handle("car comes to stay", self._hold_car, within_s=LONGEST_S)
        executor.handle(StrikeFault, self.strike)
        executor.handle(MendFault, self._mend_told)

    def strike(self, command: StrikeFault) -> int:
        """Break something; see `Simulation.fault`."""
        fault, for_s = command.fault, command.for_s
        self._check(fault)
        self._check_room(fault.component)
        number = self._state.last_number + 1
        now_us = self._engine.now_us
        ending = None
        if for_s is not None:
            ending = self._engine.schedule(now_us + round(for_s * 1e6), "fault mends", number)
        held = dict(self._read(fault.component).values) if fault.kind is FaultKind.FROZEN else {}
        struck = ActiveFault(fault, now_us, ending, held)
        if fault.kind is FaultKind.STUCK:
            is_told = fault.amount is not None
            stuck_w = fault.size if is_told else self._plant.readings.active_power_w(fault.component)
            struck = struck._replace(stuck_w=stuck_w)
        self._state = FaultsState(number, {**self._state.active, number: self._until_turn(number, struck)})
        self._events.report("fault", fault.component, **_details(_told(struck), number, for_s))
        self._begin(number)
        if fault.kind is FaultKind.CELL_IMBALANCE:
            self._plant.impairments.unbalance(fault.component, fault.size)
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
        if ended.turning is not None:
            self._engine.cancel(ended.turning)
        self._end(ended.fault)
        self._events.report("mended", ended.fault.component, fault=ended.fault.kind.value, number=number)

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
        return bool(self._find(component, FaultKind.HANGING) or self._find(component, FaultKind.HALF_OPEN))

    def loses_command(self, component: str) -> bool:
        """Say whether a command that a component is given now has no effect."""
        now_us, name = self._engine.now_us, f"{component}/lost_commands"
        lost = self._find(component, FaultKind.LOST_COMMANDS)
        return any(happens(fault.size, self._seed, name, now_us) for fault in lost)

    def is_distorting(self, component: str, metrics: Collection[Metric]) -> bool:
        """Say whether a fault lies between what a component reports of some metrics, or of times, and what is."""
        return any(is_distorting(active.fault, metrics) for _, active in self._of(component))

    def present(self, component: str) -> list[Fault]:
        """Return the faults of a component that are there now, in the order in which they struck."""
        if not self._state.active:
            return []
        return [active.fault for _, active in self._of(component)]

    def collects(self, component: str) -> bool:
        """Say whether what a component would report now is reported later, to whoever listens then."""
        return bool(self._state.active) and bool(self._find(component, FaultKind.LATE))

    def report(self, component: str, reading: Reading, stamp_us: int) -> tuple[Reading, int] | None:
        """Return what a component reports at a sampling, given what it should report.

        Args:
            component: Key of the component.
            reading: What it should report.
            stamp_us: Sample time [µs].

        Returns:
            The reading and its sample time, or None if it reports nothing.
        """
        if not self._state.active:
            return reading, stamp_us
        now_us = self._engine.now_us
        for number, active in self._of(component):
            if active.fault.kind in (FaultKind.SILENT, FaultKind.HALF_OPEN):
                return None
            if active.fault.kind is FaultKind.LATE:
                late = self._late(number, active, LateReading(now_us, stamp_us, reading))
                if late is None:
                    return None
                stamp_us, reading = late.stamp_us, late.reading
                continue
            stamp_us += stamp_shift_us(active, now_us)
            reading = reported(active, reading, now_us, self._seed)
        return reading, stamp_us

    def numbers(self, component: str, kind: FaultKind | None = None) -> list[int]:
        """Return the numbers of the faults of a component, of a kind or of any, those that come and go among them."""
        return [
            number
            for number, active in self._state.active.items()
            if active.fault.component == component and kind in (None, active.fault.kind)
        ]

    def save(self) -> FaultsState:
        """Return everything that is broken."""
        return self._state

    def check(self, state: FaultsState, agenda: Mapping[int, Entry]) -> None:
        """Refuse faults that this site cannot have, and those whose ends are not on an agenda.

        Raises:
            ValueError: Says which, what was found and what would be accepted.
        """
        check_numbers("faults", state)
        for key in {each.fault.component for each in state.active.values()}:
            if sum(each.fault.component == key for each in state.active.values()) > MOST_FAULTS:
                accepted = f"at most {MOST_FAULTS} at a time"
                raise ValueError(f"faults.active: more than {MOST_FAULTS} of {key}; accepted: {accepted}")
        for number, active in state.active.items():
            if not 0 < number <= state.last_number:
                accepted = f"1 to {state.last_number}"
                raise ValueError(f"faults.active.{number}: a number never given; accepted: {accepted}")
            self._check(active.fault)
            for kind, serial in (("fault mends", active.ending), ("fault turns", active.turning)):
                if serial is not None:
                    check_awaited(f"faults.active.{number}", agenda.get(serial), kind, number)

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
                f"{fault.component} is {with_article(category)} and cannot trip; accepted: {fault.kind.hosts}"
            )
        check_host(fault, self._plant.site)
        check_reach(fault, {key: self._metrics(key) for key in components})

    def _check_room(self, component: str) -> None:
        if len(self.numbers(component)) >= MOST_FAULTS:
            raise ValueError(
                f"{component} has {MOST_FAULTS} faults already; accepted: at most so many of a component at a time, "
                "once one of them is mended"
            )

    def _begin(self, number: int) -> None:
        """Let what is broken now have its effect."""
        fault = self._state.active[number].fault
        if fault.kind in _OF_HARDWARE:
            self._plant.advance(self._engine.now_us)
        if fault.kind is FaultKind.CAR_STAYS:
            due_us = self._plant.inputs.next_car_us(fault.component)
            if due_us is not None and due_us > self._engine.now_us:
                self._engine.schedule(due_us, "car comes to stay", number)
            else:
                self._hold_car(number)
        if fault.kind in IMPAIRING:
            self._impair(fault.component)
        if fault.kind is FaultKind.TRIP:
            message = f"{fault.component} tripped: {fault.diagnostic}"
            self._plant.trip(fault.component, Diagnostic(fault.diagnostic, message))
        self.begun.tell(fault)

    def _end(self, fault: Fault) -> None:
        """Take the effect of what was broken back, as far as nothing else has it."""
        if fault.kind in _OF_HARDWARE:
            # Elsewhere an end leaves no trace: two short steps of a model are not one long step to the last bit.
            self._plant.advance(self._engine.now_us)
        if fault.kind in IMPAIRING:
            self._impair(fault.component)
        if fault.kind is FaultKind.TRIP and not self._find(fault.component, FaultKind.TRIP):
            self._plant.trip(fault.component, None)

    def _impair(self, component: str) -> None:
        broken = impairment_of(active for _, active in self._of(component))
        self._plant.impairments.set(component, broken)

    def _hold_car(self, number: int) -> None:
        """Let the car that is at a charger now stay."""
        active = self._state.active.get(number)
        if active is None:
            return
        component = active.fault.component
        self._plant.advance(self._engine.now_us)
        self._replace(number, active._replace(session=session_now(self._plant, component)))
        self._impair(component)

    def _until_turn(self, number: int, active: ActiveFault) -> ActiveFault:
        """Return a fault with the time at which it comes or goes, if it does."""
        fault, now_us = active.fault, self._engine.now_us
        if fault.every_s is None or fault.each_s is None:
            return active
        mean_s = fault.each_s if active.is_there else fault.every_s - fault.each_s
        later_s = waiting_s(mean_s, self._seed, f"{fault.component}/{fault.kind}/{number}/turns", now_us)
        due_us = now_us + max(1, round(later_s * 1e6))
        return active._replace(turning=self._engine.schedule(due_us, "fault turns", number))

    def _turn(self, number: int) -> None:
        active = self._state.active.get(number)
        if active is None:
            return
        turned = self._until_turn(number, active._replace(is_there=not active.is_there))
        self._replace(number, turned)
        fault, kind = active.fault, "fault comes" if turned.is_there else "fault goes"
        self._events.report(kind, fault.component, fault=fault.kind.value, number=number)
        if turned.is_there:
            self._begin(number)
        else:
            self._end(fault)

    def _replace(self, number: int, active: ActiveFault) -> None:
        self._state = self._state._replace(active={**self._state.active, number: active})

    def _late(self, number: int, active: ActiveFault, taken: LateReading) -> LateReading | None:
        """Return the newest of what is due, given what is reported late from now on."""
        waiting = (*active.late, taken)
        due_us = taken.taken_us - round(active.fault.size * 1e6)
        arrived = sum(each.taken_us <= due_us for each in waiting)
        self._replace(number, active._replace(late=waiting[arrived:]))
        return waiting[arrived - 1] if arrived else None

    def _of(self, component: str) -> list[tuple[int, ActiveFault]]:
        """Return the faults of a component that are there, in the order in which they struck."""
        if self._sorted is not self._state.active:
            self._sorted = self._state.active
            self._present = {}
            for number, active in self._sorted.items():
                if active.is_there:
                    self._present.setdefault(active.fault.component, []).append((number, active))
        return self._present.get(component, [])

    def _find(self, component: str, kind: FaultKind) -> list[Fault]:
        return [active.fault for _, active in self._of(component) if active.fault.kind is kind]


def _told(struck: ActiveFault) -> Fault:
    """Return a fault as it is told: with the power at which a device is stuck, though nobody named it."""
    return struck.fault if struck.stuck_w is None else struck.fault._replace(amount=struck.stuck_w)


def _details(fault: Fault, number: int, for_s: float | None) -> dict[str, object]:
    """Return what is told of a fault that strikes: what it says, and what that means."""
    used = {*fault.kind.parts, *(("amount",) if fault.kind.amount is not None else ())}
    told: dict[str, object] = {
        "diagnostic": fault.diagnostic,
        "amount": None if fault.amount is None and fault.kind.amount is None else fault.size,
        "metrics": " ".join(fault.metrics),
        "status": None if fault.status is None else fault.status.value,
        "text": fault.text,
        "spread_s": fault.spread_s or None,
        "distribution": fault.distribution.value,
        "every_s": fault.every_s,
        "each_s": fault.each_s,
    }
    return {
        "fault": fault.kind.value,
        "number": number,
        "for_s": for_s,
        **{part: value for part, value in told.items() if part in used and value not in (None, "")},
        "what": fault_in_words(fault),
    }
