"""The network of a site with lines, as `doppelgrid check` prints it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.plant.network_figures import NetworkFigures, NodeFigures

_UNKNOWN = "–"
_MEANING = (
    "Z    from the source to it, per phase, positive sequence, at its own voltage",
    "Sk   U²/Z of a short circuit of all phases, without IEC 60909's factor c",
)


def print_network(figures: NetworkFigures, console: Console) -> None:
    """Print a table of nodes, and what its numbers are."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console.print("\nNetwork: a row for each node, by the component where what leads to it ends.")
    for line in (*_MEANING, *_rated(figures)):
        console.print(f"  {line}")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("by", no_wrap=True)
    for heading in ("Z mΩ", "R/X", "Sk MVA", "drop %", "rise %", "loaded %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for node in figures.nodes:
        table.add_row(*_cells(node))
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().rstrip().splitlines():
        console.print(line.rstrip())


def _rated(figures: NetworkFigures) -> list[str]:
    """Say what is drawn, and what is fed in, for the voltages in the table."""
    if figures.unknown:
        return [f"drop, rise and loaded are not known: {figures.unknown}"]
    said = [
        f"drop where {_kilowatts(figures.load_w)} are drawn: devices that take set-points at their",
        "     rated power, loads at their constant power or their mean of a year",
        f"rise where these devices give {_kilowatts(-figures.feed_in_w)} and no load draws",
    ]
    if any(node.drop is None for node in figures.nodes):
        said.append("the network cannot carry the load: voltages collapse")
    if any(node.rise is None for node in figures.nodes):
        said.append("the network cannot carry the feed-in: voltages collapse")
    if figures.left_out:
        said.append(f"in neither, as no number says what they draw: {', '.join(figures.left_out)}")
    return said


def _kilowatts(power_w: float) -> str:
    return f"{power_w / 1e3 + 0.0:,.4g} kW"


def _cells(node: NodeFigures) -> list[str]:
    impedance = node.impedance_ohm
    ratio = f"{impedance.real / impedance.imag:.2f}" if impedance.imag else _UNKNOWN
    short_circuit = f"{node.short_circuit_va / 1e6:.3g}" if math.isfinite(node.short_circuit_va) else _UNKNOWN
    return [
        node.key,
        node.way,
        f"{1e3 * abs(impedance):.4g}" if impedance else _UNKNOWN,
        ratio,
        short_circuit,
        _per_cent(node.drop, ".1f"),
        _per_cent(node.rise, ".1f"),
        _per_cent(node.loading, ".0f"),
    ]


def _per_cent(share: float | None, digits: str) -> str:
    return _UNKNOWN if share is None else f"{100.0 * share:z{digits}}"
