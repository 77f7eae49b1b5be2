"""Protection of a port, and of who may call: TLS, and the two schemes that the published clients know.

A client that has an `auth_key` sends it as the metadata `key`. One that has a `sign_secret` too signs each call:
it sends the time (`ts`), a number used once (`nonce`) and `sig`, the HMAC-SHA-256 of key, time, number and the
procedure's name under the secret, in URL-safe base64 without padding. So a call that was overheard cannot be sent
again, nor its procedure exchanged. The scheme does not cover the request's content: that nobody alters it on the way,
only TLS can promise.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import socket
import ssl
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import grpc

from ...sim.engine.clock import wall_time_us

LARGEST_SKEW_S = 60
"""Longest time between the clock of a client that signs and ours, network and all [s]."""
REFUSED = "the call is not authenticated"
"""All that a caller learns, whatever was wrong."""

_log = logging.getLogger(__name__)

Metadata = Sequence[tuple[str, str | bytes]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]"


class SecurityError(ValueError):
    """The security options are wrong, or not enough for the address."""


@dataclass(frozen=True, kw_only=True)
class Security:
    """Protection of a server. Without any it is open to whoever reaches it."""

    tls_certificate: Path | None = None
    """PEM file with the server's certificate chain; TLS is on if it is given."""
    tls_key: Path | None = None
    """PEM file with the private key of the certificate."""
    tls_client_ca: Path | None = None
    """PEM file with the authorities whose certificates clients must show."""
    auth_key: str | None = None
    """What clients must send."""
    sign_secret: str | None = None
    """What clients must sign their calls with."""

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            SecurityError: If they do not go together or a file cannot be used.
        """
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SecurityError("TLS needs both a certificate and its key (--tls-cert, --tls-key)")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise SecurityError("client certificates need TLS (--tls-cert, --tls-key)")
        if self.sign_secret is not None and self.auth_key is None:
            raise SecurityError("signed calls need an auth key too: clients sign it along (--auth-key)")
        if "" in (self.auth_key, self.sign_secret):
            raise SecurityError("the auth key or sign secret is empty; accepted: at least one character")
        self._check_files()

    @property
    def tls(self) -> bool:
        """Whether clients must use TLS."""
        return self.tls_certificate is not None

    @property
    def knows_callers(self) -> bool:
        """Whether only those who hold a secret are served."""
        return self.tls_client_ca is not None or self.auth_key is not None

    def credentials(self) -> grpc.ServerCredentials | None:
        """Return what a port needs for TLS; None if it is off."""
        if self.tls_certificate is None or self.tls_key is None:
            return None
        authorities = None if self.tls_client_ca is None else self.tls_client_ca.read_bytes()
        pair = (self.tls_key.read_bytes(), self.tls_certificate.read_bytes())
        return grpc.ssl_server_credentials(
            [pair], root_certificates=authorities, require_client_auth=authorities is not None
        )

    def interceptors(self) -> tuple[grpc.aio.ServerInterceptor, ...]:
        """Return what a server puts in front of its procedures."""
        return () if self.auth_key is None else (Guard(self.auth_key, self.sign_secret),)

    def require_for(self, host: str) -> None:
        """Make sure that an address that others may reach is protected.

        Raises:
            SecurityError: If strangers could command the site.
        """
        if not self.knows_callers and not is_loopback(host):
            raise SecurityError(
                f"{host} can be reached by other machines, and anyone there could command the site; accepted: an "
                "auth key (--auth-key), client certificates (--tls-client-ca), a loopback address, or --insecure"
            )

    def _check_files(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            if self.tls_certificate is not None:
                context.load_cert_chain(self.tls_certificate, self.tls_key)
            if self.tls_client_ca is not None:
                context.load_verify_locations(self.tls_client_ca)
        except (OSError, ssl.SSLError) as error:
            files = filter(None, (self.tls_certificate, self.tls_key, self.tls_client_ca))
            names = ", ".join(str(file) for file in files)
            raise SecurityError(
                f"{names}: {error.strerror or error}; accepted: PEM files, the key that of the certificate"
            ) from None


class Guard(grpc.aio.ServerInterceptor):
    """Lets calls through that carry the key, and are signed if there is a secret."""

    def __init__(
        self, auth_key: str, sign_secret: str | None = None, *, now_us: Callable[[], int] = wall_time_us
    ) -> None:
        """Guard a server.

        Args:
            auth_key: What clients send.
            sign_secret: What clients sign with; None if they need not.
            now_us: The time by which signatures are judged [µs since the Unix epoch].
        """
        self._key = auth_key.encode()
        self._signatures = None if sign_secret is None else Signatures(self._key, sign_secret, now_us)

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Let a call through, or answer it in its procedure's place."""
        method = str(handler_call_details.method)
        if self.admits(method, handler_call_details.invocation_metadata or ()):
            return await continuation(handler_call_details)
        return _REFUSING

    def admits(self, method: str, metadata: Metadata) -> bool:
        """Say whether a call may pass; a signature counts once.

        Args:
            method: Full name of the procedure, such as `/package.Service/Procedure`.
            metadata: As received.
        """
        known = hmac.compare_digest(_one(metadata, "key"), self._key)
        if self._signatures is None:
            return known
        return self._signatures.admit(method, metadata, known=known)


class Signatures:
    """Judges the signatures of calls, and remembers them as long as they could be used again."""

    def __init__(self, key: bytes, secret: str, now_us: Callable[[], int]) -> None:
        self._key = key
        self._secret = secret.encode()
        self._now_us = now_us
        self._used: set[bytes] = set()
        self._expiries: deque[tuple[int, bytes]] = deque()

    def admit(self, method: str, metadata: Metadata, *, known: bool) -> bool:
        """Say whether a call may pass.

        Args:
            method: Full name of the procedure.
            metadata: As received.
            known: Whether the caller has shown the key.
        """
        time, nonce = _one(metadata, "ts"), _one(metadata, "nonce")
        name = method.rpartition("/")[2].encode()
        signed = hmac.new(self._secret, self._key + time + nonce + name, "sha256")
        expected = urlsafe_b64encode(signed.digest()).rstrip(b"=")
        genuine = hmac.compare_digest(_one(metadata, "sig"), expected)
        return known and genuine and bool(nonce) and self._is_fresh(time) and self._is_first(nonce)

    def _is_fresh(self, time: bytes) -> bool:
        if not time.isdigit() or len(time) > 12:
            return False
        return abs(int(time) - self._now_us() / 1e6) <= LARGEST_SKEW_S

    def _is_first(self, nonce: bytes) -> bool:
        now_us = self._now_us()
        while self._expiries and self._expiries[0][0] < now_us:
            self._used.discard(self._expiries.popleft()[1])
        if nonce in self._used:
            return False
        self._used.add(nonce)
        self._expiries.append((now_us + 2 * LARGEST_SKEW_S * 1_000_000, nonce))
        return True


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address; False for names that mean nothing here."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, flags=socket.AI_PASSIVE)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)


def _one(metadata: Metadata, name: str) -> bytes:
    """Return the value under a name; empty if there is none, or more than one."""
    values = [value for key, value in metadata if key == name]
    if len(values) != 1:
        return b""
    value = values[0]
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


async def _refuse(_requests: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    _log.info("a call from %s was refused: it is not authenticated", context.peer())
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, REFUSED)


# It answers calls of any form, since it looks at no request.
_REFUSING: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(_refuse)
