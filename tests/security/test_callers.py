"""Who is let in by key and signature, and what the others learn."""

from __future__ import annotations

import hmac
import logging
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
import pytest
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from frequenz.client.base.signing import SigningInterceptorUnaryUnary
from frequenz.client.microgrid import MicrogridApiClient, OperationUnauthenticated
from google.protobuf.empty_pb2 import Empty
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.proto.transport.security import LARGEST_SKEW_S, REFUSED, Guard, Security, SecurityError
from doppelgrid.sim.simulation.live import LiveSimulation

KEY, SECRET = "a key that nobody else has", "a secret that never travels"
NOW_S = 1_800_000_000
METHOD = "/frequenz.api.microgrid.v1alpha18.Microgrid/GetMicrogrid"

Metadata = Sequence[tuple[str, str | bytes]]


@pytest.fixture
async def keyed(simulation: LiveSimulation) -> AsyncIterator[str]:
    async with serve_gateway(simulation.gateway, security=Security(auth_key=KEY)) as address:
        yield address


@pytest.fixture
async def signed(simulation: LiveSimulation) -> AsyncIterator[str]:
    security = Security(auth_key=KEY, sign_secret=SECRET)
    async with serve_gateway(simulation.gateway, security=security) as address:
        yield address


async def microgrid_id(address: str, auth_key: str | None, sign_secret: str | None = None) -> int:
    """Ask for the id of a microgrid through the published client."""
    client = MicrogridApiClient(f"grpc://{address}", connect=False)
    client.connect(auth_key=auth_key, sign_secret=sign_secret)
    async with client:
        return int((await client.get_microgrid_info()).id)


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def signature(
    method: str = METHOD,
    *,
    key: str = KEY,
    secret: str = SECRET,
    time_s: int | str = NOW_S,
    nonce: str = "b25lIHRpbWUgb25seQ==",
) -> list[tuple[str, str | bytes]]:
    """Return the metadata of a signed call, by the scheme that the published clients have."""
    signed = f"{key}{time_s}{nonce}{method.rpartition('/')[2]}".encode()
    digest = urlsafe_b64encode(hmac.digest(secret.encode(), signed, "sha256")).rstrip(b"=")
    return [("key", key), ("ts", str(time_s)), ("nonce", nonce), ("sig", digest.decode())]


def guard(now_s: float = NOW_S) -> Guard:
    return Guard(KEY, SECRET, now_us=lambda: round(now_s * 1e6))


async def test_a_client_with_the_key_is_served(keyed: str) -> None:
    assert await microgrid_id(keyed, KEY) == 2200


@pytest.mark.parametrize("auth_key", [None, "", "another key", KEY[:-1], KEY + "x", KEY.upper()])
async def test_a_client_without_the_key_is_refused(keyed: str, auth_key: str | None) -> None:
    with pytest.raises(OperationUnauthenticated):
        await microgrid_id(keyed, auth_key)


async def test_a_client_that_signs_is_served_again_and_again(signed: str) -> None:
    assert [await microgrid_id(signed, KEY, SECRET) for _ in range(3)] == [2200] * 3


@pytest.mark.parametrize(
    ("auth_key", "sign_secret"), [(KEY, None), (KEY, "another secret"), ("another key", SECRET)]
)
async def test_a_client_that_signs_wrongly_is_refused(
    signed: str, auth_key: str, sign_secret: str | None
) -> None:
    with pytest.raises(OperationUnauthenticated):
        await microgrid_id(signed, auth_key, sign_secret)


async def test_streams_are_guarded_too(keyed: str) -> None:
    async with grpc.aio.insecure_channel(keyed) as channel:
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=2)

        refused = await refusal(stub.ReceiveElectricalComponentTelemetryStream(request).read())
        answer = stub.ReceiveElectricalComponentTelemetryStream(request, metadata=(("key", KEY),))
        served = await answer.read()
        answer.cancel()

    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
    assert served.telemetry.electrical_component_id == 2


