"""Sites of which hours pass in a test: five samplings a second would cost more than all that the hardware does."""

from __future__ import annotations

from doppelgrid.sim.site.site import Site


def rarely_sampled(site: Site) -> Site:
    """Return a site that is sampled once in ten seconds."""
    return site.with_telemetry_interval(10.0)
