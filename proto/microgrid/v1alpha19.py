"""Version v1alpha19 of the Microgrid API, the newest published."""

from __future__ import annotations

from frequenz.api.microgrid.v1alpha19 import microgrid_pb2

from . import electrical

VERSION = electrical.version(microgrid_pb2.DESCRIPTOR)
