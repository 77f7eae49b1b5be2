"""Messages of the common package v1alpha8, on which the current alpha versions of the Microgrid API are built.

Enum numbers come from the published package, by name. Words that a package does not know are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frequenz.api.common.v1alpha8.grid import delivery_area_pb2
from frequenz.api.common.v1alpha8.metrics import bounds_pb2, metrics_pb2
from frequenz.api.common.v1alpha8.microgrid import microgrid_pb2
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as components_pb2
from frequenz.api.common.v1alpha8.types import location_pb2
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.timestamp_pb2 import Timestamp

from ..sim import site
from ..sim.exchange import ComponentInfo, Frame
from ..sim.vocabulary import BatteryType, Bounds, Category, Diagnostic, Metric, OperationalMode, StateCode
from .floats import inward
from .telemetry import Layout, Selection

INVERTER_TYPES = {Category.BATTERY_INVERTER: "BATTERY", Category.PV_INVERTER: "PV"}
"""Which inverter each of our inverter categories is: the wire has one category for all of them."""


def _numbers(enum: EnumTypeWrapper[Any], prefix: str, names: Iterable[str]) -> dict[str, int]:
    known = enum.DESCRIPTOR.values_by_name
    return {name: known[prefix + name].number for name in names if prefix + name in known}
