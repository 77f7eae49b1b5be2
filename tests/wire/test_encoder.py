"""Frames become bytes once, and the bytes say what the frame says."""

from __future__ import annotations

import math

from frequenz.api.common.v1alpha8.microgrid.electrical_components.electrical_components_pb2 import (
    ElectricalComponentTelemetry,
)
from hypothesis import given
from hypothesis import strategies as st
from wire.support import sampled_bounds, sampled_values

from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON
from doppelgrid.proto.microgrid.telemetry import Encoder, Encoders, Places
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric, Wanted
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode

METRICS = (Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE, Metric.AC_FREQUENCY)
FLOATS = st.floats(width=32)
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


def make_template(frame: Frame, selection: Wanted) -> tuple[ElectricalComponentTelemetry, Places]:
    message = ElectricalComponentTelemetry()
    return message, COMMON.write_telemetry(message, frame, selection)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Bounds, ...]:
    edges = sorted(draw(st.lists(FINITE, min_size=2, max_size=4)))
    return tuple(Bounds(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))


DIAGNOSTICS = st.lists(
    st.builds(
        Diagnostic,
        st.sampled_from(["OVERTEMPERATURE", "UNHEARD_OF"]),
        st.text(max_size=5),
        st.none() | st.text(),
    ),
    max_size=2,
).map(tuple)
FRAMES = st.builds(
    Frame,
    component_id=st.just(7),
    sample_time_us=st.integers(0, 2**52),
    values=st.fixed_dictionaries(dict.fromkeys(METRICS, FLOATS)),
    bounds=st.dictionaries(st.sampled_from(METRICS), ranges()),
    states=st.lists(st.sampled_from(StateCode), unique=True).map(tuple),
    state_since_us=st.integers(0, 2**52),
    warnings=DIAGNOSTICS,
    errors=DIAGNOSTICS,
)


def parsed(encoded: bytes) -> ElectricalComponentTelemetry:
    return ElectricalComponentTelemetry.FromString(encoded)


def a_frame(time_us: int = 1_000_000, **fields: object) -> Frame:
    return Frame(
        **{
            "component_id": 7,
            "sample_time_us": time_us,
            "values": dict.fromkeys(METRICS, 1.0),
            "bounds": {},
            "states": (StateCode.READY,),
            "state_since_us": 0,
            **fields,
        }  # type: ignore[arg-type]
    )


@given(st.lists(FRAMES, min_size=1, max_size=6))
def test_a_message_says_what_its_frame_says_whatever_came_before(frames: list[Frame]) -> None:
    encoder = Encoder(make_template, None)

    for frame in frames:
        message = parsed(encoder.encode(frame))
        assert message.electrical_component_id == frame.component_id
        assert {sample.sample_time.ToMicroseconds() for sample in message.metric_samples} == {
            frame.sample_time_us
        }
        values = sampled_values(message)
        for metric, value in frame.values.items():
            seen = values[COMMON.metrics[metric]]
            assert seen == value or (math.isnan(seen) and math.isnan(value))
        assert sampled_bounds(message) == {
            COMMON.metrics[metric]: [tuple(bounds) for bounds in of_metric]
            for metric, of_metric in frame.bounds.items()
        }
        (snapshot,) = message.state_snapshots
        assert snapshot.origin_time.ToMicroseconds() == frame.state_since_us
        assert list(snapshot.states) == [COMMON.states[state] for state in frame.states]
        assert [warning.message for warning in snapshot.warnings] == [told.message for told in frame.warnings]
        assert [error.message for error in snapshot.errors] == [told.message for told in frame.errors]


@given(st.lists(FRAMES, min_size=1, max_size=6))
def test_an_encoder_gives_the_bytes_of_a_new_one(frames: list[Frame]) -> None:
    encoder = Encoder(make_template, None)

    assert [encoder.encode(frame) for frame in frames] == [
        Encoder(make_template, None).encode(frame) for frame in frames
    ]


