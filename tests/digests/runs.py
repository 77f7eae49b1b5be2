"""What is run of a site: a day by itself, compiled and interpreted, an hour with an application, and a story.

A story is a text with a line for each thing that is done to the site: seconds since its beginning, what, whom, how.
"""

from __future__ import annotations

import dataclasses
import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from digests.digest import Cells, Digests, add_journal, add_recording

import doppelgrid
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError, Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType

HERE = Path(__file__).parent
APP = HERE.parent.parent / "examples" / "peak_shaving.py"
COMMAND = Path(sys.executable).parent / "doppelgrid"
SEED = 7
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 6, 15)
NOONISH = datetime(2026, 6, 15, 11, 30)
DAY_INTERVAL_S = 60.0
"""An interpreted day is looked at less often than a compiled one, for it takes longer [s]."""
STORY_INTERVAL_S = 3.0
"""A story is looked at that often, and whoever a step is about after each step besides [s]."""

BUNDLED = ("all-categories", "commercial", "demo", "village")
OWN = tuple(sorted(path.stem for path in (HERE / "sites").glob("*.yaml")))
SITES = (*BUNDLED, *OWN)


def site_file(name: str) -> str:
    """Return what a command takes for a site."""
    return name if name in BUNDLED else str(HERE / "sites" / f"{name}.yaml")


def compiled_day(name: str, folder: Path) -> Digests:
    """Simulate a day of a site, compiled, and digest its recording and its summary."""
    site, path = doppelgrid.load_site(site_file(name)), folder / "day.parquet"
    summary = doppelgrid.simulate(site, DAY, start=MIDNIGHT, seed=SEED, record=path, metrics="all")
    cells = Cells()
    add_recording(cells, path, _keys(site))
    for field, value in summary._asdict().items():
        if field not in ("wall_s", "events") and not (field == "lines" and not value):
            cells.add_text("site", f"summary: {field}", json.dumps(_plain(value)))
    return cells.digests()


