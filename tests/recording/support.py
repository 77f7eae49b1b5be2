"""What the tests of recordings share."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import doppelgrid
from doppelgrid.sim.domain.events import FrameListener
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.recording import Metrics, Recorder, Recording, read_recording
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
NOON = 1_781_517_600 * SECOND
"""2026-06-15 12:00 in Berlin [µs]."""
GRID, MAIN, INVERTER, BATTERY, PV, OFFICE, MACHINES = 1, 2, 11, 12, 21, 31, 32
FORMS = ("day.csv", "day.csv.gz", "day.parquet")
HEADER = "timestamp,microgrid_id,component_id,metric,value\n"
NOON_TEXT = "2026-06-15 10:00:00+00:00"


@cache
def demo_site() -> Site:
    return doppelgrid.load_site("demo")


class Stage:
    """Shows frames to whoever listens, as a gateway does."""

    def __init__(self) -> None:
        self._listeners: list[FrameListener] = []

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def show(self, frames: Sequence[Frame]) -> None:
        for listener in self._listeners:
            listener(frames[0].sample_time_us if frames else 0, frames)


def recorded(path: Path, samplings: Iterable[Sequence[Frame]], *, metrics: Metrics = "all") -> Recording:
    """Record samplings and read the file."""
    stage = Stage()
    with Recorder(path, demo_site(), seed=3, metrics=metrics) as recorder:
        recorder.listen(stage)
        for frames in samplings:
            stage.show(frames)
    return read_recording(path)


def eventful_run(path: Path, *, metrics: Metrics = "all") -> list[Frame]:
    """Record half a minute of the demo site in which all kinds of things happen; return its frames."""
    simulation = Simulation.headless(demo_site(), start_us=NOON, seed=42)
    frames: list[Frame] = []
    simulation.gateway.listen_to_frames(lambda _time_us, seen: frames.extend(seen))
    with Recorder(path, simulation.site, seed=42, metrics=metrics) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(seconds=5))
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, -20_000.0, 10)
        simulation.run_for(timedelta(seconds=5))
        simulation.fault(Fault("pv-inv", FaultKind.TRIP, "OVERTEMPERATURE"), for_s=6.0)
        simulation.fault(Fault("main", FaultKind.MISSING, metrics=(Metric.AC_FREQUENCY,)), for_s=3.0)
        simulation.fault(Fault("office", FaultKind.NAN), for_s=4.0)
        simulation.fault(Fault("machines", FaultKind.SILENT), for_s=2.0)
        simulation.run_for(timedelta(seconds=20))
    return frames


def bits(value: float) -> bytes:
    """Return a float so that it equals itself to the last bit; all NaN are one."""
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


def numbers_of(frames: Iterable[Frame]) -> set[tuple[int, int, str, bytes]]:
    """Return every value and bound of frames: time, component, name, bits."""
    found = set()
    for frame in frames:
        time_us, number = frame.sample_time_us, frame.component_id
        found |= {(time_us, number, metric.value, bits(value)) for metric, value in frame.values.items()}
        for metric, ranges in frame.bounds.items():
            for index, (lower, upper) in enumerate(ranges):
                found.add((time_us, number, f"{metric}_bound_{index}_lower", bits(lower)))
                found.add((time_us, number, f"{metric}_bound_{index}_upper", bits(upper)))
    return found


def numbers_in(recording: Recording) -> set[tuple[int, int, str, bytes]]:
    """Return every value and bound of a recording in the same way."""
    long = recording.long()
    times = long.index.asi8.tolist()
    rows = zip(times, long["component_id"], long["metric"], long["value"], strict=True)
    return {(time_us, int(number), name, bits(value)) for time_us, number, name, value in rows}
