"""What drives a plant: signals of its site file, and what is overridden of them."""

from __future__ import annotations

from collections.abc import Mapping

from ..components.device import Machine
from ..domain.durations import LONGEST_S
from ..files.problems import one_of
from ..inputs.override import Override
from ..inputs.signal import Signal
from ..kernel.grid import take_in_grid
from ..kernel.layout import Layout
from ..kernel.memory import Memory

_YEAR_US = round(LONGEST_S * 1e6)


def present_of(
    signals: Mapping[str, Signal], driven: Mapping[str, Override], time_us: int
) -> tuple[list[float], int]:
    """Return the values of all inputs at a time [µs], and when the next one changes [µs].

    Args:
        signals: Of the site file, by input.
        driven: What goes before them.
        time_us: Simulated time.
    """
    followed = [driven.get(name, signal) for name, signal in signals.items()]
    return [each.at(time_us) for each in followed], min(each.until(time_us) for each in followed)


class Inputs:
    """The inputs of a plant, by `component.quantity`."""

    def __init__(
        self,
        signals: Mapping[str, Signal],
        machines: Mapping[str, Machine],
        layout: Layout,
        memory: Memory,
    ) -> None:
        """Let all inputs follow the site file.

        Args:
            signals: Of the site file, in the order of the memory's inputs.
            machines: By key; some of their inputs have few values.
            layout: Of the site.
            memory: Takes in what the inputs are.
        """
        self.signals = signals
        self.overrides: dict[str, Override] = {}
        """Inputs that do not follow the site file."""
        self._held: Mapping[str, Override] = {}
        self._machines = machines
        self._layout = layout
        self._memory = memory

    def take_in(self) -> None:
        """Let the plant's numbers have the present values, unless they do."""
        if self._memory.time_us >= self._memory.next_input_us:
            self._read()

    def read_again(self) -> None:
        """Let numbers that are those of another time have what drives the site then, unless they are to take it in."""
        if self._memory.time_us < self._memory.next_input_us:
            self._read()

    def _read(self) -> None:
        memory, driven = self._memory, {**self.overrides, **self._held}
        memory.inputs[:], memory.next_input_us = present_of(self.signals, driven, memory.time_us)
        take_in_grid(self._layout, memory)

    def value(self, component: str, quantity: str) -> float:
        """Return the present value of an input, in the unit of its quantity.

        Args:
            component: Key of the component, or `site`.
            quantity: See `Simulation.drive`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        return self.driver(component, quantity).at(self._memory.time_us)

    def driver(self, component: str, quantity: str) -> Signal | Override:
        """Return what an input follows at present; see `value`.

        Raises:
            ValueError: If there is no such input; says which there are.
        """
        name = f"{component}.{quantity}"
        signal = self._held.get(name) or self.overrides.get(name) or self.signals.get(name)
        if signal is None:
            its_own = [each for each in self.signals if each.startswith(f"{component}.")]
            raise ValueError(f"no input {name!r}; accepted: {one_of(its_own or self.signals, name)}")
        return signal

    def override(self, component: str, quantity: str, override: Override | None) -> None:
        """Override an input, or let it follow the site file again with None; see `Simulation.drive`.

        Raises:
            ValueError: If there is no such input, or it cannot have that value; says what there is.
        """
        self.value(component, quantity)
        name = f"{component}.{quantity}"
        if override is not None:
            self._check_choice(component, quantity, override)
        self.overrides.pop(name, None)
        if override is not None:
            self.overrides[name] = override
        self._memory.next_input_us = self._memory.time_us
        self._memory.is_known = 0

    def hold(self, held: Mapping[str, Override]) -> None:
        """Let inputs, by `component.quantity`, follow neither the site file nor whoever drives them; those alone."""
        self._held = held

    def next_car_us(self, key: str) -> int | None:
        """Return when a car comes to a charger next [µs]; now if one is there, None if none comes within a year."""
        name, now_us = f"{key}.session_id", self._memory.time_us
        signal, time_us = self.overrides.get(name) or self.signals[name], now_us
        while signal.at(time_us) <= 0.0:
            time_us = signal.until(time_us)
            if time_us - now_us > _YEAR_US:
                return None
        return time_us

    def _check_choice(self, component: str, quantity: str, override: Override) -> None:
        machine = self._machines.get(component)
        choices = None if machine is None else machine.choices.get(quantity)
        if choices is None:
            return
        accepted = ", ".join(f"{choice:g}" for choice in choices)
        if override.end_value not in choices:
            raise ValueError(f"{component}.{quantity} is {override.end_value:g}; accepted: {accepted}")
        if override.end_us > override.start_us:
            over_s = (override.end_us - override.start_us) / 1e6
            raise ValueError(
                f"over is {over_s:g} s; accepted: 0 s, as {component}.{quantity} is {accepted} alone"
            )
