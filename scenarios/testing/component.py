"""A component of a running site, as a test reads, drives and breaks it."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Any, NamedTuple, Self

from frequenz.quantities import (
    Energy,
    Frequency,
    Percentage,
    Power,
    Quantity,
    ReactivePower,
    Temperature,
    Voltage,
)

from ...sim.domain.commands import ClientCommand
from ...sim.domain.faults import Distribution, Fault, FaultKind
from ...sim.domain.messages import RefusalStatus, UnknownFaultError
from ...sim.domain.metrics import Metric
from ...sim.domain.ranges import Bounds
from ...sim.domain.short_names import metric_named
from ...sim.domain.states import StateCode
from ...sim.faults.check import read_amount_of
from ...sim.faults.said import EACH, each_is_amount, said_amount
from ...sim.files.problems import with_article
from ...sim.gateway.told import told, told_bounds
from .bench import Bench
from .driving import Driving, drive, release
from .durations import Span, span_us
from .quantities import quantity_of
from .readings import Reading

__tracebackhide__ = True  # failures are shown where the test stands


class PowerBounds(NamedTuple):
    """The active power that a component allows now, passive sign convention."""

    lower: Power
    upper: Power


class FaultHandle:
    """Something that a test has broken; as a context manager, it is mended at the end of the block."""

    def __init__(self, bench: Bench, number: int) -> None:
        self._bench = bench
        self._number = number

    def mend(self) -> None:
        """End the fault; nothing happens if it has ended already, or the site was taken back to before it."""
        with contextlib.suppress(UnknownFaultError):
            self._bench.simulation.mend(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mend()


class ComponentHandle:
    """Reads, drives and breaks one component."""

    def __init__(self, bench: Bench, key: str) -> None:
        """Take a component in hand.

        Args:
            bench: Where it is.
            key: In the site file.
        """
        self._bench = bench
        self.key = key
        """In the site file."""
        self.id = bench.definition.components[key].id
        """By which clients of the Microgrid API know it."""

    def __repr__(self) -> str:
        return f"<{self.key}, {self._bench.definition.components[self.key].category} {self.id}>"

    @property
    def active_power(self) -> Reading[Power]:
        """AC active power, positive away from the grid."""
        return self.metric("active_power")

    @property
    def reactive_power(self) -> Reading[ReactivePower]:
        """AC reactive power, inductive positive."""
        return self.metric("reactive_power")

    @property
    def frequency(self) -> Reading[Frequency]:
        """AC frequency."""
        return self.metric("frequency")

    @property
    def voltage(self) -> Reading[Voltage]:
        """Voltage of an AC component between phase 1 and neutral, of a DC component at its terminals."""
        return self.metric("voltage")

    @property
    def dc_power(self) -> Reading[Power]:
        """DC power, charging positive."""
        return self.metric("dc_power")

    @property
    def soc(self) -> Reading[Percentage]:
        """State of charge of a battery."""
        return self.metric("soc")

    @property
    def capacity(self) -> Reading[Energy]:
        """Energy that a battery holds from empty to full."""
        return self.metric("capacity")

    @property
    def temperature(self) -> Reading[Temperature]:
        """Temperature of the cells of a battery, or of an inverter."""
        return self.metric("temperature")

    @property
    def states(self) -> Reading[tuple[StateCode, ...]]:
        """What the component says it is doing: `lambda states: "ERROR" in states`."""
        return Reading(self._bench, f"{self.key}.states", lambda: self._bench.read(self.key).states)

    @property
    def errors(self) -> Reading[tuple[str, ...]]:
        """Codes of the errors that the component reports."""
        return Reading(
            self._bench,
            f"{self.key}.errors",
            lambda: tuple(error.code for error in self._bench.read(self.key).errors),
        )

    @property
    def bounds(self) -> Reading[PowerBounds]:
        """The active power that a set-point may ask of an inverter now, or that a battery allows on its DC side."""
        metrics = self._bench.read(self.key).bounds
        metric = Metric.DC_POWER if Metric.DC_POWER in metrics else Metric.AC_POWER_ACTIVE
        if metric not in metrics:
            raise self._not_there("bounds", tuple(metrics))
        return Reading(
            self._bench,
            f"{self.key}.bounds",
            lambda: _power_bounds(self._bench.read(self.key).bounds[metric]),
        )

    def metric(self, name: str) -> Reading[Any]:
        """Return any metric by its name in the Microgrid API, such as `AC_CURRENT_PHASE_1`, or by a short one.

        Raises:
            ValueError: If the component has no such metric; says which it has.
        """
        known = self._metrics()
        metric = metric_named(name, known)
        if metric is None:
            raise self._not_there(name, known)
        return Reading(
            self._bench,
            f"{self.key}.{name}",
            lambda: quantity_of(metric, self._bench.read(self.key).values[metric]),
        )

    def drive(
        self,
        *,
        over: Span = "0 s",
        lasting: Span | None = None,
        load: Power | None = None,
        power: Power | None = None,
        irradiance: float | None = None,
        voltage: Voltage | None = None,
        frequency: Frequency | None = None,
        **others: Quantity | float | None,
    ) -> Driving:
        """Override inputs of the component, from now on.

        Args:
            over: Time of the site in which the values are reached; await the result to wait for it.
            lasting: Time of the site after which they are released by themselves; until `release` if None.
            load: Of a meter.
            power: That a PV inverter could deliver; production is negative.
            irradiance: On the plane of a PV array [W/m²].
            voltage: Of the grid, line to line.
            frequency: Of the grid.
            others: Further inputs by name, in their base unit if they are numbers.

        Raises:
            ValueError: If the component has no such input; says which there are.
        """
        named = {
            "load": load, "power": power, "irradiance": irradiance, "voltage": voltage, "frequency": frequency
        }  # fmt: skip
        return drive(self._bench, self.key, named | others, over, lasting)

    set = drive
    """As steps of scenario files call it."""

    def release(self, *quantities: str) -> None:
        """Give inputs back to what the site file says; all that are driven if none is named.

        Raises:
            ValueError: If the component has no such input; says which there are.
        """
        release(self._bench, self.key, quantities)

    def unplug(self, *, lasting: Span | None = None) -> None:
        """Pull the cable out of a charger, whatever its sessions say.

        Args:
            lasting: Time of the site after which it is put back; until `plug` if None.

        Raises:
            ValueError: If the component has no cable.
        """
        drive(self._bench, self.key, {"cable": 0.0}, "0 s", lasting)

    def plug(self) -> None:
        """Put the cable of a charger back where its sessions say.

        Raises:
            ValueError: If the component has no cable.
        """
        release(self._bench, self.key, ("cable",))

    def command(
        self,
        words: str | None = None,
        *,
        lower: str | None = None,
        upper: str | None = None,
        lasting: Span | None = None,
    ) -> None:
        """Tell the component something, as another client of the Microgrid API would.

        Args:
            words: A power with its unit (`"10 kW"`, `"-3 kvar"`), or `"start"`, `"stop"`, `"standby"` or
                `"acknowledge"`; None with bounds.
            lower: Least power to stay above, such as `"-10 kW"`.
            upper: Greatest power to stay below.
            lasting: For how long a set-point or bounds live; as long as the API says if None.

        Raises:
            ValueError: If that tells nothing.
            CommandError: If the component refuses.
        """
        lasts_s = None if lasting is None else span_us(lasting, "lasting") / 1e6
        if words is None:
            command: ClientCommand = told_bounds(self._bench.definition, self.key, lower, upper, lasts_s)
        elif lower is None and upper is None:
            command = told(self.id, words, lasts_s)
        else:
            raise ValueError(f"{self.key}: {words!r} beside bounds; accepted: one of them")
        self._bench.command(command)

    def fault(
        self,
        kind: str,
        *,
        lasting: Span | None = None,
        diagnostic: str = "HARDWARE_FAULT",
        amount: float | str | None = None,
        by: float | str | None = None,
        to: float | str | None = None,
        at: float | str | None = None,
        share: float | str | None = None,
        rate: float | str | None = None,
        metrics: tuple[str, ...] = (),
        status: str | None = None,
        text: str = "",
        spread: Span | None = None,
        distribution: str = "normal",
        every: Span | None = None,
        each: Span | None = None,
    ) -> FaultHandle:
        """Break the component, its measurements or the line to it.

        Args:
            kind: Such as `trip`, `frozen`, `bias`, `late` or `lost_commands`; the reference lists them under "Faults".
            lasting: Time of the site after which it mends by itself; until `mend` if None.
            diagnostic: Code that a broken device reports.
            amount: How much, with its unit (`"5 s"`, `"3 kW"`, `"40 %"`), or a number in the unit of the kind; what the
                kind says if None.
            by: The same, as scenario files say it of `bias`, `scale`, `late` and others.
            to: The same, of `derate`, `slow_ramp` and others.
            at: The same, of `stuck`.
            share: The same, of `lossy`, `duplicated` and others.
            rate: The same, of `slow_consumer`.
            metrics: Which metrics report wrongly; what the kind says if empty.
            status: gRPC status by which commands are `refused`, or streams `dropped`, such as `OUT_OF_RANGE`;
                `UNAVAILABLE` if None.
            text: What clients are told then.
            spread: Standard deviation of a delay.
            distribution: How a delay scatters: `normal`, `uniform`, `lognormal` or `exponential`.
            every: Of what comes and goes by chance, mean time of the site from one beginning to the next.
            each: Mean time for which it is there then; without `every`, the amount of `flapping_states`.

        Raises:
            ValueError: If the component cannot break that way; says how it can.
        """
        try:
            fault_kind = FaultKind(kind)
        except ValueError:
            raise ValueError(f"{self.key}: no fault {kind!r}; accepted: {', '.join(FaultKind)}") from None
        unknown = [name for name in metrics if name not in self._metrics()]
        if unknown:
            raise self._not_there(unknown[0], self._metrics())
        if status is not None and status not in list(RefusalStatus):
            raise ValueError(f"{self.key}: no status {status!r}; accepted: {', '.join(RefusalStatus)}")
        if distribution not in list(Distribution):
            accepted = ", ".join(Distribution)
            raise ValueError(f"{self.key}: no distribution {distribution!r}; accepted: {accepted}")
        known = tuple(Metric(name) for name in metrics)
        each_s = None if each is None else span_us(each, "each") / 1e6
        amounts: dict[str, float | str | None] = {
            "amount": amount, "by": by, "to": to, "at": at, "share": share, "rate": rate,
        }  # fmt: skip
        if each_is_amount(fault_kind, comes_and_goes=every is not None):
            amounts[EACH], each_s = each_s, None
        said: float | str | None = said_amount(fault_kind, amounts)
        fault = Fault(
            self.key,
            fault_kind,
            diagnostic,
            read_amount_of(fault_kind, known, said) if isinstance(said, str) else said,
            known,
            status=None if status is None else RefusalStatus(status),
            text=text,
            spread_s=0.0 if spread is None else span_us(spread, "spread") / 1e6,
            distribution=Distribution(distribution),
            every_s=None if every is None else span_us(every, "every") / 1e6,
            each_s=each_s,
        )
        for_s = None if lasting is None else span_us(lasting, "lasting") / 1e6
        return FaultHandle(self._bench, self._bench.simulation.fault(fault, for_s=for_s))

    def mend(self, kind: str | None = None) -> None:
        """End what is broken of the component.

        Args:
            kind: Of which kind; of any if None.

        Raises:
            ValueError: If there is no such kind.
        """
        if kind is not None and kind not in list(FaultKind):
            raise ValueError(f"{self.key}: no fault {kind!r}; accepted: {', '.join(FaultKind)}")
        simulation = self._bench.simulation
        for number in simulation.faults.numbers(self.key, None if kind is None else FaultKind(kind)):
            simulation.mend(number)

    def _metrics(self) -> tuple[Metric, ...]:
        return tuple(self._bench.read(self.key).values)

    def _not_there(self, word: str, known: tuple[Metric, ...]) -> ValueError:
        category = self._bench.definition.components[self.key].category
        return ValueError(
            f"{self.key} is {with_article(category)} and has no {word}; accepted: {', '.join(known) or 'none'}"
        )


def _power_bounds(ranges: tuple[Bounds, ...]) -> PowerBounds:
    return PowerBounds(Power.from_watts(ranges[0].lower), Power.from_watts(ranges[-1].upper))


__all__ = ["ComponentHandle", "Driving", "FaultHandle", "PowerBounds"]
