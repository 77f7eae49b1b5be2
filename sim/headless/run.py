"""Carries a site through a stretch of time without clients, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from ..inputs.segments import Segments, segments_of
from ..inputs.signal import NEVER
from ..kernel.intervals import PHASES, WITH_TOTALS, row_length
from ..kernel.network import unseen
from ..plant.numbering import CONTROL_CYCLE_US
from ..plant.plant import Plant
from ..recording.selection import Metrics
from ..site.site import Site
from .loop import Feeds, Samples
from .package_models import models_of_packages, told_who_raises
from .program import Program

_ROWS_PER_CHUNK = 1 << 15
_DAY_US = 86_400_000_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chunk:
    """What was seen of a site in a part of a run."""

    samples: Samples
    inputs: Mapping[str, Floats]
    """Inputs at the times of the samples, by `component.quantity`."""
    solved: int
    """Events: how many times what flows was solved for."""


class HeadlessRun:
    """A site that runs by itself, compiled."""

    def __init__(
        self,
        site: Site,
        *,
        start_us: int,
        end_us: int = NEVER,
        seed: int = 0,
        resolution: timedelta = timedelta(seconds=1),
        means: bool = False,
        extremes: bool = False,
        metrics: Metrics = "all",
        bounds: bool = True,
    ) -> None:
        """Build the site; time does not pass yet.

        Args:
            site: A valid site.
            start_us: Simulated time at which it starts [µs since the Unix epoch].
            end_us: When it ends, if that is known: inputs are not averaged beyond [µs].
            seed: Of all noise.
            resolution: Samples are taken at this distance from the start on; inputs that change more often than once
                a second are not looked at closer than this, but averaged, and controls move no more often.
            means: Whether to find the mean powers of the intervals between samples.
            extremes: Whether to find the least and greatest ones.
            metrics: What samples are for: the main metrics of each category, or all.
            bounds: Whether samples have what bounds are found from.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
        """
        self.start_us = start_us
        self._has_all = metrics == "all"
        self._has_bounds = bounds
        self.step_us = round(resolution / timedelta(microseconds=1))
        self.plant = Plant(
            site, start_us=start_us, seed=seed, cycle_us=max(CONTROL_CYCLE_US, self.step_us),
            resolution_us=self.step_us, end_us=end_us,
        )  # fmt: skip
        self.program = Program(self.plant)
        """What is compiled of the site."""
        self._theirs = models_of_packages(self.plant)
        self._means = means
        self._extremes = extremes

    def warm_up(self) -> None:
        """Compile what has not been compiled yet, and look at the first moment; time does not pass."""
        now_us = self.program.time_us
        self.program.run(
            _feeds(self._segments(now_us, now_us + 1).values()),
            self._samples(np.array([now_us], np.int64), now_us),
        )

    def chunks(self, duration: timedelta) -> Iterator[Chunk]:
        """Let simulated time pass, and yield what was seen; the plant has caught up when the last chunk is out.

        Args:
            duration: From the present on; the moment at its end is sampled as well.
        """
        now_us = self.program.time_us
        end_us = now_us + round(duration / timedelta(microseconds=1))
        while now_us < end_us:
            rows = min(_ROWS_PER_CHUNK, max(1, _DAY_US // self.step_us))
            until_us = min(end_us, now_us + rows * self.step_us)
            yield self._chunk(now_us, until_us, is_last=until_us == end_us)
            now_us = until_us
        self.program.hand_back()

    def _chunk(self, begin_us: int, until_us: int, *, is_last: bool) -> Chunk:
        segments = self._segments(begin_us, until_us + 1)
        times = np.arange(begin_us, until_us, self.step_us, dtype=np.int64)
        if is_last:
            times = np.append(times, until_us)
        samples = self._samples(times, until_us)
        with told_who_raises(self._theirs):
            solved = self.program.run(_feeds(segments.values()), samples)
        return Chunk(samples, _Sampled(segments, times), solved)

    def _segments(self, begin_us: int, end_us: int) -> dict[str, Segments]:
        return {
            name: segments_of(signal, begin_us, end_us) for name, signal in self.plant.inputs.signals.items()
        }

    def _samples(self, times_us: npt.NDArray[np.int64], until_us: int) -> Samples:
        plant, rows = self.plant, len(times_us)
        components, controls = len(plant.wiring.order), len(plant.controlled)
        batteries, meterings = len(plant.equipment.batteries), len(plant.equipment.meterings)
        inverters, pairs = len(plant.wiring.batteries_of), len(plant.numbers[0].pair_battery)

        def table(columns: int) -> Floats:
            return np.empty((rows, columns))

        def intervals(is_asked: bool, each: int) -> Floats:
            length = row_length(plant.operating_point.layout, each)
            return np.full((rows if is_asked else 0, length), np.nan)

        nodes = len(plant.numbers[0].nodes)
        more, bounds = int(self._has_all), int(self._has_bounds)

        def flags(columns: int) -> npt.NDArray[np.int8]:
            return np.empty((rows, columns), np.int8)

        return Samples(
            times_us=times_us,
            active_w=table(3 * components), reactive_var=table(3 * components),
            consumed_wh=table(components), delivered_wh=table(components),
            battery_dc_w=table(batteries), battery_voltage_v=table(batteries),
            battery_current_a=table(batteries), soc=table(batteries), battery_temperature_c=table(batteries),
            capacity_share=table(batteries),
            inverter_dc_w=table(inverters),
            battery_lower_w=table(bounds * batteries), battery_upper_w=table(bounds * batteries),
            least_w=table(bounds * inverters), least_delivered_w=table(bounds * inverters),
            alone_w=table(bounds * inverters), sun_w=table(bounds * inverters),
            dc_voltage_pu=table(bounds * inverters), asked_ac_w=table(bounds * inverters),
            drawn_beyond_w=table(bounds * inverters),
            asked_w=table(bounds * pairs), conducts=flags(bounds * pairs),
            reach_lower_w=table(bounds * controls), reach_upper_w=table(bounds * controls),
            is_closed=flags(components), is_cut_off=flags(components),
            voltage_v=table(6 * max(nodes, 1)), metered=table(12 * meterings), registers_wh=table(2 * meterings),
            until_us=until_us, means=intervals(self._means, PHASES),
            least=intervals(self._extremes, WITH_TOTALS), greatest=intervals(self._extremes, WITH_TOTALS),
            lowest_w=np.full(components, np.inf), highest_w=np.full(components, -np.inf),
            lines=np.array([unseen() for _ in range(nodes)]).reshape(nodes, len(unseen())),
            line_loss_wh=table(nodes),
            energies=table(more * 13 * components),
            heat_sink_c=table(more * inverters),
            dc_w=table(more * components), besides=table(more * components),
        )  # fmt: skip


def _feeds(segments: Iterable[Segments]) -> Feeds:
    parts = list(segments)
    lengths = [len(part.times_us) for part in parts]
    begins = np.concatenate(([0], np.cumsum(lengths)))[:-1].astype(np.int64)
    return Feeds(
        times_us=np.concatenate([part.times_us for part in parts]),
        values=np.concatenate([np.append(part.values, 0.0) for part in parts]),
        begins=begins,
        cursors=begins.copy(),
    )


class _Sampled(Mapping[str, Floats]):
    """Inputs at some times, each looked up when it is first asked for: sites have many, and few are looked at."""

    def __init__(self, segments: Mapping[str, Segments], times_us: npt.NDArray[np.int64]) -> None:
        self._segments = segments
        self._times_us = times_us
        self._values: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._values:
            self._values[name] = _at(self._segments[name], self._times_us)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)


def _at(segments: Segments, times_us: npt.NDArray[np.int64]) -> Floats:
    places = np.searchsorted(segments.times_us, times_us, side="right") - 1
    values: Floats = segments.values[np.minimum(places, len(segments.values) - 1)]
    return values
