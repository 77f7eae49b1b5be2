"""Power transformers."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from ...models.parameter import check_parameters
from ...models.throughput import ThroughputParams
from ..domain.categories import Category
from ..files.presets import check_at_most, find_preset, preset_names
from ..files.sections import written
from ..files.units import FRACTION, PositiveVoltage
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .setting import GridFacts, Setting
from .throughput import Throughput, throughput_caption, throughput_params

VectorGroup = Literal["Dyn1", "Dyn5", "Dyn7", "Dyn11", "YNyn0"]


class PowerTransformer(Throughput):
    """Joins two voltages."""

    category: Literal[Category.POWER_TRANSFORMER]
    primary_voltage_v: PositiveVoltage = Field(default=written("20 kV"), alias="primary_voltage")
    """Nominal voltage on the grid's side [V]."""
    secondary_voltage_v: PositiveVoltage = Field(default=written("400 V"), alias="secondary_voltage")
    """Nominal voltage on the site's side [V]."""
    short_circuit_voltage: Annotated[float, FRACTION.within(above=0.0, upper=0.3)] | None = None
    """Part of the nominal voltage that drives the rated current through a short circuit; by preset if not given."""
    vector_group: VectorGroup = "Dyn5"
    """How its windings are connected, and by how many times 30° the site's side lags; counts where there are lines."""

    @property
    def short_circuit_share(self) -> float | None:
        """The same, by key or preset; None if neither says it."""
        if self.short_circuit_voltage is not None or self.preset not in transformer_preset_names():
            return self.short_circuit_voltage
        voltage: float = find_preset("transformers", "transformer preset", self.preset)[
            "short_circuit_voltage_pu"
        ]
        return voltage


_NO_LOAD_SHARE, _LOAD_SHARE = 0.001, 0.01
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


def transformer_preset_names() -> tuple[str, ...]:
    """Return the names that `transformer_preset` accepts."""
    return preset_names("transformers")


def transformer_preset(name: str, rated_apparent_power_va: float) -> ThroughputParams:
    """Return what a transformer of a given size takes.

    Args:
        name: Of the preset; all that it says grows with the size.
        rated_apparent_power_va: > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If it describes a transformer that cannot exist; names the parameter.
    """
    values = find_preset("transformers", "transformer preset", name)
    rated_va = values["rated_apparent_power_va"]
    iron, copper = values["no_load_loss_w"] / rated_va, values["load_loss_w"] / rated_va
    current, voltage = values["no_load_current_pu"], values["short_circuit_voltage_pu"]
    check_at_most("no_load_loss_w / rated_apparent_power_va", iron, "no_load_current_pu", current, "")
    check_at_most("load_loss_w / rated_apparent_power_va", copper, "short_circuit_voltage_pu", voltage, "")
    params = ThroughputParams(
        rated_apparent_power_va=rated_apparent_power_va,
        no_load_loss_w=iron * rated_apparent_power_va,
        load_loss_w=copper * rated_apparent_power_va,
        no_load_var=math.sqrt(current * current - iron * iron) * rated_apparent_power_va,
        load_var=math.sqrt(voltage * voltage - copper * copper) * rated_apparent_power_va,
    )
    check_parameters(params)
    return params


def transformer_params(transformer: PowerTransformer, _grid: GridFacts) -> ThroughputParams:
    """Return what a transformer of a site takes of the power that passes through it."""
    params = throughput_params(
        transformer, transformer_preset, no_load_share=_NO_LOAD_SHARE, load_share=_LOAD_SHARE
    )
    voltage = transformer.short_circuit_voltage
    if voltage is None:
        return params
    rated_va = transformer.rated_apparent_power_va
    copper = params.load_loss_w / rated_va
    check_at_most("load_loss_w / rated_apparent_power_va", copper, "short_circuit_voltage", voltage, "")
    return params._replace(load_var=math.sqrt(voltage * voltage - copper * copper) * rated_va)


def build(transformer: PowerTransformer, setting: Setting) -> Built:
    """Make what is taken of the power that passes through."""
    return Built(throughput=transformer_params(transformer, setting.grid))


TYPE = ComponentType(
    name=Category.POWER_TRANSFORMER,
    category=Category.POWER_TRANSFORMER,
    way=Way.NONE,
    section=PowerTransformer,
    sdk_class="VoltageTransformer",
    behind=AC_PARENTS,
    build=build,
    params=transformer_params,
    presets=transformer_preset_names,
    caption=throughput_caption,
    identity=lambda unit: {"transformer_voltages_v": (unit.primary_voltage_v, unit.secondary_voltage_v)},
    sdk_fields={"primary_voltage": 0.0, "secondary_voltage": 0.0},
    is_passage=True,
)
