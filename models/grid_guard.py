"""All that a grid code asks of one inverter: protection, and support of voltage and frequency (`grid_code`).

Left out: what the parts leave out.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .grid_code import GridCodeParams
from .grid_support import FreqWattParams, VoltVarParams
from .parameter import Parameter


class GridGuardParams(NamedTuple):
    """How an inverter behaves towards the grid."""

    code: GridCodeParams
    volt_var: VoltVarParams
    freq_watt: FreqWattParams
    rated_power_w: Annotated[float, Parameter("W", 0.0, above=True)]
    """Rated power of the inverter; the gradient after a reconnection counts in it."""
    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0, above=True)]
    """Rated apparent power of the inverter; Q(U) counts in it."""
    follows_production: bool
    """Whether P(f) leaves a part of what was delivered when frequency rose, as of photovoltaics.

    Storage moves from the active power that it had then, by a part of its rating.
    """
