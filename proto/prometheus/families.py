"""The table of all figures of a site: by which name Prometheus finds each, what it means, and where it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from ...sim.domain.printable import printable
from ..control.service import NAME as CONTROL
from .histogram import Distribution
from .observer import ComponentReading, SiteReading

MICROGRID = "microgrid"
"""The label by which sites of one process are told apart: the id of the microgrid."""
_PROCEDURE = ("service", "method")
_COMPONENT = ("component_id", "component", "category")
_STREAMING = "Receive"
"""Beginning of the names of procedures that stream telemetry."""

Labels = tuple[str, ...]


class Kind(StrEnum):
    """What can be made of a figure."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Family(NamedTuple):
    """One figure of every site."""

    name: str
    kind: Kind
    meaning: str
    labels: Labels
    """Beside that of the microgrid."""
    read: Callable[[SiteReading], Iterable[tuple[Labels, float | Distribution]]]
    """Gives values with their labels; of a histogram, what it has counted."""

    def collect(self, sites: Iterable[SiteReading]) -> Metric:
        """Return the figure of sites in the form of the client library."""
        form = _FORMS[self.kind](self.name, self.meaning, labels=(MICROGRID, *self.labels))
        for site in sites:
            for labels, value in self.read(site):
                labelled = (str(site.microgrid), *labels)
                if isinstance(form, HistogramMetricFamily):
                    assert isinstance(value, Distribution)
                    form.add_metric(labelled, _buckets(value), value.sum_s)
                else:
                    assert not isinstance(value, Distribution)
                    form.add_metric(labelled, value)
        return form


_FORMS: Mapping[Kind, Callable[..., CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}


def _buckets(distribution: Distribution) -> list[tuple[str, float]]:
    names = (*map(str, distribution.bounds_s), "+Inf")
    return list(zip(names, map(float, distribution.up_to), strict=True))


def _one(value: Callable[[SiteReading], float]) -> Callable[[SiteReading], Iterable[tuple[Labels, float]]]:
    """Return what reads a figure that has no further labels."""
    return lambda site: (((), value(site)),)


def _telemetry(
    counts: Callable[[SiteReading], Mapping[str, int]],
) -> Callable[[SiteReading], Iterable[tuple[Labels, float]]]:
    """Return what reads counts of procedures that stream telemetry."""

    def read(site: SiteReading) -> Iterator[tuple[Labels, float]]:
        for procedure, count in sorted(counts(site).items()):
            service, method = _parts(procedure)
            if service != CONTROL and method.startswith(_STREAMING):
                yield (service, method), count

    return read


def _commands(site: SiteReading) -> Iterator[tuple[Labels, float]]:
    for (procedure, status), count in sorted(site.outcomes.items()):
        yield (*_parts(procedure), status), count


def _counted(
    counts: Callable[[SiteReading], Mapping[str, int]],
) -> Callable[[SiteReading], Iterable[tuple[Labels, float]]]:
    """Return what reads counts by one label."""
    return lambda site: (((name,), count) for name, count in sorted(counts(site).items()))


def _of_components(
    value: Callable[[ComponentReading], float],
) -> Callable[[SiteReading], Iterable[tuple[Labels, float]]]:
    """Return what reads a value of each component that has it."""

    def read(site: SiteReading) -> Iterator[tuple[Labels, float]]:
        for component in site.components:
            if not math.isnan(value(component)):
                yield (str(component.id), component.key, component.category), value(component)

    return read


def _parts(procedure: str) -> tuple[str, str]:
    """Return service and method of `/package.Service/Method`."""
    service, _, method = procedure.lstrip("/").partition("/")
    return service, method


OF_SITES = (
    Family(
        "doppelgrid_microgrid_info",
        Kind.GAUGE,
        "The microgrids that are served, with their names; always 1.",
        ("name",),
        lambda site: (((printable(site.name),), 1.0),),
    ),
    Family(
        "doppelgrid_clients",
        Kind.GAUGE,
        "Connections of clients that have a request or stream open, those of the control service included.",
        (),
        _one(lambda site: site.clients),
    ),
    Family(
        "doppelgrid_telemetry_streams",
        Kind.GAUGE,
        "Open streams of telemetry, of components and sensors.",
        _PROCEDURE,
        _telemetry(lambda site: site.open_calls),
    ),
    Family(
        "doppelgrid_frames_total",
        Kind.COUNTER,
        "Frames of telemetry that were sent to clients.",
        _PROCEDURE,
        _telemetry(lambda site: site.sent),
    ),
    Family(
        "doppelgrid_backlog_frames",
        Kind.GAUGE,
        "Frames that wait for the slowest client; at 50 the oldest is dropped.",
        (),
        _one(lambda site: site.backlog),
    ),
    Family(
        "doppelgrid_sampling_lateness_seconds",
        Kind.HISTOGRAM,
        "Real time from the instant at which components were due to report until their frames had been handed over "
        "to be sent; of large sites every turn of up to 100 components counts.",
        (),
        lambda site: (((), site.lateness),),
    ),
    Family(
        "doppelgrid_commands_total",
        Kind.COUNTER,
        "Commands of clients by the status of gRPC that these were told: OK if accepted, CANCELLED if they did not "
        "wait. Those that the log shows: all procedures but questions and telemetry.",
        (*_PROCEDURE, "status"),
        _commands,
    ),
    Family(
        "doppelgrid_set_points_ended_total",
        Kind.COUNTER,
        "Accepted set-points by how their requests ended: SUCCESS, FAILED or OVERRIDDEN.",
        ("status",),
        _counted(lambda site: site.set_points_ended),
    ),
    Family(
        "doppelgrid_events_total",
        Kind.COUNTER,
        "What happened to the site, by kind, as the log tells it.",
        ("kind",),
        _counted(lambda site: site.events),
    ),
    Family(
        "doppelgrid_simulated_seconds_total",
        Kind.COUNTER,
        "Simulated time that has passed; its rate is in simulated seconds a second.",
        (),
        _one(lambda site: site.passed_s),
    ),
    Family(
        "doppelgrid_simulated_timestamp_seconds",
        Kind.GAUGE,
        "Where simulated time stands, since the Unix epoch.",
        (),
        _one(lambda site: site.time_s),
    ),
    Family(
        "doppelgrid_speed_ratio",
        Kind.GAUGE,
        "Simulated seconds a second that were asked for.",
        (),
        _one(lambda site: site.speed),
    ),
    Family(
        "doppelgrid_reached_speed_ratio",
        Kind.GAUGE,
        "Simulated seconds a second at which time passes: what was asked for, or what this machine keeps up with; 0 "
        "while it is paused.",
        (),
        _one(lambda site: site.reached_speed),
    ),
)
"""What is always told."""

OF_COMPONENTS = (
    Family(
        "doppelgrid_component_power_watts",
        Kind.GAUGE,
        "Active power, or DC power of what has no AC side; positive away from the grid into the component.",
        _COMPONENT,
        _of_components(lambda component: component.power_w),
    ),
    Family(
        "doppelgrid_component_soc_ratio",
        Kind.GAUGE,
        "State of charge, 0 to 1.",
        _COMPONENT,
        _of_components(lambda component: component.soc),
    ),
)
"""What is told on demand."""
