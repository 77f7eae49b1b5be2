"""Static transfer switches."""

from __future__ import annotations

from typing import Literal

from ..domain.categories import Category
from .component_type import AC_PARENTS, ComponentType, Way
from .section import ComponentSection


class StaticTransferSwitch(ComponentSection):
    """Chooses what feeds the components behind it."""

    category: Literal[Category.STATIC_TRANSFER_SWITCH]


TYPE = ComponentType(
    name=Category.STATIC_TRANSFER_SWITCH,
    category=Category.STATIC_TRANSFER_SWITCH,
    way=Way.NONE,
    section=StaticTransferSwitch,
    sdk_class=None,
    behind=AC_PARENTS,
    is_passage=True,
)
