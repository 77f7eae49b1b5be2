"""All versions of the Microgrid API that a gateway is offered in."""

from __future__ import annotations

from ..sim.gateway import Gateway
from . import v1alpha18, v1alpha19
from .service import Service
from .telemetry import Encoders

VERSIONS = (v1alpha18, v1alpha19)


def services(gateway: Gateway) -> tuple[Service, ...]:
    """Return the services of a gateway, one per version; to be served side by side."""
    encoders = Encoders()
    return tuple(version.service(gateway, encoders) for version in VERSIONS)
