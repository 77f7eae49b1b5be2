"""Prechargers."""

from __future__ import annotations

from typing import Literal

from ..domain.categories import Category
from .component_type import DC_PARENTS, ComponentType
from .section import ComponentSection


class Precharger(ComponentSection):
    """Charges a direct current link gently before it closes."""

    category: Literal[Category.PRECHARGER]


TYPE = ComponentType(
    name=Category.PRECHARGER,
    category=Category.PRECHARGER,
    section=Precharger,
    sdk_class="Precharger",
    behind=DC_PARENTS,
    needs_behind_it="at least one battery",
    is_passage=True,
    measures=False,
)
