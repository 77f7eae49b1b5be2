"""Our values in the messages of the common versions: times, categories, types, edges that are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from frequenz.api.microgrid.v1 import microgrid_pb2 as v1
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as alpha

from doppelgrid.proto.microgrid import common_v1, common_v1alpha8
from doppelgrid.proto.microgrid.common_version import (
    UNSPECIFIED,
    CommonVersion,
    Numbers,
    category_name,
    open_bounds,
    timestamp,
)
from doppelgrid.proto.microgrid.electrical import power_response
from doppelgrid.proto.microgrid.v1 import LIFETIMES_S, _active_power, _reactive_power
from doppelgrid.sim.domain.categories import BatteryType, Category, EvChargerType, OperationalMode
from doppelgrid.sim.domain.messages import ComponentInfo, Frame, PowerUpdate, RequestStatus, SensorInfo
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode

ALPHA, V1 = common_v1alpha8.COMMON, common_v1.COMMON
BOTH = pytest.mark.parametrize("common", [ALPHA, V1], ids=["v1alpha8", "v1"])


@pytest.mark.parametrize(
    ("time_us", "seconds", "nanos"),
    [(0, 0, 0), (1, 0, 1000), (1_999_999, 1, 999_999_000), (-1, -1, 999_999_000)],
)
def test_times_are_told_to_the_microsecond(time_us: int, seconds: int, nanos: int) -> None:
    assert (timestamp(time_us).seconds, timestamp(time_us).nanos) == (seconds, nanos)


def test_a_name_that_an_enum_lacks_is_logged_once_and_unspecified(caplog: pytest.LogCaptureFixture) -> None:
    numbers = Numbers("Colour", {"UNSPECIFIED": 0, "RED": 3, "OTHER": 9})
    with caplog.at_level("WARNING"):
        assert (numbers.find("RED"), numbers.number("RED"), numbers.number("RED", "OTHER")) == (3, 3, 3)
        assert (numbers.find("BLUE"), numbers.number("BLUE"), numbers.number("BLUE", "OTHER")) == (None, 0, 9)
        assert numbers.number("BLUE", "NEITHER") == UNSPECIFIED
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["Colour has no BLUE"]


@BOTH
def test_filters_let_pass_what_they_name(common: CommonVersion) -> None:
    inverter = common.category_number(Category.PV_INVERTER)
    assert common.wanted_categories([]) is None
    assert common.wanted_categories([inverter]) == {
        each for each in Category if each.name.endswith("_INVERTER")
    }
    assert common.wanted_categories([9999]) == set()
    numbers = [common.metrics[Metric.AC_FREQUENCY], common.metrics[Metric.AC_POWER_ACTIVE]]
    assert common.selection([*numbers, numbers[0], 9999]) == {Metric.AC_FREQUENCY, Metric.AC_POWER_ACTIVE}
    assert common.selection([]) == frozenset()
    assert (common.metric(numbers[0]), common.metric(9999)) == (Metric.AC_FREQUENCY, None)
    assert category_name(Category.PV_INVERTER) == category_name(Category.HYBRID_INVERTER) == "INVERTER"
    assert category_name(Category.METER) == "METER"


def info(category: Category, **more: Any) -> ComponentInfo:
    bounds = {Metric.AC_POWER_ACTIVE: Bounds(-3.0, 5.0)}
    return ComponentInfo(
        id=4,
        name="n",
        category=category,
        manufacturer="m",
        model="o",
        operational_mode=OperationalMode.CONTROL_AND_TELEMETRY,
        rated_bounds=bounds,
        **more,
    )


def test_a_component_is_told_with_what_only_its_category_has() -> None:
    def specific(category: Category, **more: Any) -> Any:
        component: Any = ALPHA.component(info(category, **more), 7)
        assert (component.id, component.microgrid_id, component.name, component.manufacturer) == (
            4,
            7,
            "n",
            "m",
        )
        assert component.category == ALPHA.categories[category_name(category)]
        (config,) = component.metric_config_bounds
        assert (config.metric, config.config_bounds.lower, config.config_bounds.upper) == (
            ALPHA.metrics[Metric.AC_POWER_ACTIVE],
            -3.0,
            5.0,
        )
        return component.category_specific_info

    fuse = specific(Category.GRID_CONNECTION_POINT, rated_fuse_current_a=63.9)
    assert fuse.grid_connection_point.rated_fuse_current == 63
    assert specific(Category.GRID_CONNECTION_POINT).grid_connection_point.rated_fuse_current == 0
    battery = specific(Category.BATTERY, battery_type=BatteryType.LI_ION)
    assert battery.battery.type == ALPHA.battery_types["LI_ION"]
    assert specific(Category.BATTERY).battery.type == UNSPECIFIED
    kind = next(iter(EvChargerType))
    assert (
        specific(Category.EV_CHARGER, ev_charger_type=kind).ev_charger.type
        == ALPHA.ev_charger_types[kind.name]
    )
    assert specific(Category.PV_INVERTER).inverter.type == ALPHA.inverter_types["PV"]
    assert specific(Category.HYBRID_INVERTER).inverter.type == ALPHA.inverter_types["HYBRID"]
    transformer = specific(Category.POWER_TRANSFORMER, transformer_voltages_v=(20e3, 400.0)).power_transformer
    assert (transformer.primary, transformer.secondary) == (20e3, 400.0)
    assert specific(Category.METER).WhichOneof("kind") is None


@BOTH
def test_connections_name_their_ends(common: CommonVersion) -> None:
    message = common.connection(3, 9)
    assert [getattr(message, end) for end in common.connection_ends] == [3, 9]


def test_edges_that_are_missing_are_open() -> None:
    bounds = type(ALPHA.component(info(Category.METER), 1).metric_config_bounds[0].config_bounds)  # type: ignore[attr-defined]
    given = [bounds(lower=0.0, upper=2.0), bounds(lower=1.0), bounds(upper=3.0), bounds()]
    assert open_bounds(given) == [(0.0, 2.0), (1.0, None), (None, 3.0), (None, None)]


@BOTH
def test_a_frame_is_written_with_states_diagnostics_and_metrics_that_were_asked_for(
    common: CommonVersion,
) -> None:
    frame = Frame(
        7,
        5,
        {Metric.AC_POWER_ACTIVE: 1.0, Metric.AC_FREQUENCY: 2.0},
        {Metric.AC_FREQUENCY: (Bounds(1.0, 2.0),) * 2},
        (StateCode.READY, StateCode.ERROR),
        1_500_000,
        (),
        (Diagnostic("NO_SUCH", "hot", "E1"), Diagnostic("UNKNOWN", "")),
    )
    message: Any = (
        alpha.ReceiveElectricalComponentTelemetryStreamResponse().telemetry
        if common is ALPHA
        else v1.ReceiveComponentDataStreamResponse().data
    )
    places = common.write_telemetry(message, frame, frozenset({Metric.AC_FREQUENCY}))
    assert getattr(message, common.component_id_field) == 7
    (sample,) = message.metric_samples
    assert sample.metric == common.metrics[Metric.AC_FREQUENCY]
    assert (len(places.times), [metric for metric, _ in places.values]) == (1, [Metric.AC_FREQUENCY])
    assert [(metric, len(ranges)) for metric, ranges in places.bounds] == [(Metric.AC_FREQUENCY, 2)]
    (snapshot,) = getattr(message, common.snapshots_field)
    assert list(snapshot.states) == [common.states["READY"], common.states["ERROR"]]
    time = getattr(snapshot, common.snapshot_time_field)
    assert (time.seconds, time.nanos) == (1, 500_000_000)
    unknown = common.diagnostics["UNKNOWN"]
    if common is ALPHA:
        first = snapshot.errors[0]
        assert (first.diagnostic_code, first.message, first.vendor_diagnostic_code) == (unknown, "hot", "E1")
    else:
        assert list(snapshot.errors) == [unknown, unknown]


@BOTH
@pytest.mark.parametrize("is_broken", [False, True])
def test_a_sensor_is_well_unless_it_reports_an_error(common: CommonVersion, is_broken: bool) -> None:
    errors = (Diagnostic("UNKNOWN", ""),) if is_broken else ()
    frame = Frame(8, 0, {Metric.SENSOR_TEMPERATURE: 1.0}, {}, (StateCode.READY,), 0, (), errors)
    message: Any = (
        alpha.ReceiveSensorTelemetryStreamResponse().telemetry
        if common is ALPHA
        else v1.ReceiveSensorDataStreamResponse().data
    )
    common.write_sensor_telemetry(message, frame, None)
    (snapshot,) = getattr(message, common.snapshots_field)
    assert list(snapshot.states) == [common.sensor_states["ERROR" if is_broken else "OK"]]
    assert (message.sensor_id, len(message.metric_samples)) == (8, 1)


@pytest.mark.parametrize(
    ("metrics", "name"),
    [
        ((Metric.SENSOR_TEMPERATURE,), "THERMOMETER"),
        ((Metric.SENSOR_DEW_POINT, Metric.SENSOR_RELATIVE_HUMIDITY), "HYGROMETER"),
        ((Metric.SENSOR_WIND_SPEED, Metric.SENSOR_WIND_DIRECTION), "ANEMOMETER"),
        ((Metric.SENSOR_TEMPERATURE, Metric.SENSOR_IRRADIANCE), "GENERAL"),
    ],
)
def test_a_sensor_of_v1_is_called_by_what_it_measures(metrics: tuple[Metric, ...], name: str) -> None:
    sensor = SensorInfo(1, "s", "", "", metrics)
    assert common_v1.sensor_category(sensor) == common_v1.SENSOR_CATEGORIES[name]


def test_a_component_of_v1_that_does_nothing_is_inactive() -> None:
    active, inactive = (
        V1.component(replace(info(Category.METER), operational_mode=mode), 1)
        for mode in (OperationalMode.CONTROL_AND_TELEMETRY, OperationalMode.INACTIVE)
    )
    shown = [str(message) for message in (active, inactive)]
    assert ["COMPONENT_STATUS_ACTIVE" in shown[0], "COMPONENT_STATUS_INACTIVE" in shown[1]] == [True, True]
    assert sorted(time for time in LIFETIMES_S.values() if time) == [5, 60, 300, 900]


def test_an_answer_to_a_set_point_says_until_when_if_that_is_known() -> None:
    known = power_response(PowerUpdate(RequestStatus.SUCCESS, 2_000_001))
    assert (known.valid_until_time.seconds, known.valid_until_time.nanos) == (2, 1000)
    assert not power_response(PowerUpdate(RequestStatus.FAILED, None)).HasField("valid_until_time")


@pytest.mark.parametrize("answer", [_active_power, _reactive_power])
def test_an_answer_of_v1_to_a_set_point_without_an_end_says_the_beginning_of_all_time(
    answer: Callable[[PowerUpdate], Any],
) -> None:
    known, unknown = (answer(PowerUpdate(RequestStatus.SUCCESS, until_us)) for until_us in (2_000_001, None))
    assert (known.valid_until.seconds, known.valid_until.nanos) == (2, 1000)
    assert (unknown.valid_until.seconds, unknown.valid_until.nanos) == (0, 0)
