"""Power transformers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...models.transformer import TransformerParams
from ..domain.categories import Category
from ..files.presets import check_at_most, params_of_preset, preset_cache, preset_names
from ..files.sections import written
from ..files.units import PositiveVoltage
from .component_type import AC_PARENTS, Built, ComponentType
from .setting import Setting
from .throughput import Throughput, throughput_caption, throughput_params


class PowerTransformer(Throughput):
    """Joins two voltages."""

    category: Literal[Category.POWER_TRANSFORMER]
    primary_voltage_v: PositiveVoltage = Field(default=written("20 kV"), alias="primary_voltage")
    secondary_voltage_v: PositiveVoltage = Field(default=written("400 V"), alias="secondary_voltage")


_NO_LOAD_SHARE, _LOAD_SHARE = 0.001, 0.01
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


def transformer_preset_names() -> tuple[str, ...]:
    """Return the names that `transformer_preset` accepts."""
    return preset_names("transformers")


@preset_cache
def transformer_preset(name: str) -> TransformerParams:
    """Return the parameters of a transformer.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a transformer that cannot exist; names the parameter.
    """
    params = params_of_preset(TransformerParams, "transformers", "transformer preset", name)
    check_transformer(params)
    return params


def check_transformer(params: TransformerParams) -> None:
    """Hold parameters of a transformer to one another.

    Raises:
        ParameterError: If they contradict each other; names them.
    """
    rated = params.rated_apparent_power_va
    check_at_most(
        "load_loss_w / rated_apparent_power_va",
        params.load_loss_w / rated,
        "short_circuit_voltage_pu",
        params.short_circuit_voltage_pu,
        "",
    )
    check_at_most(
        "no_load_loss_w / rated_apparent_power_va",
        params.no_load_loss_w / rated,
        "no_load_current_pu",
        params.no_load_current_pu,
        "",
    )


def build(transformer: PowerTransformer, _setting: Setting) -> Built:
    """Make what is lost of the power that passes through."""
    return Built(
        throughput=throughput_params(transformer, no_load_share=_NO_LOAD_SHARE, load_share=_LOAD_SHARE)
    )


TYPE = ComponentType(
    name=Category.POWER_TRANSFORMER,
    category=Category.POWER_TRANSFORMER,
    section=PowerTransformer,
    sdk_class="VoltageTransformer",
    behind=AC_PARENTS,
    build=build,
    caption=throughput_caption,
    identity=lambda unit: {"transformer_voltages_v": (unit.primary_voltage_v, unit.secondary_voltage_v)},
    sdk_fields={"primary_voltage": 0.0, "secondary_voltage": 0.0},
    is_passage=True,
)
