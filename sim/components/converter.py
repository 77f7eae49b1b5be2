"""DC/DC converters between batteries and inverters."""

from __future__ import annotations

from typing import Literal

from ..domain.categories import Category
from .component_type import DC_PARENTS, ComponentType, Way
from .section import ComponentSection


class Converter(ComponentSection):
    """Couples batteries to an inverter at another direct voltage; its losses count as the inverter's."""

    category: Literal[Category.CONVERTER]


TYPE = ComponentType(
    name=Category.CONVERTER,
    category=Category.CONVERTER,
    way=Way.NONE,
    section=Converter,
    sdk_class="Converter",
    behind=DC_PARENTS,
    needs_behind_it="at least one battery",
    is_passage=True,
)
