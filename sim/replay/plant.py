"""The hardware of a replayed site: what is simulated lives, the rest is only there to be asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from ..domain.metrics import Metric
from ..domain.states import Diagnostic
from ..inputs.override import Override
from ..inputs.signal import Signal, Steps
from ..plant.plant import Plant
from ..recording.content import Recording
from ..site.graph import grid_key
from ..site.site import Site
from .playback import Playback

_SQRT_3 = math.sqrt(3.0)
_VOLTAGES = {
    Metric.AC_VOLTAGE_PHASE_1_PHASE_2: 1.0,
    Metric.AC_VOLTAGE: 1.0,
    Metric.AC_VOLTAGE_PHASE_1_N: _SQRT_3,
}
"""Line to line voltage over what may have been recorded; what was measured counts before a mean."""


class ReplayPlant(Plant):
    """A plant of which only some components are simulated."""

    def __init__(
        self,
        site: Site,
        undriven_site: Site,
        simulated: Collection[str],
        inputs: Mapping[str, Signal],
        recording: Recording,
        altered: Collection[str],
        *,
        start_us: int,
        seed: int,
    ) -> None:
        """Build what is simulated.

        Args:
            site: As clients see it.
            undriven_site: The same, without inputs of replayed components.
            simulated: Keys of the components that are simulated.
            inputs: Recorded ones, by `component.quantity`; see `recorded_inputs`.
            recording: That is replayed.
            altered: Keys of the components that need not do what was recorded: those that are simulated, and what
                is above them.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            seed: Of all noise.
        """
        self.recording, self.altered = recording, frozenset(altered)
        self._simulated = frozenset(simulated)
        self._recorded_inputs = inputs
        super().__init__(undriven_site, start_us=start_us, seed=seed)
        self.site = site

    def refusal(self, key: str) -> str | None:
        """Say why a component takes no commands: replayed ones do what they did."""
        if key not in self._simulated:
            return f"it is replayed from a recording (replay with --simulate {key} to control it)"
        return super().refusal(key)

    def can_trip(self, key: str) -> bool:
        """Say whether a component is a simulated device that can switch itself off."""
        return key in self._simulated and super().can_trip(key)

    def override(self, component: str, quantity: str, override: Override | None) -> None:
        """Override an input of what is simulated; see `Plant.override`.

        Raises:
            ValueError: If there is no such input, or its component is replayed.
        """
        components = self.site.components
        if component in components and component not in {*self._simulated, grid_key(self.site)}:
            raise ValueError(
                f"{component} is replayed from a recording and cannot be driven; "
                f"accepted: {', '.join(sorted(self._simulated)) or 'nothing but site and grid'}"
            )
        super().override(component, quantity, override)

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a simulated device off, or on again with None."""
        if self.can_trip(key):
            super().trip(key, why)

    def advance_to_look(self, time_us: int) -> None:
        """Carry what is simulated to a later simulated time [µs]; see `Plant.advance_to_look`."""
        if self._simulated:
            super().advance_to_look(time_us)
        elif time_us > self.time_us:
            # Nothing lives here, so there is nothing to carry.
            self._memory.time_us = time_us
            self.operating_point.forget()

    def advance_whole_steps(self, time_us: int, is_enough: Callable[[], bool]) -> bool:
        """Carry what is simulated towards a later simulated time [µs]; where nothing is, there are no steps."""
        return not self._simulated or super().advance_whole_steps(time_us, is_enough)

    def _wire_inputs(self, ambient: Signal, start_us: int, seed: int) -> dict[str, Signal]:
        return {**super()._wire_inputs(ambient, start_us, seed), **self._recorded_inputs}


def recorded_inputs(
    site: Site, playbacks: Mapping[str, Playback], offering: Collection[str]
) -> dict[str, Signal]:
    """Return what drives the simulated part of a site as it was recorded.

    Args:
        site: Of the recording.
        playbacks: What was recorded, by key.
        offering: Keys of producers that are simulated; what they had is what they can have.

    Returns:
        By `component.quantity`: voltage [V] and frequency [Hz] of the grid, as the first components that
        reported them saw them, and the power [W] that producers have on offer.
    """
    grid = grid_key(site)
    inputs: dict[str, Signal] = {}
    for playback in playbacks.values():
        for metric, factor in _VOLTAGES.items():
            _add(inputs, f"{grid}.voltage", playback, metric, factor)
        _add(inputs, f"{grid}.frequency", playback, Metric.AC_FREQUENCY)
    for key in offering:
        _add(inputs, f"{key}.power", playbacks[key], Metric.AC_POWER_ACTIVE, upper=0.0)
    return inputs


def _add(
    inputs: dict[str, Signal],
    name: str,
    playback: Playback,
    metric: Metric,
    factor: float = 1.0,
    *,
    upper: float = math.inf,
) -> None:
    if name in inputs or metric not in playback.metrics:
        return
    times_us, values = playback.history(metric)
    if times_us:
        inputs[name] = Steps(times_us, (min(value * factor, upper) for value in values))
