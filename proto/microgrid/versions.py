"""All versions of the Microgrid API that a gateway is offered in."""

from __future__ import annotations

from ...sim.gateway.gateway import Gateway
from ..transport.open_streams import OpenStreams
from ..transport.service import Service
from . import v1, v1alpha18, v1alpha19
from .telemetry import Encoders

VERSIONS = (v1.VERSION, v1alpha18.VERSION, v1alpha19.VERSION)


def services(gateway: Gateway, open_streams: OpenStreams | None = None) -> tuple[Service, ...]:
    """Return the services of a gateway, one per version, to be served side by side.

    Args:
        gateway: What clients get to see.
        open_streams: Counts the open streams, so that they can be ended when the transport goes down.
    """
    open_streams = OpenStreams() if open_streams is None else open_streams
    encoders = Encoders()
    return tuple(version.service(gateway, open_streams, encoders) for version in VERSIONS)
