"""What the tests of figures for Prometheus share: a scrape as Prometheus does it."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from doppelgrid import SiteServer
from doppelgrid.proto.prometheus.endpoint import serve_metrics

PATIENCE_S = 20.0


class Figures:
    """What a scrape has told."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: list[Sample] = [sample for family in self.families for sample in family.samples]

    def all(self, name: str, /, **labels: str) -> list[Sample]:
        """Return the samples of a name that have these labels, and maybe others."""
        return [
            sample
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def one(self, name: str, /, **labels: str) -> float:
        """Return the value of the only sample of a name that has these labels."""
        (sample,) = self.all(name, **labels)
        return sample.value

    def by(self, label: str, name: str) -> dict[str, float]:
        """Return the values of a name by one of its labels."""
        return {sample.labels[label]: sample.value for sample in self.all(name)}


def scrape_now(url: str) -> Figures:
    """Read what a URL tells; not on the event loop that is to answer."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return Figures(answer.read().decode())


async def scrape(url: str) -> Figures:
    """Read what a URL tells."""
    return await asyncio.to_thread(scrape_now, url)


async def scrape_until(url: str, holds: Callable[[Figures], bool]) -> Figures:
    """Scrape until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            figures = await scrape(url)
            if holds(figures):
                return figures


@asynccontextmanager
async def scraped(*servers: SiteServer, components: bool = False) -> AsyncIterator[str]:
    """Serve sites, and their figures; yields the URL of these."""
    async with AsyncExitStack() as serving:
        metrics = serve_metrics(servers, host="127.0.0.1", port=0, components=components)
        url = await serving.enter_async_context(metrics)
        for server in servers:
            await serving.enter_async_context(server)
        yield url
