"""Pings of HTTP/2 on a connection without calls (RFC 9113, section 6.7), as clients keep it alive."""

from __future__ import annotations

import asyncio
import ssl
import struct
from urllib.parse import parse_qs, urlparse

from .values import NotApplicable

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _PING, _GOAWAY = 4, 6, 7
_ACKNOWLEDGED = 1
_ANSWER_S = 20.0
"""The time that clients wait for the answer to a ping [s]."""


async def tolerates_pings(url: str, *, interval_s: float, count: int) -> bool:
    """Say whether a server answers pings on a connection that carries no calls.

    Args:
        url: Of the server, as published clients take it.
        interval_s: Time between pings [s].
        count: How many to send.
    """
    reader, writer = await _connect(url)
    try:
        writer.write(_PREFACE + _frame(_SETTINGS))
        for _ in range(count):
            writer.write(_frame(_PING, bytes(8)))
            async with asyncio.timeout(_ANSWER_S):
                if not await _is_acknowledged(reader, writer):
                    return False
            await asyncio.sleep(interval_s)
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        return False
    finally:
        writer.close()
    return True


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parsed = urlparse(url)
    options = {name: values[-1] for name, values in parse_qs(parsed.query).items()}
    context: ssl.SSLContext | None = None
    if options.get("ssl", "").lower() in ("true", "1", "on"):
        context = ssl.create_default_context(cafile=options.get("ssl_root_certificates_path"))
        context.set_alpn_protocols(["h2"])
        if certificate := options.get("ssl_certificate_chain_path"):
            context.load_cert_chain(certificate, options.get("ssl_private_key_path"))
    try:
        return await asyncio.open_connection(parsed.hostname, parsed.port, ssl=context)
    except OSError as error:
        raise NotApplicable(f"no plain connection to the server: {error}") from None


async def _is_acknowledged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Read up to the answer to a ping; False if the server says goodbye instead."""
    while True:
        header = await reader.readexactly(9)
        await reader.readexactly(int.from_bytes(header[:3], "big"))
        kind, flags = header[3], header[4]
        if kind == _SETTINGS and not flags & _ACKNOWLEDGED:
            writer.write(_frame(_SETTINGS, flags=_ACKNOWLEDGED))
        if kind == _GOAWAY:
            return False
        if kind == _PING and flags & _ACKNOWLEDGED:
            return True


def _frame(kind: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """Return a frame on the connection's own stream (RFC 9113, section 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, 0) + payload
