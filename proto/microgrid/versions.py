"""All versions of the Microgrid API that a gateway is offered in."""

from __future__ import annotations

from ...sim.gateway.gateway import Gateway
from ..transport.open_streams import Line
from ..transport.service import Service
from . import v1, v1alpha18, v1alpha19
from .telemetry import Encoders

VERSIONS = (v1, v1alpha18, v1alpha19)


def services(gateway: Gateway, line: Line | None = None) -> tuple[Service, ...]:
    """Return the services of a gateway, one per version, to be served side by side.

    Args:
        gateway: What clients get to see.
        line: Counts the open streams, so that they can be ended when the transport goes down.
    """
    line = Line() if line is None else line
    encoders = Encoders()
    return tuple(version.service(gateway, line, encoders) for version in VERSIONS)
