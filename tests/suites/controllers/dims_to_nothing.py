"""Takes the operator's dimming for an order to switch off."""

import asyncio

from doppelgrid.scenarios.library.controllers import dimming

dimming.LEAST_W = 0.0
asyncio.run(dimming.pass_on("grpc://[::1]:8800", 43e3))
