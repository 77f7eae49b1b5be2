"""Shares power among cars, as if the phases of a connection shared their fuses."""

import asyncio

from doppelgrid.scenarios.library.controllers import charging

asyncio.run(charging.share("grpc://[::1]:8800", 40e3, fuse_a=1e9))
