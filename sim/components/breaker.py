"""Breakers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..domain.categories import Category
from ..files.sections import written
from ..files.units import Duration
from .component_type import AC_PARENTS, DC_PARENTS, ComponentType, Way
from .section import ComponentSection
from .switchgear import Shown, Switchgear


class Breaker(ComponentSection):
    """Connects what is behind it, or not."""

    category: Literal[Category.BREAKER]
    closing_time_s: Duration = Field(default=written("500 ms"), alias="closing_time")
    """From the command until its contacts touch [s]."""
    opening_time_s: Duration = Field(default=written("500 ms"), alias="opening_time")
    """From the command until it is seen that no power flows any more [s]."""


TYPE = ComponentType(
    name=Category.BREAKER,
    category=Category.BREAKER,
    way=Way.NONE,
    section=Breaker,
    sdk_class="Relay",
    behind=(*AC_PARENTS, *DC_PARENTS),
    is_passage=True,
    measures=False,
    switchgear=lambda breaker: Switchgear(
        closing_s=breaker.closing_time_s, opening_s=breaker.opening_time_s, shown=Shown.RELAY
    ),
)
