"""What components on the AC side drew by themselves."""

from __future__ import annotations

from ..site.lines import lines_begin_at
from .plant import Plant


def own_energies_wh(plant: Plant) -> dict[str, float]:
    """Return what each component drew itself since the start [Wh]: what flowed through it, less what went on.

    What lines lose that lead on from a component is no part of it; see `line_losses_wh`.
    """
    registers = {key: plant.readings.registers(key) for key in plant.wiring.ac_order}
    net = {key: counted.consumed_wh - counted.delivered_wh for key, counted in registers.items()}
    own = dict(net)
    for key, energy_wh in net.items():
        for parent in plant.wiring.parents[key]:
            own[parent] -= energy_wh / len(plant.wiring.parents[key])
    for before, energy_wh in zip(lines_begin_at(plant.site), line_losses_wh(plant).values(), strict=True):
        own[before] -= energy_wh
    return own


def line_losses_wh(plant: Plant) -> dict[str, float]:
    """Return what the line or the transformer of a network lost that leads to each component, since the start [Wh]."""
    layout, memory = plant.operating_point.layout, plant.operating_point.memory
    return {
        plant.wiring.order[node.component]: now.loss_wh
        for node, now in zip(layout.nodes, memory.nodes, strict=True)
        if node.parent >= 0
    }
