"""Words and numbers that one side lacks: never an error where a part can be left out, and logged once."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import grpc
import pytest
from frequenz.api.common.v1.microgrid.components import components_pb2 as components1
from frequenz.api.common.v1.microgrid.sensors import sensors_pb2 as sensors1
from frequenz.api.common.v1alpha8.microgrid.electrical_components import (
    electrical_components_pb2 as components8,
)
from frequenz.api.common.v1alpha8.microgrid.sensors import sensors_pb2 as sensors8
from frequenz.api.microgrid.v1 import microgrid_pb2 as v1
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as v1alpha18
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as v1alpha19
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from wire.support import INVERTER, METER, SITE

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.microgrid import common_v1, common_v1alpha8
from doppelgrid.proto.microgrid.common_version import UNSPECIFIED, CommonVersion, Numbers, category_name
from doppelgrid.proto.microgrid.versions import VERSIONS, services
from doppelgrid.sim.components.registry import component_types
from doppelgrid.sim.domain.categories import BatteryType, Category, EvChargerType, OperationalMode
from doppelgrid.sim.domain.messages import ComponentInfo, Frame, SensorInfo
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

COMMONS = {"v1": common_v1.COMMON, "v1alpha8": common_v1alpha8.COMMON}
TELEMETRY: dict[str, Callable[[], Any]] = {
    "v1": components1.ComponentData,
    "v1alpha8": components8.ElectricalComponentTelemetry,
}
SENSOR_TELEMETRY: dict[str, Callable[[], Any]] = {
    "v1": sensors1.SensorData,
    "v1alpha8": sensors8.SensorTelemetry,
}
GENERATED: dict[str, ModuleType] = {"v1": v1, "v1alpha18": v1alpha18, "v1alpha19": v1alpha19}
INT32 = st.integers(-(2**31), 2**31 - 1)
AT_ONCE = settings(max_examples=20, deadline=None)


@pytest.fixture(params=COMMONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def older(common: CommonVersion, enum: str, *missing: str) -> CommonVersion:
    """Return a common version as an older package had it, without some names of an enum."""
    numbers = getattr(common, enum)
    left = {name: number for name, number in numbers.items() if name not in missing}
    return dataclasses.replace(common, **{enum: Numbers(f"older.{enum}", left)})


def an_info(category: Category, **fields: Any) -> ComponentInfo:
    return ComponentInfo(7, "it", category, "Acme", "One", OperationalMode.CONTROL_AND_TELEMETRY, **fields)


def a_frame(**fields: Any) -> Frame:
    return Frame(
        **{
            "component_id": 7,
            "sample_time_us": 1_000_000,
            "values": {Metric.AC_FREQUENCY: 50.0},
            "bounds": {},
            "states": (StateCode.READY,),
            "state_since_us": 0,
            **fields,
        }
    )


def written(version: str, common: CommonVersion, frame: Frame) -> tuple[Any, Any]:
    """Return a frame as a telemetry message, and the snapshot in it."""
    message = TELEMETRY[version]()
    common.write_telemetry(message, frame, None)
    (snapshot,) = getattr(message, common.snapshots_field)
    return message, snapshot


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_every_version_that_is_served_is_tried_here() -> None:
    tried = {pb.DESCRIPTOR.services_by_name["Microgrid"].full_name for pb in GENERATED.values()}
    assert tried == {version.name for version in VERSIONS}
    assert {id(version.common) for version in VERSIONS} == {id(common) for common in COMMONS.values()}


@pytest.mark.parametrize("name", component_types())
def test_every_type_of_component_has_a_category_in_the_newest_common_version(name: str) -> None:
    assert common_v1alpha8.COMMON.category_number(component_types()[name].category) > 0


@pytest.mark.parametrize("category", Category)
def test_a_category_that_a_package_lacks_is_unspecified_and_logged_once(
    version: str, category: Category, caplog: pytest.LogCaptureFixture
) -> None:
    common = older(COMMONS[version], "categories", category_name(category))

    listed = [common.component(an_info(category), 1) for _ in range(3)]

    assert [component.category for component in listed] == [UNSPECIFIED] * 3  # type: ignore[attr-defined]
    (line,) = told(caplog)
    assert category_name(category) in line


def test_a_metric_that_a_package_lacks_is_left_out_and_logged_once(
    version: str, caplog: pytest.LogCaptureFixture
) -> None:
    common = older(COMMONS[version], "metrics", "AC_POWER_ACTIVE")
    bounds = Bounds(-1.0, 1.0)
    frame = a_frame(
        values={Metric.AC_POWER_ACTIVE: 5.0, Metric.AC_FREQUENCY: 50.0},
        bounds={Metric.AC_POWER_ACTIVE: (bounds,), Metric.AC_FREQUENCY: (bounds,)},
    )

    for _ in range(3):
        message, _snapshot = written(version, common, frame)
        component: Any = common.component(
            an_info(
                Category.METER, rated_bounds={Metric.AC_POWER_ACTIVE: bounds, Metric.AC_FREQUENCY: bounds}
            ),
            1,
        )

    frequency = common.metrics["AC_FREQUENCY"]
    assert [sample.metric for sample in message.metric_samples] == [frequency]
    assert [rated.metric for rated in component.metric_config_bounds] == [frequency]
    (line,) = told(caplog)
    assert "AC_POWER_ACTIVE" in line


def test_names_that_no_package_has_leave_the_rest_of_a_frame_as_it_is(
    version: str, caplog: pytest.LogCaptureFixture
) -> None:
    common = older(older(older(COMMONS[version], "metrics"), "states"), "diagnostics")
    frame = a_frame(
        values={"AC_WHIRL": 1.0, Metric.AC_FREQUENCY: 50.0},
        states=("HUMMING", StateCode.READY),
        warnings=(Diagnostic("BAD_MOOD", "it sulks"),),
        errors=(Diagnostic("OVERTEMPERATURE", "hot"), Diagnostic("BAD_MOOD", "it sulks")),
    )

    for _ in range(2):
        message, snapshot = written(version, common, frame)

    def codes(diagnostics: Any) -> list[int]:
        return [getattr(diagnostic, "diagnostic_code", diagnostic) for diagnostic in diagnostics]

    assert [sample.metric for sample in message.metric_samples] == [common.metrics["AC_FREQUENCY"]]
    assert list(snapshot.states) == [common.states["READY"]]
    unknown, hot = common.diagnostics["UNKNOWN"], common.diagnostics["OVERTEMPERATURE"]
    assert (codes(snapshot.warnings), codes(snapshot.errors)) == ([unknown], [hot, unknown])
    assert sorted(line.split()[3].rstrip(":") for line in told(caplog)) == ["AC_WHIRL", "BAD_MOOD", "HUMMING"]


def test_a_diagnostic_is_unspecified_where_not_even_unknown_is_known(version: str) -> None:
    common = older(COMMONS[version], "diagnostics", "UNKNOWN", "OVERTEMPERATURE")

    _message, snapshot = written(version, common, a_frame(errors=(Diagnostic("OVERTEMPERATURE", "hot"),)))

    (error,) = snapshot.errors
    assert getattr(error, "diagnostic_code", error) == UNSPECIFIED


@pytest.mark.parametrize(
    ("enum", "missing", "info"),
    [
        ("inverter_types", "HYBRID", an_info(Category.HYBRID_INVERTER)),
        ("battery_types", "NA_ION", an_info(Category.BATTERY, battery_type=BatteryType.NA_ION)),
        ("ev_charger_types", "DC", an_info(Category.EV_CHARGER, ev_charger_type=EvChargerType.DC)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_type_that_a_package_lacks_is_unspecified_beside_the_category(
    version: str, enum: str, missing: str, info: ComponentInfo
) -> None:
    common = older(COMMONS[version], enum, missing)

    component: Any = common.component(info, 1)

    specific = getattr(component, common.specific_info_field)
    (member,) = (value for _, value in specific.ListFields())
    assert component.category == common.categories[category_name(info.category)]
    assert member.type == UNSPECIFIED


def test_a_mode_that_a_package_lacks_is_unspecified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_v1alpha8, "MODES", Numbers("older.modes", {"UNSPECIFIED": 0}))

    component: Any = common_v1alpha8.COMMON.component(an_info(Category.METER), 1)

    assert component.operational_mode == UNSPECIFIED


def test_a_kind_of_sensor_that_a_package_lacks_is_unspecified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_v1, "SENSOR_CATEGORIES", Numbers("older.sensors", {"UNSPECIFIED": 0}))

    sensor: Any = common_v1.COMMON.sensor(SensorInfo(9, "roof", "", "", (Metric.SENSOR_TEMPERATURE,)), 1)

    assert sensor.category == UNSPECIFIED


def test_a_state_of_sensors_that_a_package_lacks_is_unspecified(version: str) -> None:
    common = older(COMMONS[version], "sensor_states", "OK")
    message = SENSOR_TELEMETRY[version]()

    common.write_sensor_telemetry(message, a_frame(values={Metric.SENSOR_TEMPERATURE: 18.0}), None)

    (snapshot,) = getattr(message, common.snapshots_field)
    assert list(snapshot.states) == [UNSPECIFIED]


def test_a_name_found_later_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert Numbers("some.Enum", {"UNSPECIFIED": 0, "READY": 7}).find("READY") == 7
    assert not told(caplog)


@pytest.mark.parametrize("common", COMMONS.values(), ids=list(COMMONS))
@given(number=INT32 | st.integers(0, 200))
def test_a_number_is_the_metric_that_has_it_or_none(common: CommonVersion, number: int) -> None:
    metric = common.metric(number)

    by_number = {common.metrics[each]: each for each in Metric if each in common.metrics}
    assert metric is by_number.get(number)
    assert common.selection([number]) == (frozenset() if metric is None else {metric})


@pytest.mark.parametrize("common", COMMONS.values(), ids=list(COMMONS))
@given(wanted=st.lists(INT32 | st.integers(0, 40), max_size=4))
def test_a_filter_passes_the_categories_whose_numbers_it_names(
    common: CommonVersion, wanted: list[int]
) -> None:
    passing = common.wanted_categories(wanted)

    expected = {category for category in Category if common.category_number(category) in wanted}
    assert passing == (expected if wanted else None)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


class Caller:
    """A site on which time stands still, called in one version without a socket."""

    def __init__(self, version: str, runner: asyncio.Runner) -> None:
        self.pb: Any = GENERATED[version]
        self._service = self.pb.DESCRIPTOR.services_by_name["Microgrid"]
        self._runner = runner
        self._simulation = runner.run(self._started())
        handlers = [service.generic_handler() for service in services(self._simulation.gateway)]
        self._channel = InMemoryChannel(handlers)

    @staticmethod
    async def _started() -> LiveSimulation:
        simulation = LiveSimulation(Site.model_validate(SITE), paused=True)
        simulation.start()
        return simulation

    def stop(self) -> None:
        self._runner.run(self._stopped())

    async def _stopped(self) -> None:
        self._simulation.stop()

    def call(self, name: str, request: Message) -> Any:
        """Return the answer, the first of a stream; raises as clients see it."""
        return self._runner.run(self._call(self._service.methods_by_name[name], request))

    async def _call(self, method: Any, request: Message) -> Any:
        path, answers = (
            f"/{self._service.full_name}/{method.name}",
            getattr(self.pb, method.output_type.name, None),
        )
        if not method.server_streaming:
            data = await self._channel.unary_unary(path)(request.SerializeToString())
            return data if answers is None else answers.FromString(data)
        call: Any = self._channel.unary_stream(path)(request.SerializeToString())
        reading = asyncio.ensure_future(call.read())
        if method.name.startswith("Receive"):
            await self._simulation.step(timedelta(seconds=1))
        data = await reading
        call.cancel()
        return answers.FromString(data)

    def refusal(self, name: str, request: Message) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            self.call(name, request)
        return caught.value


@pytest.fixture(scope="module", params=GENERATED)
def caller(request: pytest.FixtureRequest, loop: asyncio.Runner) -> Iterator[Caller]:
    caller = Caller(request.param, loop)
    yield caller
    caller.stop()


@pytest.fixture(scope="module")
def alpha(loop: asyncio.Runner) -> Iterator[Caller]:
    caller = Caller("v1alpha19", loop)
    yield caller
    caller.stop()


@pytest.fixture(scope="module")
def first(loop: asyncio.Runner) -> Iterator[Caller]:
    caller = Caller("v1", loop)
    yield caller
    caller.stop()


UNKNOWN_NUMBERS = INT32.filter(lambda number: not 0 <= number < 300)


@AT_ONCE
@given(number=UNKNOWN_NUMBERS)
def test_a_category_that_we_do_not_know_matches_nothing(caller: Caller, number: int) -> None:
    if caller.pb is v1:
        assert not caller.call("ListComponents", v1.ListComponentsRequest(categories=[number])).components  # type: ignore[list-item]
        return
    request = caller.pb.ListElectricalComponentsRequest(electrical_component_categories=[number])
    assert not caller.call("ListElectricalComponents", request).electrical_components


@AT_ONCE
@given(number=UNKNOWN_NUMBERS)
def test_a_kind_of_sensor_that_we_do_not_know_matches_nothing(first: Caller, number: int) -> None:
    assert not first.call("ListSensors", v1.ListSensorRequest(categories=[number])).sensors  # type: ignore[list-item]


@AT_ONCE
@given(numbers=st.lists(UNKNOWN_NUMBERS, min_size=1, max_size=3))
def test_telemetry_of_metrics_that_we_do_not_know_has_states_alone(
    caller: Caller, numbers: list[int]
) -> None:
    if caller.pb is v1:
        name, request = "ReceiveComponentDataStream", v1.ReceiveComponentDataStreamRequest(component_id=METER)
    else:
        name = "ReceiveElectricalComponentTelemetryStream"
        request = caller.pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=METER)
    request.filter.metrics.extend(numbers)  # type: ignore[arg-type]

    response = caller.call(name, request)

    telemetry = response.data if caller.pb is v1 else response.telemetry
    assert not telemetry.metric_samples
    assert telemetry.states if caller.pb is v1 else telemetry.state_snapshots


@AT_ONCE
@given(number=UNKNOWN_NUMBERS)
def test_bounds_on_a_metric_that_we_do_not_know_are_refused_with_what_is_accepted(
    caller: Caller, number: int
) -> None:
    if caller.pb is v1:
        name, request = "AddComponentBounds", v1.AddComponentBoundsRequest(component_id=INVERTER)
    else:
        name = "AugmentElectricalComponentBounds"
        request = caller.pb.AugmentElectricalComponentBoundsRequest(electrical_component_id=INVERTER)
    request.target_metric = number  # type: ignore[assignment]
    request.bounds.add(lower=-1.0, upper=1.0)

    error = caller.refusal(name, request)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "accepted: AC_POWER_ACTIVE" in (error.details() or "")


@AT_ONCE
@given(number=UNKNOWN_NUMBERS | st.just(0))
def test_a_power_type_that_we_do_not_know_is_refused_with_what_is_accepted(
    alpha: Caller, number: int
) -> None:
    request = v1alpha19.SetElectricalComponentPowerRequest(
        electrical_component_id=INVERTER,
        power_type=number,  # type: ignore[arg-type]
        power=1.0,
    )

    error = alpha.refusal("SetElectricalComponentPower", request)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "accepted: POWER_TYPE_ACTIVE (1), POWER_TYPE_REACTIVE (2)" in (error.details() or "")


@AT_ONCE
@given(number=UNKNOWN_NUMBERS)
def test_a_validity_that_we_do_not_know_is_refused_with_what_is_accepted(first: Caller, number: int) -> None:
    request = v1.AddComponentBoundsRequest(component_id=INVERTER, target_metric=26, validity_duration=number)  # type: ignore[arg-type]
    request.bounds.add(lower=-1.0, upper=1.0)

    error = first.refusal("AddComponentBounds", request)

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "accepted: 0, 1, 2, 3, 4" in (error.details() or "")


def test_clearing_bounds_on_a_metric_that_we_do_not_know_does_nothing(alpha: Caller) -> None:
    request = v1alpha19.ClearElectricalComponentBoundsRequest(
        electrical_component_id=INVERTER,
        target_metric=9999,  # type: ignore[arg-type]
        bounds_token="mine",
    )

    assert alpha.call("ClearElectricalComponentBounds", request) == b""
