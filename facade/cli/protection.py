"""The options that say where a server listens and what protects it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import refuse

if TYPE_CHECKING:
    from ..proto.transport.security import Security

_PANEL = "Reach and protection"

HostOption = Annotated[
    str | None,
    typer.Option(help="Name or address to listen on; loopback if not given.", rich_help_panel=_PANEL),
]
InsecureOption = Annotated[
    bool,
    typer.Option("--insecure", help="Let anyone who reaches the address command it.", rich_help_panel=_PANEL),
]
TlsCertOption = Annotated[
    Path | None,
    typer.Option("--tls-cert", metavar="PEM", help="The server's certificate.", rich_help_panel=_PANEL),
]
TlsKeyOption = Annotated[
    Path | None,
    typer.Option("--tls-key", metavar="PEM", help="The key of the certificate.", rich_help_panel=_PANEL),
]
TlsClientCaOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-client-ca",
        metavar="PEM",
        help="Authorities whose certificates clients must show.",
        rich_help_panel=_PANEL,
    ),
]
AuthKeyOption = Annotated[
    str | None,
    typer.Option(
        envvar="DOPPELGRID_AUTH_KEY",
        help="What clients must send (their auth_key); better set in the environment.",
        rich_help_panel=_PANEL,
    ),
]
SignSecretOption = Annotated[
    str | None,
    typer.Option(
        envvar="DOPPELGRID_SIGN_SECRET",
        help="What clients must sign with (their sign_secret); better set in the environment.",
        rich_help_panel=_PANEL,
    ),
]


def read_security(
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    auth_key: str | None,
    sign_secret: str | None,
) -> Security:
    """Return what protects the server.

    Raises:
        typer.Exit: If the options do not go together.
    """
    from ..proto.transport.security import Security, SecurityError  # noqa: PLC0415

    try:
        return Security(
            tls_certificate=tls_cert,
            tls_key=tls_key,
            tls_client_ca=tls_client_ca,
            auth_key=auth_key,
            sign_secret=sign_secret,
        )
    except SecurityError as error:
        raise refuse(str(error)) from None
