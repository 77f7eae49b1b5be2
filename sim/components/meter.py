"""Meters, and the load that may be wired behind one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...models.meter import MeterParams
from ..domain.categories import Category
from ..files.parameters import Number, lacks_part
from ..files.sections import Phases
from ..inputs.specs import LoadInput
from .captions import load_caption
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .load import wired_load
from .load_mix import LoadMixInput
from .metering import METER, MeterOptions, meter_params, metering
from .reporting import MeterReporting
from .section import ComponentSection
from .setting import GridFacts, Setting


class Meter(ComponentSection):
    """Measures what flows to everything behind it, and feeds a load of its own where one is given."""

    category: Literal[Category.METER]
    load: LoadInput | None = None
    """Active power of a load wired behind this meter."""
    power_factor: Number = Field(default=1.0, ge=0.1, le=1.0)
    """Displacement power factor of the load, inductive."""
    phases: Phases = (1, 2, 3)
    """Phases that the load uses, in equal parts."""
    zip: LoadMixInput | None = None
    """How the load follows the voltage; it draws what it is said to if not given."""
    measurement: MeterOptions | None = None
    """How the meter measures; it shows what is if not given."""
    reporting: MeterReporting = MeterReporting()
    """When the meter reports; at each sampling, and at once, if not given."""


def build(meter: Meter, setting: Setting) -> Built:
    """Make a meter with its load.

    Raises:
        InputError: If a recorded load cannot drive it.
    """
    return Built(
        load=None if meter.load is None else wired_load(meter, meter.load, setting),
        metering=None
        if meter.measurement is None
        else metering(meter.measurement, setting, meter.parameters),
    )


def _meter_part(meter: Meter, _grid: GridFacts) -> MeterParams:
    if meter.measurement is None:
        lacks_part(meter.parameters, METER, "this meter shows what is (`measurement: {}` gives it a model)")
    return meter_params(meter.measurement, key="", given=meter.parameters)


TYPE = ComponentType(
    name=Category.METER,
    category=Category.METER,
    way=Way.NONE,
    section=Meter,
    sdk_class="Meter",
    behind=AC_PARENTS,
    build=build,
    parts={METER: _meter_part},
    inputs={"load": 0.0},
    caption=lambda meter: [] if meter.load is None else [load_caption(meter.load, meter.power_factor)],
)