def test_numbers_that_stand_in_a_message_already_are_told_from_others_by_their_bits() -> None:
    encoder, shared = Encoder(make_template, None), a_frame()
    values = (1.0, 1.0, math.nan, math.nan, 0.0, -0.0, 1e300, 1.0)
    frames = [
        shared._replace(sample_time_us=1_000_000 * second, values=dict.fromkeys(METRICS, value))
        for second, value in enumerate(values)
    ]

    assert [encoder.encode(frame) for frame in frames] == [
        Encoder(make_template, None).encode(frame) for frame in frames
    ]


def test_a_frame_is_encoded_once() -> None:
    encoder, frame = Encoder(make_template, None), a_frame()

    assert encoder.encode(frame) is encoder.encode(frame)


def test_a_subscriber_that_lags_behind_does_not_make_the_others_encode_again() -> None:
    encoder, old, new = Encoder(make_template, None), a_frame(1_000_000), a_frame(2_000_000)
    encoded = encoder.encode(new)

    assert parsed(encoder.encode(old)).metric_samples[0].sample_time.seconds == 1
    assert encoder.encode(new) is encoded


def test_values_of_zero_are_present() -> None:
    message = parsed(Encoder(make_template, None).encode(a_frame(values={Metric.AC_POWER_ACTIVE: 0.0})))

    assert message.metric_samples[0].value.HasField("simple_metric")


def test_a_metric_that_goes_missing_leaves_the_message() -> None:
    encoder = Encoder(make_template, None)
    encoder.encode(a_frame())

    message = parsed(encoder.encode(a_frame(values={Metric.AC_FREQUENCY: 50.0})))

    assert sampled_values(message) == {COMMON.metrics["AC_FREQUENCY"]: 50.0}


def test_bounds_that_are_of_another_metric_than_before_stand_there() -> None:
    encoder = Encoder(make_template, None)
    for metric in (Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE):
        message = parsed(encoder.encode(a_frame(bounds={metric: (Bounds(-3.0, 3.0),)})))
        assert sampled_bounds(message) == {COMMON.metrics[metric]: [(-3.0, 3.0)]}


def test_diagnostics_that_the_api_does_not_know_are_told_as_unknown() -> None:
    strange = Diagnostic("UNHEARD_OF", "it hums", "E-17")

    message = parsed(Encoder(make_template, None).encode(a_frame(errors=(strange,))))

    (error,) = message.state_snapshots[0].errors
    assert error.diagnostic_code == COMMON.diagnostics["UNKNOWN"]
    assert (error.message, error.vendor_diagnostic_code) == ("it hums", "E-17")


def test_subscribers_to_the_same_metrics_share_an_encoder() -> None:
    encoders = Encoders()
    selection = frozenset({Metric.AC_FREQUENCY})

    one = encoders.encoder(make_template, 7, selection)

    assert encoders.encoder(make_template, 7, frozenset({Metric.AC_FREQUENCY})) is one
    assert encoders.encoder(make_template, 7, None) is not one
    assert encoders.encoder(make_template, 8, selection) is not one


def test_times_before_1970_and_numbers_beyond_the_range_of_the_wire_are_written_as_well() -> None:
    encoder = Encoder(make_template, None)
    for time_us, value, expected in (
        (-1_500_000, 3.0, 3.0),
        (0, 1e300, math.inf),
        (0, -1e300, -math.inf),
        (2**35 * 1_000_000, 3.0, 3.0),
        (1_999_999, 4.0, 4.0),
    ):
        frame = Frame(7, time_us, {Metric.AC_FREQUENCY: value}, {}, (), 0)
        (sample,) = parsed(encoder.encode(frame)).metric_samples
        assert sample.value.simple_metric.value == expected
        assert (sample.sample_time.seconds, sample.sample_time.nanos) == divmod(time_us * 1000, 10**9)


@given(FRAMES, st.lists(FRAMES, min_size=1, max_size=4))
def test_frames_that_share_what_has_not_changed_become_the_same_bytes(
    first: Frame, others: list[Frame]
) -> None:
    encoder = Encoder(make_template, None)
    encoder.encode(first)
    for other in others:
        for frame in (
            first._replace(sample_time_us=other.sample_time_us),
            first._replace(values=other.values, sample_time_us=other.sample_time_us),
            first._replace(bounds=other.bounds),
            first._replace(states=other.states, state_since_us=other.state_since_us),
            first,
        ):
            assert encoder.encode(frame) == Encoder(make_template, None).encode(frame)
