"""Version v1alpha19 of the Microgrid API, the newest published."""

from __future__ import annotations

from frequenz.api.microgrid.v1alpha19 import microgrid_pb2

from ...sim.gateway.gateway import Gateway
from ..transport.open_streams import Line
from ..transport.service import Service
from .electrical import Procedures
from .telemetry import Encoders

NAME = microgrid_pb2.DESCRIPTOR.services_by_name["Microgrid"].full_name
"""Of the service, as clients call it."""


def service(gateway: Gateway, line: Line, encoders: Encoders) -> Service:
    """Return this version's service for a gateway; encoders are shared between versions."""
    return Service(NAME, Procedures(gateway, line, encoders).methods())
