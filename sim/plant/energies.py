"""What components on the AC side drew by themselves."""

from __future__ import annotations

from .plant import Plant


def own_energies_wh(plant: Plant) -> dict[str, float]:
    """Return what each component drew itself since the start [Wh]: what flowed through it, less what went on."""
    registers = {key: plant.readings.registers(key) for key in plant.wiring.ac_order}
    net = {key: counted.consumed_wh - counted.delivered_wh for key, counted in registers.items()}
    own = dict(net)
    for key, energy_wh in net.items():
        for parent in plant.wiring.parents[key]:
            own[parent] -= energy_wh / len(plant.wiring.parents[key])
    return own
