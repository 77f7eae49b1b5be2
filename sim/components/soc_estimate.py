"""What a site file says about how the management system of a battery tells its SoC."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...models.soc_estimate import SocEstimateParams
from ..files.sections import Section, written
from ..files.units import AMPERE, FRACTION

_Error = Annotated[float, FRACTION.within(lower=-0.5, upper=0.5)]
_Offset = Annotated[float, AMPERE.within(lower=-1000.0, upper=1000.0)]


class SocEstimate(Section):
    """A management system that counts charge and does not know the SoC; without this section it does."""

    initial_error: _Error = Field(default=written("0 %"))
    """What it takes the SoC for when a run starts, less `initial_soc`."""
    current_offset_a: _Offset = Field(default=written("0 A"), alias="current_offset")
    """What its current sensor reads beside the current, positive for charging that is not there [A]."""
    current_gain_error: _Error = Field(default=written("0 %"))
    """Part of the current that its sensor reads too much."""


def soc_estimate_params(estimate: SocEstimate) -> SocEstimateParams:
    """Return how a management system tells the SoC, by a section of a site file."""
    return SocEstimateParams(estimate.current_offset_a, estimate.current_gain_error)
