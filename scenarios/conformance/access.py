"""Ways to a server, by the URL and the secrets that the published clients take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlparse

import grpc
from frequenz.client.base.authentication import (
    AuthenticationInterceptorUnaryStream,
    AuthenticationInterceptorUnaryUnary,
)
from frequenz.client.base.channel import ChannelOptions, SslOptions, parse_grpc_uri
from frequenz.client.base.signing import SigningInterceptorUnaryStream, SigningInterceptorUnaryUnary

CLIENT_OPTIONS = ChannelOptions(ssl=SslOptions(enabled=False))
"""Options that the URL does not name: no TLS unless `?ssl=true`."""


@dataclass(frozen=True)
class Access:
    """Address of a server, and the secrets that it wants to see."""

    url: str
    """Such as `grpc://[::1]:8800`; the parameters of published clients may follow (`?ssl=true&…`)."""
    auth_key: str | None = None
    sign_secret: str | None = None

    @classmethod
    def to(cls, address: str, *, auth_key: str | None = None, sign_secret: str | None = None) -> Access:
        """Read an address; `host:port` will do.

        Raises:
            ValueError: If it is none.
        """
        url = address if "://" in address else f"grpc://{address}"
        access = cls(url, auth_key, sign_secret)
        _check(url)
        return access

    def channel(self) -> grpc.aio.Channel:
        """Open a channel as the published clients do."""
        return parse_grpc_uri(self.url, self._interceptors(), CLIENT_OPTIONS)

    def _interceptors(self) -> Sequence[grpc.aio.ClientInterceptor]:
        interceptors: list[grpc.aio.ClientInterceptor] = []
        if self.auth_key is not None:
            interceptors += [
                AuthenticationInterceptorUnaryUnary(self.auth_key),
                AuthenticationInterceptorUnaryStream(self.auth_key),
            ]
        if self.sign_secret is not None:
            interceptors += [
                SigningInterceptorUnaryUnary(self.sign_secret),
                SigningInterceptorUnaryStream(self.sign_secret),
            ]
        return interceptors


def _check(url: str) -> None:
    parsed = urlparse(url)
    if parsed.scheme != "grpc" or not parsed.hostname or parsed.port is None:
        raise ValueError(f"{url!r} is no address of a server; accepted: grpc://HOST:PORT or HOST:PORT")
