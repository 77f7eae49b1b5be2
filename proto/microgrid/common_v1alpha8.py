"""Version v1alpha8 of the common package, on which the alpha versions of the Microgrid API are built.

Our names are its names.
"""

from __future__ import annotations

from frequenz.api.common.v1alpha8.grid.delivery_area_pb2 import EnergyMarketCodeType
from frequenz.api.common.v1alpha8.metrics.metrics_pb2 import Metric as MetricNumber
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as messages
from frequenz.api.common.v1alpha8.microgrid.microgrid_pb2 import Microgrid
from frequenz.api.common.v1alpha8.microgrid.sensors import sensors_pb2 as sensor_messages

from ...sim.domain.messages import ComponentInfo
from ...sim.domain.states import Diagnostic
from .common_version import CommonVersion, numbers

MODES = numbers(messages.ElectricalComponentOperationalMode)


def _more_of_component(info: ComponentInfo) -> dict[str, object]:
    """Give the model once more: clients still read the older field, `model_name`."""
    return {"model": info.model, "operational_mode": MODES.number(info.operational_mode.name)}


def _diagnostic(number: int, diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "diagnostic_code": number,
        "vendor_diagnostic_code": diagnostic.vendor_code,
        "message": diagnostic.message,
    }


COMMON = CommonVersion(
    metrics=numbers(MetricNumber),
    categories=numbers(messages.ElectricalComponentCategory),
    inverter_types=numbers(messages.InverterType),
    battery_types=numbers(messages.BatteryType),
    ev_charger_types=numbers(messages.EvChargerType),
    states=numbers(messages.ElectricalComponentStateCode),
    diagnostics=numbers(messages.ElectricalComponentDiagnosticCode),
    market_code_types=numbers(EnergyMarketCodeType),
    sensor_states=numbers(sensor_messages.SensorStateCode),
    microgrid_message=Microgrid,
    component_message=messages.ElectricalComponent,
    sensor_message=sensor_messages.Sensor,
    connection_message=messages.ElectricalComponentConnection,
    specific_info_field="category_specific_info",
    connection_ends=("source_electrical_component_id", "destination_electrical_component_id"),
    component_id_field="electrical_component_id",
    sample_time_field="sample_time",
    snapshots_field="state_snapshots",
    snapshot_time_field="origin_time",
    diagnostic=_diagnostic,
    more_of_component=_more_of_component,
    more_of_sensor=lambda info: {"model": info.model},
)