@pytest.mark.parametrize(
    "path",
    [
        METHOD,
        "/frequenz.api.microgrid.v1alpha18.Microgrid/NoSuchProcedure",
        "/no.such.Service/Procedure",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.health.v1.Health/List",
        "/grpc.health.v1.Health/Check",
    ],
)
async def test_whoever_is_not_known_learns_nothing_about_what_there_is(keyed: str, path: str) -> None:
    async with grpc.aio.insecure_channel(keyed) as channel:
        error = await refusal(channel.unary_unary(path)(b"\xff"))

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert error.details() == REFUSED
    assert not error.trailing_metadata()


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("key", "wrong"),),
        (("key", KEY), ("key", KEY)),
        signature(secret="wrong"),
        signature(time_s=0),
        signature(time_s="soon"),
        signature(nonce=""),
        signature(METHOD + "Not"),
        [("key", KEY)],
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(signed: str, metadata: Metadata) -> None:
    async with grpc.aio.insecure_channel(signed) as channel:
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        error = await refusal(stub.GetMicrogrid(Empty(), metadata=tuple(metadata)))

    assert (error.code(), error.details()) == (grpc.StatusCode.UNAUTHENTICATED, REFUSED)


async def test_a_refusal_is_logged_without_what_was_sent(
    keyed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(OperationUnauthenticated):
        await microgrid_id(keyed, "a key for another door")

    (record,) = [record for record in caplog.records if "not authenticated" in record.getMessage()]
    assert "a key for another door" not in record.getMessage()
    assert (
        "127.0.0.1" in record.getMessage()
        or "[::1]" in record.getMessage()
        or "%5B::1" in record.getMessage()
    )


def test_a_signature_by_the_documented_scheme_is_admitted() -> None:
    assert guard().admits(METHOD, signature())


def test_our_signatures_are_those_of_the_published_client() -> None:
    details = grpc.aio.ClientCallDetails(METHOD.encode(), None, grpc.aio.Metadata(("key", KEY)), None, None)

    async def take(signed: grpc.aio.ClientCallDetails, request: object) -> None:
        metadata = list(signed.metadata or ())
        assert Guard(KEY, SECRET).admits(METHOD, metadata)  # type: ignore[arg-type]

    call = SigningInterceptorUnaryUnary(SECRET).intercept_unary_unary(take, details, None)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        call.send(None)


def test_a_call_that_was_overheard_cannot_be_sent_again() -> None:
    guarding = guard()

    assert guarding.admits(METHOD, signature())
    assert not guarding.admits(METHOD, signature())
    assert guarding.admits(METHOD, signature(nonce="YW5vdGhlciBvbmU="))


def test_a_signature_is_for_one_procedure() -> None:
    other = METHOD.replace("GetMicrogrid", "ListSensors")

    assert not guard().admits(other, signature(METHOD))


@pytest.mark.parametrize("skew_s", [-LARGEST_SKEW_S, 0, LARGEST_SKEW_S])
def test_clocks_may_differ_a_little(skew_s: int) -> None:
    assert guard().admits(METHOD, signature(time_s=NOW_S + skew_s))


@pytest.mark.parametrize("skew_s", [-LARGEST_SKEW_S - 1, LARGEST_SKEW_S + 1, -NOW_S, 10**13])
def test_signatures_grow_stale(skew_s: int) -> None:
    assert not guard().admits(METHOD, signature(time_s=NOW_S + skew_s))


def test_a_number_is_remembered_as_long_as_its_signature_is_fresh() -> None:
    now_s = [float(NOW_S)]
    guarding = Guard(KEY, SECRET, now_us=lambda: round(now_s[0] * 1e6))
    early = signature(time_s=NOW_S + LARGEST_SKEW_S)
    assert guarding.admits(METHOD, early)

    now_s[0] += 2 * LARGEST_SKEW_S

    assert not guarding.admits(METHOD, early)


WORDS = st.one_of(
    st.text(max_size=50), st.binary(max_size=50), st.sampled_from([KEY, str(NOW_S), KEY.encode()])
)
NAMES = st.sampled_from(["key", "ts", "nonce", "sig", "other"])


@given(st.lists(st.tuples(NAMES, WORDS), max_size=8), st.text(max_size=60))
def test_garbage_is_refused_and_breaks_nothing(metadata: list[tuple[str, str | bytes]], method: str) -> None:
    assert not guard().admits(method, metadata)


@given(st.integers(0, 3), st.integers(0, 200), st.integers(1, 255))
def test_a_signed_call_with_one_byte_changed_is_refused(field: int, position: int, change: int) -> None:
    metadata = signature()
    name, value = metadata[field]
    changed = bytearray(value.encode() if isinstance(value, str) else value)
    changed[position % len(changed)] ^= change
    metadata[field] = (name, bytes(changed))

    assert not guard().admits(METHOD, metadata)


@pytest.mark.parametrize(
    ("after_s", "is_first"), [(0.0, False), (2.0 * LARGEST_SKEW_S, False), (2.0 * LARGEST_SKEW_S + 1.0, True)]
)
def test_a_number_may_be_used_again_once_no_signature_with_it_is_fresh(
    after_s: float, is_first: bool
) -> None:
    now_s = [float(NOW_S)]
    guarding = Guard(KEY, SECRET, now_us=lambda: round(now_s[0] * 1e6))
    assert guarding.admits(METHOD, signature())
    now_s[0] += after_s
    assert guarding.admits(METHOD, signature(time_s=round(now_s[0]))) is is_first
    assert guarding.admits(METHOD, signature(time_s=round(now_s[0]), nonce="another"))


@pytest.mark.parametrize(
    ("time", "is_read"),
    [
        (f"{NOW_S:012}", True),
        (f"{NOW_S:013}", False),
        (f"+{NOW_S}", False),
        (f"{NOW_S}.0", False),
        ("", False),
    ],
)
def test_a_time_has_digits_alone_and_not_too_many(time: str, is_read: bool) -> None:
    assert guard().admits(METHOD, signature(time_s=time)) is is_read


@pytest.mark.parametrize("name", ["key", "ts", "nonce", "sig"])
def test_what_comes_twice_or_not_at_all_is_as_good_as_wrong(name: str) -> None:
    whole = signature()
    assert not guard().admits(METHOD, [*whole, *(pair for pair in whole if pair[0] == name)])
    assert not guard().admits(METHOD, [pair for pair in whole if pair[0] != name])
    assert guard().admits(METHOD, [*whole, ("other", "x"), ("other", "x")])


def test_a_number_that_is_empty_is_none() -> None:
    assert not guard().admits(METHOD, signature(nonce=""))


def test_a_guard_that_asks_for_a_key_alone_looks_at_no_signature() -> None:
    guarding = Guard(KEY)
    assert guarding.admits(METHOD, [("key", KEY)])
    assert guarding.admits(METHOD, [("key", KEY.encode()), ("sig", "wrong")])
    assert not guarding.admits(METHOD, [("key", KEY + "x")])
    assert not guarding.admits(METHOD, [])


@pytest.mark.parametrize(
    ("options", "knows_callers", "guards"), [({}, False, 0), ({"auth_key": KEY}, True, 1)]
)
def test_only_who_asks_for_a_secret_knows_callers(
    options: dict[str, str], knows_callers: bool, guards: int
) -> None:
    security = Security(**options)  # type: ignore[arg-type]
    assert (security.tls, security.knows_callers, len(security.interceptors())) == (
        False,
        knows_callers,
        guards,
    )
    assert security.credentials() is None
    security.require_for("127.0.0.1")
    if knows_callers:
        security.require_for("0.0.0.0")
    else:
        with pytest.raises(SecurityError, match=r"0\.0\.0\.0 can be reached by other machines"):
            security.require_for("0.0.0.0")
