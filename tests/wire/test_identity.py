"""What clients learn about a site when they connect to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from frequenz.api.common.v1alpha8.microgrid.electrical_components import (
    electrical_components_pb2 as components,
)
from google.protobuf.empty_pb2 import Empty
from wire.support import AC_POWER_ACTIVE, BATTERY, DC_POWER, GRID, HOUSE, INVERTER, METER, PV, UNKNOWN, Api


async def list_components(api: Api, **filters: Any) -> dict[int, Any]:
    request = api.pb.ListElectricalComponentsRequest(**filters)
    response = await api.stub.ListElectricalComponents(request, timeout=10)
    return {component.id: component for component in response.electrical_components}


async def list_connections(api: Api, **filters: Any) -> set[tuple[int, int]]:
    request = api.pb.ListElectricalComponentConnectionsRequest(**filters)
    response = await api.stub.ListElectricalComponentConnections(request, timeout=10)
    return {
        (connection.source_electrical_component_id, connection.destination_electrical_component_id)
        for connection in response.electrical_component_connections
    }


async def test_the_microgrid_says_who_and_where_it_is(api: Api) -> None:
    microgrid = (await api.stub.GetMicrogrid(Empty(), timeout=10)).microgrid

    assert (microgrid.id, microgrid.enterprise_id, microgrid.name) == (2200, 7, "Wire test")
    assert (microgrid.location.latitude, microgrid.location.longitude) == (52.5, 13.25)
    assert microgrid.location.country_code == "DE"
    assert (microgrid.delivery_area.code, microgrid.delivery_area.code_type) == ("10Y1001A1001A82H", 1)
    assert microgrid.status == 1
    assert microgrid.create_timestamp.ToDatetime(UTC) == datetime(2025, 3, 1, 12, tzinfo=UTC)


async def test_all_components_are_listed_without_filters(api: Api) -> None:
    assert set(await list_components(api)) == {GRID, METER, INVERTER, BATTERY, PV, HOUSE}


@pytest.mark.parametrize(
    ("component_id", "category", "kind"),
    [
        (GRID, "GRID_CONNECTION_POINT", "grid_connection_point"),
        (METER, "METER", None),
        (INVERTER, "INVERTER", "inverter"),
        (BATTERY, "BATTERY", "battery"),
        (PV, "INVERTER", "inverter"),
    ],
)
async def test_category_specific_information_matches_the_category(
    api: Api, component_id: int, category: str, kind: str | None
) -> None:
    component = (await list_components(api))[component_id]

    assert component.category == components.ElectricalComponentCategory.Value(
        f"ELECTRICAL_COMPONENT_CATEGORY_{category}"
    )
    assert component.category_specific_info.WhichOneof("kind") == kind


async def test_types_of_inverters_and_batteries_are_specified(api: Api) -> None:
    listed = await list_components(api)

    assert listed[INVERTER].category_specific_info.inverter.type == components.INVERTER_TYPE_BATTERY
    assert listed[PV].category_specific_info.inverter.type == components.INVERTER_TYPE_PV
    assert listed[BATTERY].category_specific_info.battery.type == components.BATTERY_TYPE_LI_ION


async def test_the_rated_fuse_current_is_told(api: Api) -> None:
    grid = (await list_components(api))[GRID]

    assert grid.category_specific_info.grid_connection_point.rated_fuse_current == 200


async def test_components_carry_names_in_the_older_and_the_newer_fields(api: Api) -> None:
    inverter = (await list_components(api))[INVERTER]

    assert (inverter.name, inverter.microgrid_id) == ("bat-inv", 2200)
    assert (inverter.manufacturer, inverter.model_name, inverter.model) == ("Acme", "Flow 30", "Flow 30")


async def test_components_are_always_operational(api: Api) -> None:
    assert not any(
        component.HasField("operational_lifetime") for component in (await list_components(api)).values()
    )


async def test_the_operational_mode_is_told(api: Api) -> None:
    listed = await list_components(api)

    mode = components.ElectricalComponentOperationalMode
    assert mode.Name(listed[HOUSE].operational_mode).endswith("MODE_TELEMETRY_ONLY")
    assert mode.Name(listed[INVERTER].operational_mode).endswith("MODE_CONTROL_AND_TELEMETRY")


async def test_rated_bounds_are_told_once_per_metric(api: Api) -> None:
    listed = await list_components(api)

    inverter = {bounds.metric: bounds.config_bounds for bounds in listed[INVERTER].metric_config_bounds}
    assert len(inverter) == len(listed[INVERTER].metric_config_bounds)
    assert (inverter[AC_POWER_ACTIVE].lower, inverter[AC_POWER_ACTIVE].upper) == (-30_000, 30_000)
    assert DC_POWER in {bounds.metric for bounds in listed[BATTERY].metric_config_bounds}


@pytest.mark.parametrize(
    ("ids", "categories", "expected"),
    [
        ([METER, PV], [], {METER, PV}),
        ([UNKNOWN, PV], [], {PV}),
        ([UNKNOWN], [], set()),
        ([], ["METER"], {METER, HOUSE}),
        ([], ["INVERTER"], {INVERTER, PV}),
        ([], ["METER", "BATTERY"], {METER, HOUSE, BATTERY}),
        ([], ["EV_CHARGER"], set()),
        ([METER, PV], ["INVERTER"], {PV}),
        ([BATTERY], ["METER"], set()),
    ],
)
async def test_components_are_filtered_by_any_id_and_any_category(
    api: Api, ids: list[int], categories: list[str], expected: set[int]
) -> None:
    listed = await list_components(
        api,
        electrical_component_ids=ids,
        electrical_component_categories=[f"ELECTRICAL_COMPONENT_CATEGORY_{name}" for name in categories],
    )

    assert set(listed) == expected


async def test_connections_point_away_from_the_grid(api: Api) -> None:
    assert await list_connections(api) == {
        (GRID, METER),
        (METER, INVERTER),
        (METER, PV),
        (METER, HOUSE),
        (INVERTER, BATTERY),
    }


@pytest.mark.parametrize(
    ("sources", "destinations", "expected"),
    [
        ([GRID, INVERTER], [], {(GRID, METER), (INVERTER, BATTERY)}),
        ([], [PV, HOUSE], {(METER, PV), (METER, HOUSE)}),
        ([METER], [PV, BATTERY], {(METER, PV)}),
        ([UNKNOWN], [], set()),
    ],
)
async def test_connections_are_filtered_by_any_source_and_any_destination(
    api: Api, sources: list[int], destinations: list[int], expected: set[tuple[int, int]]
) -> None:
    listed = await list_connections(
        api,
        source_electrical_component_ids=sources,
        destination_electrical_component_ids=destinations,
    )

    assert listed == expected


async def test_sites_have_no_sensors(api: Api) -> None:
    response = await api.stub.ListSensors(api.pb.ListSensorRequest(), timeout=10)

    assert not response.sensors
