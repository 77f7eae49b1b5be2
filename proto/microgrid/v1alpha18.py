"""Version v1alpha18 of the Microgrid API, the one that published clients speak.

Its messages equal those of v1alpha19 on the wire; only the name of the service differs.
"""

from __future__ import annotations

from frequenz.api.microgrid.v1alpha18 import microgrid_pb2

from . import electrical

VERSION = electrical.version(microgrid_pb2.DESCRIPTOR)
