"""Programmable logic controllers."""

from __future__ import annotations

from typing import Literal

from ..domain.categories import Category
from ..inputs.specs import ConsumedInput
from .captions import load_caption
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .load import wired_load
from .section import Consumer
from .setting import Setting


class Plc(Consumer):
    """A programmable logic controller."""

    category: Literal[Category.PLC]
    load: ConsumedInput
    """Active power [W]."""


def build(plc: Plc, setting: Setting) -> Built:
    """Make the load that a controller is.

    Raises:
        InputError: If a recorded load cannot drive it.
    """
    return Built(load=wired_load(plc, plc.load, setting))


TYPE = ComponentType(
    name=Category.PLC,
    category=Category.PLC,
    way=Way.CONSUMES,
    section=Plc,
    sdk_class=None,
    behind=AC_PARENTS,
    build=build,
    inputs={"load": 0.0},
    caption=lambda plc: [load_caption(plc.load, plc.power_factor)],
)
