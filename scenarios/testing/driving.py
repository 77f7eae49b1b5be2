"""Inputs of a running site that a test overrides, and gives back."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from frequenz.quantities import Current, Energy, Frequency, Percentage, Power, Quantity, Temperature, Voltage

from ...sim.domain.timestamps import MICROSECONDS
from ...sim.files.problems import with_article
from ...sim.files.units import AMPERE, CELSIUS, FRACTION, HERTZ, VOLT, WATT, WATT_HOUR, Unit
from ...sim.inputs.driven import DRIVEN_INPUTS
from .bench import Bench
from .durations import Span, span_us
from .quantities import plain

__tracebackhide__ = True  # failures are shown where the test stands

_KINDS: Mapping[Unit, type[Quantity]] = {
    WATT: Power,
    WATT_HOUR: Energy,
    VOLT: Voltage,
    AMPERE: Current,
    HERTZ: Frequency,
    CELSIUS: Temperature,
    FRACTION: Percentage,
}


class Driving:
    """An input on its way to a value; await it to see it arrive."""

    def __init__(self, bench: Bench, end_us: int) -> None:
        self._bench = bench
        self._end_us = end_us

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until the value is reached."""
        yield from self._bench.wait_until_us(max(self._end_us, self._bench.now_us)).__await__()


def drive(
    bench: Bench,
    key: str,
    inputs: Mapping[str, Quantity | float | None],
    over: Span,
    lasting: Span | None = None,
) -> Driving:
    """Override inputs; see `ComponentHandle.drive`."""
    over_us = span_us(over, "over")
    lasts_s = None if lasting is None else span_us(lasting, "lasting") / MICROSECONDS
    given = {name: value for name, value in inputs.items() if value is not None}
    if not given:
        raise ValueError(
            f"{key}: nothing to drive; accepted: an input such as load=, irradiance=, frequency="
        )
    for name, value in given.items():
        bench.simulation.drive(
            key, name, _measured(key, name, value), over_s=over_us / MICROSECONDS, for_s=lasts_s
        )
    return Driving(bench, bench.now_us + over_us)


def release(bench: Bench, key: str, quantities: Sequence[str]) -> None:
    """Give inputs back; see `ComponentHandle.release`."""
    prefix = f"{key}."
    driven = [
        name.removeprefix(prefix)
        for name in bench.simulation.plant.inputs.overrides
        if name.startswith(prefix)
    ]
    for quantity in quantities or driven:
        bench.simulation.release(key, quantity)


def _measured(key: str, name: str, value: Quantity | float) -> float:
    """Return a value in the unit that its input has inside.

    Raises:
        TypeError: If it is of another kind.
    """
    driven = DRIVEN_INPUTS.get(name)
    if driven is not None and isinstance(value, Quantity):
        kind = _KINDS.get(driven.unit)
        if kind is None or not isinstance(value, kind):
            accepted = "a number" if kind is None else with_article(kind.__name__)
            raise TypeError(f"{key}.{name} is {with_article(type(value).__name__)}; accepted: {accepted}")
    return value.as_fraction() if isinstance(value, Percentage) else plain(value)
