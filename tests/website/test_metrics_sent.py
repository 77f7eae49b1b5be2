"""The table of metrics by category against what is sent over the wire, at noon and at night, in every version."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import grpc
import pytest
from frequenz.api.common.v1.metrics import metric_sample_pb2 as metrics1
from frequenz.api.common.v1alpha8.metrics import metrics_pb2 as metrics8
from frequenz.api.microgrid.v1 import microgrid_pb2 as pb1
from frequenz.api.microgrid.v1 import microgrid_pb2_grpc as grpc1
from website.code import EVERYTHING, WITH_ARRAY
from website.reference import metrics_page
from wire.support import GENERATED

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site

HOURS = {"noon": datetime(2026, 6, 15, 13), "night": datetime(2026, 6, 15, 0, 30)}
_NAME = re.compile("`([A-Z0-9_]+)`")


class Told(NamedTuple):
    """Names of the metrics that a category sends, and of those that have bounds."""

    metrics: set[str]
    bounds: set[str]


@cache
def page() -> tuple[Mapping[str, Told], set[str]]:
    """Return what the page has by category, and all metrics that every version has."""
    by_category, _, rest = metrics_page().partition("## AC metrics")
    shared = {line.split("`")[1] for line in rest.partition("##")[0].splitlines() if line.startswith("| `")}
    told = {}
    for row in by_category.splitlines():
        if row.startswith("| `"):
            category, metrics, bounds = (cell.strip() for cell in row.split("|")[1:4])
            own = set(_NAME.findall(metrics))
            told[category.strip("`")] = Told(
                own | shared if "(#ac-metrics)" in metrics else own, set(_NAME.findall(bounds))
            )
    everywhere = {line.split("`")[1] for line in rest.splitlines() if line.endswith("| all |")}
    return told, everywhere


def site_with_everything_listed(name: str) -> Site:
    site = load_site(name)
    microgrid = site.microgrid.model_copy(update={"list_unsupported": True})
    return site.model_copy(update={"microgrid": microgrid})


async def first_samples(way: str, channel: grpc.aio.Channel, component_id: int) -> list[Any]:
    """Return the samples of the first message of a component."""
    stream: Any
    if way == "v1":
        stub1: Any = grpc1.MicrogridStub(channel)
        stream = stub1.ReceiveComponentDataStream(
            pb1.ReceiveComponentDataStreamRequest(component_id=component_id)
        )
        return list((await stream.read()).data.metric_samples)
    pb, stub = GENERATED[way]
    request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=component_id)
    stream = stub(channel).ReceiveElectricalComponentTelemetryStream(request)
    return list((await stream.read()).telemetry.metric_samples)


async def sent(way: str, hour: str) -> Mapping[str, Told]:
    """Return what running sites send, by category."""
    found: defaultdict[str, Told] = defaultdict(lambda: Told(set(), set()))
    names: Any = metrics1.Metric if way == "v1" else metrics8.Metric
    for site in map(site_with_everything_listed, (EVERYTHING, WITH_ARRAY)):
        start = HOURS[hour].replace(tzinfo=site.microgrid.location.zone)
        async with (
            SiteServer(site, start=start) as url,
            grpc.aio.insecure_channel(url.removeprefix("grpc://")) as channel,
        ):
            components = list(site.components.values())
            messages = await asyncio.gather(*(first_samples(way, channel, each.id) for each in components))
        for component, samples in zip(components, messages, strict=True):
            for sample in samples:
                name = names.Name(sample.metric).removeprefix("METRIC_")
                found[component.category].metrics.add(name)
                if sample.bounds:
                    found[component.category].bounds.add(name)
    return found


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("way", GENERATED)
async def test_each_category_sends_what_the_table_says(way: str, hour: str) -> None:
    told, found = page()[0], await sent(way, hour)
    assert found.keys() <= told.keys()
    for category in told.keys() - {"sensor"}:
        assert found[category] == told[category], category


def test_only_a_connection_point_with_a_rated_power_has_bounds() -> None:
    assert "A grid connection point with a `rated_power` has bounds of `AC_POWER_ACTIVE`." in metrics_page()
    for rated, bounds in (({}, []), ({"rated_power": "50 kW"}, [Metric.AC_POWER_ACTIVE])):
        grid = {"id": 1, "category": "grid_connection_point", **rated}
        site = Site.model_validate({"microgrid": {"id": 1}, "components": {"grid": grid}})
        simulation = Simulation.headless(site, start_us=site.moment_us(HOURS["noon"]))
        assert list(simulation.gateway.frame(1).bounds) == bounds


@pytest.mark.parametrize("hour", HOURS)
async def test_version_1_sends_those_that_are_of_all_versions(hour: str) -> None:
    (told, everywhere), found = page(), await sent("v1", hour)
    for category in told.keys() - {"sensor"}:
        assert len(found[category].metrics) == len(told[category].metrics & everywhere), category
        assert len(found[category].bounds) == len(told[category].bounds & everywhere), category
