"""Prechargers."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ...models.bms_link import LinkParams, link_rise_s
from ..domain.categories import Category
from ..files.sections import refuse, written
from ..files.units import FARAD, FRACTION, OHM
from .component_type import DC_PARENTS, ComponentType, Way
from .section import ComponentSection
from .switchgear import Shown, Switchgear

_USUAL_S = 2.0
"""To charge a link of which nothing is known; chosen: five time constants of common resistors and links [s]."""


class Precharger(ComponentSection):
    """Charges a direct current link gently before it closes."""

    category: Literal[Category.PRECHARGER]
    link_capacitance_f: Annotated[float, FARAD.within(above=0.0, upper=10.0)] | None = Field(
        default=None, alias="link_capacitance"
    )
    """Capacitance of what it charges [F]; it takes 2 s if not given."""
    resistance_ohm: Annotated[float, OHM.within(above=0.0, upper=1e5)] | None = Field(
        default=None, alias="resistance"
    )
    """Through which it charges [Ω]."""
    closing_voltage: Annotated[float, FRACTION.within(lower=0.5, upper=0.999)] = written("95 %")
    """Voltage of the link over that of the battery, at which the contactor closes [1]."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.link_capacitance_f is None) != (self.resistance_ohm is None):
            raise refuse("link_capacitance and resistance, or neither")
        return self

    @property
    def precharge_s(self) -> float:
        """How long it charges an empty link [s]."""
        if self.link_capacitance_f is None or self.resistance_ohm is None:
            return _USUAL_S
        link = LinkParams(self.link_capacitance_f, self.resistance_ohm, math.inf, self.closing_voltage)
        return link_rise_s(link, 0.0, 1.0, 0.0)


TYPE = ComponentType(
    name=Category.PRECHARGER,
    category=Category.PRECHARGER,
    way=Way.NONE,
    section=Precharger,
    sdk_class="Precharger",
    behind=DC_PARENTS,
    needs_behind_it="at least one battery",
    is_passage=True,
    measures=False,
    switchgear=lambda precharger: Switchgear(precharge_s=precharger.precharge_s, shown=Shown.PRECHARGER),
)