def interpreted_day(name: str, _folder: Path) -> Digests:
    """Let a day of a site pass, interpreted, and digest all frames and events, and what sensors show each hour."""
    site = doppelgrid.load_site(site_file(name)).with_telemetry_interval(DAY_INTERVAL_S)
    watched = Watched(site, MIDNIGHT)
    for _ in range(DAY // HOUR):
        watched.simulation.run_for(HOUR)
        watched.look_at_sensors()
    return watched.cells.digests()


def lockstep_hour(name: str, folder: Path) -> Digests:
    """Run the example application in lockstep and digest the recording, the journal and the digest that is printed."""
    recording, journal = folder / "hour.parquet", folder / "hour.journal"
    words = [
        COMMAND, "lockstep", site_file(name), APP, "--duration", "1h", "--interval", "1s", "--seed", SEED,
        "--start", "2026-06-15T08:00", "--record", recording, "--record-metrics", "all", "--journal", journal,
    ]  # fmt: skip
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    printed = re.search(r"(\d+ events, digest [0-9a-f]+)$", run.stdout, re.MULTILINE)
    assert run.returncode == 0, run.stderr[-2000:]
    assert printed is not None, run.stdout[-2000:]
    cells = Cells()
    add_recording(cells, recording, _keys(doppelgrid.load_site(site_file(name))))
    add_journal(cells, journal)
    cells.add_text("site", "printed", printed[1])
    return cells.digests()


def story(name: str, _folder: Path) -> Digests:
    """Do to a site what its story says, interpreted, and digest all frames, events and answers."""
    site = doppelgrid.load_site(site_file(name)).with_telemetry_interval(STORY_INTERVAL_S)
    return Story(site).told(steps_of(name))


def _keys(site: doppelgrid.Site) -> dict[str, str]:
    return {str(component.id): key for key, component in site.components.items()}


class Watched:
    """A simulation of which everything that clients can see is written down."""

    def __init__(self, site: doppelgrid.Site, start: datetime) -> None:
        """Begin to watch a site.

        Args:
            site: A valid site.
            start: When its simulation begins, on its own clock.
        """
        self.cells = Cells()
        self.site = site
        self.start_us = site.moment_us(start)
        self.simulation = doppelgrid.Simulation.headless(site, start_us=self.start_us, seed=SEED)
        self._names = {component.id: key for key, component in site.components.items()}
        self.watch(self.simulation)
        gateway = self.simulation.gateway
        for info in (*gateway.components(), *gateway.sensors()):
            text = json.dumps(_plain(dataclasses.asdict(info)), sort_keys=True)
            self.cells.add_text(info.name, "listed", text)
        self.cells.add_text("site", "connections", repr(sorted(gateway.connections())))

    def watch(self, simulation: doppelgrid.Simulation) -> None:
        """Write down what a simulation shows from now on."""
        simulation.gateway.listen_to_frames(self._on_frames)
        simulation.gateway.listen_to_events(self._on_event)

    def look_at(self, key: str) -> None:
        """Write down what a component shows now, faults aside."""
        gateway = self.simulation.gateway
        self._add_frame(key, self.simulation.now_us, gateway.frame(self.site.components[key].id))

    def look_at_sensors(self) -> None:
        """Write down what all sensors show now."""
        for sensor in self.simulation.gateway.sensors():
            frame = self.simulation.gateway.sensor_frame(sensor.id)
            self._add_frame(sensor.name, self.simulation.now_us, frame)

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        for frame in frames:
            self._add_frame(self._names[frame.component_id], time_us, frame)

    def _add_frame(self, name: str, time_us: int, frame: Frame) -> None:
        cells = self.cells
        for metric, value in frame.values.items():
            cells.add_number(name, metric.value, time_us, value)
        for metric, ranges in frame.bounds.items():
            for lower, upper in ranges:
                cells.add(name, f"bounds of {metric.value}", struct.pack("<qdd", time_us, lower, upper))
        cells.add(name, "times", struct.pack("<qqq", time_us, frame.sample_time_us, frame.state_since_us))
        condition = (frame.states, frame.warnings, frame.errors)
        cells.add_text(name, "condition", f"{time_us} {json.dumps(_plain(condition))}")

    def _on_event(self, event: Event) -> None:
        details = json.dumps(event.details, sort_keys=True)
        self.cells.add_text(event.subject, event.kind, f"{event.time_us} {details}")
        self.cells.add_text("site", "order of events", f"{event.time_us} {event.kind} {event.subject}")


def _plain(value: Any) -> Any:
    """Return values by their names and figures alone."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


class Step(NamedTuple):
    """One line of a story."""

    at_s: float
    action: str
    words: list[str]
    options: dict[str, str]
    text: str


def steps_of(name: str) -> list[Step]:
    """Read the story of a site."""
    lines = (HERE / "stories" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [_step(line) for line in lines if line and not line.startswith("#")]


def _step(line: str) -> Step:
    at, action, *rest = line.split()
    words = [word for word in rest if "=" not in word]
    return Step(float(at), action, words, dict(word.split("=") for word in rest if "=" in word), line)


class Story:
    """Carries out a story; what is refused belongs to it."""

    def __init__(self, site: doppelgrid.Site) -> None:
        """Set the scene."""
        self._watched = Watched(site, NOONISH)
        self._simulation = self._watched.simulation
        self._numbers: dict[tuple[str, str], int] = {}
        self._snapshots: dict[str, doppelgrid.Snapshot] = {}

    def told(self, steps: Sequence[Step]) -> Digests:
        """Return the digests of a story, once it has been told."""
        for step in steps:
            self._simulation.run_to(self._watched.start_us + round(step.at_s * 1e6))
            answer = "done"
            try:
                answer = repr(getattr(self, f"_{step.action}")(*step.words, **step.options))
            except (CommandError, ValueError) as error:
                answer = f"{type(error).__name__}: {error}"
            self._watched.cells.add_text("site", f"answers to {step.action}", f"{step.text} -> {answer}")
            self._watched.look_at_sensors()
            if step.words and step.words[0] in self._watched.site.components:
                self._watched.look_at(step.words[0])
        return self._watched.cells.digests()

    def _id(self, word: str) -> int:
        return int(word) if word.isdigit() else self._watched.site.components[word].id

    def _power(self, whom: str, axis: str, power: str, lifetime_s: str = "none") -> None:
        lifetime = None if lifetime_s == "none" else int(lifetime_s)
        self._simulation.gateway.set_power(self._id(whom), PowerType(axis), float(power), lifetime)

    def _bounds(self, whom: str, metric: str, ranges: str, lifetime_s: str = "none", token: str = "-") -> int:
        edges = [[_edge(word) for word in each.split("..")] for each in ranges.split(",")]
        return self._simulation.gateway.augment_bounds(
            self._id(whom),
            Metric(metric),
            [(lower, upper) for lower, upper in edges],
            lifetime_s=None if lifetime_s == "none" else int(lifetime_s),
            token=None if token == "-" else token,
        )

    def _clear(self, whom: str, metric: str, token: str) -> None:
        self._simulation.gateway.clear_bounds(self._id(whom), Metric(metric), token)

    def _start(self, whom: str) -> None:
        self._simulation.gateway.start(self._id(whom))

    def _standby(self, whom: str) -> None:
        self._simulation.gateway.standby(self._id(whom))

    def _stop(self, whom: str) -> None:
        self._simulation.gateway.stop(self._id(whom))

    def _acknowledge(self, whom: str) -> None:
        self._simulation.gateway.acknowledge(self._id(whom))

    def _stream(self, whom: str) -> None:
        self._simulation.gateway.subscribe(self._id(whom))

    def _drive(self, whom: str, quantity: str, value: str, over_s: str = "0") -> None:
        self._simulation.drive(whom, quantity, float(value), over_s=float(over_s))

    def _release(self, whom: str, quantity: str) -> None:
        self._simulation.release(whom, quantity)

    def _fault(self, whom: str, kind: str, **how: str) -> int:
        fault = Fault(
            whom,
            FaultKind(kind),
            diagnostic=how.get("diagnostic", "HARDWARE_FAULT"),
            amount=float(how["amount"]) if "amount" in how else None,
            metrics=tuple(Metric(name) for name in how.get("metrics", "").split(",") if name),
            recoverable=how.get("recoverable", "yes") == "yes",
            spread_s=float(how.get("spread", "0")),
            every_s=float(how["every"]) if "every" in how else None,
            each_s=float(how["each"]) if "each" in how else None,
        )
        number = self._simulation.fault(fault, for_s=float(how["for"]) if "for" in how else None)
        self._numbers[whom, kind] = number
        return number

    def _mend(self, whom: str, kind: str) -> None:
        self._simulation.mend(self._numbers[whom, kind])

    def _save(self, name: str) -> None:
        self._snapshots[name] = self._simulation.save()

    def _restore(self, name: str) -> None:
        self._simulation.restore(self._snapshots[name])

    def _fork(self, seconds: str) -> None:
        """Write down how it would go on without what comes next, too."""
        fork = self._simulation.fork()
        self._watched.watch(fork)
        fork.run_for(timedelta(seconds=float(seconds)))

    def _end(self) -> None:
        """Let the story end here."""


def _edge(word: str) -> float | None:
    return None if word == "none" else float(word)


class Run(NamedTuple):
    """A kind of run, and which sites it is made of."""

    make: Callable[[str, Path], Digests]
    sites: tuple[str, ...]


RUNS = {
    "compiled-day": Run(compiled_day, SITES),
    "interpreted-day": Run(interpreted_day, SITES),
    "lockstep-hour": Run(lockstep_hour, SITES),
    "story": Run(story, OWN),
}
