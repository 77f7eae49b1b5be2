"""Breakers."""

from __future__ import annotations

from typing import Literal

from ..domain.categories import Category
from .component_type import AC_PARENTS, DC_PARENTS, ComponentType
from .section import ComponentSection


class Breaker(ComponentSection):
    """Connects what is behind it, or not."""

    category: Literal[Category.BREAKER]


TYPE = ComponentType(
    name=Category.BREAKER,
    category=Category.BREAKER,
    section=Breaker,
    sdk_class="Relay",
    behind=(*AC_PARENTS, *DC_PARENTS),
    is_passage=True,
    measures=False,
)
