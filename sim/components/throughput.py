"""What takes a part of the power that passes through it."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field, ValidationInfo, field_validator

from ...models.parameter import check_parameters
from ...models.throughput import ThroughputParams
from ..files.parameters import overridden
from ..files.presets import check_at_most
from ..files.sections import refuse
from ..files.units import NonNegativePower, PositiveApparentPower
from .section import ComponentSection, given


class Throughput(ComponentSection):
    """What a site file says of a component that power passes through at a loss."""

    rated_apparent_power_va: PositiveApparentPower = Field(alias="rated_apparent_power")
    """Greatest apparent power that passes [VA]."""
    preset: str | None = None
    """Name of a set of losses, brought to the rated apparent power; common losses if not given."""
    no_load_loss_w: NonNegativePower | None = Field(default=None, alias="no_load_loss")
    """Power lost for as long as it is energised [W]; by preset if not given."""
    load_loss_w: NonNegativePower | None = Field(default=None, alias="load_loss")
    """Power lost besides at rated apparent power, with the square of the load [W]; by preset if not given."""

    @field_validator("no_load_loss_w", "load_loss_w")
    @classmethod
    def _within_rating(cls, loss_w: float | None, info: ValidationInfo) -> float | None:
        rated_va = info.data.get("rated_apparent_power_va")
        if loss_w is not None and rated_va is not None and loss_w > rated_va:
            raise refuse(f"at most the rated apparent power, {rated_va / 1e3:.6g} kVA")
        return loss_w


def throughput_params(
    component: Throughput,
    preset: Callable[[str, float], ThroughputParams],
    *,
    no_load_share: float,
    load_share: float,
) -> ThroughputParams:
    """Return what is taken of the power that passes through a component.

    Args:
        component: Of the site file.
        preset: Returns what a preset takes, by its name and the rated apparent power [VA].
        no_load_share: No-load loss over the rating where the file names no preset.
        load_share: Load loss over the rating then.

    Raises:
        ParameterError: If a parameter that the file sets is out of its range, or a loss above the rating; names it.
    """
    rated_va = component.rated_apparent_power_va
    usual = (
        ThroughputParams(rated_va, no_load_share * rated_va, load_share * rated_va)
        if component.preset is None
        else preset(component.preset, rated_va)
    )
    params = usual._replace(
        no_load_loss_w=given(component.no_load_loss_w, usual.no_load_loss_w),
        load_loss_w=given(component.load_loss_w, usual.load_loss_w),
    )
    check_parameters(params)
    params = overridden(params, component.parameters)
    for name in ("no_load_loss_w", "load_loss_w"):
        check_at_most(name, getattr(params, name), "rated_apparent_power_va", rated_va, "W")
    return params


def throughput_caption(component: Throughput) -> list[str]:
    """Say how large a component is that power passes through."""
    return [f"{component.rated_apparent_power_va / 1e3:g} kVA"]
