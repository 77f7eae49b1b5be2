"""What loses a part of the power that passes through it."""

from __future__ import annotations

from pydantic import Field

from ...models.throughput import ThroughputParams
from ..files.units import NonNegativePower, PositiveApparentPower
from .section import ComponentSection, given


class Throughput(ComponentSection):
    """What a site file says of a component that power passes through at a loss."""

    rated_apparent_power_va: PositiveApparentPower = Field(alias="rated_apparent_power")
    no_load_loss_w: NonNegativePower | None = Field(default=None, alias="no_load_loss")
    """Lost for as long as it is energised [W]."""
    load_loss_w: NonNegativePower | None = Field(default=None, alias="load_loss")
    """Lost besides at rated apparent power [W]."""


def throughput_params(component: Throughput, *, no_load_share: float, load_share: float) -> ThroughputParams:
    """Return what is lost of the power that passes through a component.

    Args:
        component: Of the site file.
        no_load_share: No-load loss over the rating where the file gives none.
        load_share: Load loss at the rating over it where the file gives none.
    """
    rated_va = component.rated_apparent_power_va
    return ThroughputParams(
        rated_apparent_power_va=rated_va,
        no_load_loss_w=given(component.no_load_loss_w, no_load_share * rated_va),
        load_loss_w=given(component.load_loss_w, load_share * rated_va),
    )


def throughput_caption(component: Throughput) -> list[str]:
    """Say how large a component is that power passes through."""
    return [f"{component.rated_apparent_power_va / 1e3:g} kVA"]
