"""Which parts a component has of what can be seen, and so which metrics it reports."""

from __future__ import annotations

from ...models.inverter import InverterParams
from ...models.steam_boiler import SteamBoilerParams
from ..components.component_type import DC_PARENTS
from ..components.registry import type_of
from ..domain.categories import Category
from ..plant.plant import Plant
from ..plant.state import Registers
from .metrics import AlternatingSide, Bridge, Cells, Counted, DirectSide, Drum, HeatSink, Part


def parts_of(plant: Plant, key: str) -> tuple[Part, ...]:
    """Return what a component has of what can be seen, in the order in which it is reported.

    A meter with options of its own has the registers of its kind, and no others. An inverter shows voltage and current
    of its DC side where that is one battery; of more connections, which differ in voltage, and of an array, whose
    voltage is known at its maximum power point alone, it shows the power.
    """
    kind = type_of(plant.site.components[key])
    if not kind.measures:
        return ()
    if kind.behind and set(kind.behind) <= set(DC_PARENTS):
        return (DirectSide, Cells) if kind.category is Category.BATTERY else (DirectSide,)
    if key in plant.equipment.meterings:
        return (AlternatingSide, Registers)
    return (AlternatingSide, Registers, Counted, *_more(plant, key))


def _more(plant: Plant, key: str) -> tuple[Part, ...]:
    if key in plant.places.inverters:
        is_alone = len(plant.wiring.batteries_of[key]) == 1 and key not in plant.equipment.arrays
        return (DirectSide if is_alone else Bridge, HeatSink)
    machine = plant.equipment.machines.get(key)
    if machine is None or machine.model.besides is None:
        return ()
    if isinstance(machine.params, InverterParams):
        return (Bridge, HeatSink)
    return (Drum,) if isinstance(machine.params, SteamBoilerParams) else ()
