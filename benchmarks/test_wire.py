"""How fast frames become message bytes, and how much that saves over building a message per client."""

from __future__ import annotations

from timeit import repeat

from frequenz.api.common.v1alpha8.metrics import bounds_pb2, metrics_pb2
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON
from doppelgrid.proto.microgrid.common_version import timestamp
from doppelgrid.proto.microgrid.telemetry import Encoder, Places
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric, Wanted
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import StateCode

METRICS = tuple(metric for metric in Metric if metric.startswith("AC_"))[:16]
CLIENTS = 10
FRAMES = 500


def make_template(
    frame: Frame, selection: Wanted
) -> tuple[electrical_components_pb2.ElectricalComponentTelemetry, Places]:
    message = electrical_components_pb2.ElectricalComponentTelemetry()
    return message, COMMON.write_telemetry(message, frame, selection)


def frames() -> list[Frame]:
    """Return frames of an inverter with 16 metrics, two of them with bounds that move."""
    return [
        Frame(
            component_id=11,
            sample_time_us=1_767_225_600_000_000 + 200_000 * number,
            values=dict.fromkeys(METRICS, 1000.25 + number),
            bounds={
                Metric.AC_POWER_ACTIVE: (Bounds(-30_000.0 + number, 30_000.0),),
                Metric.AC_POWER_REACTIVE: (Bounds(-30_000.0, 30_000.0 - number),),
            },
            states=(StateCode.READY,),
            state_since_us=1_767_225_600_000_000,
        )
        for number in range(FRAMES)
    ]


def built(frame: Frame) -> bytes:
    """Return a frame as bytes in the ordinary way: a new message each time."""
    seconds, microseconds = divmod(frame.sample_time_us, 1_000_000)
    time = Timestamp(seconds=seconds, nanos=microseconds * 1000)
    samples = [
        metrics_pb2.MetricSample(
            sample_time=time,
            metric=COMMON.metrics[metric],
            value=metrics_pb2.MetricValueVariant(simple_metric=metrics_pb2.SimpleMetricValue(value=value)),
            bounds=[
                bounds_pb2.Bounds(lower=lower, upper=upper) for lower, upper in frame.bounds.get(metric, ())
            ],
        )
        for metric, value in frame.values.items()
    ]
    snapshot = electrical_components_pb2.ElectricalComponentStateSnapshot(
        origin_time=timestamp(frame.state_since_us),
        states=[COMMON.states[state] for state in frame.states],
    )
    return electrical_components_pb2.ElectricalComponentTelemetry(
        electrical_component_id=frame.component_id, metric_samples=samples, state_snapshots=[snapshot]
    ).SerializeToString()


def decoded(message: bytes) -> electrical_components_pb2.ElectricalComponentTelemetry:
    """Return what a client reads, in whatever of the allowed ways its numbers are written."""
    return electrical_components_pb2.ElectricalComponentTelemetry.FromString(message)


def encode_all(stream: list[Frame], clients: int) -> None:
    """Encode frames as so many clients ask for them."""
    encoder = Encoder(make_template, None)
    for frame in stream:
        for _ in range(clients):
            encoder.encode(frame)


def build_all(stream: list[Frame], clients: int) -> None:
    """Build a message of every frame for each of so many clients."""
    for frame in stream:
        for _ in range(clients):
            built(frame)


def seconds(work: object, *arguments: object) -> float:
    """Return the shortest time that a piece of work took [s]."""
    return min(repeat(lambda: work(*arguments), number=1, repeat=5))  # type: ignore[operator]


def test_a_frame_for_one_client(benchmark: BenchmarkFixture) -> None:
    benchmark(encode_all, frames(), 1)
    benchmark.extra_info["frames"] = FRAMES


def test_a_frame_for_many_clients(benchmark: BenchmarkFixture) -> None:
    benchmark(encode_all, frames(), CLIENTS)
    benchmark.extra_info["frames"] = FRAMES


def test_encoding_beats_building_for_one_client() -> None:
    stream = frames()
    encoder = Encoder(make_template, None)
    for frame in stream[:6]:
        assert decoded(encoder.encode(frame)) == decoded(built(frame))

    assert seconds(build_all, stream, 1) / seconds(encode_all, stream, 1) > 4


def test_encoding_beats_building_for_many_clients() -> None:
    stream = frames()

    assert seconds(build_all, stream, CLIENTS) / seconds(encode_all, stream, CLIENTS) > 20
