"""The voltage at the connection point: a source per phase behind the impedance of the grid.

A load that takes up the power `P + jQ` at its own voltage `V` draws `I = (P - jQ) / V`, so that, with the source `E`
and the impedance `R + jX`,

    E² = V² + 2 (R P + X Q) + (R² + X²) (P² + Q²) / V²

whose upper root is the voltage (two buses with one constant power; T. Van Cutsem, C. Vournas, "Voltage Stability of
Electric Power Systems", Springer 1998, chapter 2).

Left out: coupling between the phases through the neutral, transients, the grid's own control of its voltage.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

INTERRUPTED_BELOW = 0.1
"""Part of the nominal voltage; less is an interruption, in which nothing runs (IEEE Std 1159)."""


class GridImpedanceParams(NamedTuple):
    """The grid as the site sees it, per phase."""

    resistance_ohm: Annotated[float, Parameter("Ω", 0.0)]
    reactance_ohm: Annotated[float, Parameter("Ω", 0.0)]


class TerminalVoltage(NamedTuple):
    """What one phase shows at the connection point."""

    voltage_v: float
    """Line to neutral, root mean square [V]."""
    loss_w: float
    """Lost in the grid's resistance [W]."""
    carried: float
    """Part of the power that the grid can carry, 1 but for overloads that would make the voltage collapse."""


def terminal_voltage(
    params: GridImpedanceParams, source_v: float, active_w: float, reactive_var: float
) -> TerminalVoltage:
    """Return the voltage of a phase under a power.

    Args:
        params: Impedance of the grid.
        source_v: Line to neutral without load, root mean square [V]; 0 during an outage.
        active_w: Taken up by the site on this phase [W].
        reactive_var: The same, inductive positive [var].
    """
    if source_v <= 0.0:
        return TerminalVoltage(0.0, 0.0, 0.0)
    r, x = params.resistance_ohm, params.reactance_ohm
    square_va = active_w * active_w + reactive_var * reactive_var
    drop = r * active_w + x * reactive_var
    product = math.sqrt((r * r + x * x) * square_va)
    source = source_v * source_v
    # The root has (E² - 2 drop)² - 4 product² under it, which is not negative for up to E² / 2 (drop + product).
    carried = 1.0
    if 2.0 * (drop + product) > source:
        carried = source / (2.0 * (drop + product))
    b = source - 2.0 * carried * drop
    rest = max(b * b - 4.0 * carried * carried * product * product, 0.0)
    square_v = 0.5 * (b + math.sqrt(rest))
    loss_w = r * carried * carried * square_va / square_v
    return TerminalVoltage(math.sqrt(square_v), loss_w, carried)
